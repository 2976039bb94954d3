//! Whether a known header may begin at a place: says no to nearly all that is none, at a few looks.
//!
//! A header is told by its first letters, without what may stand around and between them. Refuses to know: what the
//! headers say.

use crate::detect::text::is_han;

/// Letters that tell a header; a shorter one is told by all it has.
const LETTERS: usize = 8;
/// Characters in which they stand: longer cells are no headers.
const MOST_CHARS: usize = 64;
/// Bits of a filter; some 500 headers have 1,700 beginnings.
const BITS: usize = 1 << 14;

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
    /// As many as tell a header.
    whole: Bits,
    /// These, and fewer: with another letter a text is no header.
    begun: Bits,
}

impl Starts {
    /// A filter that lets these words pass.
    pub(super) fn of<'w>(words: impl Iterator<Item = &'w str>) -> Self {
        let (mut whole, mut begun) = (Bits::new(), Bits::new());
        for word in words {
            let letters = word.chars().take_while(|c| !c.is_ascii_digit());
            let mut hash = 0;
            for letter in letters.take(LETTERS) {
                hash = mixed(hash, letter);
                begun.add(hash);
            }
            whole.add(hash);
        }
        Self { whole, begun }
    }

    /// Whether the text begins with the first letters of a header, or with all of a shorter one; true for every one.
    pub(super) fn may_begin(&self, text: &str) -> bool {
        let (mut hash, mut letters, mut blank) = (0, 0, false);
        for c in text.chars().take(MOST_CHARS) {
            match letter(c) {
                Letter::Is(c) => {
                    hash = mixed(hash, c);
                    if !self.begun.has(hash) {
                        return false;
                    }
                    letters += 1;
                    if letters == LETTERS {
                        break;
                    }
                    blank = false;
                }
                Letter::Aside => {
                    let is_blank = c.is_whitespace();
                    // A shorter header may end at a blank: `no  name`, not `no one`.
                    let ends = matches!(c, '\t' | '\u{3000}') || blank && is_blank;
                    if letters > 0 && ends && self.whole.has(hash) {
                        return true;
                    }
                    blank = is_blank;
                }
                Letter::Not => break,
            }
        }
        letters > 0 && self.whole.has(hash)
    }
}

/// A set of hashes; now and then it has one more.
struct Bits(Box<[u64; BITS / 64]>);

impl Bits {
    fn new() -> Self {
        Self(Box::new([0; BITS / 64]))
    }

    fn add(&mut self, hash: u32) {
        let bit = bit(hash);
        if let Some(word) = self.0.get_mut(bit / 64) {
            *word |= 1 << (bit % 64);
        }
    }

    fn has(&self, hash: u32) -> bool {
        let bit = bit(hash);
        let word = self.0.get(bit / 64);
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
            ("银行卡号", true),
            ("银行卡", false),
            ("phones", false),
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
