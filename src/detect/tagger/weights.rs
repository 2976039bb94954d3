//! The weights in an ONNX file: its float initialisers by name.
//!
//! Reads just enough of the protobuf that ONNX is (`onnx.proto`, IR version 3 and later). Refuses to know: the graph; who
//! asks for a tensor says which shape it must have.

use std::collections::BTreeMap;

/// `ModelProto.graph`.
const MODEL_GRAPH: u64 = 7;
/// `GraphProto.initializer`.
const GRAPH_INITIALIZER: u64 = 5;
/// `TensorProto.dims`, `.data_type`, `.float_data`, `.name`, `.raw_data`.
const TENSOR_DIMS: u64 = 1;
const TENSOR_TYPE: u64 = 2;
const TENSOR_FLOATS: u64 = 4;
const TENSOR_NAME: u64 = 8;
const TENSOR_RAW: u64 = 9;
/// `TensorProto.DataType.FLOAT`.
const FLOAT: u64 = 1;

/// Float tensors, each with its bytes in the file.
#[derive(Debug)]
pub(super) struct Weights<'a>(BTreeMap<&'a str, Tensor<'a>>);

#[derive(Debug, Default)]
struct Tensor<'a> {
    dims: Vec<u64>,
    /// Little-endian IEEE 754 binary32.
    bytes: &'a [u8],
}

impl<'a> Weights<'a> {
    /// Reads them; `None` where the bytes are no ONNX model.
    pub(super) fn read(model: &'a [u8]) -> Option<Self> {
        let mut tensors = BTreeMap::new();
        for field in Fields(model) {
            let (MODEL_GRAPH, Value::Bytes(graph)) = field? else {
                continue;
            };
            for field in Fields(graph) {
                let (GRAPH_INITIALIZER, Value::Bytes(bytes)) = field? else {
                    continue;
                };
                let (name, kind, tensor) = tensor(bytes)?;
                if kind == FLOAT {
                    tensors.insert(name, tensor);
                }
            }
        }
        (!tensors.is_empty()).then_some(Self(tensors))
    }

    /// The tensor of this name, row after row; `None` where it is missing or has another shape.
    pub(super) fn get(&self, name: &str, shape: &[usize]) -> Option<Vec<f32>> {
        let tensor = self.0.get(name)?;
        let count: usize = shape.iter().product();
        let same = tensor.dims.len() == shape.len()
            && tensor.dims.iter().zip(shape).all(|(a, b)| *a == *b as u64);
        (same && tensor.bytes.len() == count * 4).then(|| floats(tensor.bytes))
    }
}

/// Little-endian floats.
pub(super) fn floats(bytes: &[u8]) -> Vec<f32> {
    let (words, _) = bytes.as_chunks::<4>();
    words.iter().map(|word| f32::from_le_bytes(*word)).collect()
}

/// A tensor's name, type and content.
fn tensor(bytes: &[u8]) -> Option<(&str, u64, Tensor<'_>)> {
    let (mut name, mut kind, mut tensor) = ("", 0, Tensor::default());
    for field in Fields(bytes) {
        match field? {
            (TENSOR_DIMS, Value::Number(dim)) => tensor.dims.push(dim),
            (TENSOR_DIMS, Value::Bytes(packed)) => {
                let mut rest = packed;
                while !rest.is_empty() {
                    tensor.dims.push(varint(&mut rest)?);
                }
            }
            (TENSOR_TYPE, Value::Number(code)) => kind = code,
            (TENSOR_FLOATS | TENSOR_RAW, Value::Bytes(data)) => tensor.bytes = data,
            (TENSOR_NAME, Value::Bytes(text)) => name = std::str::from_utf8(text).ok()?,
            _ => {}
        }
    }
    Some((name, kind, tensor))
}

enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    /// Fixed-width; nothing that is read here has one.
    Other,
}

/// The fields of one message; `None` once where they break off, and then no more.
struct Fields<'a>(&'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = Option<(u64, Value<'a>)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_none() {
            self.0 = &[];
        }
        Some(field)
    }
}

impl<'a> Fields<'a> {
    fn field(&mut self) -> Option<(u64, Value<'a>)> {
        let key = varint(&mut self.0)?;
        let value = match key & 7 {
            0 => Value::Number(varint(&mut self.0)?),
            1 => self.take(8).map(|_| Value::Other)?,
            2 => {
                let length = usize::try_from(varint(&mut self.0)?).ok()?;
                Value::Bytes(self.take(length)?)
            }
            5 => self.take(4).map(|_| Value::Other)?,
            _ => return None,
        };
        Some((key >> 3, value))
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    fn field(number: u8, content: &[u8]) -> Vec<u8> {
        let mut out = vec![number << 3 | 2];
        let mut length = content.len();
        while length >= 0x80 {
            out.push(length as u8 | 0x80);
            length >>= 7;
        }
        out.push(length as u8);
        out.extend_from_slice(content);
        out
    }

    /// An ONNX file with these float tensors and no graph.
    pub(in super::super) fn onnx(tensors: &[(&str, &[usize], &[f32])]) -> Vec<u8> {
        let mut graph = field(2, b"a graph's name");
        for (name, dims, values) in tensors {
            let mut tensor = Vec::new();
            for dim in *dims {
                tensor.push(1 << 3);
                let mut dim = *dim;
                while dim >= 0x80 {
                    tensor.push(dim as u8 | 0x80);
                    dim >>= 7;
                }
                tensor.push(dim as u8);
            }
            tensor.extend([2 << 3, 1]);
            tensor.extend(field(8, name.as_bytes()));
            let raw: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
            tensor.extend(field(9, &raw));
            graph.extend(field(5, &tensor));
        }
        let mut model = vec![1 << 3, 8];
        model.extend(field(7, &graph));
        model
    }

    #[test]
    fn tensors_come_by_name_and_shape() {
        let file = onnx(&[("a", &[2, 2], &[1.0, 2.0, 3.0, -4.5]), ("b", &[1], &[0.5])]);
        let weights = Weights::read(&file).unwrap();
        assert_eq!(weights.get("a", &[2, 2]), Some(vec![1.0, 2.0, 3.0, -4.5]));
        assert_eq!(weights.get("a", &[4]), None);
        assert_eq!(weights.get("c", &[1]), None);
        assert_eq!(weights.get("b", &[1]), Some(vec![0.5]));
    }

    #[test]
    fn what_breaks_off_is_refused() {
        let file = onnx(&[("a", &[1], &[1.0])]);
        for end in 0..file.len() {
            assert!(Weights::read(&file[..end]).is_none(), "{end}");
        }
        assert!(Weights::read(&[0xff; 40]).is_none());
    }
}
