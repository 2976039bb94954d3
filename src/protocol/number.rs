//! JSON numbers as a person would write them: `1.3812345678e10` is 13812345678.

use std::borrow::Cow;

/// Longest number that is written out, in digits: longer ones are nobody's number.
const MOST_DIGITS: usize = 40;

/// The number without exponent and without zeros behind the point; as it stands where it has neither, or is too long.
pub(super) fn plain(number: &str) -> Cow<'_, str> {
    if number.bytes().all(|b| b.is_ascii_digit()) {
        return Cow::Borrowed(number);
    }
    written_out(number).map_or(Cow::Borrowed(number), Cow::Owned)
}

fn written_out(number: &str) -> Option<String> {
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", mantissa),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent: i32 = exponent.parse().ok()?;
    let digits = [whole, fraction].concat();
    // How many of the digits stand before the point.
    let point = i32::try_from(whole.len()).ok()?.checked_add(exponent)?;
    let most = i32::try_from(MOST_DIGITS).ok()?;
    if digits.len() > MOST_DIGITS || !(-most..=most).contains(&point) {
        return None;
    }
    let leading = usize::try_from(-point).unwrap_or(0);
    let digits = format!("{}{digits}", "0".repeat(leading));
    let point = usize::try_from(point).unwrap_or(0);
    let padded = format!("{digits:0<point$}");
    let (whole, fraction) = padded.split_at_checked(point)?;
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    Some(format!("{sign}{whole}{point}{fraction}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_with_an_exponent_are_written_out() {
        for (number, expected) in [
            ("13812345678", "13812345678"),
            ("1.3812345678e10", "13812345678"),
            ("1381234567800E-2", "13812345678"),
            ("13812345678.0", "13812345678"),
            ("138e+8", "13800000000"),
            ("-1.38123456785e10", "-13812345678.5"),
            ("7.39e2", "739"),
            ("1.5e-3", "0.0015"),
            ("0.1e1", "1"),
            ("0e5", "0"),
            ("0.30", "0.3"),
            ("1e999999999999", "1e999999999999"),
            ("1e99", "1e99"),
            ("1e-99", "1e-99"),
        ] {
            assert_eq!(plain(number), expected, "{number}");
        }
    }
}
