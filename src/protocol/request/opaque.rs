//! What can't be read wherever it stands: data of a kind that names itself, data URIs, bytes in base64.
//!
//! Refuses to know: where it stands. What the tables name (sealed fields, media of parts) is told by them.

use super::media::Uninspectable;
use super::media::UninspectableKind::{self, Audio, File, Image, Unknown};
use crate::base::Span;
use crate::protocol::json::{Kind, Value};

/// Shortest run of base64, in characters, that counts as bytes where nothing says so: 192 bytes, above most keys.
const SHORTEST_RUN: usize = 256;

/// Shortest line of base64 that is broken into lines, in characters (RFC 7468 has 64, RFC 2045 76).
const SHORTEST_LINE: usize = 60;

/// Longest head of a data URI, in bytes.
const LONGEST_HEAD: usize = 256;

/// Members that hold the data of an object, or say where it is.
const DATA: [&str; 13] = [
    "source",
    "image_url",
    "image",
    "input_audio",
    "audio",
    "audio_url",
    "file",
    "file_data",
    "file_id",
    "file_url",
    "data",
    "url",
    "video_url",
];

/// Members that hold or name data whatever type their object says it has.
const CARRIED: [(&str, UninspectableKind); 5] = [
    ("image_url", Image),
    ("input_audio", Audio),
    ("file_data", File),
    ("file_id", File),
    ("file_url", File),
];

/// What an object is that says by its type that it is no text, and where its data stand.
pub(super) fn of_object(object: Value<'_>) -> Option<(UninspectableKind, Span)> {
    let word = object.get("type")?.string()?;
    let kind = match &*word {
        "image" | "image_url" | "input_image" | "computer_screenshot" => Image,
        "audio" | "audio_url" | "input_audio" => Audio,
        "file" | "input_file" | "document" | "container_upload" => File,
        "video" | "video_url" | "input_video" => Unknown,
        _ => return None,
    };
    let is_data = |value: &Value<'_>| value.kind() != Kind::Null && !is_text_source(*value);
    let mut members = DATA.iter().filter_map(|name| object.get(name));
    members.find(is_data).map(|data| (kind, data.outer_span()))
}

/// A document's source may be text.
fn is_text_source(source: Value<'_>) -> bool {
    let word = source.get("type").and_then(Value::string);
    matches!(word.as_deref(), Some("text" | "content"))
}

/// Whether an item without a type has an id and nothing to say: it stands for one that the upstream keeps.
pub(super) fn is_reference(item: Value<'_>) -> bool {
    let untyped = item
        .get("type")
        .is_none_or(|word| word.kind() == Kind::Null);
    untyped
        && item.get("id").is_some()
        && ["role", "content"]
            .iter()
            .all(|name| item.get(name).is_none())
}

/// What an object carries that says it is text, or says nothing.
pub(super) fn carried(object: Value<'_>) -> Option<UninspectableKind> {
    let has = |name| {
        let value = object.get(name);
        value.is_some_and(|value: Value<'_>| value.kind() != Kind::Null)
    };
    let found = CARRIED.iter().find(|(name, _)| has(name));
    found.map(|(_, kind)| *kind)
}

/// What a text is that is not one: a data URI, or bytes in base64. Reads it once.
pub(super) fn of_text(text: &str) -> Option<UninspectableKind> {
    let text = text.trim_ascii();
    of_data_uri(text).or_else(|| is_bytes(text).then_some(Unknown))
}

/// `data:` + media type, maybe parameters + `;base64,`.
fn of_data_uri(text: &str) -> Option<UninspectableKind> {
    let (scheme, rest) = text.split_at_checked(5)?;
    if !scheme.eq_ignore_ascii_case("data:") {
        return None;
    }
    let end = rest.bytes().take(LONGEST_HEAD).position(|b| b == b',')?;
    let (media, coding) = rest.get(..end)?.rsplit_once(';')?;
    if !coding.trim_ascii().eq_ignore_ascii_case("base64") {
        return None;
    }
    let family = media.split('/').next().unwrap_or_default();
    Some(match family.to_ascii_lowercase().as_str() {
        "image" => Image,
        "audio" => Audio,
        "application" | "text" | "" => File,
        _ => Unknown,
    })
}

/// Whether all of it is base64, of either alphabet, in one line or in lines of one length, and what it says is no text.
///
/// Base64 of bytes has capitals, small letters and digits; hexadecimal digits and rules of dashes have not.
fn is_bytes(text: &str) -> bool {
    if text.len() < SHORTEST_RUN || !begins_as_base64(text) || !in_even_lines(text) {
        return false;
    }
    let digits = text.trim_end_matches('=');
    if text.len() - digits.len() > 2 {
        return false;
    }
    let has = |test: fn(&u8) -> bool| digits.as_bytes().iter().any(test);
    let mixed =
        has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit);
    mixed && decoded(digits).is_some_and(|bytes| !is_text(&bytes))
}

