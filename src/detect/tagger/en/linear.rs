//! A layer of weights in four bits, multiplied with activations in eight.
//!
//! Weights are ONNX Runtime's `MatMulNBits` (com.microsoft, bits 4, block 32, no zero points): 32 weights share one scale, each is a
//! nibble less 8. They stay in four bits; a tile of 16 outputs is opened to bytes once for all rows. Activations are rounded
//! to eight bits, 32 of a row with one scale. A sum over 32 then is exact in 16 bits: every product lies within ±8·127, and
//! the 8 that nibbles are too big by is taken off where the sum begins.
//!
//! Refuses to know: which layer of the model it is.

#![expect(
    clippy::inline_always,
    reason = "compiled for the vectors of the engine only where it is inlined"
)]

use super::EnglishError;

/// Weights that share one scale; the length of the quantised stretches of a row.
pub(super) const BLOCK: usize = 32;
/// Outputs that are computed together.
pub(super) const TILE: usize = 16;
/// Rows that are computed together.
pub(super) const GROUP: usize = 4;
/// Outputs in one vector of 32-bit numbers.
const LANES: usize = 8;
/// Products that one lane adds in one step.
const DEPTH: usize = 4;
/// Steps of a block.
const STEPS: usize = BLOCK / DEPTH;

/// One block of a tile, opened: step after step, 8 outputs × 4 weights, twice.
#[derive(Debug, Clone)]
pub(super) struct OpenBlock {
    pub(super) nibbles: [[[u8; BLOCK]; 2]; STEPS],
    pub(super) scales: [[f32; LANES]; 2],
}

/// One block of a tile as it is kept: the steps' bytes in pairs, the earlier step in the low nibble.
#[derive(Debug, Clone)]
struct Block {
    nibbles: [[[u8; BLOCK]; 2]; STEPS / 2],
    scales: [[f32; LANES]; 2],
}

/// 32 activations of four rows.
#[derive(Debug, Clone, Default)]
pub(super) struct Quantised {
    /// Step after step, four activations of each row as one little-endian number.
    pub(super) words: [[i32; GROUP]; STEPS],
    /// What sums of each row begin with: −8 times the activations of the lane's low half and of its high half.
    pub(super) begin: [i32; GROUP],
    pub(super) scales: [f32; GROUP],
}

/// Sixteen outputs of four rows.
pub(super) type Sums = [[[f32; LANES]; 2]; GROUP];

/// Where the inner loop runs: plain Rust, or the processor's vectors.
pub(super) trait Engine: Copy {
    /// The sums of one tile for four rows.
    fn tile(self, rows: &[Quantised], weights: &[OpenBlock]) -> Sums;
}

/// Any processor.
#[derive(Debug, Clone, Copy)]
pub(super) struct Portable;

/// One layer.
#[derive(Debug)]
pub(super) struct Linear {
    inputs: usize,
    bias: Vec<f32>,
    /// Tile after tile, the blocks along the inputs.
    blocks: Vec<Block>,
}

impl Linear {
    /// A layer of `bias.len()` outputs from the bytes and scales of a `MatMulNBits` node.
    pub(super) fn new(
        inputs: usize,
        bytes: &[u8],
        scales: &[f32],
        bias: Vec<f32>,
    ) -> Result<Self, EnglishError> {
        let along = inputs / BLOCK;
        let fits = along > 0
            && inputs.is_multiple_of(BLOCK)
            && bytes.len() == bias.len() * inputs / 2
            && scales.len() == bias.len() * along;
        if !fits {
            return Err(EnglishError::Graph);
        }
        let rows = Rows {
            along,
            bytes: bytes.as_chunks().0,
            scales,
        };
        let tiles = bias.len().div_ceil(TILE);
        let blocks = (0..tiles * along)
            .map(|i| rows.block(i / along, i % along))
            .collect();
        Ok(Self {
            inputs,
            bias,
            blocks,
        })
    }

    /// How many numbers a row of the result has.
    pub(super) const fn outputs(&self) -> usize {
        self.bias.len()
    }

    /// Each row times the weights, and the bias.
    #[inline(always)]
    pub(super) fn apply<E: Engine>(&self, engine: E, rows: &Input) -> Vec<f32> {
        let width = self.outputs();
        let mut out = vec![0.0; rows.count * width];
        let along = self.inputs / BLOCK;
        let mut open = vec![OpenBlock::default(); along];
        let biases = self.bias.chunks(TILE);
        for (tile, (blocks, bias)) in self.blocks.chunks(along).zip(biases).enumerate() {
            for (open, block) in open.iter_mut().zip(blocks) {
                block.open(open);
            }
            let groups = rows.groups.chunks(along);
            for (group, lines) in groups.zip(out.chunks_mut(GROUP * width)) {
                let sums = engine.tile(group, &open);
                for (sums, line) in sums.iter().zip(lines.chunks_mut(width)) {
                    let place = line.iter_mut().skip(tile * TILE);
                    for ((to, sum), bias) in place.zip(sums.as_flattened()).zip(bias) {
                        *to = sum + bias;
                    }
                }
            }
        }
        out
    }
}

