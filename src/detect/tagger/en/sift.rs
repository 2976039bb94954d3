//! Which words that the model takes for a name are taken for one: not identifiers, not plain words, not numbers alone.
//!
//! The model was trained on forms and letters and sees names in code, logs and tables of numbers. What it can't know is how
//! a word is written and what stands against it. Refuses to know: the model.

use super::super::super::name::en;
use super::lists::{PLAIN, PRODUCTS, TECHNICAL, THINGS};
use crate::base::Span;

/// How far around a word its company is looked at, in bytes.
const AROUND: usize = 48;

/// Whether a word is written like part of a program, a path, an address or a handle.
pub(super) fn is_identifier(text: &str, span: Span) -> bool {
    let before = text.get(..span.start).and_then(|t| t.chars().next_back());
    let mut after = text.get(span.end..).unwrap_or_default().chars();
    let (next, second) = (after.next(), after.next());
    let word = span.slice(text).unwrap_or_default();
    let humps = word
        .chars()
        .zip(word.chars().skip(1))
        .any(|(a, b)| a.is_lowercase() && b.is_uppercase());
    let camel = humps
        && ![
            "Mc", "Mac", "De", "Di", "Le", "La", "Van", "Von", "Fitz", "O",
        ]
        .iter()
        .any(|p| word.starts_with(p));
    let tied = |c: Option<char>| {
        c.is_some_and(|c| "_/\\@#$=&%+~{}<>|^*".contains(c) || c.is_ascii_digit())
    };
    let dotted = before == Some('.') && !ends_abbreviation(text, span.start)
        || next == Some('.')
            && second.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let called = next == Some('(')
        || next == Some(':') && second == Some(':')
        || next == Some(':') && second == Some('/');
    camel
        || tied(before) && before != Some('>')
        || tied(next) && next != Some('<')
        || dotted
        || called
}

/// `J.Smith`, `St.Ives`: whether the point before `at` ends an initial or a short capitalised word.
fn ends_abbreviation(text: &str, at: usize) -> bool {
    let head = text.get(..at).unwrap_or_default().trim_end_matches('.');
    let word: String = head
        .chars()
        .rev()
        .take_while(|c| c.is_alphanumeric())
        .collect();
    (1..=4).contains(&word.chars().count())
        && word.chars().next_back().is_some_and(char::is_uppercase)
}

/// Whether a word's company speaks of programs.
fn is_technical(text: &str, span: Span) -> bool {
    let from = text.floor_char_boundary(span.start.saturating_sub(AROUND));
    let to = text.ceil_char_boundary((span.end + AROUND).min(text.len()));
    let around = text.get(from..to).unwrap_or_default().to_ascii_lowercase();
    around
        .split(|c: char| !c.is_ascii_alphabetic())
        .any(|word| TECHNICAL.has(word))
}

/// What the spelling of a word says of its being part of a name, as a factor of the model's share; `beside` a name, less
/// is asked of it.
pub(super) fn name_factor(text: &str, span: Span, beside: bool) -> f32 {
    let word = span.slice(text).unwrap_or_default();
    let letters = word.chars().all(|c| c.is_alphabetic() && !is_asian(c));
    if word.is_empty() || !letters || is_identifier(text, span) {
        return 0.0;
    }
    let lower = word.to_lowercase();
    let capital = word.starts_with(char::is_uppercase);
    let plain = PLAIN.has(&lower);
    let product = PRODUCTS.has(&lower);
    if product && (!capital || is_technical(text, span)) {
        return 0.0;
    }
    match (capital, plain) {
        (true, false) => 1.0,
        (true, true) => 0.5,
        (false, true) => 0.0,
        (false, false) if en::is_known(word) => 0.9,
        (false, false) if beside => 0.6,
        (false, false) => 0.36,
    }
}

/// A plain word of English.
pub(super) fn is_plain(word: &str) -> bool {
    PLAIN.has(&word.to_lowercase())
}

/// What is numbered and no house.
pub(super) fn is_thing(word: &str) -> bool {
    THINGS.has(&word.to_lowercase())
}

/// Scripts that other taggers read.
pub(super) const fn is_asian(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{11ff}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7ff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn factor(marked: &str, beside: bool) -> f32 {
        let (head, rest) = marked.split_once('⟦').unwrap();
        let (word, tail) = rest.split_once('⟧').unwrap();
        let span = Span::new(head.len(), head.len() + word.len());
        name_factor(&[head, word, tail].concat(), span, beside)
    }

    #[test]
    fn words_of_programs_and_plain_words_are_no_names() {
        for (marked, least, most) in [
            ("ask ⟦Elin⟧ today", 1.0, 1.0),
            ("ask ⟦McArthur⟧.", 1.0, 1.0),
            ("ask J.⟦Lund⟧", 1.0, 1.0),
            ("> ⟦Elin⟧\n", 1.0, 1.0),
            ("⟦Write⟧ a poem", 0.1, 0.6),
            ("ask ⟦elena⟧ today", 0.7, 1.0),
            ("a ⟦limerick⟧ about", 0.0, 0.36),
            ("json.⟦Unmarshal⟧(body)", 0.0, 0.0),
            ("⟦apiKey⟧ := x", 0.0, 0.0),
            ("core.⟦bin⟧", 0.0, 0.0),
            ("@⟦Elin⟧", 0.0, 0.0),
            ("⟦Elin⟧_key", 0.0, 0.0),
            ("⟦Elin⟧.com", 0.0, 0.0),
            ("⟦Blake3⟧ x", 0.0, 0.0),
            ("is ⟦Julia⟧ faster than Python", 0.0, 0.0),
            ("⟦Julia⟧ called today", 1.0, 1.0),
            ("⟦curl⟧ it", 0.0, 0.0),
            ("⟦张伟⟧ 住", 0.0, 0.0),
        ] {
            let got = factor(marked, false);
            assert!((least..=most).contains(&got), "{marked} {got}");
        }
        assert!(factor("⟦quimble⟧ him", true) > factor("⟦quimble⟧ him", false));
    }
}
