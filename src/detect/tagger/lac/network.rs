//! The network: embeddings, two layers of gated recurrent units that read both ways, a score for each tag.
//!
//! Gated recurrent unit as in ONNX (`GRU`, `linear_before_reset = 1`, `direction = bidirectional`).

#![expect(
    clippy::inline_always,
    reason = "only what is inlined is compiled for the wider instructions"
)]

use super::product::{Lanes, MOST_INPUT, Matrix, PANEL, Plain, quantise};
use crate::detect::tagger::weights::Weights;

/// Numbers of an embedding, and of a direction's state.
const WIDTH: usize = 128;
/// The gates *z*, *r* and *n* of a direction.
const GATES: usize = 3 * WIDTH;
/// Both directions.
const BOTH: usize = 2 * WIDTH;
/// Characters that have an embedding.
pub(super) const CHARACTERS: usize = 58_224;
/// Tags, and the tags filled up.
pub(super) const TAGS: usize = 59;
pub(super) const TAGS_FILLED: usize = 64;
/// Tags filled up to whole panels of a product.
const TAGS_PANELS: usize = TAGS.next_multiple_of(PANEL);
/// Steps of a layer's input that are multiplied at once.
const AT_ONCE: usize = 2;

/// The scores of one character's tags.
pub(super) type Scores = [f32; TAGS_FILLED];

/// The model's weights.
#[derive(Debug)]
pub(super) struct Network {
    /// A row of 128 for each character; its scale makes the largest 127.
    embeddings: Vec<[i8; WIDTH]>,
    scales: Vec<f32>,
    layers: [[Direction; 2]; 2],
    tags: Matrix,
}

/// One direction of a layer.
#[derive(Debug)]
struct Direction {
    input: Matrix,
    state: Matrix,
}

/// What goes into a layer: for each character pairs of numbers, and their scale.
struct Steps {
    pairs: Vec<i32>,
    scales: Vec<f32>,
    /// Pairs of a character.
    width: usize,
}

impl Network {
    /// Takes the weights that are called so in LAC's ONNX file.
    pub(super) fn new(weights: &Weights<'_>) -> Option<Self> {
        let (embeddings, scales) = small(&weights.get("embedding_0.w_0", &[CHARACTERS, WIDTH])?);
        let tags = weights.get("linear_0.w_0", &[BOTH, TAGS])?;
        let tags: Vec<f32> = (0..TAGS)
            .flat_map(|tag| tags.iter().skip(tag).step_by(TAGS).copied())
            .collect();
        Some(Self {
            embeddings,
            scales,
            layers: [
                layer(weights, WIDTH, ["5", "6", "9"])?,
                layer(weights, BOTH, ["14", "15", "18"])?,
            ],
            tags: Matrix::new(&tags, BOTH, &weights.get("linear_0.b_0", &[TAGS])?),
        })
    }

    /// The scores of every character of a text.
    pub(super) fn scores(&self, characters: &[u16]) -> Vec<Scores> {
        #[cfg(target_arch = "x86_64")]
        if let Some(lanes) = pulp::x86::V3::try_new() {
            return lanes.vectorize(
                #[inline(always)]
                || self.run(lanes, characters),
            );
        }
        self.run(Plain, characters)
    }

    #[inline(always)]
    fn run<L: Lanes>(&self, lanes: L, characters: &[u16]) -> Vec<Scores> {
        let mut steps = self.embed(characters);
        for layer in &self.layers {
            let mut next = Steps {
                pairs: vec![0; characters.len() * WIDTH],
                scales: vec![1.0 / MOST_INPUT; characters.len()],
                width: WIDTH,
            };
            for (side, direction) in layer.iter().enumerate() {
                direction.read(lanes, &steps, side == 1, &mut next);
            }
            steps = next;
        }
        let mut all = Vec::with_capacity(characters.len());
        let mut out = [0.0; TAGS_PANELS];
        for (pairs, scale) in steps.all() {
            self.tags.apply(lanes, [(pairs, scale)], [&mut out]);
            all.extend(out.first_chunk::<TAGS_FILLED>());
        }
        all
    }

    fn embed(&self, characters: &[u16]) -> Steps {
        let (mut pairs, mut scales) = (Vec::new(), Vec::new());
        for at in characters.iter().map(|id| usize::from(*id)) {
            let row = self.embeddings.get(at).unwrap_or(&[0; WIDTH]);
            let wide = row.map(i16::from);
            let both = |pair: &[i16; 2]| pulp::cast::<[i16; 2], i32>(*pair);
            pairs.extend(wide.as_chunks::<2>().0.iter().map(both));
            scales.push(self.scales.get(at).copied().unwrap_or(0.0));
        }
        Steps {
            pairs,
            scales,
            width: WIDTH / 2,
        }
    }
}

impl Steps {
    fn all(&self) -> impl Iterator<Item = (&[i32], f32)> {
        self.pairs
            .chunks_exact(self.width)
            .zip(self.scales.iter().copied())
    }

    fn step(&self, i: usize) -> (&[i32], f32) {
        let pairs = self.pairs.get(i * self.width..(i + 1) * self.width);
        let scale = self.scales.get(i).copied();
        (pairs.unwrap_or_default(), scale.unwrap_or(0.0))
    }
}