/// The weights as the file has them: output after output.
struct Rows<'a> {
    along: usize,
    bytes: &'a [[u8; BLOCK / 2]],
    scales: &'a [f32],
}

impl Rows<'_> {
    /// One block of one tile; outputs past the last have scale 0.
    fn block(&self, tile: usize, at: usize) -> Block {
        let mut out = Block {
            nibbles: [[[0; BLOCK]; 2]; STEPS / 2],
            scales: [[0.0; LANES]; 2],
        };
        for output in 0..TILE {
            let (half, lane) = (output / LANES, output % LANES);
            let place = (tile * TILE + output) * self.along + at;
            let Some((bytes, scale)) = self.bytes.get(place).zip(self.scales.get(place)) else {
                continue;
            };
            let scales = out.scales.get_mut(half).and_then(|s| s.get_mut(lane));
            if let Some(to) = scales {
                *to = *scale;
            }
            for (i, byte) in bytes.iter().enumerate() {
                for (k, nibble) in [(2 * i, byte & 15), (2 * i + 1, byte >> 4)] {
                    let (step, within) = (k / DEPTH, lane * DEPTH + k % DEPTH);
                    let pair = out.nibbles.get_mut(step / 2).and_then(|p| p.get_mut(half));
                    let to = pair.and_then(|bytes| bytes.get_mut(within));
                    if let Some(to) = to {
                        *to |= nibble << (4 * (step % 2));
                    }
                }
            }
        }
        out
    }
}

impl Block {
    #[inline(always)]
    fn open(&self, to: &mut OpenBlock) {
        to.scales = self.scales;
        let (pairs, _) = to.nibbles.as_chunks_mut::<2>();
        for ([low, high], packed) in pairs.iter_mut().zip(&self.nibbles) {
            let low = low.as_flattened_mut().iter_mut();
            let high = high.as_flattened_mut().iter_mut();
            for ((low, high), byte) in low.zip(high).zip(packed.as_flattened()) {
                (*low, *high) = (byte & 15, byte >> 4);
            }
        }
    }
}

impl Default for OpenBlock {
    fn default() -> Self {
        Self {
            nibbles: [[[0; BLOCK]; 2]; STEPS],
            scales: [[0.0; LANES]; 2],
        }
    }
}

/// Rows of activations in eight bits, in groups of four.
#[derive(Debug)]
pub(super) struct Input {
    count: usize,
    /// Group after group, the blocks along a row.
    groups: Vec<Quantised>,
}

impl Input {
    /// Rounds rows of `width` numbers, a multiple of 32.
    #[inline(always)]
    pub(super) fn new(rows: &[f32], width: usize) -> Self {
        let along = width / BLOCK;
        let mut groups = vec![Quantised::default(); rows.len().div_ceil(GROUP * width) * along];
        for (lines, blocks) in rows.chunks(GROUP * width).zip(groups.chunks_mut(along)) {
            for (row, line) in lines.chunks(width).enumerate() {
                for (numbers, block) in line.as_chunks::<BLOCK>().0.iter().zip(blocks.iter_mut()) {
                    block.put(row, numbers);
                }
            }
        }
        Self {
            count: rows.len() / width.max(1),
            groups,
        }
    }
}

impl Quantised {
    /// Rounds one row's stretch.
    #[inline(always)]
    fn put(&mut self, row: usize, numbers: &[f32; BLOCK]) {
        let most = numbers.iter().fold(0.0f32, |most, x| most.max(x.abs()));
        let scale = most / 127.0;
        let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
        let bytes = numbers.map(|x| round(x * inverse));
        let (mut low, mut high) = (0i32, 0i32);
        for (four, words) in bytes.as_chunks::<DEPTH>().0.iter().zip(&mut self.words) {
            low += i32::from(four[0]) + i32::from(four[1]);
            high += i32::from(four[2]) + i32::from(four[3]);
            let word = i32::from_le_bytes(four.map(i8::cast_unsigned));
            if let Some(to) = words.get_mut(row) {
                *to = word;
            }
        }
        // Both fit in 16 bits: 16 numbers of at most 127, times 8.
        let begin = (-8 * high) << 16 | (-8 * low) & 0xffff;
        if let Some((to, to_scale)) = self.begin.get_mut(row).zip(self.scales.get_mut(row)) {
            (*to, *to_scale) = (begin, scale);
        }
    }
}

/// To the nearest whole number within ±127, by the bits of a sum with 1.5·2²³: faster than rounding, and it vectorises.
#[inline(always)]
const fn round(x: f32) -> i8 {
    const MAGIC: f32 = 12_582_912.0;
    (x + MAGIC).to_bits().wrapping_sub(MAGIC.to_bits()) as i8
}

