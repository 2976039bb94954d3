//! Words of streets, towns and postcodes put together to addresses.
//!
//! An address goes over commas and line ends, over words between its parts that the model left out, and over the flat, the
//! box or the country that follows. Numbers without a street, and words of plain English, are none. Refuses to know: the model.

use super::lists::STREETS;
use super::sift;
use super::spans::Word;
use crate::base::Span;

/// A word of which the model gives an address a smaller share is none.
const LEAST_SHARE: f32 = 0.4;
/// A group needs a word of at least this share.
const LEAST_BEST: f32 = 0.6;
/// Longest gap that is filled, and most words in it.
const GAP_BYTES: usize = 40;
const GAP_WORDS: usize = 3;

/// What stands before the number of a flat, a floor or a box, in lower case without a point.
const UNITS: &[&str] = &[
    "apt",
    "apartment",
    "suite",
    "ste",
    "unit",
    "floor",
    "room",
    "rm",
    "box",
    "flat",
    "bldg",
    "building",
    "p.o",
    "po",
    "pmb",
    "#",
];

/// What belongs to the address that it stands right before.
const BEFORE: &[&str] = &[
    "the corner of ",
    "corner of ",
    "p.o. box ",
    "po box ",
    "postbox ",
    "unit ",
    "psc ",
    "apt. ",
    "apt ",
    "suite ",
    "flat ",
    "ul. ",
    "rue ",
];

/// An address, or the name of a place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Group {
    pub(super) span: Span,
    /// A street or a postcode is in it: an address.
    pub(super) street: bool,
    pub(super) score: f32,
}

/// The addresses and places in a text.
pub(super) fn groups(text: &str, words: &[Word]) -> Vec<Group> {
    let mut out: Vec<Group> = Vec::new();
    // A name after a line end is somebody, not part of a street.
    let mut named = false;
    for word in words {
        let share = word.postal();
        if share < LEAST_SHARE || !may_be(text, word.span) {
            named |= word.person() > share && word.person() > 0.5;
            continue;
        }
        let name_between = std::mem::take(&mut named);
        let (span, street) = (word.span, word.street() * 2.0 > share);
        match out.last_mut() {
            Some(last) if joins(text, last, span, street, name_between) => {
                last.span.end = span.end;
                last.street |= street;
                last.score = last.score.max(share);
            }
            _ => out.push(Group {
                span,
                street,
                score: share,
            }),
        }
    }
    out.retain(|group| holds(text, group));
    for group in &mut out {
        if group.street {
            extend(text, group);
        }
    }
    out.dedup_by(|next, last| {
        let over = next.span.start < last.span.end;
        if over {
            last.span = last.span.union(next.span);
        }
        over
    });
    out
}

/// Whether a word's spelling lets it be part of an address.
fn may_be(text: &str, span: Span) -> bool {
    let word = span.slice(text).unwrap_or_default();
    let asian = word.chars().any(sift::is_asian);
    !asian && (word.bytes().all(|b| b.is_ascii_digit()) || !sift::is_identifier(text, span))
}

/// Whether a word goes on with a group.
fn joins(text: &str, last: &Group, next: Span, street: bool, named: bool) -> bool {
    let gap = text.get(last.span.end..next.start).unwrap_or("\0");
    let lines = gap.matches('\n').count();
    if gap.len() > GAP_BYTES || lines > 2 || named && lines > 0 {
        return false;
    }
    let close = |c: char| c.is_whitespace() || ",.#-/'’>()".contains(c);
    if gap.len() <= 6 && gap.chars().all(close) {
        return gap.trim() != "." || gap.len() < 2 || last.street;
    }
    let bits: Vec<&str> = gap
        .split(|c: char| c.is_whitespace() || ",>()".contains(c))
        .filter(|bit| !bit.is_empty())
        .collect();
    let fills = |bit: &str| {
        let first = bit.chars().next();
        first.is_some_and(|c| c.is_uppercase() || c.is_ascii_digit())
            || matches!(bit, "and" | "de" | "la" | "of" | "." | "-")
    };
    // `…, CO 70079, and 04862 …` are two addresses.
    let two = gap.starts_with(',') && bits.contains(&"and");
    (last.street || street) && !two && bits.len() <= GAP_WORDS && bits.iter().all(|bit| fills(bit))
}