impl Direction {
    /// Reads all steps, the last first if `back`, and writes its half of each character's state to `out`.
    #[inline(always)]
    fn read<L: Lanes>(&self, lanes: L, steps: &Steps, back: bool, out: &mut Steps) {
        let count = steps.scales.len();
        let place = |i: usize| if back { count - 1 - i } else { i };
        let mut state = State::new();
        let (mut one, mut two) = ([[0.0; WIDTH]; 3], [[0.0; WIDTH]; 3]);
        for i in (0..count).step_by(AT_ONCE) {
            let (first, second) = (place(i), (i + 1 < count).then(|| place(i + 1)));
            let other = second.unwrap_or(first);
            let inputs = [steps.step(first), steps.step(other)];
            self.input.apply(
                lanes,
                inputs,
                [one.as_flattened_mut(), two.as_flattened_mut()],
            );
            state.step(lanes, &self.state, &one);
            state.write(out, first, back);
            if let Some(second) = second {
                state.step(lanes, &self.state, &two);
                state.write(out, second, back);
            }
        }
    }
}

/// What a direction remembers.
struct State {
    exact: [f32; WIDTH],
    /// The same as pairs of 16-bit numbers.
    pairs: [i32; WIDTH / 2],
}

impl State {
    const fn new() -> Self {
        Self {
            exact: [0.0; WIDTH],
            pairs: [0; WIDTH / 2],
        }
    }

    #[inline(always)]
    fn step<L: Lanes>(&mut self, lanes: L, matrix: &Matrix, input: &[[f32; WIDTH]; 3]) {
        let mut own = [[0.0; WIDTH]; 3];
        matrix.apply(
            lanes,
            [(&self.pairs, 1.0 / MOST_INPUT)],
            [own.as_flattened_mut()],
        );
        let ([zi, ri, ni], [zo, ro, no]) = (input, &own);
        for (i, state) in self.exact.iter_mut().enumerate() {
            let at = |gate: &[f32; WIDTH]| gate.get(i).copied().unwrap_or(0.0);
            let z = sigmoid(at(zi) + at(zo));
            let r = sigmoid(at(ri) + at(ro));
            let n = tanh(at(ni) + r * at(no));
            *state = n + z * (*state - n);
        }
        quantise(&self.exact, &mut self.pairs);
    }

    #[inline(always)]
    fn write(&self, out: &mut Steps, character: usize, back: bool) {
        let half = WIDTH / 2;
        let start = character * out.width + if back { half } else { 0 };
        if let Some(place) = out.pairs.get_mut(start..start + half) {
            place.copy_from_slice(&self.pairs);
        }
    }
}

/// A layer's weights, under the numbers that their names end in.
fn layer(weights: &Weights<'_>, inputs: usize, names: [&str; 3]) -> Option<[Direction; 2]> {
    let get = |name: &str, shape: &[usize]| weights.get(&format!("helper.concat.{name}"), shape);
    let [input, state, biases] = names;
    let input = get(input, &[2, GATES, inputs])?;
    let state = get(state, &[2, GATES, WIDTH])?;
    let biases = get(biases, &[2, 2 * GATES])?;
    let direction = |side: usize| {
        let half = |all: &[f32]| -> Option<Vec<f32>> {
            let size = all.len() / 2;
            all.get(side * size..(side + 1) * size).map(<[f32]>::to_vec)
        };
        let biases = half(&biases)?;
        let (of_input, of_state) = biases.split_at_checked(GATES)?;
        Some(Direction {
            input: Matrix::new(&half(&input)?, inputs, of_input),
            state: Matrix::new(&half(&state)?, WIDTH, of_state),
        })
    };
    Some([direction(0)?, direction(1)?])
}

/// Rows as 8-bit numbers with a scale each: a quarter of the memory.
fn small(rows: &[f32]) -> (Vec<[i8; WIDTH]>, Vec<f32>) {
    let small = |row: &[f32; WIDTH]| {
        let most = row.iter().fold(1e-9_f32, |most, x| most.max(x.abs()));
        let scale = most / 127.0;
        (row.map(|x| (x / scale).round() as i8), scale)
    };
    rows.as_chunks::<WIDTH>().0.iter().map(small).unzip()
}

#[inline(always)]
fn sigmoid(x: f32) -> f32 {
    0.5 + 0.5 * tanh(0.5 * x)
}

/// Hyperbolic tangent as a quotient of polynomials, right to about 10⁻⁶: a call of the exact one can't be vectorised.
/// Coefficients as in Eigen's `generic_fast_tanh_float`.
#[inline(always)]
fn tanh(x: f32) -> f32 {
    let x = x.clamp(-7.905_311, 7.905_311);
    let s = x * x;
    let over = [
        -2.760_768_5e-16,
        2.000_188e-13,
        -8.604_672e-11,
        5.122_297e-8,
        1.485_722_4e-5,
        6.372_619e-4,
        4.893_524_6e-3,
    ];
    let under = [1.198_258_4e-6, 1.185_347e-4, 2.268_434_6e-3, 4.893_525e-3];
    let of = |terms: &[f32]| terms.iter().fold(0.0, |sum, term| sum * s + term);
    x * of(&over) / of(&under)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tanh_is_near() {
        for i in -1200..=1200 {
            let x = i as f32 / 100.0;
            assert!((tanh(x) - x.tanh()).abs() < 2e-6, "{x}");
            assert!((sigmoid(x) - 1.0 / (1.0 + (-x).exp())).abs() < 2e-6, "{x}");
        }
    }
}
