//! Whether a known header may begin at a place: says no to nearly all that is none, at a few looks.
//!
//! A header is told by its first letters, without what may stand around and between them. Refuses to know: what the
//! headers say.

use crate::detect::text::is_han;

/// Letters that tell a header; a shorter one is told by all it has.
const LETTERS: usize = 3;
/// Characters in which they stand: longer cells are no headers.
const MOST_CHARS: usize = 64;
/// Bits of the filter; some 600 headers begin in 350 ways.
const BITS: usize = 1 << 13;

/// What may stand around the letters of a header.
fn is_dressing(c: char) -> bool {
    match c {
        '_' | '-' | '.' | ':' | '*' | '#' | '/' | '"' | '\'' | '：' => true,
        _ if is_han(c) => false,
        _ => c.is_whitespace(),
    }
}

/// What opens a note behind a header.
pub(super) const fn is_bracket(c: char) -> bool {
    matches!(c, '(' | '（' | '[' | '【')
}

/// The first letters of all headers, hashed.
pub(super) struct Starts {
    bits: Box<[u64; BITS / 64]>,
}

impl Starts {
    /// A filter that lets these words pass.
    pub(super) fn of<'w>(words: impl Iterator<Item = &'w str>) -> Self {
        let mut bits = Box::new([0; BITS / 64]);
        for word in words {
            let bit = bit(word.chars().take(LETTERS).fold(0, mixed));
            if let Some(word) = bits.get_mut(bit / 64) {
                *word |= 1 << (bit % 64);
            }
        }
        Self { bits }
    }

    /// Whether the text begins with the first letters of a header, or with all of a shorter one; true for every one.
    pub(super) fn may_begin(&self, text: &str) -> bool {
        let (mut hash, mut letters, mut blank) = (0, 0, false);
        for c in text.chars().take(MOST_CHARS) {
            // A shorter header may end at a blank: `no  name`, not `no one`.
            let ends =
                letters > 0 && (matches!(c, '\t' | '\u{3000}') || blank && c.is_whitespace());
            if ends && self.has(hash) {
                return true;
            }
            blank = c.is_whitespace();
            match letter(c) {
                Letter::Is(c) => hash = mixed(hash, c),
                Letter::Aside => continue,
                Letter::Not => break,
            }
            letters += 1;
            if letters == LETTERS {
                break;
            }
        }
        letters > 0 && self.has(hash)
    }

    fn has(&self, hash: u32) -> bool {
        let bit = bit(hash);
        let word = self.bits.get(bit / 64);
        word.is_some_and(|word| word >> (bit % 64) & 1 != 0)
    }
}

const fn mixed(hash: u32, letter: char) -> u32 {
    (hash ^ letter as u32).wrapping_mul(0x9e37_79b1)
}

const fn bit(hash: u32) -> usize {
    (hash >> (u32::BITS - BITS.ilog2())) as usize
}

/// What may stand around a cell, and is no part of it.
pub(super) const fn is_quote(c: char) -> bool {
    matches!(c, '`' | '“' | '”')
}

/// What a character is to the letters of a header.
pub(super) enum Letter {
    /// One of them, in lower case.
    Is(char),
    /// May stand around or between them.
    Aside,
    /// They end here.
    Not,
}

pub(super) fn letter(c: char) -> Letter {
    match c {
        'a'..='z' => Letter::Is(c),
        'A'..='Z' => Letter::Is(c.to_ascii_lowercase()),
        _ if is_han(c) => Letter::Is(c),
        // The sign for kelvin is a `k` in lower case.
        '\u{212a}' => Letter::Is('k'),
        _ if is_quote(c) || is_dressing(c) => Letter::Aside,
        _ => Letter::Not,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_header_passes_and_nearly_nothing_else() {
        let starts = Starts::of(["姓名", "id", "phone", "cvv2", "银行卡号"].into_iter());
        for (text, may) in [
            ("姓名", true),
            ("姓 名，x", true),
            ("*姓名*", true),
            ("姓名（必填）", true),
            ("“ID”", true),
            ("id2", true),
            ("id  name", true),
            ("id\tname", true),
            ("id\u{3000}name", true),
            ("i d", true),
            ("P-h.o n_e", true),
            ("cvv2", true),
            ("银行卡", true),
            ("idle", false),
            ("id name", false),
            ("姓张", false),
            ("姓", false),
            ("|id", false),
            ("13812345678", false),
            ("：、", false),
            ("", false),
        ] {
            assert_eq!(starts.may_begin(text), may, "{text}");
        }
    }
}