/// Whether a group is what the model takes it for.
fn holds(text: &str, group: &Group) -> bool {
    let Some(whole) = group.span.slice(text).filter(|_| group.score >= LEAST_BEST) else {
        return false;
    };
    let mut words = whole
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    let digits = whole.bytes().any(|b| b.is_ascii_digit());
    let capital = |word: &str| {
        word.chars().count() > 1
            && word.starts_with(char::is_uppercase)
            && word.chars().all(char::is_alphabetic)
            && !sift::is_plain(word)
    };
    let street = |word: &str| STREETS.has(&word.to_lowercase());
    if group.street {
        let named = words.clone().any(capital);
        let typed = words.clone().any(street) && words.clone().count() > 1;
        let product = words.next().is_some_and(sift::is_thing);
        return !product && (digits && named || typed && (digits || named));
    }
    !digits
        && words.all(|word| word.starts_with(char::is_uppercase))
        && !sift::is_plain(whole)
        && !sift::is_thing(whole)
}

/// Over the number, the unit or `the corner of` before, and the flats, boxes and postcodes behind.
fn extend(text: &str, group: &mut Group) {
    let ends = [unit_after, country_after, number_after];
    while let Some(end) = ends.iter().find_map(|end| end(text, group.span.end)) {
        group.span.end = end;
    }
    if let Some(start) = number_before(text, group.span.start) {
        group.span.start = start;
    }
    if let Some(start) = unit_before(text, group.span.start) {
        group.span.start = start;
    }
}

/// The number of a house that stands before the street that was found.
fn number_before(text: &str, from: usize) -> Option<usize> {
    let head = text.get(..from)?;
    let number = head.trim_end_matches([' ', ',']);
    let before = number.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = number.len() - before.len();
    let apart = before.is_empty() || before.ends_with(char::is_whitespace);
    let close = (1..=2).contains(&(head.len() - number.len()));
    ((1..=6).contains(&digits) && close && apart).then_some(before.len())
}

/// `Unit`, `P.O. Box` or `the corner of` before an address.
fn unit_before(text: &str, from: usize) -> Option<usize> {
    let head = text.get(..from)?;
    let start = BEFORE.iter().find_map(|unit| {
        let start = head.len().checked_sub(unit.len())?;
        let same = head.get(start..)?.eq_ignore_ascii_case(unit);
        same.then_some(start)
    })?;
    let apart = head.get(..start)?.ends_with(|c: char| !c.is_alphanumeric());
    (start == 0 || apart).then_some(start)
}

/// The end of a postcode behind a comma or a line end.
fn number_after(text: &str, from: usize) -> Option<usize> {
    let (start, rest) = over_gap(text, from)?;
    let digits = rest.bytes().take(7).take_while(u8::is_ascii_digit).count();
    let gap = text.get(from..start)?;
    let state = text
        .get(from.checked_sub(3)?..from)
        .is_some_and(|s| s.as_bytes().iter().skip(1).all(u8::is_ascii_uppercase));
    let next = rest.get(digits..)?.chars().next();
    let ends = next.is_none_or(|c| c.is_whitespace() || ".,;?!".contains(c));
    let fits = (4..=5).contains(&digits)
        && ends
        && (state || gap.contains(['\n', ',']))
        && !gap.contains('.');
    fits.then_some(start + digits)
}

/// The end of `Apt. 12` behind an address.
fn unit_after(text: &str, from: usize) -> Option<usize> {
    let (start, rest) = over_gap(text, from)?;
    let unit = UNITS.iter().find(|unit| {
        rest.get(..unit.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(unit))
    })?;
    let tail = rest.get(unit.len()..)?;
    let number = tail.trim_start_matches(['.', ' ', '#']);
    let skipped = tail.len() - number.len();
    let length = number
        .bytes()
        .take(7)
        .take_while(u8::is_ascii_alphanumeric)
        .count();
    let digits = number.bytes().take(length).any(|b| b.is_ascii_digit());
    let fits = digits && length <= 6 && (1..=3).contains(&skipped);
    fits.then_some(start + unit.len() + skipped + length)
}

