//! When another place that reads like a value counts as that value.
//!
//! What was found once is sought everywhere else in the request, exactly as it is spelled: before the egress
//! scan, which would have to refuse the request, and by it. Both ask this file, so they agree.

use crate::base::Span;

/// Fewest characters of a value that is sought, where it isn't Han, kana or Hangul: shorter ones stand anywhere
/// by chance.
const MIN_CHARS: usize = 5;
/// Fewest Han, kana or Hangul characters: a Chinese name has two.
const MIN_CJK_CHARS: usize = 2;
/// From this many characters on, a value that isn't one word counts inside longer ones too.
const LONG_CHARS: usize = 8;

/// Whether `value` is long enough to be sought.
pub(super) fn is_sought(value: &str) -> bool {
    if value.is_ascii() {
        return value.len() >= MIN_CHARS && value.bytes().any(|byte| byte.is_ascii_alphanumeric());
    }
    let cjk = value.chars().filter(|c| is_cjk(*c)).count() >= MIN_CJK_CHARS;
    let long = value.chars().nth(MIN_CHARS - 1).is_some();
    value.len() >= 4 && (cjk || long) && value.chars().any(char::is_alphanumeric)
}

/// Whether the bytes of `value` at `hit` are that value, and not part of a longer word or number.
///
/// A short value and a single word must end where words end: `smith` isn't in `blacksmith`. A long number or
/// address counts wherever it stands, for it doesn't do so by chance. Han, kana and Hangul have no word ends.
pub(super) fn is_whole(text: &[u8], hit: Span, value: &str) -> bool {
    let word = value.chars().all(|c| c.is_alphabetic() || is_cjk(c));
    if !word && value.chars().count() >= LONG_CHARS {
        return true;
    }
    let before = text
        .get(..hit.start)
        .filter(|before| !ends_in_escape(before));
    let before = before.and_then(last_char);
    let after = text.get(hit.end..).and_then(first_char);
    let glued = |a: Option<char>, b: Option<char>| a.is_some_and(joins) && b.is_some_and(joins);
    !glued(before, value.chars().next()) && !glued(value.chars().next_back(), after)
}

/// Whether the last letter is half of a JSON escape such as `\n`, and so no part of a word.
fn ends_in_escape(before: &[u8]) -> bool {
    matches!(before, [.., b'\\', b'n' | b't' | b'r' | b'b' | b'f'])
}

/// Whether it forms words with its like.
fn joins(c: char) -> bool {
    c.is_alphanumeric() && !is_cjk(c)
}

/// Han (with extensions and compatibility forms), kana, Hangul syllables: written without word ends.
const fn is_cjk(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}'
        | '\u{AC00}'..='\u{D7AF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

fn first_char(bytes: &[u8]) -> Option<char> {
    (1..=4).filter_map(|n| bytes.get(..n)).find_map(sole_char)
}

fn last_char(bytes: &[u8]) -> Option<char> {
    let from = |n: usize| bytes.len().checked_sub(n).and_then(|at| bytes.get(at..));
    (1..=4).filter_map(from).find_map(sole_char)
}

fn sole_char(bytes: &[u8]) -> Option<char> {
    std::str::from_utf8(bytes)
        .ok()
        .and_then(|text| text.chars().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_values_are_not_sought() {
        for (value, expected) in [
            ("张伟", true),
            ("张", false),
            ("12345", true),
            ("1234", false),
            ("Иван", false),
            ("Smith", true),
            ("*****", false),
            ("a张", false),
            ("", false),
        ] {
            assert_eq!(is_sought(value), expected, "{value}");
        }
    }

    #[test]
    fn a_value_inside_a_longer_word_does_not_count() {
        for (text, value, expected) in [
            ("blacksmith", "smith", false),
            ("a smith", "smith", true),
            ("user_smith,", "smith", true),
            ("smiths", "smith", false),
            ("ésmith", "smith", false),
            ("张smith伟", "smith", true),
            ("提高明天", "高明", true),
            ("abc张伟def", "张伟", true),
            ("123456", "12345", false),
            ("8613800138000x", "13800138000", true),
            ("xlena@example.orgx", "lena@example.org", true),
            ("wolfgangs", "wolfgang", false),
            (r"hello\nsmith\n", "smith", true),
            (r"hello\xsmith", "smith", false),
        ] {
            let start = text.find(value).unwrap();
            let span = Span::new(start, start + value.len());
            assert_eq!(
                is_whole(text.as_bytes(), span, value),
                expected,
                "{text} {value}"
            );
        }
    }
}
