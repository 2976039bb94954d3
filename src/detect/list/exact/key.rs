//! A value as it is compared: its letters and digits alone, without case, width and accents.
//!
//! Knows no text around a value; [`super::tokens`] finds the stretches that may be one.

use crate::detect::list::fold::{fold_char, is_unparted};

/// Longest value, in letters and digits.
pub(super) const MOST_CHARS: usize = 40;
/// Han stretches over this many characters are tried only where a long value begins alike.
pub(super) const SHORT_HAN: usize = 6;
/// So many characters of a long Han value are its beginning.
pub(super) const BEGINNING_CHARS: usize = 4;
/// Most tokens of a stretch with digits in it: a number with every digit on its own.
const MOST_TOKENS: usize = 20;
/// Most words of a stretch without digits and Han characters.
const MOST_WORDS: usize = 4;

/// What a stretch is made of; lengths are counted apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Han characters (or kana, hangul) alone.
    Han,
    /// Digits alone.
    Digits,
    /// Han characters and others.
    Mixed,
    /// Letters, with digits or without.
    Other,
}

/// Which lengths occur in a table, as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Lengths {
    pub(super) han: u64,
    pub(super) digits: u64,
    pub(super) mixed: u64,
    pub(super) other: u64,
}

impl Lengths {
    /// Notes that a value of this class and length occurs.
    pub(super) const fn add(&mut self, class: Class, chars: usize) {
        let bits = match class {
            Class::Han => &mut self.han,
            Class::Digits => &mut self.digits,
            Class::Mixed => &mut self.mixed,
            Class::Other => &mut self.other,
        };
        *bits |= 1 << (chars & 63);
    }

    /// As numbers, for a file.
    pub(super) const fn bits(self) -> [u64; 4] {
        [self.han, self.digits, self.mixed, self.other]
    }

    /// What [`Lengths::bits`] gave.
    pub(super) const fn of_bits([han, digits, mixed, other]: [u64; 4]) -> Self {
        Self {
            han,
            digits,
            mixed,
            other,
        }
    }

    pub(super) const fn has(self, class: Class, chars: usize) -> bool {
        let bits = match class {
            Class::Han => self.han,
            Class::Digits => self.digits,
            Class::Mixed => self.mixed,
            Class::Other => self.other,
        };
        chars <= MOST_CHARS && bits >> chars & 1 != 0
    }

    /// The longest value that begins so: with a Han character, or otherwise.
    pub(super) const fn longest(self, han: bool) -> usize {
        let without = if han {
            self.han
        } else {
            self.digits | self.other
        };
        63 - (without | self.mixed | 1).leading_zeros() as usize
    }
}

/// A value as it is compared.
#[derive(Debug)]
pub(super) struct Key {
    /// Letters and digits, folded.
    pub(super) text: String,
    pub(super) class: Class,
    pub(super) chars: usize,
}

impl Key {
    /// The key of a value, whatever stands between its letters and digits.
    pub(super) fn of(value: &str) -> Self {
        let text: String = value.chars().filter_map(key_char).collect();
        let (mut kind, mut chars) = (Kind::default(), 0);
        for c in text.chars() {
            kind.take(c);
            chars += 1;
        }
        Self {
            class: kind.class(),
            chars,
            text,
        }
    }

    /// The beginning by which a long Han value is recognised.
    pub(super) fn beginning(&self) -> Option<&str> {
        let long = self.class == Class::Han && self.chars > SHORT_HAN;
        let end = self.text.char_indices().nth(BEGINNING_CHARS)?.0;
        long.then(|| self.text.get(..end))?
    }
}

/// Which kinds of characters were seen.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Kind {
    pub(super) han: bool,
    pub(super) digit: bool,
    pub(super) letter: bool,
}

impl Kind {
    pub(super) const fn take(&mut self, c: char) {
        if c.is_ascii_digit() {
            self.digit = true;
        } else if is_unparted(c) {
            self.han = true;
        } else {
            self.letter = true;
        }
    }

    pub(super) const fn with(self, other: Self) -> Self {
        Self {
            han: self.han || other.han,
            digit: self.digit || other.digit,
            letter: self.letter || other.letter,
        }
    }

    pub(super) const fn class(self) -> Class {
        match (self.han, self.digit, self.letter) {
            (true, false, false) => Class::Han,
            (false, true, false) => Class::Digits,
            (true, _, _) => Class::Mixed,
            _ => Class::Other,
        }
    }

    pub(super) const fn most_tokens(self) -> usize {
        match (self.han, self.digit) {
            (true, _) => MOST_CHARS,
            (_, true) => MOST_TOKENS,
            _ => MOST_WORDS,
        }
    }
}

/// What a character counts as; `None` for what is neither letter nor digit.
pub(super) fn key_char(c: char) -> Option<char> {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric().then(|| c.to_ascii_lowercase());
    }
    let folded = fold_char(c);
    folded.is_alphanumeric().then(|| without_accent(folded))
}

/// A Latin letter without its accent: people leave accents out.
fn without_accent(c: char) -> char {
    let mut first = None;
    if matches!(c, '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}') {
        unicode_normalization::char::decompose_canonical(c, |part| {
            first.get_or_insert(part);
        });
    }
    first.unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_compared_without_what_people_write_in_different_ways() {
        for (value, text, class, chars) in [
            ("张 三", "张三", Class::Han, 2),
            ("Ann O’Brien", "annobrien", Class::Other, 9),
            ("José", "jose", Class::Other, 4),
            ("６２２２-0202", "62220202", Class::Digits, 8),
            ("YH-2025", "yh2025", Class::Other, 6),
            ("某路1号", "某路1号", Class::Mixed, 4),
            (" - ", "", Class::Other, 0),
        ] {
            let key = Key::of(value);
            assert_eq!(
                (key.text.as_str(), key.class, key.chars),
                (text, class, chars),
                "{value}"
            );
        }
        let long = Key::of("北京明月科技有限公司");
        assert_eq!(
            (long.beginning(), Key::of("张三").beginning()),
            (Some("北京明月"), None)
        );
    }

    #[test]
    fn lengths_are_kept_apart_by_class() {
        let mut lengths = Lengths::default();
        lengths.add(Class::Han, 3);
        lengths.add(Class::Digits, 16);
        assert!(lengths.has(Class::Han, 3) && !lengths.has(Class::Digits, 3));
        assert_eq!((lengths.longest(true), lengths.longest(false)), (3, 16));
        assert_eq!(Lengths::of_bits(lengths.bits()), lengths);
    }
}