/// Nearly every text has a space or a mark in what would be its first line.
fn begins_as_base64(text: &str) -> bool {
    let mut first = text.bytes().take(SHORTEST_LINE);
    first.all(|byte| byte == b'\r' || value(byte).is_some())
}

/// Words in lines of their own are no base64: its lines are long, and all but the last one equally so.
fn in_even_lines(text: &str) -> bool {
    let mut lines = text.lines();
    let width = lines.next().map_or(0, str::len);
    if width < SHORTEST_LINE {
        return false;
    }
    let mut ended = false;
    lines.all(|line| {
        let fits = !ended && line.len() <= width;
        ended = line.len() < width;
        fits
    })
}

/// The bytes; `None` where a character is none of base64's.
fn decoded(digits: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(digits.len() / 4 * 3 + 3);
    let (mut held, mut bits) = (0_u32, 0_u32);
    for digit in digits.bytes().filter(|b| !matches!(b, b'\r' | b'\n')) {
        held = (held << 6 | u32::from(value(digit)?)) & 0xFFFF;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits & 0xFF) as u8);
        }
    }
    Some(bytes)
}

/// The six bits that a digit of base64 stands for, in either alphabet.
const fn value(digit: u8) -> Option<u8> {
    match digit {
        b'A'..=b'Z' => Some(digit - b'A'),
        b'a'..=b'z' => Some(digit - b'a' + 26),
        b'0'..=b'9' => Some(digit - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

/// Whether bytes are UTF-8 without control characters that texts don't have.
fn is_text(bytes: &[u8]) -> bool {
    let odd = |b: &u8| *b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r' | 0x0C | 0x1B);
    std::str::from_utf8(bytes).is_ok() && !bytes.iter().any(odd)
}

/// Whether what was told says it all: the same kind, there or around it.
pub(super) fn covers(told: &Uninspectable, found: &Uninspectable) -> bool {
    told.kind == found.kind && is_within(&found.path, &told.path)
}

/// Whether a path leads there or further down.
pub(super) fn is_within(path: &str, around: &str) -> bool {
    let below = path.strip_prefix(around);
    below.is_some_and(|below| below.is_empty() || below.starts_with(['.', '[']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};

    /// Bytes that are no text: a linear congruence, modulus 2^32 (Numerical Recipes).
    fn noise(len: usize) -> Vec<u8> {
        let mut state = 7_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        (0..len).map(|_| next()).collect()
    }

    #[test]
    fn texts_that_are_none_are_told() {
        let bytes = noise(600);
        let one = BASE64.encode(&bytes);
        let lines: Vec<_> = one.as_bytes().chunks(76).collect();
        let lines: Vec<_> = lines
            .iter()
            .map(|l| std::str::from_utf8(l).unwrap())
            .collect();
        let prose = BASE64.encode("会议纪要 minutes of 3 meetings\n".repeat(20).as_bytes());
        let utf16: Vec<_> = "Minutes of 3 Meetings"
            .repeat(20)
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let cases = [
            (one.clone(), Some(Unknown)),
            (format!(" {one}\n"), Some(Unknown)),
            (lines.join("\n"), Some(Unknown)),
            (lines.join("\r\n"), Some(Unknown)),
            (BASE64URL_NOPAD.encode(&bytes), Some(Unknown)),
            (BASE64.encode(&utf16), Some(Unknown)),
            (one.get(..255).unwrap().to_owned(), None),
            (prose, None),
            (HEXLOWER.encode(&bytes), None),
            (format!("see {one}"), None),
            (lines.join(" "), None),
            ("Word1\n".repeat(100), None),
            ("-".repeat(400), None),
            ("data:image/png;base64,QUJD".to_owned(), Some(Image)),
            ("DATA:Image/PNG;name=a;BASE64,QUJD".to_owned(), Some(Image)),
            ("data:audio/wav;base64,QUJD".to_owned(), Some(Audio)),
            ("data:application/pdf;base64,QUJD".to_owned(), Some(File)),
            ("data:;base64,QUJD".to_owned(), Some(File)),
            ("data:video/mp4;base64,QUJD".to_owned(), Some(Unknown)),
            ("data:text/plain,abc".to_owned(), None),
            ("data: we have 3, all base64".to_owned(), None),
            ("数据:张三".to_owned(), None),
            (String::new(), None),
        ];
        for (text, expected) in cases {
            assert_eq!(of_text(&text), expected, "{text}");
        }
    }
}
