//! Names that were found once, found again in the same text: the surname alone, the given name alone.
//!
//! Also the other way round: an e-mail address that spells a name vouches for the name. Refuses to know: how the first of them was found.

use super::super::page::{Candidate, Page};
use super::super::text::char_at;
use super::en;
use crate::base::{EntityType, Span};
use foldhash::HashSet;
use std::collections::BTreeSet;

/// Shorter words are found again by chance.
const LEAST_LETTERS: usize = 4;
/// Most parts of names that are sought.
const MOST_PARTS: usize = 512;
/// A name found with less certainty vouches for nothing.
const LEAST_SCORE: f32 = 0.55;

/// Adds every other occurrence of the parts of names on the page.
pub(in crate::detect) fn again(page: &mut Page<'_>) {
    let parts = parts(page);
    if parts.is_empty() {
        return;
    }
    let known: BTreeSet<(usize, usize)> = page
        .found
        .iter()
        .filter(|c| c.entity == page.types.person)
        .map(|c| (c.span.start, c.span.end))
        .collect();
    let covered = |span: Span| {
        let before = known.range(..=(span.start, usize::MAX)).next_back();
        before.is_some_and(|(_, end)| *end >= span.end)
    };
    let text = page.text;
    let mut found: Vec<Span> = Vec::new();
    for span in words(text) {
        let is_part = span.slice(text).is_some_and(|word| parts.contains(word));
        if !is_part || covered(span) || is_tied(text, span) {
            continue;
        }
        match found.last_mut() {
            Some(last) if text.get(last.end..span.start) == Some(" ") => last.end = span.end,
            _ => found.push(span),
        }
    }
    for span in found {
        page.push(Candidate::new(span, page.types.person, 0.6, "person_again"));
    }
}

/// The capitalised words of names on the page, and of e-mail addresses the words that are names.
fn parts(page: &Page<'_>) -> HashSet<String> {
    let mut out: HashSet<String> = HashSet::default();
    for candidate in page.found.iter().filter(|c| c.score >= LEAST_SCORE) {
        if out.len() >= MOST_PARTS {
            break;
        }
        let text = candidate.span.slice(page.text).unwrap_or_default();
        if candidate.entity == page.types.person {
            out.extend(of_name(text).map(str::to_owned));
        } else if candidate.entity == page.types.email {
            out.extend(of_address(text));
        }
    }
    out
}

/// Words of a name that are sought again: capitalised, long enough, and no words of English.
fn of_name(name: &str) -> impl Iterator<Item = &str> {
    name.split(|c: char| !c.is_alphabetic() && c != '\'' && c != '-')
        .filter(|word| word.len() >= LEAST_LETTERS && word.starts_with(char::is_uppercase))
        .filter(|word| word.chars().any(char::is_lowercase) && !en::is_ambiguous(word))
}

/// `rosa.haddad@…`: the words that are names, capitalised.
fn of_address(address: &str) -> impl Iterator<Item = String> {
    let local = address.split('@').next().unwrap_or_default();
    local
        .split(|c: char| !c.is_ascii_alphabetic())
        .filter(|word| word.len() >= LEAST_LETTERS)
        .filter_map(en::known)
        .filter(|name| !en::is_ambiguous(name))
}

/// The words of a text: letters, and hyphens and apostrophes between them.
fn words(text: &str) -> impl Iterator<Item = Span> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = text.get(at..)?;
        let start = at + next_capital(rest)?;
        let word = text.get(start..)?;
        let inside = |c: char| c.is_alphabetic() || matches!(c, '\'' | '-');
        let length = word.find(|c| !inside(c)).unwrap_or(word.len());
        at = start + length.max(1);
        let word = word.get(..length)?.trim_end_matches(['\'', '-']);
        let word = word.strip_suffix("'s").unwrap_or(word);
        Some(Span::new(start, start + word.len()))
    })
}

