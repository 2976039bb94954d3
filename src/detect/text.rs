//! Looking at bytes and characters of a text without stepping outside it.
//!
//! Positions are byte offsets. Reading past an end gives 0 or `None`, never a panic; a NUL that stands in the text
//! reads the same as the end, which no recognizer minds.

/// The byte at `i`, or 0 past the end.
#[inline]
pub(super) fn at(text: &str, i: usize) -> u8 {
    text.as_bytes().get(i).copied().unwrap_or(0)
}

/// The byte before `i`, or 0 at the start.
#[inline]
pub(super) fn before(text: &str, i: usize) -> u8 {
    i.checked_sub(1).map_or(0, |i| at(text, i))
}

/// The character that ends at `i`.
pub(super) fn char_before(text: &str, i: usize) -> Option<char> {
    text.get(..i)?.chars().next_back()
}

/// The character that begins at `i`.
pub(super) fn char_at(text: &str, i: usize) -> Option<char> {
    text.get(i..)?.chars().next()
}

/// The end of the run of bytes from `i` on for which `is` holds, at most `most` bytes long.
pub(super) fn run(text: &str, i: usize, most: usize, is: impl Fn(u8) -> bool) -> usize {
    let rest = text.as_bytes().get(i..).unwrap_or_default();
    i + rest.iter().take(most).take_while(|b| is(**b)).count()
}

/// The start of the run of bytes before `i` for which `is` holds, at most `most` bytes long.
pub(super) fn run_back(text: &str, i: usize, most: usize, is: impl Fn(u8) -> bool) -> usize {
    let head = text.as_bytes().get(..i).unwrap_or_default();
    i - head.iter().rev().take(most).take_while(|b| is(**b)).count()
}

/// A Han character (the unified block, its first extension, and 〇).
pub(super) const fn is_han(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '〇')
}

/// Whether `text` has, at `i`, this word, in any ASCII case.
pub(super) fn has_word(text: &str, i: usize, word: &str) -> bool {
    text.as_bytes()
        .get(i..i + word.len())
        .is_some_and(|b| b.eq_ignore_ascii_case(word.as_bytes()))
}

/// Whether this has the form of one of our surrogates: an upper-case type, `_`, ten Crockford base-32 characters.
pub(super) fn is_surrogate_shaped(token: &str) -> bool {
    let Some((kind, tag)) = token.rsplit_once('_') else {
        return false;
    };
    tag.len() == 10
        && tag.bytes().all(is_crockford)
        && kind.starts_with(|c: char| c.is_ascii_uppercase())
        && kind
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

/// A character of Crockford's base 32, upper case: no `I`, `L`, `O`, `U`.
pub(super) const fn is_crockford(b: u8) -> bool {
    b.is_ascii_digit() || (b.is_ascii_uppercase() && !matches!(b, b'I' | b'L' | b'O' | b'U'))
}

/// Some characters, laid out so that one look tells nearly every other one apart.
#[derive(Debug)]
pub(super) struct Chars {
    all: &'static str,
    ascii: u128,
    /// Bits by the last twelve bits of the numbers of those beyond ASCII.
    others: [u64; 64],
}

impl Chars {
    /// These characters, each of at most three bytes.
    #[expect(
        clippy::indexing_slicing,
        reason = "evaluated at compile time, where a wrong index is a compile error"
    )]
    pub(super) const fn of(all: &'static str) -> Self {
        let (bytes, mut i) = (all.as_bytes(), 0);
        let (mut ascii, mut others) = (0, [0; 64]);
        while i < bytes.len() {
            let next = match bytes[i] {
                0..=0x7f => i + 1,
                0xc0..=0xdf => i + 2,
                _ => i + 3,
            };
            if next == i + 1 {
                ascii |= 1 << bytes[i];
            } else {
                let low = (bytes[next - 2] as usize & 0x3f) << 6 | bytes[next - 1] as usize & 0x3f;
                others[low / 64] |= 1 << (low % 64);
            }
            i = next;
        }
        Self { all, ascii, others }
    }

    /// Whether this is one of them.
    pub(super) fn has(&self, c: char) -> bool {
        let code = u32::from(c);
        if c.is_ascii() {
            return self.ascii >> code & 1 != 0;
        }
        let low = code as usize & 0xfff;
        let may = self
            .others
            .get(low / 64)
            .is_some_and(|row| row >> (low % 64) & 1 != 0);
        may && self.all.contains(c)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_of_a_set_are_told_from_all_others() {
        static SET: Chars = Chars::of(" \t:·：、号码\u{3000}z");
        let in_set = |c: char| " \t:·：、号码\u{3000}z".contains(c);
        assert_eq!(('\0'..=char::MAX).find(|c| SET.has(*c) != in_set(*c)), None);
    }

    #[test]
    fn reads_stay_inside() {
        assert_eq!(
            (at("ab", 1), at("ab", 2), before("ab", 0), before("ab", 2)),
            (b'b', 0, 0, b'b')
        );
        assert_eq!(
            (char_before("a电", 4), char_at("a电", 1), char_at("a电", 2)),
            (Some('电'), Some('电'), None)
        );
        assert_eq!(run("123ab", 0, 99, |b| b.is_ascii_digit()), 3);
        assert_eq!(run_back("ab123", 5, 2, |b| b.is_ascii_digit()), 3);
    }

    #[test]
    fn surrogates_are_known_by_form() {
        for (token, is) in [
            ("EMAIL_XT940KMVKT", true),
            ("CN_RESIDENT_ID_0123456789", true),
            ("EMAIL_XT940KMVK", false),
            ("EMAIL_XT940KMVKU", false),
            ("email_XT940KMVKT", false),
            ("XT940KMVKT", false),
        ] {
            assert_eq!(is_surrogate_shaped(token), is, "{token}");
        }
    }
}
