//! One look over a line: how often each mark that may part cells stands in it, and where a known header may begin.
//!
//! Refuses to know: quotes, and what the cells are.

use super::split::Parted;
use super::starts::Starts;

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

/// What one look at a line gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seen {
    /// How often each mark stands in it.
    pub(super) marks: Marks,
    /// The ways by which a cell may be a header: every one by which a cell is, and seldom another.
    heads: u8,
}

impl Seen {
    /// Whether a cell may be a known header where the line is parted this way, by number in [`Parted::ALL`].
    pub(super) const fn may_have_header(&self, way: usize) -> bool {
        self.heads >> way & 1 != 0
    }
}

/// Looks over a line. Linear.
pub(super) fn look(line: &str, starts: &Starts) -> Seen {
    let bytes = line.as_bytes();
    let mut marks = Marks::default();
    // Ways by which a cell begins here; the first cell is one of each.
    let (mut begun, mut heads, mut here) = (ALL, 0, 0);
    while let Some(byte) = bytes.get(here) {
        let (way, length) = match class(*byte) {
            PLAIN => (0, 0),
            ASIDE => (0, 1),
            _ => mark(bytes, here),
        };
        if way != 0 {
            count(&mut marks, way);
            begun |= way;
        }
        here += length;
        if length == 0 {
            let cell = line.get(here..).filter(|_| begun != 0);
            if cell.is_some_and(|cell| starts.may_begin(cell)) {
                heads |= begun;
            }
            begun = 0;
            here += 1;
        }
        if begun == 0 {
            here += next_mark(bytes.get(here..).unwrap_or_default());
        }
    }
    Seen { marks, heads }
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

/// How many bytes before the next that may be a mark.
fn next_mark(bytes: &[u8]) -> usize {
    let mark = bytes.iter().position(|byte| class(*byte) == MARK);
    mark.unwrap_or(bytes.len())
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
        let starts = Starts::of(["姓名", "id", "phone"].into_iter());
        for (line, marks, heads) in [
            ("| x | 姓名 |", [3, 0, 0, 0, 0, 0], PIPE),
            ("x｜ *Phone*│y", [2, 0, 0, 0, 0, 0], PIPE),
            ("x\tid\ty", [0, 2, 0, 0, 0, 2], TAB | BLANKS),
            ("x, \"phone no\",y", [0, 0, 2, 0, 0, 0], COMMA),
            ("x；：姓 名;", [0, 0, 0, 2, 0, 0], SEMICOLON),
            ("甲，\u{a0}“姓名”，乙", [0, 0, 0, 0, 2, 0], WIDE_COMMA),
            ("x   id  y\u{3000}z", [0, 0, 0, 0, 0, 4], BLANKS),
            ("  id", [0, 0, 0, 0, 0, 1], ALL),
            ("phone", [0; 6], ALL),
            ("他的姓名，不是 id, 是 phone", [0, 0, 1, 0, 1, 0], 0),
            ("", [0; 6], 0),
        ] {
            let seen = look(line, &starts);
            assert_eq!(seen, Seen { marks, heads }, "{line}");
        }
    }
}
