//! What of a text begins no value: small words, and the ends of sentences between them.
//!
//! Refuses to know: which words lead to a value; the detector does.

use crate::base::Span;

/// Words that begin sentences with a capital and are no names.
const OPENERS: &str = " A After All Also An And Any As At Be Because Before But By Can Could Do Each Every Finally First For From \
    Had Has Have He Here How However I If In Is It Its Just Let Many Most My Next No Not Now Of Of On Once One Only Or Other \
    Our Over Please Second She Should Since So Some Such Sure That The Their Then There These They This Those Thus To Under \
    Use We Well What When Where Which While Who Why With Would Yes You Your ";

/// Whether a character stands in running text and begins no value. A point that parts no sentences (`a.b`) does not.
pub(super) const fn is_dull(c: char, next: Option<char>) -> bool {
    match c {
        'a'..='z' | ' ' | '\n' | ',' | '(' | ')' | '*' | '-' | '\'' | '’' => true,
        '.' | '!' | '?' | ';' => matches!(next, Some(' ' | '\n')),
        _ => false,
    }
}

/// Whether this word, with a capital, begins sentences.
pub(super) fn is_opener(word: &str) -> bool {
    let word = word.trim_end_matches(|c: char| !c.is_ascii_alphabetic());
    OPENERS
        .split_ascii_whitespace()
        .any(|opener| opener == word)
}

/// Whether a sentence ends with this character; `before` is the text before it, `next` what follows.
pub(super) fn ends_sentence(before: &str, c: char, next: Option<char>) -> bool {
    match c {
        '。' | '！' | '？' | '；' | '\n' => true,
        '!' | '?' | ';' => next.is_some_and(char::is_whitespace),
        '.' => next.is_some_and(char::is_whitespace) && !is_abbreviation(before),
        _ => false,
    }
}

/// Whether it takes the next character to know what this one is.
pub(super) const fn needs_next(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | ';')
}

/// `Dr`, `St`, `J`, `No`: a point behind them ends no sentence.
fn is_abbreviation(before: &str) -> bool {
    let word = before
        .bytes()
        .rev()
        .take_while(u8::is_ascii_alphabetic)
        .take(4);
    let first = word.clone().last();
    word.count() < 4 && first.is_some_and(|first| first.is_ascii_uppercase())
}

/// Whether text beside a surrogate is more than what joins the two.
pub(super) fn says_something(text: &str) -> bool {
    let wide = |c: char| c.is_alphabetic() && !c.is_ascii();
    text.chars().filter(char::is_ascii_alphanumeric).count() >= 5
        || text.chars().filter(|c| wide(*c)).count() >= 2
}

/// Where words of the form of a surrogate stand: capitals and digits, `_`, ten more.
pub(super) fn surrogates(text: &str) -> Vec<Span> {
    let in_word = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
    let mut all = Vec::new();
    let mut start = None;
    for (at, byte) in text.bytes().chain([b' ']).enumerate() {
        match start {
            None if in_word(byte) => start = Some(at),
            Some(from) if !in_word(byte) => {
                let span = Span::new(from, at);
                let parted = span
                    .slice(text)
                    .and_then(|word| word.trim_end_matches('_').rsplit_once('_'));
                if parted.is_some_and(|(kind, code)| code.len() == 10 && !kind.is_empty()) {
                    all.push(span);
                }
                start = None;
            }
            _ => {}
        }
    }
    all
}

/// Whether a word without spaces goes on at `at`; Han characters are words each.
pub(super) fn is_inside_word(text: &str, at: usize) -> bool {
    let graphic = |at: Option<usize>| {
        let byte = at.and_then(|at| text.as_bytes().get(at));
        byte.is_some_and(u8::is_ascii_graphic)
    };
    graphic(at.checked_sub(1)) && graphic(Some(at))
}

/// Whether what stands here is no part of a longer word.
pub(super) fn is_whole(text: &str, span: Span) -> bool {
    let joins = |at: Option<usize>| {
        let byte = at.and_then(|at| text.as_bytes().get(at));
        byte.is_some_and(u8::is_ascii_alphanumeric)
    };
    let before = joins(span.start.checked_sub(1)) && joins(Some(span.start));
    let after = joins(span.end.checked_sub(1)) && joins(Some(span.end));
    !before && !after
}

/// The numbers of a JSON document that a stretch touches.
pub(super) fn numbers(text: &str, touched: Span) -> Vec<Span> {
    let is_part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
    let bytes = text.as_bytes();
    let mut all = Vec::new();
    let mut at = touched.start;
    while at < touched.end {
        let (before, behind) = bytes.split_at_checked(at).unwrap_or_default();
        let after = behind.iter().take_while(|b| is_part(b)).count();
        if after == 0 {
            at += 1;
            continue;
        }
        let start = at - before.iter().rev().take_while(|b| is_part(b)).count();
        at += after;
        all.push(Span::new(start, at));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_end_where_they_end() {
        let cases = [
            ("he came", '.', Some(' '), true),
            ("he came", '.', Some('c'), false),
            ("he came", '.', None, false),
            ("see Dr", '.', Some(' '), false),
            ("J", '.', Some(' '), false),
            ("in Rome", '.', Some('\n'), true),
            ("他来了", '。', None, true),
            ("他来了", '，', None, false),
            ("", '\n', None, true),
            ("why", '?', Some(' '), true),
        ];
        for (before, c, next, ends) in cases {
            assert_eq!(ends_sentence(before, c, next), ends, "{before}{c}");
        }
    }

    #[test]
    fn openers_are_whole_words() {
        for (word, is) in [
            ("The", true),
            ("The,", true),
            ("Th", false),
            ("Will", false),
            ("", false),
            ("Hen", false),
        ] {
            assert_eq!(is_opener(word), is, "{word}");
        }
    }

    #[test]
    fn surrogates_are_parted_from_what_stands_beside() {
        for (text, spans) in [
            ("PERSON_0ABC4DEFGH", vec![(0, 17)]),
            ("Mr EMAIL_XT940KMVKT, x", vec![(3, 19)]),
            ("CN_MOBILE_0123456789和", vec![(0, 20)]),
            ("MAX_TOKENS", vec![]),
            ("_0123456789", vec![]),
            ("张三", vec![]),
        ] {
            let spans: Vec<_> = spans.into_iter().map(|(a, b)| Span::new(a, b)).collect();
            assert_eq!(surrogates(text), spans, "{text}");
        }
    }
}
