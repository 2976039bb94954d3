//! JSON string escapes: undone, made, and mapped back to the raw bytes.
//!
//! One escape stands for one character, so every character boundary of the decoded text is a boundary between raw
//! units: a finding inside `\uXXXX` or a surrogate pair takes the whole escape.

use memchr::memchr;
use std::borrow::Cow;
use std::cell::Cell;
use std::fmt::Write as _;

/// One escape sequence.
pub(super) struct Escape {
    /// The character it stands for.
    pub(super) character: char,
    /// Its length in raw bytes: 2, 6, or 12 for a surrogate pair.
    pub(super) len: usize,
}

/// Raw bytes of the escape of half a surrogate pair.
pub(super) const HALF_LEN: usize = 6;

/// What is wrong with an escape sequence.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum EscapeFault {
    Unknown,
    BadHex,
    LoneSurrogate,
}

/// Reads the escape that `bytes` begin with (a backslash).
pub(super) fn read_escape(bytes: &[u8]) -> Result<Escape, EscapeFault> {
    let character = match bytes.get(1).copied() {
        Some(b'"') => '"',
        Some(b'\\') => '\\',
        Some(b'/') => '/',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => return read_unicode(bytes),
        _ => return Err(EscapeFault::Unknown),
    };
    Ok(Escape { character, len: 2 })
}

fn read_unicode(bytes: &[u8]) -> Result<Escape, EscapeFault> {
    let first = hex4(bytes, 2)?;
    if let Some(character) = char::from_u32(first) {
        return Ok(Escape { character, len: 6 });
    }
    if first >= 0xDC00 || bytes.get(6..8) != Some(b"\\u".as_slice()) {
        return Err(EscapeFault::LoneSurrogate);
    }
    let second = hex4(bytes, 8)?;
    if !(0xDC00..=0xDFFF).contains(&second) {
        return Err(EscapeFault::LoneSurrogate);
    }
    let code = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
    let character = char::from_u32(code).ok_or(EscapeFault::LoneSurrogate)?;
    Ok(Escape { character, len: 12 })
}

fn hex4(bytes: &[u8], from: usize) -> Result<u32, EscapeFault> {
    let digits = bytes.get(from..from + 4).ok_or(EscapeFault::BadHex)?;
    digits.iter().try_fold(0, |code, byte| {
        let digit = char::from(*byte).to_digit(16).ok_or(EscapeFault::BadHex)?;
        Ok(code * 16 + digit)
    })
}

/// The text of a raw string (the bytes between its quotes). What is no escape is kept as it is, and half a surrogate
/// pair reads as U+FFFD.
pub(super) fn decode(raw: &str) -> Cow<'_, str> {
    if memchr(b'\\', raw.as_bytes()).is_none() {
        return Cow::Borrowed(raw);
    }
    let mut text = String::with_capacity(raw.len());
    decode_into(raw, &mut text);
    Cow::Owned(text)
}

/// As [`decode`], added to `text`.
pub(super) fn decode_into(raw: &str, text: &mut String) {
    read_pieces(raw, text, |_, _| {});
}

/// As [`decode`], with the way back.
pub(super) fn decode_mapped(raw: &str) -> (String, OffsetMap) {
    let mut text = String::with_capacity(raw.len());
    let mut map = OffsetMap::default();
    read_pieces(raw, &mut text, |decoded, at| map.ends.push((decoded, at)));
    (text, map)
}

/// Adds the text of a raw string; tells of each escape where it ends, in `text` and in `raw`.
fn read_pieces(raw: &str, text: &mut String, mut escape_ends: impl FnMut(usize, usize)) {
    let mut at = 0;
    for piece in Pieces::of(raw.as_bytes()) {
        text.push_str(raw.get(at..at + piece.literal).unwrap_or_default());
        at += piece.raw_len;
        if let Some(character) = piece.escape {
            text.push(character);
            escape_ends(text.len(), at);
        }
    }
}

