//! What one character, or one encoded unit, reads as once spelling tricks are undone.
//!
//! Knows no positions beyond the unit it is asked about; [`super::view`] keeps the map back.

use super::text::{at, before, char_at, is_han};

/// What stands at a place in the view instead of `consumed` bytes of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unit {
    /// Bytes of the text that the unit takes.
    pub(super) consumed: usize,
    /// What it reads as; `None` where it is dropped.
    pub(super) reads: Option<char>,
}

impl Unit {
    const fn new(consumed: usize, reads: char) -> Self {
        Self {
            consumed,
            reads: Some(reads),
        }
    }

    const fn dropped(consumed: usize) -> Self {
        Self {
            consumed,
            reads: None,
        }
    }
}

/// First digits (zeros) of the decimal digit sets of Unicode 16, general category Nd, without ASCII.
const ZEROS: &[u32] = &[
    0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66,
    0x0de6, 0x0e50, 0x0ed0, 0x0f20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90,
    0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10,
    0x104a0, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0,
    0x11730, 0x118e0, 0x1e950, 0x1fbf0,
];

/// Cyrillic and Greek letters that look like a Latin one.
const LOOKALIKES: &[(char, char)] = &[
    ('Α', 'A'),
    ('Β', 'B'),
    ('Ε', 'E'),
    ('Ζ', 'Z'),
    ('Η', 'H'),
    ('Ι', 'I'),
    ('Κ', 'K'),
    ('Μ', 'M'),
    ('Ν', 'N'),
    ('Ο', 'O'),
    ('Ρ', 'P'),
    ('Τ', 'T'),
    ('Υ', 'Y'),
    ('Χ', 'X'),
    ('α', 'a'),
    ('ι', 'i'),
    ('ν', 'v'),
    ('ο', 'o'),
    ('ρ', 'p'),
    ('υ', 'u'),
    ('Ѕ', 'S'),
    ('І', 'I'),
    ('Ј', 'J'),
    ('А', 'A'),
    ('В', 'B'),
    ('Е', 'E'),
    ('К', 'K'),
    ('М', 'M'),
    ('Н', 'H'),
    ('О', 'O'),
    ('Р', 'P'),
    ('С', 'C'),
    ('Т', 'T'),
    ('У', 'Y'),
    ('Х', 'X'),
    ('а', 'a'),
    ('е', 'e'),
    ('к', 'k'),
    ('о', 'o'),
    ('р', 'p'),
    ('с', 'c'),
    ('у', 'y'),
    ('х', 'x'),
    ('ѕ', 's'),
    ('і', 'i'),
    ('ј', 'j'),
    ('һ', 'h'),
    ('ԁ', 'd'),
    ('ԛ', 'q'),
    ('ԝ', 'w'),
];

/// The fewest characters in a row before a style of numeral is read as digits: list markers (①), exponents (m²)
/// and counting words (三) stand alone.
const LEAST_MARKED: usize = 3;
pub(super) const LEAST_HAN: usize = 7;

/// What the unit at `i` reads as, or `None` where the text stands for itself.
pub(super) fn unit_at(text: &str, i: usize) -> Option<Unit> {
    match at(text, i) {
        b'%' => percent(text, i),
        b'\\' => escape(text, i),
        b'&' => entity(text, i),
        b'"' | b'\'' => joined_literals(text, i),
        byte if byte.is_ascii() => None,
        _ => non_ascii(text, i),
    }
}

fn non_ascii(text: &str, i: usize) -> Option<Unit> {
    let c = char_at(text, i)?;
    if is_prose(c) {
        return None;
    }
    let len = c.len_utf8();
    if is_invisible(c) {
        return Some(Unit::dropped(len));
    }
    if let Some(reads) = wide(c).or_else(|| decimal(c)).or_else(|| mathematical(c)) {
        return Some(Unit::new(len, reads));
    }
    lookalike(text, i, c).map(|reads| Unit::new(len, reads))
}

/// The punctuation of nearly all text, which stands for itself; told first.
const fn is_prose(c: char) -> bool {
    matches!(
        c,
        '，' | '：' | '；' | '！' | '？' | '（' | '）' | '\u{2010}'..='\u{2027}'
    )
}

/// Zero-width characters, soft hyphens, direction marks and variation selectors.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180e}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

/// Full-width ASCII, except the punctuation that Chinese prose uses (，：；！？（）), which recognizers know.
fn wide(c: char) -> Option<char> {
    if !matches!(c, '\u{ff01}'..='\u{ff5e}') {
        return None;
    }
    let ascii = char::from_u32(u32::from(c) - 0xfee0)?;
    (ascii.is_ascii_alphanumeric() || "@._-/+%#$*^&~=".contains(ascii)).then_some(ascii)
}

fn decimal(c: char) -> Option<char> {
    let code = u32::from(c);
    let zero = *ZEROS.get(ZEROS.partition_point(|z| *z <= code).checked_sub(1)?)?;
    char::from_digit(code.checked_sub(zero).filter(|d| *d < 10)?, 10)
}

