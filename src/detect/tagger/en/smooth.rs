//! The functions of the encoder that are not layers: normalisation, softmax, GELU.
//!
//! Written so that compilers vectorise them: no calls, no branches, lanes kept apart.

#![expect(
    clippy::inline_always,
    reason = "compiled for the vectors of the engine only where it is inlined"
)]

/// Numbers that are added side by side.
const LANES: usize = 8;

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

/// Sums and products in lanes.
#[inline(always)]
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; LANES];
    for (a, b) in a
        .as_chunks::<LANES>()
        .0
        .iter()
        .zip(b.as_chunks::<LANES>().0)
    {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums.iter().sum()
}

/// Adds numbers times a factor; both are a multiple of eight long.
#[inline(always)]
pub(super) fn add_times(to: &mut [f32], numbers: &[f32], factor: f32) {
    let eights = numbers.as_chunks::<LANES>().0;
    for (to, numbers) in to.as_chunks_mut::<LANES>().0.iter_mut().zip(eights) {
        for (to, x) in to.iter_mut().zip(numbers) {
            *to += factor * x;
        }
    }
}

#[inline(always)]
fn sum_of(numbers: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let mut sums = [0.0f32; LANES];
    for eight in numbers.as_chunks::<LANES>().0 {
        for (sum, x) in sums.iter_mut().zip(eight) {
            *sum += of(*x);
        }
    }
    sums.iter().sum()
}

/// Each row, a multiple of eight long, to mean 0 and variance 1, then scaled and moved.
#[inline(always)]
pub(super) fn normalise(rows: &mut [f32], scale: &[f32], shift: &[f32], epsilon: f32) {
    let width = scale.len().max(1);
    for row in rows.chunks_mut(width) {
        let mean = sum_of(row, |x| x) / width as f32;
        let variance = sum_of(row, |x| (x - mean) * (x - mean)) / width as f32;
        let inverse = 1.0 / (variance + epsilon).sqrt();
        for ((x, scale), shift) in row.iter_mut().zip(scale).zip(shift) {
            *x = (*x - mean) * inverse * scale + shift;
        }
    }
}

/// Numbers to shares of one.
#[inline(always)]
pub(super) fn softmax(numbers: &mut [f32]) {
    let most = numbers.iter().fold(f32::MIN, |most, x| most.max(*x));
    for x in numbers.iter_mut() {
        *x = exp(*x - most);
    }
    let sum: f32 = numbers.iter().sum();
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
        assert!((dot(&row, &[1.0; 8]) - 8.0).abs() < 1e-4);
    }
}