/// Where each boundary of a decoded text stands in its raw form.
#[derive(Debug, Default)]
pub(super) struct OffsetMap {
    /// The ends of the escapes: decoded, raw.
    ends: Vec<(usize, usize)>,
    /// How many ends stood before the last boundary that was asked for: the next one is near.
    near: Cell<usize>,
}

impl OffsetMap {
    /// The way back to a raw string from what [`decode`] makes of it.
    pub(super) fn of(raw: &[u8]) -> Self {
        let mut map = Self::default();
        let (mut decoded, mut at) = (0, 0);
        for piece in Pieces::of(raw) {
            decoded += piece.literal;
            at += piece.raw_len;
            if let Some(character) = piece.escape {
                decoded += character.len_utf8();
                map.ends.push((decoded, at));
            }
        }
        map
    }

    /// The raw offset of a character boundary of the decoded text.
    pub(super) fn to_raw(&self, at: usize) -> usize {
        let before = self.ends_before(at);
        self.near.set(before);
        match before.checked_sub(1).and_then(|last| self.ends.get(last)) {
            Some((decoded, raw)) => raw + (at - decoded),
            None => at,
        }
    }

    fn ends_before(&self, at: usize) -> usize {
        const NEAR: usize = 8;
        let is_before = |end: &(usize, usize)| end.0 <= at;
        let from = self.near.get().saturating_sub(NEAR);
        let window = self.ends.get(from..).unwrap_or_default();
        let window = window.get(..2 * NEAR).unwrap_or(window);
        let begins = from == 0 || window.first().is_some_and(is_before);
        if begins && window.last().is_some_and(|end| !is_before(end)) {
            return from + window.partition_point(is_before);
        }
        self.ends.partition_point(is_before)
    }
}

/// The text escaped for a place inside that many JSON strings.
pub(super) fn escape(text: &str, layers: u8) -> String {
    let mut current = text.to_owned();
    if !text.bytes().any(is_escaped) {
        return current;
    }
    for _ in 0..layers {
        let mut next = String::with_capacity(current.len() + 8);
        escape_into(&current, &mut next);
        current = next;
    }
    current
}

/// Adds the text, escaped once, without quotes.
pub(super) fn escape_into(text: &str, out: &mut String) {
    let mut copied = 0;
    for (at, byte) in text.bytes().enumerate() {
        if !is_escaped(byte) {
            continue;
        }
        out.push_str(text.get(copied..at).unwrap_or_default());
        push_escape(byte, out);
        copied = at + 1;
    }
    out.push_str(text.get(copied..).unwrap_or_default());
}

/// Whether it must not stand in a JSON string as it is.
const fn is_escaped(byte: u8) -> bool {
    byte < 0x20 || matches!(byte, b'"' | b'\\')
}

fn push_escape(byte: u8, out: &mut String) {
    match byte {
        b'"' => out.push_str("\\\""),
        b'\\' => out.push_str("\\\\"),
        b'\n' => out.push_str("\\n"),
        b'\r' => out.push_str("\\r"),
        b'\t' => out.push_str("\\t"),
        // Writing to a String can't fail.
        _ => drop(write!(out, "\\u{byte:04x}")),
    }
}

/// A stretch of raw text: what stands for itself, and the escape behind it.
struct Piece {
    /// Bytes that stand for themselves.
    literal: usize,
    /// What the escape stands for; none at the end of the text.
    escape: Option<char>,
    /// Bytes of both.
    raw_len: usize,
}

struct Pieces<'r> {
    rest: &'r [u8],
}

impl<'r> Pieces<'r> {
    fn of(raw: &'r [u8]) -> Self {
        Self { rest: raw }
    }
}

