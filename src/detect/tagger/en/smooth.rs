//! The functions of the encoder that are not layers: normalisation, softmax, GELU.
//!
//! Written so that compilers vectorise them: no calls, no branches, lanes kept apart.

#![expect(
    clippy::inline_always,
    reason = "compiled for the vectors of the engine only where it is inlined"
)]

/// Numbers that are added side by side.
pub(super) const LANES: usize = 8;

/// e^x for x ≤ 0, within 2⁻²² of it: 2 to a whole power by the exponent's bits, the rest by the series (Cephes' `expf`
/// coefficients, S. Moshier, 1989).
#[inline(always)]
fn exp(x: f32) -> f32 {
    const MAGIC: f32 = 12_582_912.0;
    let x = x.max(-87.0);
    let whole = x * std::f32::consts::LOG2_E + MAGIC - MAGIC;
    let x = x - whole * 0.693_359_4 + whole * 2.121_944_4e-4;
    let series = 1.987_569_2e-4f32;
    let series = series * x + 1.398_199_9e-3;
    let series = series * x + 8.333_452e-3;
    let series = series * x + 4.166_579_6e-2;
    let series = series * x + 0.166_666_65;
    let series = series * x + 0.5;
    let power = f32::from_bits(
        (whole as i32)
            .wrapping_add(127)
            .wrapping_shl(23)
            .cast_unsigned(),
    );
    (series * x * x + x + 1.0) * power
}

/// GELU with the error function (Abramowitz and Stegun, 7.1.26: within 1.5·10⁻⁷).
#[inline(always)]
pub(super) fn gelu(numbers: &mut [f32]) {
    for x in numbers {
        let half = *x * std::f32::consts::FRAC_1_SQRT_2;
        let t = 1.0 / (1.0 + 0.327_591_1 * half.abs());
        let series = 1.061_405_4f32;
        let series = series * t - 1.453_152_1;
        let series = series * t + 1.421_413_8;
        let series = series * t - 0.284_496_72;
        let series = series * t + 0.254_829_6;
        let erf = 1.0 - series * t * exp(-half * half);
        *x = 0.5 * (*x + x.abs() * erf);
    }
}

/// The sum of eights, each times its factor.
#[inline(always)]
pub(super) fn weigh(factors: &[f32], eights: &[[f32; LANES]]) -> [f32; LANES] {
    let mut sums = [0.0f32; LANES];
    for (factor, eight) in factors.iter().zip(eights) {
        for (sum, x) in sums.iter_mut().zip(eight) {
            *sum += factor * x;
        }
    }
    sums
}

/// What a function makes of all numbers, eight side by side.
#[inline(always)]
fn fold(numbers: &[f32], start: f32, of: impl Fn(f32, f32) -> f32) -> f32 {
    let (eights, rest) = numbers.as_chunks::<LANES>();
    let mut lanes = [start; LANES];
    for eight in eights {
        for (lane, x) in lanes.iter_mut().zip(eight) {
            *lane = of(*lane, *x);
        }
    }
    let ends = lanes.iter().chain(rest);
    ends.fold(start, |all, x| of(all, *x))
}

/// The sum of the squares of numbers, a multiple of eight.
#[inline(always)]
fn squares(numbers: &[f32]) -> f32 {
    let mut lanes = [0.0f32; LANES];
    for eight in numbers.as_chunks::<LANES>().0 {
        for (lane, x) in lanes.iter_mut().zip(eight) {
            *lane += x * x;
        }
    }
    lanes.iter().sum()
}

/// Each row, a multiple of eight long, to mean 0 and variance 1, then scaled and moved.
#[inline(always)]
pub(super) fn normalise(rows: &mut [f32], scale: &[f32], shift: &[f32], epsilon: f32) {
    let width = scale.len().max(1);
    for row in rows.chunks_mut(width) {
        let mean = fold(row, 0.0, |sum, x| sum + x) / width as f32;
        for x in row.iter_mut() {
            *x -= mean;
        }
        let variance = squares(row) / width as f32;
        let inverse = 1.0 / (variance + epsilon).sqrt();
        for ((x, scale), shift) in row.iter_mut().zip(scale).zip(shift) {
            *x = *x * inverse * scale + shift;
        }
    }
}

/// Numbers to shares of one.
#[inline(always)]
pub(super) fn softmax(numbers: &mut [f32]) {
    let most = fold(numbers, f32::MIN, f32::max);
    for x in numbers.iter_mut() {
        *x = exp(*x - most);
    }
    let sum = fold(numbers, 0.0, |sum, x| sum + x);
    let inverse = 1.0 / sum.max(f32::MIN_POSITIVE);
    for x in numbers {
        *x *= inverse;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_agree_with_tables() {
        for x in [0.0f32, -0.1, -1.0, -5.0, -30.0, -200.0] {
            assert!((exp(x) - x.exp()).abs() < 1e-6, "{x}");
        }
        // Φ(x)·x with Φ from tables of the normal distribution.
        for (x, wanted) in [
            (0.0, 0.0),
            (1.0, 0.841_345),
            (-1.0, -0.158_655),
            (3.0, 2.995_95),
            (-6.0, 0.0),
        ] {
            let mut one = [x];
            gelu(&mut one);
            assert!((one[0] - wanted).abs() < 1e-4, "{x} {}", one[0]);
        }
        let mut shares = [1.0, 2.0, 3.0];
        softmax(&mut shares);
        assert!((shares[2] - 0.665_241).abs() < 1e-5);
        let mut row = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];
        normalise(&mut row, &[2.0; 8], &[1.0; 8], 0.0);
        assert!((row[0] - (1.0 - 2.0 * 1.527_525)).abs() < 1e-4);
        let weighed = weigh(&[2.0, 3.0], &[[1.0; 8], [2.0; 8]]);
        assert!(weighed.iter().all(|x| (x - 8.0).abs() < 1e-6));
        let mut many: Vec<f32> = (0..19).map(|x| x as f32).collect();
        softmax(&mut many);
        assert!((many.iter().sum::<f32>() - 1.0).abs() < 1e-5 && many[18] > 0.6);
    }
}
