//! The model: a BERT encoder with a label for each token (J. Devlin et al., 2018), read from its ONNX file.
//!
//! Transcribed is the form in which such models are exported with weights in four bits: layers as `MatMulNBits` of block 32,
//! embeddings in eight bits with one scale. Refuses to know: text, and what the labels mean.

#![expect(
    clippy::inline_always,
    reason = "compiled for the vectors of the engine only where it is inlined"
)]

use super::EnglishError;
use super::graph::Graph;
use super::linear::{BLOCK, Engine, Input, Linear, Portable};
use super::smooth::{LANES, gelu, normalise, softmax, weigh};

/// Most layers that are read.
const MOST_LAYERS: usize = 48;

/// The weights.
#[derive(Debug)]
pub(super) struct Encoder {
    words: Embedding,
    /// Positions, with the embedding of the one segment added.
    positions: Vec<f32>,
    first: Norm,
    layers: Vec<Layer>,
    classifier: Linear,
    width: usize,
    heads: usize,
}

/// Rows in eight bits with one scale for all.
#[derive(Debug)]
struct Embedding {
    bytes: Vec<u8>,
    scale: f32,
    zero: u8,
}

#[derive(Debug)]
struct Norm {
    scale: Vec<f32>,
    shift: Vec<f32>,
    epsilon: f32,
}

#[derive(Debug)]
struct Layer {
    query: Linear,
    key: Linear,
    value: Linear,
    joined: Linear,
    after_attention: Norm,
    wide: Linear,
    narrow: Linear,
    after: Norm,
}

impl Encoder {
    /// The model of a file; `heads` and `epsilon` are in its configuration only.
    pub(super) fn read(file: &[u8], heads: usize, epsilon: f32) -> Result<Self, EnglishError> {
        let graph = Graph::read(file)?;
        let words = Embedding::read(&graph, "word")?;
        let segments = Embedding::read(&graph, "token_type")?;
        let places = Embedding::read(&graph, "position")?;
        let first = Norm::read(&graph, "bert.embeddings.LayerNorm", epsilon)?;
        let width = first.scale.len();
        let head = width.checked_div(heads).unwrap_or_default();
        let fits = head > 0
            && width == head * heads
            && head.is_multiple_of(LANES)
            && width.is_multiple_of(BLOCK)
            && [&words, &segments, &places]
                .iter()
                .all(|e| e.bytes.len() >= width && e.bytes.len().is_multiple_of(width));
        if !fits {
            return Err(EnglishError::Graph);
        }
        let mut positions: Vec<f32> = places.bytes.iter().map(|b| places.number(*b)).collect();
        for row in positions.chunks_mut(width) {
            segments.add_row(0, row);
        }
        let read = |i: usize| {
            let node = format!("/bert/encoder/layer.{i}/attention/self/query/MatMul_Q4");
            graph
                .has_node(&node)
                .then(|| Layer::read(&graph, i, epsilon))
        };
        let layers = (0..MOST_LAYERS).map_while(read).collect::<Result<_, _>>()?;
        let classifier = linear(&graph, "/classifier/MatMul_Q4", "classifier")?;
        Ok(Self {
            words,
            positions,
            first,
            layers,
            classifier,
            width,
            heads,
        })
    }

    /// How many labels a token can have.
    pub(super) const fn labels(&self) -> usize {
        self.classifier.outputs()
    }

    /// How many words the vocabulary must have.
    pub(super) fn words(&self) -> usize {
        self.words.bytes.len() / self.width.max(1)
    }

    /// The longest row of tokens that it takes, with the two that stand around.
    pub(super) fn most_tokens(&self) -> usize {
        self.positions.len() / self.width.max(1)
    }

    /// Each token's shares of the labels, row after row. Tokens past the longest row are left out.
    pub(super) fn run(&self, tokens: &[u32]) -> Vec<f32> {
        #[cfg(target_arch = "x86_64")]
        if let Some(wide) = super::wide::Wide::new() {
            return wide.run(OnWide {
                encoder: self,
                wide,
                tokens,
            });
        }
        self.run_on(Portable, tokens)
    }

