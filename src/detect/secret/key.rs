//! Private keys: PEM and its kin, `PuTTY` files, bare base64 of DER, JSON web keys.
//!
//! Refuses to know: what a key is for. Public keys and certificates are no secrets.

use super::super::cue::Fired;
use super::super::page::{Candidate, Page};
use super::super::text::{at, before, run};
use super::likeness::is_varied;
use crate::base::Span;
use data_encoding::BASE64;

/// Longest block looked at, in bytes.
const PEM_BYTES: usize = 16 * 1024;
/// Longest title of a block, in bytes.
const TITLE_BYTES: usize = 40;
/// Shortest line of a block that is more than a frame, in bytes.
const SHORTEST_LINE: usize = 12;
/// Shortest private key in base64: one of 32 bytes with its frame (RFC 8410).
const SHORTEST_DER: usize = 60;
/// Longest JSON web key, in bytes.
const JWK_BYTES: usize = 8 * 1024;

/// A private key from its first line to its last, or as far as it goes where it is cut off; gives its end.
pub(super) fn pem(page: &mut Page<'_>, fired: Fired) -> Option<usize> {
    let text = page.text;
    let limit = text.floor_char_boundary(fired.start + PEM_BYTES);
    let title = text.get(fired.end..limit)?;
    let dashes = if text.get(fired.start..)?.starts_with("-----") {
        "-----"
    } else {
        "----"
    };
    let named = |title: &str| title.len() <= TITLE_BYTES && title.contains("PRIVATE KEY");
    let (title, body) = title.split_once(dashes).filter(|(title, _)| named(title))?;
    if !has_body(body) {
        return None;
    }
    let head = fired.end + title.len() + dashes.len();
    let gap = if dashes.len() == 5 { "" } else { " " };
    let closing = format!("{dashes}{gap}END {}{gap}{dashes}", title.trim());
    let closing = if dashes.len() == 5 {
        format!("-----END {title}-----")
    } else {
        closing
    };
    let end = match body.find(&closing) {
        Some(at) => head + at + closing.len(),
        None => head + unclosed(body),
    };
    push(page, Span::new(fired.start, end), "pem");
    Some(end)
}

fn push(page: &mut Page<'_>, span: Span, validator: &'static str) {
    page.push(Candidate::new(span, page.types.private_key, 0.99, "private_key").checked(validator));
}

/// Whether a line of base64 follows soon: prose that quotes a frame has none.
fn has_body(body: &str) -> bool {
    let near = body
        .get(..body.floor_char_boundary(512))
        .unwrap_or_default();
    near.split(|c: char| !(c.is_ascii() && is_base64(c as u8)))
        .any(|line| line.len() >= SHORTEST_LINE)
}

/// How far the lines of a cut-off block reach: base64, headers, line ends plain or escaped.
fn unclosed(body: &str) -> usize {
    let is = |b: u8| {
        b.is_ascii_alphanumeric()
            || matches!(
                b,
                b'+' | b'/' | b'=' | b'\n' | b'\r' | b'\\' | b' ' | b'-' | b':' | b',' | b'>'
            )
    };
    let end = run(body, 0, PEM_BYTES, is);
    body.get(..end).map_or(0, |b| b.trim_end().len())
}

/// The private half of a `PuTTY` key file; gives its end.
pub(super) fn putty(page: &mut Page<'_>, fired: Fired) -> usize {
    let text = page.text;
    let count = run(text, fired.end, 4, |b| b == b' ' || b.is_ascii_digit());
    let end = run(text, count, PEM_BYTES, |b| {
        is_base64(b) || matches!(b, b'\n' | b'\r' | b'\\')
    });
    let mac = text
        .get(end.saturating_sub(16)..)
        .and_then(|rest| rest.find("Private-MAC:"));
    let end = match mac {
        Some(at) if at <= 16 => {
            let start = end.saturating_sub(16) + at + "Private-MAC:".len();
            run(text, start, 80, |b| b == b' ' || b.is_ascii_hexdigit())
        }
        _ => end,
    };
    push(page, Span::new(fired.start, end), "putty");
    end
}

const fn is_base64(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=')
}

/// A private key in base64 without a frame; gives the end of what was looked at.
pub(super) fn der(page: &mut Page<'_>, fired: Fired) -> Option<usize> {
    let text = page.text;
    let prev = before(text, fired.start);
    if is_base64(prev) && prev != b'=' && !super::form::is_edge(text, fired.start) {
        return None;
    }
    let head = text.get(fired.start..fired.start + 32)?;
    if !BASE64
        .decode(head.as_bytes())
        .is_ok_and(|der| is_private(&der))
    {
        return None;
    }
    let end = lines_of_base64(text, fired.start);
    if end - fired.start < SHORTEST_DER {
        return None;
    }
    push(page, Span::new(fired.start, end), "der");
    Some(end)
}

/// The end of base64 in one line, or in lines of one length (the last may be shorter), parted plainly or by `\n`.
fn lines_of_base64(text: &str, start: usize) -> usize {
    let first = run(text, start, PEM_BYTES, is_base64);
    let (mut end, width) = (first, first - start);
    while (60..=80).contains(&width) && end - start < PEM_BYTES {
        let escaped = if text.get(end..).is_some_and(|rest| rest.starts_with("\\n")) {
            end + 2
        } else {
            end
        };
        let next = run(text, escaped, 12, |b| {
            matches!(b, b'\n' | b'\r' | b' ' | b'\t')
        });
        let line = run(text, next, width, is_base64);
        if next == end || line == next || line - next < 4 {
            break;
        }
        end = line;
        if line - next < width {
            break;
        }
    }
    end
}

/// A sequence whose first member is a version number: PKCS #1, #8 and #12 and SEC 1 begin so, public keys and
/// certificates don't (RFC 8017, 5958, 7292, 5915).
fn is_private(der: &[u8]) -> bool {
    let header = match der {
        [0x30, len, ..] if *len < 0x80 => 2,
        [0x30, 0x81, ..] => 3,
        [0x30, 0x82, ..] => 4,
        _ => return false,
    };
    matches!(der.get(header..header + 3), Some([0x02, 0x01, 0 | 1 | 3]))
}

/// The private members of a JSON web key (RFC 7518, 6.2.2, 6.3.2, 6.4); gives the end of what was looked at.
pub(super) fn jwk(page: &mut Page<'_>, fired: Fired, done: usize) -> usize {
    let text = page.text;
    let from = text.ceil_char_boundary(fired.start.saturating_sub(JWK_BYTES).max(done));
    let opening = text
        .get(from..fired.start)
        .and_then(|head| head.rfind('{'))
        .map_or(from, |at| from + at);
    let limit = text.floor_char_boundary(fired.end + JWK_BYTES);
    let closing = text
        .get(fired.end..limit)
        .and_then(|rest| rest.find('}'))
        .map_or(limit, |at| fired.end + at);
    for member in [
        "\"d\"", "\"p\"", "\"q\"", "\"dp\"", "\"dq\"", "\"qi\"", "\"k\"",
    ] {
        let place = text
            .get(opening..closing)
            .and_then(|object| object.find(member));
        let Some(start) = place.map(|at| opening + at + member.len()) else {
            continue;
        };
        let start = run(text, start, 6, |b| matches!(b, b' ' | b':' | b'"'));
        let end = run(text, start, PEM_BYTES, |b| {
            b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')
        });
        if end - start >= 16 && at(text, end) == b'"' && text.get(start..end).is_some_and(is_varied)
        {
            push(page, Span::new(start, end), "jwk");
        }
    }
    closing
}