impl Iterator for Pieces<'_> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        if self.rest.is_empty() {
            return None;
        }
        let plain = find_backslash(self.rest).unwrap_or(self.rest.len());
        let behind = self.rest.get(plain..).unwrap_or_default();
        let (more, escape, escape_len) = match read_escape(behind) {
            _ if behind.is_empty() => (0, None, 0),
            Ok(escape) => (0, Some(escape.character), escape.len),
            // Only replies have them: one half may be in this chunk, the other in the next.
            Err(EscapeFault::LoneSurrogate) => (0, Some(char::REPLACEMENT_CHARACTER), HALF_LEN),
            Err(_) => (1, None, 0),
        };
        let literal = plain + more;
        let raw_len = literal + escape_len;
        self.rest = self.rest.get(raw_len..).unwrap_or_default();
        Some(Piece {
            literal,
            escape,
            raw_len,
        })
    }
}

/// Escapes often stand close together, where `memchr` does not pay.
fn find_backslash(bytes: &[u8]) -> Option<usize> {
    const NEAR: usize = 16;
    let near = bytes.get(..NEAR).unwrap_or(bytes);
    let rest = bytes.get(near.len()..).unwrap_or_default();
    let found = near.iter().position(|byte| *byte == b'\\');
    found.or_else(|| memchr(b'\\', rest).map(|at| near.len() + at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn decodes() {
        let cases = [
            ("plain 张三", "plain 张三"),
            (r#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{c}\n\r\t"),
            (r"\u5f20\u4E09x", "张三x"),
            (r"a\ud83d\ude00b", "a😀b"),
            (r"\u0000", "\0"),
            (r"\\u5f20", r"\u5f20"),
        ];
        for (raw, text) in cases {
            assert_eq!(decode(raw), text);
            assert_eq!(decode_mapped(raw).0, text);
        }
    }

    #[test]
    fn refuses_bad_escapes() {
        let cases = [
            (r"\x", EscapeFault::Unknown),
            (r"\", EscapeFault::Unknown),
            (r"\u12", EscapeFault::BadHex),
            (r"\u12g4", EscapeFault::BadHex),
            (r"\u+123", EscapeFault::BadHex),
            (r"\ud83d", EscapeFault::LoneSurrogate),
            (r"\ud83dx", EscapeFault::LoneSurrogate),
            (r"\ud83d\u0041", EscapeFault::LoneSurrogate),
            (r"\ude00\ud83d", EscapeFault::LoneSurrogate),
        ];
        for (raw, fault) in cases {
            assert_eq!(read_escape(raw.as_bytes()).err(), Some(fault), "{raw}");
        }
    }

    #[test]
    fn a_finding_in_an_escape_takes_the_whole_escape() {
        let raw = r"x\u5f20\ud83d\ude00\ny";
        let (text, map) = decode_mapped(raw);
        assert_eq!(text, "x张😀\ny");
        let spans = [
            ("x", "x"),
            ("张", r"\u5f20"),
            ("😀", r"\ud83d\ude00"),
            ("\ny", r"\ny"),
        ];
        for (part, expected) in spans {
            let start = text.find(part).unwrap();
            let range = map.to_raw(start)..map.to_raw(start + part.len());
            assert_eq!(raw.get(range), Some(expected));
        }
    }

    proptest! {
        #[test]
        fn escaping_is_what_serde_reads(text: String, layers in 0_u8..4) {
            let escaped = escape(&text, layers);
            let mut read = escaped.clone();
            for _ in 0..layers {
                read = serde_json::from_str(&format!("\"{read}\"")).unwrap();
            }
            prop_assert_eq!(&read, &text);
            let decoded = (0..layers).fold(escaped, |raw, _| decode(&raw).into_owned());
            prop_assert_eq!(&decoded, &text);
        }

        #[test]
        fn every_boundary_maps_to_where_the_rest_decodes_from(text in "[a\"\\\\\n\u{1}张😀]{0,20}") {
            let raw = escape(&text, 1);
            let (decoded, map) = decode_mapped(&raw);
            for (at, _) in decoded.char_indices() {
                let rest = raw.get(map.to_raw(at)..).unwrap();
                prop_assert_eq!(Some(&*decode(rest)), decoded.get(at..));
            }
            prop_assert_eq!(map.to_raw(decoded.len()), raw.len());
            prop_assert_eq!(OffsetMap::of(raw.as_bytes()).ends, map.ends);
        }
    }
}