    #[inline(always)]
    fn run_on<E: Engine>(&self, engine: E, tokens: &[u32]) -> Vec<f32> {
        let mut state: Vec<f32> = Vec::with_capacity(tokens.len() * self.width);
        for (token, position) in tokens.iter().zip(self.positions.chunks(self.width)) {
            let from = state.len();
            state.extend_from_slice(position);
            let row = state.get_mut(from..).unwrap_or_default();
            self.words.add_row(*token as usize, row);
        }
        self.first.apply(&mut state);
        for layer in &self.layers {
            layer.apply(engine, &mut state, self.width, self.heads);
        }
        let input = Input::new(&state, self.width);
        let mut shares = self.classifier.apply(engine, &input);
        for row in shares.chunks_mut(self.labels().max(1)) {
            softmax(row);
        }
        shares
    }
}

/// One row of tokens to be read with vectors.
#[cfg(target_arch = "x86_64")]
struct OnWide<'a> {
    encoder: &'a Encoder,
    wide: super::wide::Wide,
    tokens: &'a [u32],
}

#[cfg(target_arch = "x86_64")]
impl pulp::NullaryFnOnce for OnWide<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn call(self) -> Vec<f32> {
        self.encoder.run_on(self.wide, self.tokens)
    }
}

impl Layer {
    fn read(graph: &Graph<'_>, i: usize, epsilon: f32) -> Result<Self, EnglishError> {
        let part = |node: &str, constant: &str| {
            linear(
                graph,
                &format!("/bert/encoder/layer.{i}/{node}/MatMul_Q4"),
                &format!("bert.encoder.layer.{i}.{constant}"),
            )
        };
        let norm = |constant: &str| {
            let name = format!("bert.encoder.layer.{i}.{constant}.LayerNorm");
            Norm::read(graph, &name, epsilon)
        };
        Ok(Self {
            query: part("attention/self/query", "attention.self.query")?,
            key: part("attention/self/key", "attention.self.key")?,
            value: part("attention/self/value", "attention.self.value")?,
            joined: part("attention/output/dense", "attention.output.dense")?,
            after_attention: norm("attention.output")?,
            wide: part("intermediate/dense", "intermediate.dense")?,
            narrow: part("output/dense", "output.dense")?,
            after: norm("output")?,
        })
    }

    #[inline(always)]
    fn apply<E: Engine>(&self, engine: E, state: &mut [f32], width: usize, heads: usize) {
        let input = Input::new(state, width);
        let query = self.query.apply(engine, &input);
        let key = self.key.apply(engine, &input);
        let value = self.value.apply(engine, &input);
        let seen = attend(&query, &key, &value, width, heads);
        let joined = self.joined.apply(engine, &Input::new(&seen, width));
        add(state, &joined);
        self.after_attention.apply(state);
        let mut wide = self.wide.apply(engine, &Input::new(state, width));
        gelu(&mut wide);
        let wide = Input::new(&wide, self.wide.outputs());
        add(state, &self.narrow.apply(engine, &wide));
        self.after.apply(state);
    }
}

#[inline(always)]
fn add(to: &mut [f32], numbers: &[f32]) {
    for (to, x) in to.iter_mut().zip(numbers) {
        *to += x;
    }
}

/// Attention of every head: each token's values, weighed by how its query meets the keys.
#[inline(always)]
fn attend(query: &[f32], key: &[f32], value: &[f32], width: usize, heads: usize) -> Vec<f32> {
    let (head, count) = (width / heads, query.len() / width);
    let inverse = 1.0 / (head as f32).sqrt();
    let (keys, values) = (keys(key, width, head), values(value, width));
    let mut out = vec![0.0; query.len()];
    let mut shares = vec![0.0; count.next_multiple_of(LANES)];
    let blocks = (keys.len() / heads, values.len() / heads);
    for (query, out) in query.chunks(width).zip(out.chunks_mut(width)) {
        let of_heads = keys.chunks(blocks.0).zip(values.chunks(blocks.1));
        let rows = query.chunks(head).zip(out.chunks_mut(head));
        for ((query, out), (keys, values)) in rows.zip(of_heads) {
            let eights = shares.as_chunks_mut::<LANES>().0.iter_mut();
            for (shares, keys) in eights.zip(keys.chunks(head)) {
                *shares = weigh(query, keys);
                for share in shares {
                    *share *= inverse;
                }
            }
            let shares = shares.get_mut(..count).unwrap_or_default();
            softmax(shares);
            let eights = out.as_chunks_mut::<LANES>().0.iter_mut();
            for (out, values) in eights.zip(values.chunks(count)) {
                *out = weigh(shares, values);
            }
        }
    }
    out
}

