//! Products of 16-bit matrices and vectors, with the vector instructions that this processor has.
//!
//! AVX2's `vpmaddwd` multiplies sixteen pairs and adds neighbours; eight outputs are summed at a time. Elsewhere the same
//! sums are made in plain Rust, to the same result: the arithmetic is of integers.

#![expect(
    clippy::inline_always,
    reason = "only what is inlined is compiled for the wider instructions"
)]

use pulp::i32x8;

/// Sixteen 16-bit weights: for eight outputs those of two neighbouring inputs.
#[cfg(target_arch = "x86_64")]
type Weights = std::arch::x86_64::__m256i;
#[cfg(not(target_arch = "x86_64"))]
type Weights = pulp::i16x16;

/// Outputs in one vector of sums.
const LANES: usize = 8;
/// Vectors of sums that are held at once, for each step.
const BLOCKS: usize = 6;
/// Outputs of a panel.
pub(super) const PANEL: usize = LANES * BLOCKS;
/// Largest weight: 256 products of it and [`MOST_INPUT`] fit 31 bits.
const MOST_WEIGHT: f32 = 4095.0;
/// Largest input.
pub(super) const MOST_INPUT: f32 = 2047.0;

/// How sums of products are made.
pub(super) trait Lanes: Copy {
    /// Eight sums.
    type Sums: Copy;
    /// Eight zeros.
    fn zero(self) -> Self::Sums;
    /// Adds to each sum two products of neighbours, where `pair` stands beside each two weights.
    fn add(self, sums: Self::Sums, weights: Weights, pair: i32) -> Self::Sums;
    /// The sums as numbers.
    fn numbers(self, sums: Self::Sums) -> [i32; LANES];
}

#[cfg(target_arch = "x86_64")]
impl Lanes for pulp::x86::V3 {
    type Sums = std::arch::x86_64::__m256i;

    #[inline(always)]
    fn zero(self) -> Self::Sums {
        self.avx._mm256_setzero_si256()
    }

    #[inline(always)]
    fn add(self, sums: Self::Sums, weights: Weights, pair: i32) -> Self::Sums {
        let pairs = self.avx._mm256_set1_epi32(pair);
        let products = self.avx2._mm256_madd_epi16(weights, pairs);
        self.avx2._mm256_add_epi32(sums, products)
    }

    #[inline(always)]
    fn numbers(self, sums: Self::Sums) -> [i32; LANES] {
        pulp::cast(sums)
    }
}

/// Plain Rust.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plain;

impl Lanes for Plain {
    type Sums = [i32; LANES];

    #[inline(always)]
    fn zero(self) -> Self::Sums {
        [0; LANES]
    }

    #[inline(always)]
    fn add(self, mut sums: Self::Sums, weights: Weights, pair: i32) -> Self::Sums {
        let weights: [[i16; 2]; LANES] = pulp::cast(weights);
        let [a, b]: [i16; 2] = pulp::cast(pair);
        for (sum, [v, w]) in sums.iter_mut().zip(weights) {
            *sum += i32::from(v) * i32::from(a) + i32::from(w) * i32::from(b);
        }
        sums
    }

    #[inline(always)]
    fn numbers(self, sums: Self::Sums) -> [i32; LANES] {
        pulp::cast::<i32x8, _>(pulp::cast(sums))
    }
}

/// Does work with the vector instructions that this processor has. What the work calls must be inlined to profit.
#[inline(always)]
pub(super) fn widely<T>(work: impl FnOnce() -> T) -> T {
    #[cfg(target_arch = "x86_64")]
    if let Some(lanes) = pulp::x86::V3::try_new() {
        return lanes.vectorize(work);
    }
    work()
}

/// A matrix of 16-bit weights with a scale and a bias for each output.
#[derive(Debug)]
pub(super) struct Matrix {
    /// For each panel of outputs, for each two inputs, the weights of the panel's outputs.
    panels: Vec<Vec<[Weights; BLOCKS]>>,
    scales: Vec<f32>,
    biases: Vec<f32>,
}

impl Matrix {
    /// Of a row of weights for each output; outputs are filled up to whole panels. The number of inputs is even.
    pub(super) fn new(rows: &[f32], inputs: usize, biases: &[f32]) -> Self {
        let outputs = biases.len().next_multiple_of(PANEL);
        let mut matrix = Self {
            panels: vec![vec![pulp::cast([0_i16; 16]); inputs / 2 * BLOCKS]; outputs / PANEL]
                .into_iter()
                .map(|panel| panel.as_chunks::<BLOCKS>().0.to_vec())
                .collect(),
            scales: vec![0.0; outputs],
            biases: biases.to_vec(),
        };
        matrix.biases.resize(outputs, 0.0);
        for (output, row) in rows.chunks_exact(inputs).take(biases.len()).enumerate() {
            let most = row.iter().fold(1e-9_f32, |most, w| most.max(w.abs()));
            matrix.set(output, row, most / MOST_WEIGHT);
        }
        matrix
    }

