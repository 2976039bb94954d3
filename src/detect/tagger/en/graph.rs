//! Reads from an ONNX file what a transcription of the model needs: its constants, and which node uses which.
//!
//! Refuses to know: what the nodes compute, and files. The wire format is Protocol Buffers' (encoding guide, 2024), the
//! field numbers are those of `onnx.proto3` (IR version 10): `ModelProto.graph` 7; `GraphProto.node` 1, `.initializer` 5;
//! `NodeProto.input` 1, `.name` 3; `TensorProto.dims` 1, `.data_type` 2, `.float_data` 4, `.int32_data` 5, `.name` 8,
//! `.raw_data` 9.

use super::EnglishError;
use foldhash::HashMap;

/// `TensorProto.DataType` of the constants that are read.
const FLOAT: u64 = 1;
const UINT8: u64 = 2;

/// The constants and the nodes' inputs of one file, by name; borrows the file's bytes.
#[derive(Debug, Default)]
pub(super) struct Graph<'a> {
    tensors: HashMap<&'a str, Tensor<'a>>,
    inputs: HashMap<&'a str, Vec<&'a str>>,
}

/// One constant, still in the file's bytes.
#[derive(Debug, Default, Clone)]
struct Tensor<'a> {
    dims: Vec<usize>,
    kind: u64,
    raw: &'a [u8],
    floats: &'a [u8],
    ints: &'a [u8],
}

impl<'a> Graph<'a> {
    /// The graph of a model file.
    pub(super) fn read(file: &'a [u8]) -> Result<Self, EnglishError> {
        let mut out = Self::default();
        for field in Fields(file) {
            if let (7, Value::Bytes(graph)) = field? {
                out.read_graph(graph)?;
            }
        }
        Ok(out)
    }

    fn read_graph(&mut self, graph: &'a [u8]) -> Result<(), EnglishError> {
        for field in Fields(graph) {
            match field? {
                (1, Value::Bytes(node)) => self.read_node(node)?,
                (5, Value::Bytes(tensor)) => self.read_tensor(tensor)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn read_node(&mut self, node: &'a [u8]) -> Result<(), EnglishError> {
        let (mut name, mut inputs) = ("", Vec::new());
        for field in Fields(node) {
            match field? {
                (1, Value::Bytes(text)) => inputs.push(utf8(text)?),
                (3, Value::Bytes(text)) => name = utf8(text)?,
                _ => {}
            }
        }
        self.inputs.insert(name, inputs);
        Ok(())
    }

    fn read_tensor(&mut self, bytes: &'a [u8]) -> Result<(), EnglishError> {
        let (mut name, mut tensor) = ("", Tensor::default());
        for field in Fields(bytes) {
            match field? {
                (1, Value::Number(dim)) => tensor.dims.push(dim as usize),
                (1, Value::Bytes(packed)) => {
                    let mut rest = packed;
                    while !rest.is_empty() {
                        tensor.dims.push(varint(&mut rest)? as usize);
                    }
                }
                (2, Value::Number(kind)) => tensor.kind = kind,
                (4, Value::Bytes(floats)) => tensor.floats = floats,
                (5, Value::Bytes(ints)) => tensor.ints = ints,
                (8, Value::Bytes(text)) => name = utf8(text)?,
                (9, Value::Bytes(raw)) => tensor.raw = raw,
                _ => {}
            }
        }
        self.tensors.insert(name, tensor);
        Ok(())
    }

    /// The constant that is this input of the node of this name.
    pub(super) fn input(&self, node: &str, index: usize) -> Result<&'a str, EnglishError> {
        let inputs = self.inputs.get(node);
        let name = inputs.and_then(|inputs| inputs.get(index));
        name.copied().ok_or(EnglishError::Graph)
    }

    /// Whether the graph has a node of this name.
    pub(super) fn has_node(&self, node: &str) -> bool {
        self.inputs.contains_key(node)
    }

    /// The sizes of a constant.
    pub(super) fn dims(&self, name: &str) -> Result<&[usize], EnglishError> {
        Ok(&self.tensor(name)?.dims)
    }

    /// A constant of `f32`.
    pub(super) fn floats(&self, name: &str) -> Result<Vec<f32>, EnglishError> {
        let tensor = self.tensor(name)?;
        let bytes = if tensor.raw.is_empty() {
            tensor.floats
        } else {
            tensor.raw
        };
        let (numbers, rest) = bytes.as_chunks::<4>();
        let whole = rest.is_empty() && tensor.kind == FLOAT && numbers.len() == tensor.count();
        let read = || numbers.iter().map(|b| f32::from_le_bytes(*b)).collect();
        whole.then(read).ok_or(EnglishError::Graph)
    }

    /// A constant of bytes.
    pub(super) fn bytes(&self, name: &str) -> Result<&'a [u8], EnglishError> {
        let tensor = self.tensor(name)?;
        let whole = tensor.kind == UINT8 && tensor.raw.len() == tensor.count();
        whole.then_some(tensor.raw).ok_or(EnglishError::Graph)
    }

    /// A single byte, which a file may also write as a number.
    pub(super) fn byte(&self, name: &str) -> Result<u8, EnglishError> {
        let tensor = self.tensor(name)?;
        if let [byte] = tensor.raw {
            return Ok(*byte);
        }
        let mut rest = tensor.ints;
        u8::try_from(varint(&mut rest)?).map_err(|_| EnglishError::Graph)
    }

    fn tensor(&self, name: &str) -> Result<&Tensor<'a>, EnglishError> {
        self.tensors.get(name).ok_or(EnglishError::Graph)
    }
}