impl Engine for Portable {
    fn tile(self, rows: &[Quantised], weights: &[OpenBlock]) -> Sums {
        let mut sums = Sums::default();
        for (block, weights) in rows.iter().zip(weights) {
            for (row, sums) in sums.iter_mut().enumerate() {
                let scale = block.scales.get(row).copied().unwrap_or_default();
                for (half, sums) in sums.iter_mut().enumerate() {
                    let products = exact(block, weights, row, half);
                    let scales = weights.scales.get(half).copied().unwrap_or_default();
                    for ((sum, product), weight) in sums.iter_mut().zip(products).zip(scales) {
                        *sum += product as f32 * (weight * scale);
                    }
                }
            }
        }
        sums
    }
}

/// The exact sums of one row with eight outputs.
fn exact(block: &Quantised, weights: &OpenBlock, row: usize, half: usize) -> [i32; LANES] {
    let mut sums = [0i32; LANES];
    for (words, nibbles) in block.words.iter().zip(&weights.nibbles) {
        let word = words.get(row).copied().unwrap_or_default();
        let four = word.to_le_bytes().map(u8::cast_signed).map(i32::from);
        let nibbles = nibbles.get(half).copied().unwrap_or([8; BLOCK]);
        let (lanes, _) = nibbles.as_chunks::<DEPTH>();
        for (sum, lane) in sums.iter_mut().zip(lanes) {
            for (nibble, activation) in lane.iter().zip(four) {
                *sum += (i32::from(*nibble) - 8) * activation;
            }
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers without a pattern, in [-1, 1).
    fn numbers(seed: u32, count: usize) -> Vec<f32> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 8_388_608.0 - 1.0
        };
        (0..count).map(|_| next()).collect()
    }

    /// What the layer approximates, in plain arithmetic on the opened weights.
    fn plain(rows: &[f32], inputs: usize, bytes: &[u8], scales: &[f32], bias: &[f32]) -> Vec<f32> {
        let weight = |output: usize, k: usize| {
            let byte = bytes[output * inputs / 2 + k / 2];
            let nibble = if k.is_multiple_of(2) {
                byte & 15
            } else {
                byte >> 4
            };
            (f32::from(nibble) - 8.0) * scales[output * inputs / BLOCK + k / BLOCK]
        };
        let of = |row: &[f32], output: usize| {
            let sum: f32 = row
                .iter()
                .enumerate()
                .map(|(k, x)| x * weight(output, k))
                .sum();
            sum + bias[output]
        };
        rows.chunks(inputs)
            .flat_map(|row| (0..bias.len()).map(move |o| of(row, o)))
            .collect()
    }

    #[test]
    fn layers_of_any_size_come_close_to_plain_arithmetic() {
        for (count, inputs, outputs) in [(1, 32, 1), (4, 64, 16), (5, 96, 35), (9, 384, 40)] {
            let rows = numbers(7, count * inputs);
            let bytes: Vec<u8> = numbers(11, outputs * inputs / 2)
                .iter()
                .map(|x| ((x + 1.0) * 127.9) as u8)
                .collect();
            let scales: Vec<f32> = numbers(13, outputs * inputs / BLOCK)
                .iter()
                .map(|x| x * 0.1)
                .collect();
            let bias = numbers(17, outputs);
            let layer = Linear::new(inputs, &bytes, &scales, bias.clone()).unwrap();
            let wanted = plain(&rows, inputs, &bytes, &scales, &bias);
            let input = Input::new(&rows, inputs);
            let portable = layer.apply(Portable, &input);
            assert_eq!(portable.len(), wanted.len());
            for (got, wanted) in portable.iter().zip(&wanted) {
                assert!((got - wanted).abs() < 0.05, "{got} {wanted}");
            }
            #[cfg(target_arch = "x86_64")]
            if let Some(wide) = super::super::wide::Wide::new() {
                for (got, wanted) in layer.apply(wide, &input).iter().zip(&portable) {
                    assert!((got - wanted).abs() < 1e-4, "{got} {wanted}");
                }
            }
        }
    }

    #[test]
    fn the_largest_sums_do_not_overflow() {
        let inputs = BLOCK * 2;
        for (byte, x) in [(0x00, 1.0), (0xff, 1.0), (0x00, -1.0), (0xff, -1.0)] {
            let rows = vec![x; inputs];
            let bytes = vec![byte; inputs / 2];
            let layer = Linear::new(inputs, &bytes, &[1.0, 1.0], vec![0.0]).unwrap();
            let wanted = (f32::from(byte & 15) - 8.0) * x * inputs as f32;
            let input = Input::new(&rows, inputs);
            assert!((layer.apply(Portable, &input)[0] - wanted).abs() < 0.01);
            #[cfg(target_arch = "x86_64")]
            if let Some(wide) = super::super::wide::Wide::new() {
                assert!((layer.apply(wide, &input)[0] - wanted).abs() < 0.01);
            }
        }
    }

    #[test]
    fn sizes_that_do_not_belong_together_are_errors() {
        for (inputs, bytes, scales) in [(33, 16, 1), (32, 15, 1), (32, 16, 2), (0, 0, 0)] {
            let layer = Linear::new(inputs, &vec![0; bytes], &vec![0.0; scales], vec![0.0]);
            assert_eq!(layer.err(), Some(EnglishError::Graph));
        }
    }
}
