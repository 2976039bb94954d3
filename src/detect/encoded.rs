//! Base64 and base64url: what is hidden in them is found by decoding and scanning once more.

use super::text::{at, before, run, run_back};
use crate::base::Span;
use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD};

/// Shortest run tried: nine digits of a social security number make twelve characters.
pub(super) const SHORTEST: usize = 12;
/// Longest run decoded, in bytes; more is a file, not a value.
const LONGEST: usize = 256 * 1024;
/// Bytes looked at before the whole run is decoded.
const TASTE: usize = 16;

/// The run around a word, and its text where it decodes to printable text.
pub(super) fn decode(text: &str, word: Span, done: usize) -> (Span, Option<String>) {
    let start = run_back(
        text,
        word.start,
        word.start.saturating_sub(done).min(LONGEST),
        is_base64,
    );
    let end = run(text, word.end, LONGEST, is_base64);
    let padded = run(text, end, 2, |b| b == b'=');
    let span = Span::new(start, padded);
    let decoded = text
        .get(start..end)
        .and_then(|body| decode_body(body.trim_start_matches('/')));
    (
        span,
        decoded
            .filter(|_| !before(text, start).is_ascii_alphanumeric() && at(text, padded) != b'('),
    )
}

const fn is_base64(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_')
}

fn decode_body(body: &str) -> Option<String> {
    if body.len() < SHORTEST || body.len() % 4 == 1 {
        return None;
    }
    let url = body.bytes().any(|b| matches!(b, b'-' | b'_'));
    let encoding = if url { BASE64URL_NOPAD } else { BASE64_NOPAD };
    let head = encoding
        .decode(body.get(..body.len().min(TASTE) / 4 * 4)?.as_bytes())
        .ok()?;
    if !is_plausible(&head) {
        return None;
    }
    let decoded = encoding.decode(body.as_bytes()).ok()?;
    String::from_utf8(decoded)
        .ok()
        .filter(|text| text.chars().all(|c| !c.is_control() || c.is_whitespace()))
}

/// Printable ASCII, or UTF-8 that may be cut at the end.
fn is_plausible(head: &[u8]) -> bool {
    let valid = match std::str::from_utf8(head) {
        Ok(_) => head.len(),
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        Err(_) => 0,
    };
    valid > 0
        && head
            .iter()
            .all(|b| *b >= b' ' || matches!(b, b'\n' | b'\r' | b'\t'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::BASE64;

    #[test]
    fn text_is_decoded_and_noise_is_not() {
        for (inside, found) in [
            ("13812345678", true),
            ("联系电话13812345678", true),
            ("short", false),
        ] {
            let run = BASE64.encode(inside.as_bytes());
            let word = Span::new(0, run.trim_end_matches('=').len());
            let (span, decoded) = decode(&run, word, 0);
            assert_eq!(decoded.is_some(), found, "{inside}");
            assert_eq!(span.end, run.len());
        }
        for noise in [
            "getUserAccountInformation",
            "9f86d081884c7d659a2feaa0c55ad015",
            "src/detect/encoded/mod",
        ] {
            assert_eq!(
                decode(noise, Span::new(0, noise.len()), 0).1,
                None,
                "{noise}"
            );
        }
    }
}