/// Keys of eight tokens side by side: head after head, eight tokens after eight, number after number.
#[inline(always)]
fn keys(rows: &[f32], width: usize, head: usize) -> Vec<[f32; LANES]> {
    let eights = (rows.len() / width).div_ceil(LANES);
    let mut out = vec![[0.0; LANES]; eights * width];
    for (token, row) in rows.chunks(width).enumerate() {
        for (at, numbers) in row.chunks(head).enumerate() {
            let from = (at * eights + token / LANES) * head;
            let block = out.iter_mut().skip(from);
            for (eight, x) in block.zip(numbers) {
                if let Some(lane) = eight.get_mut(token % LANES) {
                    *lane = *x;
                }
            }
        }
    }
    out
}

/// Values, eight numbers side by side: head after head, eight numbers after eight, token after token.
#[inline(always)]
fn values(rows: &[f32], width: usize) -> Vec<[f32; LANES]> {
    let count = rows.len() / width;
    let mut out = vec![[0.0; LANES]; rows.len() / LANES];
    for (token, row) in rows.chunks(width).enumerate() {
        for (at, eight) in row.as_chunks::<LANES>().0.iter().enumerate() {
            if let Some(place) = out.get_mut(at * count + token) {
                *place = *eight;
            }
        }
    }
    out
}

impl Embedding {
    fn read(graph: &Graph<'_>, kind: &str) -> Result<Self, EnglishError> {
        let name = format!("bert.embeddings.{kind}_embeddings.weight");
        let scale = graph.floats(&format!("{name}_scale"))?;
        Ok(Self {
            bytes: graph.bytes(&format!("{name}_quantized"))?.to_vec(),
            scale: *scale.first().ok_or(EnglishError::Graph)?,
            zero: graph.byte(&format!("{name}_zero_point"))?,
        })
    }

    fn number(&self, byte: u8) -> f32 {
        (f32::from(byte) - f32::from(self.zero)) * self.scale
    }

    /// Adds one row; a row that there is not adds nothing.
    #[inline(always)]
    fn add_row(&self, index: usize, to: &mut [f32]) {
        let from = index.saturating_mul(to.len());
        let row = self.bytes.get(from..from.saturating_add(to.len()));
        for (to, byte) in to.iter_mut().zip(row.unwrap_or_default()) {
            *to += self.number(*byte);
        }
    }
}

impl Norm {
    fn read(graph: &Graph<'_>, name: &str, epsilon: f32) -> Result<Self, EnglishError> {
        let (scale, shift) = (
            graph.floats(&format!("{name}.weight"))?,
            graph.floats(&format!("{name}.bias"))?,
        );
        (scale.len() == shift.len())
            .then_some(Self {
                scale,
                shift,
                epsilon,
            })
            .ok_or(EnglishError::Graph)
    }

    #[inline(always)]
    fn apply(&self, rows: &mut [f32]) {
        normalise(rows, &self.scale, &self.shift, self.epsilon);
    }
}

/// The layer of a `MatMulNBits` node and of the bias of this name.
fn linear(graph: &Graph<'_>, node: &str, name: &str) -> Result<Linear, EnglishError> {
    let (weights, scales) = (graph.input(node, 1)?, graph.input(node, 2)?);
    let [_, blocks, half] = *graph.dims(weights)? else {
        return Err(EnglishError::Graph);
    };
    if half != BLOCK / 2 {
        return Err(EnglishError::Graph);
    }
    Linear::new(
        blocks.saturating_mul(BLOCK),
        graph.bytes(weights)?,
        &graph.floats(scales)?,
        graph.floats(&format!("{name}.bias"))?,
    )
}
