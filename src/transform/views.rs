//! Other readings of the outbound bytes: with JSON escapes undone, at each level that JSON may sit in JSON, and
//! with percent escapes undone.

use super::room::has_escape;

/// How often JSON escapes are undone: the body, and three levels of documents inside its strings.
const LEVELS: usize = 4;

/// Calls `see` for the bytes as they are and for each other reading that differs.
///
/// Undoing the short escapes alone (`\n`, `\"`) shows nothing new of a value that holds no character that JSON
/// must escape; `escaped` says whether one does. Where not, JSON escapes are undone only if the bytes hold
/// `\u` or `\/`, which may stand for any character.
pub(super) fn each(bytes: &[u8], escaped: bool, mut see: impl FnMut(&[u8])) {
    let mut with_percent = |view: &[u8]| {
        see(view);
        if let Some(decoded) = percent(view) {
            see(&decoded);
        }
    };
    with_percent(bytes);
    let mut last = Vec::new();
    for level in 0..LEVELS {
        let from = if level == 0 { bytes } else { &last };
        if !escaped && !hides(from) {
            break;
        }
        let Some(decoded) = json(from) else { break };
        with_percent(&decoded);
        last = decoded;
    }
}

/// Whether an escape stands for a character that needs none.
fn hides(bytes: &[u8]) -> bool {
    has_escape(bytes, b'u') || has_escape(bytes, b'/')
}

/// JSON escapes undone, or `None` where there is none. What isn't an escape stays.
fn json(bytes: &[u8]) -> Option<Vec<u8>> {
    decode(bytes, b'\\', |rest, out| {
        let byte = match *rest.first()? {
            b'u' => return unicode(rest, out),
            escaped @ (b'"' | b'\\' | b'/') => escaped,
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'b' => 8,
            b'f' => 12,
            _ => return None,
        };
        out.push(byte);
        Some(1)
    })
}

/// Percent escapes undone (RFC 3986, section 2.1), or `None` where there is none.
fn percent(bytes: &[u8]) -> Option<Vec<u8>> {
    decode(bytes, b'%', |rest, out| {
        out.push(hex(rest.get(..2)?)? as u8);
        Some(2)
    })
}

/// Copies `bytes`, with `undo` at each `mark`: it gets what follows, and says how much of that it took.
fn decode(
    bytes: &[u8],
    mark: u8,
    undo: impl Fn(&[u8], &mut Vec<u8>) -> Option<usize>,
) -> Option<Vec<u8>> {
    let first = memchr::memchr(mark, bytes)?;
    let mut out = Vec::with_capacity(bytes.len());
    let (plain, mut rest) = bytes.split_at_checked(first)?;
    out.extend_from_slice(plain);
    let mut changed = false;
    while let Some((byte, after)) = rest.split_first() {
        // Escapes often follow each other; where not, copy up to the next one.
        if *byte != mark {
            let next = memchr::memchr(mark, rest).unwrap_or(rest.len());
            let (plain, escape) = rest.split_at_checked(next)?;
            out.extend_from_slice(plain);
            rest = escape;
            continue;
        }
        let taken = undo(after, &mut out);
        if taken.is_none() {
            out.push(mark);
        }
        changed |= taken.is_some();
        rest = after.get(taken.unwrap_or(0)..)?;
    }
    changed.then_some(out)
}

/// `uXXXX`, or two of them that make a surrogate pair.
fn unicode(rest: &[u8], out: &mut Vec<u8>) -> Option<usize> {
    let first = hex(rest.get(1..5)?)?;
    let second = match rest.get(5..7) {
        Some(b"\\u") => rest.get(7..11).and_then(hex),
        _ => None,
    };
    let (c, taken) = match (first, second) {
        (0xD800..=0xDBFF, Some(low @ 0xDC00..=0xDFFF)) => {
            (0x1_0000 + ((first - 0xD800) << 10) + (low - 0xDC00), 11)
        }
        _ => (first, 5),
    };
    let mut buffer = [0; 4];
    out.extend_from_slice(char::from_u32(c)?.encode_utf8(&mut buffer).as_bytes());
    Some(taken)
}

fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |value, digit| {
        Some(value * 16 + char::from(*digit).to_digit(16)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn views(text: &str) -> Vec<String> {
        let mut seen = Vec::new();
        each(text.as_bytes(), true, |view| {
            seen.push(String::from_utf8_lossy(view).into_owned());
        });
        seen
    }

    #[test]
    fn escapes_are_undone_level_by_level() {
        for (text, last) in [
            (r"\u5f20\u4F1f", "张伟"),
            (r"\\u5f20\\\\u4f1f", r"张伟"),
            (r"\ud83d\ude00\u0040", "😀@"),
            (r"a\/b\n\t\q\u12\uD800", "a/b\n\t\\q\\u12\\uD800"),
            ("%E5%bc%a0%", "张%"),
            (r"%\u0034%", "%4%"),
            ("plain", "plain"),
        ] {
            assert_eq!(views(text).last().unwrap(), last, "{text}");
        }
        assert_eq!(views("plain").len(), 1);
        assert_eq!(
            views(r"%41\u0041"),
            [r"%41\u0041", r"A\u0041", "%41A", "AA"]
        );
    }

    #[test]
    fn a_bomb_of_backslashes_is_undone_a_fixed_number_of_times() {
        assert!(views(&"\\".repeat(4096)).len() <= 2 * (LEVELS + 1));
    }
}
