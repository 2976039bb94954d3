//! What of a text the English tagger is given: prose, letters and forms; not code, logs, hashes or tables of numbers.
//!
//! Lines are put together to windows, since a model knows a town by the street above it. A blank line, a line that is no
//! prose, and the longest window end one. Refuses to know: models.

use crate::base::Span;

/// A line of which fewer bytes than one in so many are letters or spaces is no prose.
const LETTERS_OF: usize = 100;
const LEAST_LETTERS: usize = 45;
/// Signs of code: so many in a hundred bytes are too many.
const MOST_SIGNS: usize = 9;
/// A line is judged by its beginning.
const JUDGED_BYTES: usize = 400;

/// The windows of a text, each at most `most_bytes` long, on character boundaries, in order.
pub(super) fn windows(text: &str, most_bytes: usize) -> Vec<Span> {
    let mut out: Vec<Span> = Vec::new();
    let (mut at, mut open) = (0, None::<Span>);
    for line in text.split_inclusive('\n') {
        let span = Span::new(at, at + line.len());
        at = span.end;
        let joined = open.map_or(span, |open| open.union(span));
        let ends = line.trim().is_empty() || !is_prose(line);
        if ends || joined.len() > most_bytes {
            out.extend(open.take());
        }
        match (ends, span.len() > most_bytes) {
            (true, _) => {}
            (false, false) => open = Some(open.map_or(span, |open| open.union(span))),
            (false, true) => out.extend(pieces(text, span, most_bytes)),
        }
    }
    out.extend(open);
    out.into_iter()
        .filter_map(|span| trimmed(text, span))
        .collect()
}

/// A long line in pieces that end behind a sentence, a word, or at worst a character.
fn pieces(text: &str, line: Span, most_bytes: usize) -> Vec<Span> {
    let (mut out, mut from) = (Vec::new(), line.start);
    while from < line.end {
        let most = text
            .floor_char_boundary((from + most_bytes).min(line.end))
            .max(from);
        let window = text.get(from..most).unwrap_or_default();
        let rest = most < line.end;
        let sentence = window
            .rfind(". ")
            .map(|at| at + 2)
            .filter(|at| at * 2 > window.len());
        let word = || window.rfind(' ').map(|at| at + 1);
        let length = sentence
            .or_else(word)
            .filter(|_| rest)
            .unwrap_or(window.len());
        // A character that is longer than a window is skipped.
        let to = text.ceil_char_boundary(from + length.max(1));
        out.push(Span::new(from, if length == 0 { from } else { to }));
        from = to;
    }
    out
}

/// Whether a line may hold a name: mostly letters, with a capital one, and few signs of code.
fn is_prose(line: &str) -> bool {
    // What marks a quotation is none of the line's own signs.
    let line = line.trim_start_matches(['>', '|', ' ', '\t']);
    let head = line
        .get(..line.floor_char_boundary(JUDGED_BYTES))
        .unwrap_or_default()
        .trim();
    let bytes = head.as_bytes();
    let count = |is: fn(u8) -> bool| bytes.iter().filter(|b| is(**b)).count();
    let letters = count(|b| b.is_ascii_alphabetic() || (0xc3..=0xcf).contains(&b));
    let spaces = count(|b| b == b' ' || b == b'\n' || b == b'\t');
    let signs = count(|b| b"{}[]<>=;|\\/_$#&*+`~^".contains(&b));
    let digits = count(|b| b.is_ascii_digit());
    let capital = head.chars().any(char::is_uppercase);
    // A few words of a form or an address have more numbers than prose has.
    let enough = (letters + spaces) * LETTERS_OF >= bytes.len() * LEAST_LETTERS
        || digits <= 24 && letters >= 4;
    letters >= 2
        && enough
        && (capital || spaces > 0)
        && signs * LETTERS_OF <= bytes.len() * MOST_SIGNS
}

fn trimmed(text: &str, span: Span) -> Option<Span> {
    let slice = span.slice(text)?;
    let start = span.start + slice.len() - slice.trim_start().len();
    Some(Span::new(start, start + slice.trim().len())).filter(|span| !span.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, most: usize) -> Vec<&str> {
        let spans = windows(text, most).into_iter();
        spans.map(|span| span.slice(text).unwrap()).collect()
    }

    #[test]
    fn letters_are_read_whole_and_code_is_not() {
        let cases: &[(&str, &[&str])] = &[
            ("", &[]),
            (
                "Dear Ms Lund,\nthank you.\n\nYours\nTom Reed",
                &["Dear Ms Lund,\nthank you.", "Yours\nTom Reed"],
            ),
            ("let x = map[&key].unwrap_or(0); // Sum", &[]),
            (
                "Ask Tom.\nif (a == b) { c[d] = e; }\nThen ask Eve.",
                &["Ask Tom.", "Then ask Eve."],
            ),
            (
                "9f27d24949b0581701071ea5ef522d77ccd3f50c525cc91eac4d265b0fc2afe5",
                &[],
            ),
            (
                "12 Mill Lane\nOxford OX1 2AB",
                &["12 Mill Lane\nOxford OX1 2AB"],
            ),
            (
                "12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 34, 36, 38, 40",
                &[],
            ),
        ];
        for (text, wanted) in cases {
            assert_eq!(of(text, 480), *wanted, "{text}");
        }
    }

    #[test]
    fn windows_are_never_too_long_and_leave_nothing_out() {
        let prose = "Then Jo came to us. ".repeat(40) + "\n" + &"Ünder ".repeat(90);
        for most in [30, 64, 333] {
            let found = of(&prose, most);
            assert!(found.iter().all(|w| w.len() <= most), "{most}");
            let count = |text: &str| text.chars().filter(|c| !c.is_whitespace()).count();
            let read: usize = found.iter().map(|w| count(w)).sum();
            assert_eq!(read, count(&prose), "{most}");
        }
    }
}