    fn set(&mut self, output: usize, row: &[f32], scale: f32) {
        if let Some(place) = self.scales.get_mut(output) {
            *place = scale;
        }
        let (panel, within) = (output / PANEL, output % PANEL);
        let Some(panel) = self.panels.get_mut(panel) else {
            return;
        };
        for (blocks, pair) in panel.iter_mut().zip(row.as_chunks::<2>().0) {
            let Some(block) = blocks.get_mut(within / LANES) else {
                return;
            };
            let mut weights: [[i16; 2]; LANES] = pulp::cast(*block);
            if let Some(place) = weights.get_mut(within % LANES) {
                *place = pair.map(|weight| (weight / scale).round() as i16);
            }
            *block = pulp::cast(weights);
        }
    }

    /// The outputs for `STEPS` inputs at once (weights are loaded once for all), each of pairs of 16-bit numbers with a
    /// scale of its own. `out` has as many numbers for each step as there are outputs.
    #[inline(always)]
    pub(super) fn apply<L: Lanes, const STEPS: usize>(
        &self,
        lanes: L,
        inputs: [(&[i32], f32); STEPS],
        out: [&mut [f32]; STEPS],
    ) {
        let mut out = out.map(|out| out.as_chunks_mut::<PANEL>().0.iter_mut());
        let factors = self.scales.as_chunks::<PANEL>().0.iter();
        let biases = self.biases.as_chunks::<PANEL>().0.iter();
        for ((panel, scales), biases) in self.panels.iter().zip(factors).zip(biases) {
            let sums = sums(lanes, panel, inputs.map(|(pairs, _)| pairs));
            for ((sums, out), (_, scale)) in sums.into_iter().zip(&mut out).zip(inputs) {
                let Some(out) = out.next() else { return };
                for (i, sums) in sums.into_iter().enumerate() {
                    let numbers = lanes.numbers(sums);
                    let at = i * LANES..(i + 1) * LANES;
                    let places = out.get_mut(at.clone()).unwrap_or_default();
                    let scales = scales.get(at.clone()).unwrap_or_default();
                    let biases = biases.get(at).unwrap_or_default();
                    for (((place, sum), s), b) in
                        places.iter_mut().zip(numbers).zip(scales).zip(biases)
                    {
                        *place = sum as f32 * (s * scale) + b;
                    }
                }
            }
        }
    }
}

/// The sums of one panel for each step.
#[inline(always)]
fn sums<L: Lanes, const STEPS: usize>(
    lanes: L,
    panel: &[[Weights; BLOCKS]],
    inputs: [&[i32]; STEPS],
) -> [[L::Sums; BLOCKS]; STEPS] {
    let mut sums = [[lanes.zero(); BLOCKS]; STEPS];
    let inputs = inputs.map(|pairs| pairs.get(..panel.len()).unwrap_or_default());
    for (i, weights) in panel.iter().enumerate() {
        for (sums, pairs) in sums.iter_mut().zip(inputs) {
            let pair = pairs.get(i).copied().unwrap_or(0);
            for (sum, weights) in sums.iter_mut().zip(weights) {
                *sum = lanes.add(*sum, *weights, pair);
            }
        }
    }
    sums
}

/// Numbers of -1 to 1 as pairs of 16-bit numbers of [`MOST_INPUT`]; there are twice as many of them as pairs.
#[inline(always)]
pub(super) fn quantise(numbers: &[f32], pairs: &mut [i32]) {
    for (pair, [a, b]) in pairs.iter_mut().zip(numbers.as_chunks::<2>().0) {
        // Adding half away from zero and cutting off rounds; `round` is a call where there is no instruction for it.
        let near = |x: f32| (x * MOST_INPUT + 0.5_f32.copysign(x)) as i32;
        *pair = pulp::cast([near(*a) as i16, near(*b) as i16]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn product<L: Lanes>(lanes: L, matrix: &Matrix, input: &[f32]) -> Vec<f32> {
        let mut pairs = vec![0; input.len() / 2];
        quantise(input, &mut pairs);
        let (mut one, mut two) = (vec![0.0; PANEL * 2], vec![0.0; PANEL * 2]);
        let step = (&*pairs, 1.0 / MOST_INPUT);
        matrix.apply(lanes, [step, step], [&mut one, &mut two]);
        assert_eq!(one, two);
        let mut alone = vec![0.0; PANEL * 2];
        matrix.apply(lanes, [step], [&mut alone]);
        assert_eq!(one, alone);
        one
    }

    #[test]
    fn products_are_those_of_exact_numbers_nearly() {
        let (inputs, outputs) = (128, 59);
        let wave = |i: usize| ((i * i + 3 * i) as f32).sin();
        let rows: Vec<f32> = (0..inputs * outputs).map(wave).collect();
        let biases: Vec<f32> = (0..outputs).map(|i| wave(i + 7)).collect();
        let input: Vec<f32> = (0..inputs).map(|i| wave(i + 11)).collect();
        let matrix = Matrix::new(&rows, inputs, &biases);
        let found = product(Plain, &matrix, &input);
        for (output, (row, bias)) in rows.chunks(inputs).zip(&biases).enumerate() {
            let exact: f32 = row.iter().zip(&input).map(|(w, x)| w * x).sum::<f32>() + bias;
            assert!((found[output] - exact).abs() < 0.02, "{output}: {exact}");
        }
        assert_eq!(found[outputs..], [0.0; PANEL * 2 - 59]);
        #[cfg(target_arch = "x86_64")]
        if let Some(lanes) = pulp::x86::V3::try_new() {
            assert_eq!(product(lanes, &matrix, &input), found);
        }
    }
}