impl Tensor<'_> {
    /// How many elements it has; one without sizes is a single number.
    fn count(&self) -> usize {
        self.dims.iter().fold(1, |n, dim| n.saturating_mul(*dim))
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, EnglishError> {
    std::str::from_utf8(bytes).map_err(|_| EnglishError::File)
}

/// One field's value, as far as the wire says.
enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    Fixed,
}

/// The fields of one message.
struct Fields<'a>(&'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u64, Value<'a>), EnglishError>;

    fn next(&mut self) -> Option<Self::Item> {
        (!self.0.is_empty()).then(|| self.field())
    }
}

impl<'a> Fields<'a> {
    fn field(&mut self) -> Result<(u64, Value<'a>), EnglishError> {
        let key = varint(&mut self.0)?;
        let value = match key & 7 {
            0 => Value::Number(varint(&mut self.0)?),
            1 => self.take(8).map(|_| Value::Fixed)?,
            2 => {
                let length = usize::try_from(varint(&mut self.0)?);
                Value::Bytes(self.take(length.map_err(|_| EnglishError::File)?)?)
            }
            5 => self.take(4).map(|_| Value::Fixed)?,
            _ => return Err(self.stop()),
        };
        Ok((key >> 3, value))
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], EnglishError> {
        let Some((head, rest)) = self.0.split_at_checked(count) else {
            return Err(self.stop());
        };
        self.0 = rest;
        Ok(head)
    }

    /// Ends the walk: what follows a defect means nothing.
    fn stop(&mut self) -> EnglishError {
        self.0 = &[];
        EnglishError::File
    }
}

/// A base-128 number of at most ten bytes.
fn varint(rest: &mut &[u8]) -> Result<u64, EnglishError> {
    let mut number = 0u64;
    for shift in (0..64).step_by(7) {
        let Some((byte, tail)) = rest.split_first() else {
            break;
        };
        *rest = tail;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    *rest = &[];
    Err(EnglishError::File)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A length-delimited field.
    fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
        let mut out = vec![number << 3 | 2, u8::try_from(bytes.len()).unwrap()];
        out.extend(bytes);
        out
    }

    #[test]
    fn constants_and_inputs_are_read_in_every_form_that_files_use() {
        let raw: Vec<u8> = [1.5f32, -2.0]
            .iter()
            .flat_map(|f| f.to_le_bytes())
            .collect();
        let weights = [vec![1 << 3, 2, 2 << 3, 1], field(8, b"w"), field(9, &raw)].concat();
        let scale = [
            vec![2 << 3, 1],
            field(4, &0.5f32.to_le_bytes()),
            field(8, b"s"),
        ]
        .concat();
        let zero = [vec![2 << 3, 2], field(5, &[0x81, 1]), field(8, b"z")].concat();
        let node = [field(1, b"x"), field(1, b"w"), field(3, b"mul")].concat();
        let graph = [
            field(1, &node),
            field(5, &weights),
            field(5, &scale),
            field(5, &zero),
        ]
        .concat();
        let file = [vec![8, 10], field(7, &graph)].concat();
        let read = Graph::read(&file).unwrap();
        assert_eq!(read.input("mul", 1), Ok("w"));
        assert_eq!(read.floats("w"), Ok(vec![1.5, -2.0]));
        assert_eq!(read.floats("s"), Ok(vec![0.5]));
        assert_eq!(read.byte("z"), Ok(129));
        assert_eq!(read.floats("z"), Err(EnglishError::Graph));
        assert_eq!(read.input("mul", 2), Err(EnglishError::Graph));
    }

    #[test]
    fn files_that_are_cut_short_or_are_none_are_errors() {
        for bad in [&[0x3a, 5, 1][..], &[0x3b], &[0x3a, 0xff], &[0xff; 12]] {
            assert_eq!(Graph::read(bad).err(), Some(EnglishError::File), "{bad:?}");
        }
    }
}