/// The first capital letter. Han characters, which begin with these bytes, are passed over at one look each.
fn next_capital(text: &str) -> Option<usize> {
    let mut from = 0;
    loop {
        let rest = text.as_bytes().get(from..)?;
        let may = |b: &u8| b.is_ascii_uppercase() || matches!(b, 0xc3..=0xe2 | 0xea..);
        from += rest.iter().position(may)?;
        let c = char_at(text, from)?;
        if c.is_uppercase() {
            return Some(from);
        }
        from += c.len_utf8();
    }
}

/// Part of an identifier, an address or a longer word.
fn is_tied(text: &str, span: Span) -> bool {
    let before = text.get(..span.start).and_then(|t| t.chars().next_back());
    let after = text.get(span.end..).and_then(|t| t.chars().next());
    let ties = |c: char| c.is_alphanumeric() || "_@#$/\\=".contains(c);
    before.is_some_and(|c| ties(c) || c == '.') || after.is_some_and(|c| ties(c) || c == '(')
}

/// What an organisation's name ends with.
const SUFFIXES: &[&str] = &[
    "Inc",
    "Ltd",
    "LLC",
    "Corp",
    "GmbH",
    "PLC",
    "Plc",
    "LLP",
    "Limited",
    "Corporation",
    "Incorporated",
    "Pty",
    "AG",
    "SE",
    "BV",
    "NV",
    "Holdings",
    "SpA",
    "Oy",
    "AB",
    "SAS",
    "KG",
];
/// Most words before the suffix.
const MOST_WORDS: usize = 4;

/// An organisation: capitalised words before what only organisations are called by.
pub(super) fn organisation(page: &mut Page<'_>, suffix: Span) {
    let text = page.text;
    if !suffix
        .slice(text)
        .is_some_and(|word| SUFFIXES.contains(&word))
    {
        return;
    }
    let mut start = suffix.start;
    for _ in 0..MOST_WORDS {
        let head = text.get(..start).unwrap_or_default();
        let Some(before) = head.strip_suffix(", ").or_else(|| head.strip_suffix(' ')) else {
            break;
        };
        let inside = |c: char| c.is_alphanumeric() || matches!(c, '\'' | '-' | '.' | '&');
        let word = before.len() - before.trim_end_matches(inside).len();
        let from = before.len() - word;
        let begins = before
            .get(from..)
            .is_some_and(|w| w.starts_with(|c: char| c.is_uppercase() || c == '&'));
        if word == 0 || word > 32 || !begins {
            break;
        }
        start = from;
    }
    let Some(entity) = EntityType::named("ORG").filter(|_| start < suffix.start) else {
        return;
    };
    let span = Span::new(start, suffix.end);
    page.push(Candidate::new(span, entity, 0.6, "organisation_en"));
}

#[cfg(test)]
mod tests {
    use crate::detect::{Detector, Hint};

    #[test]
    fn parts_of_names_are_found_again_and_organisations_by_their_suffix() {
        let detector = Detector::built_in().unwrap();
        let cases: &[(&str, &[(&str, &str)])] = &[
            (
                "Olivia Lindqvist wrote. Then Lindqvist, not olivia, called Olivia's boss.",
                &[
                    ("PERSON", "Olivia Lindqvist"),
                    ("PERSON", "Lindqvist"),
                    ("PERSON", "Olivia"),
                ],
            ),
            (
                "Haddad said: write to rosa.haddad@mail.example",
                &[("PERSON", "Haddad"), ("EMAIL", "rosa.haddad@mail.example")],
            ),
            (
                "Elka H. Snorri came; Snorri left.",
                &[("PERSON", "Elka H. Snorri"), ("PERSON", "Snorri")],
            ),
            ("Appendix B. Methods and Grade A. Results", &[]),
            (
                "we bought Harbour & Lane Ltd today",
                &[("ORG", "Harbour & Lane Ltd")],
            ),
            ("Ltd is a suffix", &[]),
            (
                "Regards,\nOlivia Lindqvist",
                &[("PERSON", "Olivia Lindqvist")],
            ),
        ];
        for (text, wanted) in cases {
            let found = detector.scan(text, Hint::default());
            let found: Vec<_> = found
                .iter()
                .map(|f| (f.entity.as_str(), f.span.slice(text).unwrap()))
                .collect();
            assert_eq!(found, *wanted, "{text}");
        }
    }
}