/// Bold, script, double-struck … letters and digits (U+1D400–1D7FF).
fn mathematical(c: char) -> Option<char> {
    if !matches!(c, '\u{1d400}'..='\u{1d7ff}') {
        return None;
    }
    let mut reads = None;
    unicode_normalization::char::decompose_compatible(c, |plain| reads = Some(plain));
    reads.filter(char::is_ascii_alphanumeric)
}

/// A letter of another script inside a word that also has Latin ones.
fn lookalike(text: &str, i: usize, c: char) -> Option<char> {
    let latin = LOOKALIKES.iter().find(|pair| pair.0 == c)?.1;
    let in_token = |c: &char| {
        is_letter_alike(*c)
            || c.is_alphanumeric() && !is_han(*c)
            || matches!(c, '.' | '_' | '-' | '@' | '+')
    };
    let after = text.get(i..)?.chars().take(48).take_while(in_token);
    let behind = text.get(..i)?.chars().rev().take(48).take_while(in_token);
    after
        .chain(behind)
        .any(|c| c.is_ascii_alphabetic())
        .then_some(latin)
}

/// The letters of the alphabets of [`LOOKALIKES`], told without a look into Unicode's tables.
const fn is_letter_alike(c: char) -> bool {
    matches!(c, '\u{38e}'..='\u{3a1}' | '\u{3a3}'..='\u{3f5}' | '\u{400}'..='\u{481}' | '\u{48a}'..='\u{52f}')
}

/// `%41` and longer UTF-8 sequences; control characters stay as they are.
fn percent(text: &str, i: usize) -> Option<Unit> {
    let byte = |k: usize| (at(text, i + 3 * k) == b'%').then(|| hex_byte(text, i + 3 * k + 1))?;
    let mut bytes = [byte(0)?, 0, 0, 0];
    let len = match bytes.first()? {
        0x20..=0x7e => 1,
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return None,
    };
    for (k, slot) in bytes.iter_mut().enumerate().take(len).skip(1) {
        *slot = byte(k)?;
    }
    let c = std::str::from_utf8(bytes.get(..len)?)
        .ok()?
        .chars()
        .next()?;
    Some(Unit::new(3 * len, c))
}

fn hex_byte(text: &str, i: usize) -> Option<u8> {
    let digits = text.as_bytes().get(i..i + 2)?;
    digits.iter().try_fold(0u8, |sum, b| {
        Some((sum << 4) | char::from(*b).to_digit(16)? as u8)
    })
}

/// `\u0031`, `\x31`, a surrogate pair, `\n` before a word, or a line continued with `\`.
fn escape(text: &str, i: usize) -> Option<Unit> {
    match at(text, i + 1) {
        b'u' => unicode_escape(text, i),
        b'x' => printable(u32::from(hex_byte(text, i + 2)?)).map(|c| Unit::new(4, c)),
        // `\n` of a string literal would glue its letter to the value behind it.
        b'n' | b'r' | b't' if at(text, i + 2).is_ascii_alphanumeric() => Some(Unit::new(2, '\n')),
        b'\n' if is_word(before(text, i)) && is_word(at(text, i + 2)) => Some(Unit::dropped(2)),
        _ => None,
    }
}

fn unicode_escape(text: &str, i: usize) -> Option<Unit> {
    let word =
        |i: usize| Some(u32::from(hex_byte(text, i)?) << 8 | u32::from(hex_byte(text, i + 2)?));
    let first = word(i + 2)?;
    if let Some(c) = printable(first) {
        return Some(Unit::new(6, c));
    }
    if !(0xd800..0xdc00).contains(&first) || at(text, i + 6) != b'\\' || at(text, i + 7) != b'u' {
        return None;
    }
    let low = word(i + 8)?
        .checked_sub(0xdc00)
        .filter(|low| *low < 0x400)?;
    printable(0x10000 + ((first - 0xd800) << 10) + low).map(|c| Unit::new(12, c))
}

fn printable(code: u32) -> Option<char> {
    char::from_u32(code).filter(|c| !c.is_control())
}

/// `&#65;`, `&#x41;`, `&commat;`, `&period;`.
fn entity(text: &str, i: usize) -> Option<Unit> {
    let end = super::text::run(text, i + 1, 8, |b| b != b';' && b.is_ascii_graphic());
    let name = (at(text, end) == b';').then(|| text.get(i + 1..end))??;
    let consumed = end + 1 - i;
    let reads = match name.strip_prefix('#') {
        None => {
            [("commat", '@'), ("period", '.'), ("nbsp", ' ')]
                .iter()
                .find(|pair| pair.0 == name)?
                .1
        }
        Some(number) => printable(match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        })?,
    };
    Some(Unit::new(consumed, reads))
}

/// `" + "` between two word characters: a literal cut in two.
fn joined_literals(text: &str, i: usize) -> Option<Unit> {
    let blank = |b: u8| b == b' ' || b == b'\n' || b == b'\r';
    let plus = super::text::run(text, i + 1, 3, blank);
    if at(text, plus) != b'+' || !is_word(before(text, i)) {
        return None;
    }
    let quote = super::text::run(text, plus + 1, 3, blank);
    let joins = at(text, quote) == at(text, i) && is_word(at(text, quote + 1));
    joins.then(|| Unit::dropped(quote + 1 - i))
}

const fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'+' | b'/' | b'@' | b'.')
}

/// A run of numerals that count as digits only together: how many bytes, and how many of them make sense.
pub(super) fn numeral_run(text: &str, i: usize) -> Option<(usize, bool)> {
    let style = style_of(char_at(text, i)?)?;
    let run = text
        .get(i..)?
        .chars()
        .take_while(|c| style_of(*c) == Some(style));
    let (mut bytes, mut count) = (0, 0);
    for c in run {
        bytes += c.len_utf8();
        count += 1;
    }
    Some((
        bytes,
        count
            >= if style == Style::Han {
                LEAST_HAN
            } else {
                LEAST_MARKED
            },
    ))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Han,
    Circled,
    Raised,
}

fn style_of(c: char) -> Option<Style> {
    match c {
        '⁰' | '¹' | '²' | '³' | '⁴'..='⁹' | '₀'..='₉' => Some(Style::Raised),
        '①'..='⑨' | '⓪' | '❶'..='❾' | '➀'..='➈' | '➊'..='➒' | '⓵'..='⓽' | '⓿' => {
            Some(Style::Circled)
        }
        _ => han_digit(c).map(|_| Style::Han),
    }
}

/// What a numeral of [`numeral_run`] reads as.
pub(super) fn numeral(c: char) -> Option<char> {
    let from =
        |first: char, digit: u32| char::from_digit(u32::from(c) - u32::from(first) + digit, 10);
    match c {
        '⁰' | '⓪' | '⓿' => Some('0'),
        '¹' => Some('1'),
        '²' => Some('2'),
        '³' => Some('3'),
        '⁴'..='⁹' => from('⁴', 4),
        '₀'..='₉' => from('₀', 0),
        '①'..='⑨' => from('①', 1),
        '❶'..='❾' => from('❶', 1),
        '➀'..='➈' => from('➀', 1),
        '➊'..='➒' => from('➊', 1),
        '⓵'..='⓽' => from('⓵', 1),
        _ => han_digit(c),
    }
}

/// Every numeral of [`han_digit`]; three bytes each.
pub(super) const HAN_NUMERALS: &str = "零〇一壹幺二贰两三叁四肆五伍六陆七柒八捌九玖";

const fn han_digit(c: char) -> Option<char> {
    Some(match c {
        '零' | '〇' => '0',
        '一' | '壹' | '幺' => '1',
        '二' | '贰' | '两' => '2',
        '三' | '叁' => '3',
        '四' | '肆' => '4',
        '五' | '伍' => '5',
        '六' | '陆' => '6',
        '七' | '柒' => '7',
        '八' | '捌' => '8',
        '九' | '玖' => '9',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_read_as_what_they_mean() {
        for (text, i, consumed, reads) in [
            ("％", 0, 3, Some('%')),
            ("８", 0, 3, Some('8')),
            ("٣", 0, 2, Some('3')),
            ("९", 0, 3, Some('9')),
            ("𝟗", 0, 4, Some('9')),
            ("\u{200b}", 0, 3, None),
            ("%41", 0, 3, Some('A')),
            ("%E7%94%B5", 0, 9, Some('电')),
            ("\\u0031", 0, 6, Some('1')),
            ("\\ud83d\\ude00", 0, 12, Some('😀')),
            ("&#x40;", 0, 6, Some('@')),
            ("&#64;", 0, 5, Some('@')),
            ("qq.соm", 3, 2, Some('c')),
            ("a1\" + \"b2", 2, 5, None),
            ("ab\\\ncd", 2, 2, None),
        ] {
            assert_eq!(unit_at(text, i), Some(Unit { consumed, reads }), "{text}");
        }
    }

    #[test]
    fn ordinary_text_stands_for_itself() {
        for text in [
            "，",
            "：",
            "电",
            "русский",
            "%zz",
            "%0a",
            "\\n",
            "&amp;",
            "\" + x",
            "— ",
            "é",
        ] {
            assert_eq!(unit_at(text, 0), None, "{text}");
        }
    }

    #[test]
    fn letters_alike_are_letters() {
        let ranges = '\u{370}'..='\u{52f}';
        let mut told = ranges.filter(|c| is_letter_alike(*c));
        assert!(told.all(char::is_alphabetic));
        let alike = |pair: &(char, char)| is_letter_alike(pair.0);
        assert!(LOOKALIKES.iter().all(alike));
    }

    #[test]
    fn zeros_are_sorted_and_numerals_need_company() {
        assert!(ZEROS.is_sorted());
        assert!(
            HAN_NUMERALS
                .chars()
                .all(|c| han_digit(c).is_some() && c.len_utf8() == 3)
        );
        assert_eq!(numeral_run("①②③x", 0), Some((9, true)));
        assert_eq!(numeral_run("①：", 0), Some((3, false)));
        assert_eq!(numeral_run("三四五", 0), Some((9, false)));
        assert_eq!(numeral("玖".chars().next().unwrap()), Some('9'));
    }
}