/// The end of `Denmark 35018` behind an address: up to three capitalised words and a number of four to six digits.
fn country_after(text: &str, from: usize) -> Option<usize> {
    let (start, rest) = over_gap(text, from)?;
    let mut at = 0;
    for count in 0..=3 {
        let tail = rest.get(at..)?;
        let digits = tail.bytes().take(7).take_while(u8::is_ascii_digit).count();
        if count > 0 && (4..=6).contains(&digits) {
            return Some(start + at + digits);
        }
        let word: usize = tail
            .chars()
            .take_while(|c| c.is_alphabetic() || "()'-".contains(*c))
            .map(char::len_utf8)
            .sum();
        let capital = tail.trim_start_matches('(').starts_with(char::is_uppercase);
        if word < 2 || !capital || !tail.get(word..)?.starts_with(' ') {
            return None;
        }
        at += word + 1;
    }
    None
}

/// The text behind the spaces, commas and line ends after `from`, at least one.
fn over_gap(text: &str, from: usize) -> Option<(usize, &str)> {
    let rest = text.get(from..)?;
    let skip: usize = rest
        .chars()
        .take(8)
        .take_while(|c| c.is_whitespace() || ",.>".contains(*c))
        .map(char::len_utf8)
        .sum();
    (skip > 0).then(|| rest.get(skip..).map(|rest| (from + skip, rest)))?
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words of letters and digits; a letter behind a stroke says what the model takes the word for.
    fn read(marked: &str) -> (String, Vec<Word>) {
        let (mut text, mut words) = (String::new(), Vec::new());
        for bit in marked.split_inclusive(|c: char| !c.is_alphanumeric() && c != '/') {
            let bare = bit.trim_end_matches(|c: char| !c.is_alphanumeric());
            let (word, kind) = bare.split_once('/').unwrap_or((bare, ""));
            let span = Span::new(text.len(), text.len() + word.len());
            let of = |wanted| if kind == wanted { 0.9 } else { 0.0 };
            let shares = [of("g"), of("n"), of("s"), of("p"), of("z")];
            words.extend((!word.is_empty()).then_some(Word { span, shares }));
            text.push_str(word);
            text.push_str(bit.get(bare.len()..).unwrap());
        }
        (text, words)
    }

    #[test]
    fn addresses_are_whole_and_numbers_are_none() {
        // What the model says, and the addresses (`+`) and places (`-`).
        let cases: &[(&str, &[&str])] = &[
            (
                "at 12/s Mill/s Lane/s, Oxford/p OX1/z now",
                &["+12 Mill Lane, Oxford OX1"],
            ),
            (
                "at 12/s Mill/s Lane/s\nApt. 7\nOslo/p 0150/z",
                &["+12 Mill Lane\nApt. 7\nOslo 0150"],
            ),
            (
                "to 4410 Marina/s Gate/s 18/s now",
                &["+4410 Marina Gate 18"],
            ),
            (
                "to Unit 12/s Box/s 90/s\nAPO/p AA/p 12345",
                &["+Unit 12 Box 90\nAPO AA 12345"],
            ),
            (
                "the corner of Lund/s 9/s and Elin Road/s",
                &["+the corner of Lund 9 and Elin Road"],
            ),
            (
                "1/s Oak/s Road/s, and 2/s Elm/s Road/s",
                &["+1 Oak Road", "+2 Elm Road"],
            ),
            (
                "12/s Mill/s Lane/s\nDenmark 35018",
                &["+12 Mill Lane\nDenmark 35018"],
            ),
            ("Tom Lund/n\n12/s Mill/s Lane/s", &["+12 Mill Lane"]),
            ("Oslo/p and Turku/p", &["-Oslo", "-Turku"]),
            ("port 8080/z", &[]),
            ("port/s 2249/s, inode/s 77/z", &[]),
            ("Audi/s R/s 8/s", &[]),
            ("Section/s 12/s Appendix/s", &[]),
            ("weight/s 260/s g/s", &[]),
            ("server/p", &[]),
            ("Pad Air 11/s M3/s", &[]),
        ];
        for (marked, wanted) in cases {
            let (text, words) = read(marked);
            let found: Vec<String> = groups(&text, &words)
                .iter()
                .map(|group| {
                    let kind = if group.street { "+" } else { "-" };
                    [kind, group.span.slice(&text).unwrap()].concat()
                })
                .collect();
            assert_eq!(found, *wanted, "{text}");
        }
    }
}
