//! Looks over a line: how often each mark that may part cells stands in it, and where a known header may begin.
//!
//! Refuses to know: quotes, and what the cells are.

use super::split::Parted;
use super::starts::Starts;
use crate::base::Span;
use crate::detect::blocks::{Places, mask};
use crate::detect::text::at;

/// How often each mark stands in a line, in the order of [`Parted::ALL`].
pub(super) type Marks = [u16; Parted::ALL.len()];

/// Ways to part a line, in the order of [`Parted::ALL`].
const PIPE: u8 = 1;
const TAB: u8 = 2;
const COMMA: u8 = 4;
const SEMICOLON: u8 = 8;
const WIDE_COMMA: u8 = 16;
const BLANKS: u8 = 32;
const ALL: u8 = 63;

/// The places of marks in a text, but for blanks that stand alone.
pub(super) type MarkPlaces = Places<fn(&[u8], usize) -> u64>;

/// The same, not looked for yet.
pub(super) fn places() -> MarkPlaces {
    Places::new(telling)
}

#[expect(
    clippy::needless_bitwise_bool,
    reason = "without branches, many bytes are compared at a time"
)]
fn telling(bytes: &[u8], block: usize) -> u64 {
    let is_mark = |b: u8| {
        (b == b',')
            | (b == b'|')
            | (b == b';')
            | (b == b'\t')
            | (b == 0xe2)
            | (b == 0xe3)
            | (b == 0xef)
    };
    let blanks = mask(bytes, block, |b| b == b' ');
    let before = block.checked_sub(1).and_then(|i| bytes.get(i)) == Some(&b' ');
    mask(bytes, block, is_mark) | blanks & (blanks << 1 | u64::from(before))
}

/// The ways by which a cell of a line may be a known header, a bit for each of [`Parted::ALL`]: every one by which a cell
/// is, and seldom another. None where nothing parts the line. Linear.
pub(super) fn heads(text: &str, line: Span, places: &mut MarkPlaces, starts: &Starts) -> u8 {
    let bytes = text.as_bytes();
    let mut next_mark = |here| places.next(bytes, here).filter(|at| *at < line.end);
    if next_mark(line.start).is_none() {
        return 0;
    }
    // Ways by which a cell begins here; the first cell is one of each.
    let (mut begun, mut heads, mut here) = (ALL, 0, line.start);
    while here < line.end && heads != ALL {
        let (way, length) = match class(at(text, here)) {
            PLAIN => (0, 0),
            ASIDE => (0, 1),
            _ => mark(bytes, here),
        };
        begun |= way;
        here += length;
        if length == 0 {
            let cell = text.get(here..line.end).filter(|_| begun & !heads != 0);
            if cell.is_some_and(|cell| starts.may_begin(cell)) {
                heads |= begun;
            }
            begun = 0;
            here += 1;
        }
        if begun == 0 {
            here = next_mark(here).unwrap_or(line.end);
        }
    }
    heads
}

/// How often each mark stands in a line. Linear.
pub(super) fn marks(text: &str, line: Span, places: &mut MarkPlaces) -> Marks {
    let mut marks = Marks::default();
    let mut here = line.start;
    while let Some(place) = places
        .next(text.as_bytes(), here)
        .filter(|at| *at < line.end)
    {
        count(&mut marks, mark(text.as_bytes(), place).0);
        here = place + 1;
    }
    marks
}

fn count(marks: &mut Marks, ways: u8) {
    for (way, mark) in marks.iter_mut().enumerate() {
        *mark = mark.saturating_add(u16::from(ways >> way & 1));
    }
}

