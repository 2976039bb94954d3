//! The inner loop of a layer in AVX2: 32 products an instruction, without `unsafe` of our own.
//!
//! Refuses to know: everything but one tile of 16 outputs and four rows.

#![expect(
    clippy::inline_always,
    reason = "compiled for the vectors of the engine only where it is inlined"
)]

use super::linear::{Engine, OpenBlock, Quantised, Sums};
use pulp::NullaryFnOnce;
use pulp::bytemuck::cast;
use pulp::x86::V3;
use std::arch::x86_64::{__m256, __m256i};

/// A processor with AVX2 and FMA.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wide(V3);

impl Wide {
    /// `None` where the processor lacks them.
    pub(super) fn new() -> Option<Self> {
        V3::try_new().map(Self)
    }

    /// Runs work compiled for these vectors, as far as it is inlined into its `call`.
    pub(super) fn run<W: NullaryFnOnce>(self, work: W) -> W::Output {
        self.0.vectorize(work)
    }
}

impl Engine for Wide {
    #[inline(always)]
    fn tile(self, rows: &[Quantised], weights: &[OpenBlock]) -> Sums {
        let (avx, avx2, fma) = (self.0.avx, self.0.avx2, self.0.fma);
        let ones = avx._mm256_set1_epi16(1);
        let mut sums = [[avx._mm256_setzero_ps(); 2]; 4];
        for (row, weight) in rows.iter().zip(weights) {
            let mut exact: [[__m256i; 2]; 4] = row.begin.map(|b| [avx._mm256_set1_epi32(b); 2]);
            for (words, nibbles) in row.words.iter().zip(&weight.nibbles) {
                let nibbles: [__m256i; 2] = [cast(nibbles[0]), cast(nibbles[1])];
                for (exact, word) in exact.iter_mut().zip(words) {
                    let word = avx._mm256_set1_epi32(*word);
                    for (exact, nibbles) in exact.iter_mut().zip(nibbles) {
                        let products = avx2._mm256_maddubs_epi16(nibbles, word);
                        *exact = avx2._mm256_add_epi16(*exact, products);
                    }
                }
            }
            let weight: [__m256; 2] = [cast(weight.scales[0]), cast(weight.scales[1])];
            for ((sums, exact), scale) in sums.iter_mut().zip(exact).zip(row.scales) {
                let scale = avx._mm256_set1_ps(scale);
                for ((sum, exact), weight) in sums.iter_mut().zip(exact).zip(weight) {
                    let whole = avx._mm256_cvtepi32_ps(avx2._mm256_madd_epi16(exact, ones));
                    let scale = avx._mm256_mul_ps(weight, scale);
                    *sum = fma._mm256_fmadd_ps(whole, scale, *sum);
                }
            }
        }
        sums.map(|row| row.map(cast))
    }
}