/// The way to part of the mark at `i`, and its length; 0 and its length for what only stands around cells, 0 and 0 for
/// anything else.
fn mark(bytes: &[u8], i: usize) -> (u8, usize) {
    let byte = |k: usize| bytes.get(i + k).copied().unwrap_or(0);
    match (byte(0), byte(1), byte(2)) {
        (b' ', ..) => {
            let again = i.checked_sub(1).and_then(|i| bytes.get(i)) == Some(&b' ');
            (if again { BLANKS } else { 0 }, 1)
        }
        (b',', ..) => (COMMA, 1),
        (b'|', ..) => (PIPE, 1),
        (b';', ..) => (SEMICOLON, 1),
        (b'\t', ..) => (TAB | BLANKS, 1),
        (0xef, 0xbc, 0x8c) => (WIDE_COMMA, 3),
        (0xef, 0xbc, 0x9b) => (SEMICOLON, 3),
        (0xef, 0xbd, 0x9c) | (0xe2, 0x94, 0x82) => (PIPE, 3),
        (0xe3, 0x80, 0x80) => (BLANKS, 3),
        // A full-width colon, curved quotes, and the blanks of Unicode.
        (0xef, 0xbc, 0x9a)
        | (0xe2, 0x80, 0x80..=0x8a | 0x9c | 0x9d | 0xa8 | 0xa9 | 0xaf)
        | (0xe2, 0x81, 0x9f)
        | (0xe1, 0x9a, 0x80) => (0, 3),
        (0xc2, 0x85 | 0xa0, _) => (0, 2),
        _ => (0, 0),
    }
}

const PLAIN: u8 = 0;
/// Stands around and between the letters of a header.
const ASIDE: u8 = 1;
/// Begins what may be a mark.
const MARK: u8 = 2;
/// Begins what may stand around the letters of a header, or anything else.
const OTHER: u8 = 3;

#[inline]
fn class(byte: u8) -> u8 {
    const TABLE: [u8; 256] = table();
    TABLE.get(usize::from(byte)).copied().unwrap_or(PLAIN)
}

#[expect(
    clippy::indexing_slicing,
    reason = "evaluated at compile time, where a wrong index is a compile error"
)]
const fn table() -> [u8; 256] {
    let mut table = [PLAIN; 256];
    let mut b = 0;
    while b < 256 {
        table[b] = match b as u8 {
            b'_' | b'-' | b'.' | b':' | b'*' | b'#' | b'/' | b'"' | b'\'' | b'`' | b'\r' | 0x0b
            | 0x0c => ASIDE,
            b' ' | b',' | b'|' | b';' | b'\t' | 0xe2 | 0xe3 | 0xef => MARK,
            0xc2 | 0xe1 => OTHER,
            _ => PLAIN,
        };
        b += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_counted_and_headers_seen_behind_them() {
        let starts = Starts::of(["姓名", "id", "phone", "phoneno"].into_iter());
        for (line, marks, heads) in [
            ("| x | 姓名 |", [3, 0, 0, 0, 0, 0], PIPE),
            ("x｜ *Phone*│y", [2, 0, 0, 0, 0, 0], PIPE),
            ("x\tid\ty", [0, 2, 0, 0, 0, 2], TAB | BLANKS),
            ("x, \"phone no\",y", [0, 0, 2, 0, 0, 0], COMMA),
            ("x；：姓 名;", [0, 0, 0, 2, 0, 0], SEMICOLON),
            ("甲，\u{a0}“姓名”，乙", [0, 0, 0, 0, 2, 0], WIDE_COMMA),
            ("x   id  y\u{3000}z", [0, 0, 0, 0, 0, 4], BLANKS),
            ("  id", [0, 0, 0, 0, 0, 1], ALL),
            ("phone", [0; 6], 0),
            ("他的姓名，不是 id, 是 phone", [0, 0, 1, 0, 1, 0], 0),
            ("", [0; 6], 0),
        ] {
            // Wherever in a block it stands.
            for above in 0..65 {
                let text = format!("{}\n{line}\n  id", "x".repeat(above));
                let line = Span::new(above + 1, above + 1 + line.len());
                let mut places = places();
                let seen = super::heads(&text, line, &mut places, &starts);
                assert_eq!(seen, heads, "{text}");
                assert_eq!(super::marks(&text, line, &mut places), marks, "{text}");
            }
        }
    }
}
