//! From a label to its value: what ties the two in code, configuration, markup, queries and prose.
//!
//! Refuses to know: what the label means, and whether the value is a secret.

use super::super::cue::Hit;
use super::super::text::{at, before, char_at, has_word, is_han, run, run_back};
use crate::base::Span;

/// Longest value looked at, in bytes.
const VALUE_BYTES: usize = 4096;
/// What is longer than this must begin like a key.
const TASTE_BYTES: usize = 256;
/// Longest rest of a name behind its label (`token_for_staging`), in bytes.
const TAIL_BYTES: usize = 24;
/// Longest remark in brackets between a label and its tie, in bytes.
const REMARK_BYTES: usize = 36;
/// Most filling words between a label and its value.
const FILLERS: usize = 8;
/// Longest value that no tie binds to its label, in bytes.
const AHEAD_BYTES: usize = 256;
/// How far a value may be from its label in a sentence, in bytes.
pub(super) const REACH_BYTES: usize = 72;

/// How the value is tied to its label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tie {
    /// `=`, `:=`, `: "…"`, an XML tag, `--password x`: a machine wrote it or will read it.
    Strict,
    /// `：`, `is`, `是`: prose.
    Prose,
    /// Label and value glued or a space apart.
    Glued,
}

/// The value behind a label.
#[derive(Debug, Clone, Copy)]
pub(super) struct Value<'a> {
    pub(super) text: &'a str,
    pub(super) span: Span,
    pub(super) tie: Tie,
    pub(super) quoted: bool,
    /// A bracket follows: a call.
    pub(super) called: bool,
    /// A parameter of a URL.
    pub(super) query: bool,
}

/// Finds the tie and the value.
pub(super) fn value_after(text: &str, hit: Hit) -> Option<Value<'_>> {
    let (start, tie) = tie_after(text, hit)?;
    Some(value_at(text, start, tie, is_query(text, hit.start)))
}

/// The value that begins at `start`, with its quotes taken off.
pub(super) fn value_at(text: &str, start: usize, tie: Tie, query: bool) -> Value<'_> {
    let start = start + prefix_of_literal(text, start);
    let escape = at(text, start) == b'\\' && matches!(at(text, start + 1), b'"' | b'\'');
    let mut start = start + usize::from(escape);
    let quote = char_at(text, start).filter(|c| "\"'`“「『".contains(*c));
    start += quote.map_or(0, char::len_utf8);
    let closing = quote.map(closing_of);
    let ends = |c| ends_value(c, closing, tie) || query && matches!(c, '&' | '#');
    let part = |most: usize| {
        let limit = text.floor_char_boundary(start + most);
        text.get(start..limit).unwrap_or_default()
    };
    let taste = part(TASTE_BYTES);
    let (rest, len) = match taste.find(ends) {
        Some(len) => (taste, len),
        None if super::likeness::is_key(taste) => {
            let rest = part(VALUE_BYTES);
            (rest, rest.find(ends).unwrap_or(rest.len()))
        }
        None => (taste, taste.len()),
    };
    let called = at(text, start + len) == b'(';
    let value = rest.get(..len).unwrap_or_default();
    let value = match closing {
        Some(_) if escape => value.trim_end_matches('\\'),
        Some(_) => value,
        None => trim_unquoted(value, tie),
    };
    Value {
        text: value,
        span: Span::new(start, start + value.len()),
        tie,
        quoted: closing.is_some(),
        called,
        query,
    }
}

/// `b"…"`, `@"…"`, `f'…'`: the letter before a literal.
fn prefix_of_literal(text: &str, start: usize) -> usize {
    let letter = matches!(at(text, start), b'b' | b'r' | b'f' | b'u' | b'L' | b'@');
    usize::from(letter && matches!(at(text, start + 1), b'"' | b'\''))
}

const fn closing_of(quote: char) -> char {
    match quote {
        '“' => '”',
        '「' => '」',
        '『' => '』',
        other => other,
    }
}

/// What ends a sentence is no part of a value, nor is a bracket that was opened before it.
fn trim_unquoted(value: &str, tie: Tie) -> &str {
    let mut value = value.trim_end_matches(['.', '?', ':', '\\']);
    for (open, close) in [('(', ')'), ('[', ']'), ('{', '}'), ('*', '*')] {
        if tie != Tie::Strict && value.ends_with(close) && (open == close || !value.contains(open))
        {
            value = value.trim_end_matches(close);
        }
    }
    value
}

/// Whether a label is the name of a URL's parameter, and not of a page of results.
fn is_query(text: &str, label: usize) -> bool {
    let name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'[');
    let start = run_back(text, label, 32, name);
    let head = text
        .get(start..label)
        .unwrap_or_default()
        .to_ascii_lowercase();
    let pages = ["page", "next", "cursor", "continu", "sync"];
    matches!(before(text, start), b'?' | b'&') && !pages.iter().any(|word| head.contains(word))
}

/// Where a value ends: at its quote, else at blanks, Han text and what encloses or parts values. In prose brackets may
/// be part of it.
fn ends_value(c: char, closing: Option<char>, tie: Tie) -> bool {
    if let Some(closing) = closing {
        return c == closing || c == '\n';
    }
    let ends = if c.is_ascii() {
        c.is_whitespace() || matches!(c, ',' | ';' | '"' | '\'' | '`' | '<' | '>')
    } else {
        is_han(c) || c.is_whitespace() || "，。；、：（）“”「」《》？！】".contains(c)
    };
    ends || tie == Tie::Strict && matches!(c, '(' | ')' | '[' | ']' | '{' | '}' | '|')
}

/// Where the value begins and how it is tied; `None` where the label is part of a longer name or nothing ties it.
fn tie_after(text: &str, hit: Hit) -> Option<(usize, Tie)> {
    let tail = tail_of_name(text, hit.end);
    let close = run(text, tail, 4, |b| {
        matches!(b, b'"' | b'\'' | b'`' | b']' | b')' | b'*' | b'\\')
    });
    let named = Label {
        start: hit.start,
        end: hit.end,
        tail,
        close,
    };
    if let Some(found) = written(text, &named) {
        return Some(found);
    }
    (tail == hit.end).then(|| spoken(text, &named)).flatten()
}

/// A label in a text: where it begins and ends, where the name ends that it is part of, and the quotes behind that.
struct Label {
    start: usize,
    end: usize,
    tail: usize,
    close: usize,
}

/// The rest of a name: `_FOR_PROD`, `2`, `Value`.
fn tail_of_name(text: &str, end: usize) -> usize {
    let (last, next) = (before(text, end), at(text, end));
    let goes_on = last.is_ascii_alphanumeric()
        && (next == b'_'
            || next.is_ascii_digit()
            || next == b's'
            || last.is_ascii_lowercase() && next.is_ascii_uppercase()
            || next == b'-' && at(text, end + 1).is_ascii_alphabetic());
    if !goes_on {
        return end;
    }
    run(text, end, TAIL_BYTES, |b| {
        b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')
    })
}

const SYMBOLS: &[(&str, Tie)] = &[
    (":=", Tie::Strict),
    ("=>", Tie::Strict),
    ("::=", Tie::Strict),
    (":::=", Tie::Strict),
    ("?=", Tie::Strict),
    (".=", Tie::Strict),
    ("+=", Tie::Strict),
    ("||=", Tie::Strict),
    ("->", Tie::Strict),
    ("===", Tie::Strict),
    ("==", Tie::Strict),
    ("!=", Tie::Strict),
    ("=", Tie::Strict),
    (">", Tie::Strict),
    ("%3D", Tie::Strict),
    (":", Tie::Prose),
    ("：", Tie::Prose),
    ("＝", Tie::Prose),
    ("|", Tie::Prose),
    ("\t", Tie::Prose),
    ("】", Tie::Prose),
    ("——", Tie::Prose),
    ("----", Tie::Prose),
];

/// Ties of code, configuration and markup.
fn written(text: &str, label: &Label) -> Option<(usize, Tie)> {
    let quoted = label.close > label.tail;
    let i = over_remark(text, blanks(text, label.close));
    for (symbol, tie) in SYMBOLS {
        if has_word(text, i, symbol) {
            let dashes = run(text, i + symbol.len(), 8, |b| {
                b == b'-' && *symbol == "----"
            });
            let behind = blanks(text, dashes);
            let (start, typed) = over_type(text, behind, symbol)?;
            let strict = *tie == Tie::Strict
                || typed
                || quoted && matches!(at(text, start), b'"' | b'\'' | b'\\');
            let start = if strict && *symbol != ">" {
                start
            } else {
                over_line_end(text, start)
            };
            return Some((start, if strict { Tie::Strict } else { *tie }));
        }
    }
    let option = text
        .get(..label.start)
        .is_some_and(|head| head.ends_with("--"));
    if option && i > label.tail && !quoted {
        return Some((i, Tie::Strict));
    }
    argument(text, label, i).or_else(|| pair(text, label))
}

/// `: str = "…"`: the value stands behind the type; `None` where that is a number's.
fn over_type(text: &str, i: usize, symbol: &str) -> Option<(usize, bool)> {
    if symbol != ":" {
        return Some((i, false));
    }
    let is = |b: u8| {
        b.is_ascii_alphanumeric()
            || matches!(
                b,
                b'_' | b'&' | b'<' | b'>' | b'[' | b']' | b'?' | b'.' | b' ' | b'|'
            )
    };
    let end = run(text, i, 28, is);
    if end == i || at(text, end) != b'=' || at(text, end + 1) == b'=' {
        return Some((i, false));
    }
    let of = text.get(i..end).unwrap_or_default().trim();
    let number = of.len() <= 5 && of.starts_with(['u', 'i']) || of == "number" || of == "bool";
    (!number).then(|| (blanks(text, end + 1), true))
}

/// `(root)` or `（生产环境）` behind a label.
fn over_remark(text: &str, i: usize) -> usize {
    let Some((open, close)) = [('(', ')'), ('（', '）')]
        .into_iter()
        .find(|(open, _)| char_at(text, i) == Some(*open))
    else {
        return i;
    };
    let rest = text
        .get(i..text.floor_char_boundary(i + REMARK_BYTES))
        .unwrap_or_default();
    let inside = |end: usize| {
        rest.get(open.len_utf8()..end)
            .is_some_and(|r| !r.contains(['"', '\'', '=', '\n']))
    };
    match rest.find(close).filter(|end| inside(*end)) {
        Some(end) => blanks(text, i + end + close.len_utf8()),
        None => i,
    }
}

/// The value may stand alone in the next line.
fn over_line_end(text: &str, i: usize) -> usize {
    let ends = run(text, i, 2, |b| matches!(b, b'\r' | b'\n'));
    if ends == i || at(text, ends) == b'\n' {
        return i;
    }
    let start = blanks(text, ends);
    let end = run(text, start, 256, |b| b.is_ascii_graphic());
    if matches!(at(text, end), b'\n' | b'\r' | 0) {
        start
    } else {
        i
    }
}

/// `password("…")`, `("password", "…")`.
fn argument(text: &str, label: &Label, i: usize) -> Option<(usize, Tie)> {
    let opening = label.close == label.tail && at(text, i) == b'('
        || label.close > label.tail && at(text, i) == b',' && label.tail == label.end;
    let start = blanks(text, i + 1);
    let literal = start + prefix_of_literal(text, start);
    (opening && matches!(at(text, literal), b'"' | b'\'')).then_some((literal, Tie::Strict))
}

/// `name: X` with `value: …` in the same or the next line; `<key>X</key><string>…`; `key="X" value="…"`.
fn pair(text: &str, label: &Label) -> Option<(usize, Tie)> {
    let mut i = label.close;
    if has_word(text, i, "</") {
        i = run(text, i + 2, 16, |b| b != b'>' && b != b'\n') + 1;
    }
    i = run(text, i, 40, |b| {
        matches!(
            b,
            b' ' | b'\t' | b',' | b';' | b'\n' | b'\r' | b'"' | b'\'' | b'<' | b'\\'
        )
    });
    let named = ["value", "val", "string", "content", "data"]
        .iter()
        .find(|word| has_word(text, i, word))?;
    let i = run(text, i + named.len(), 2, |b| {
        matches!(b, b'"' | b'\'' | b'\\')
    });
    let tie = blanks(text, i);
    matches!(at(text, tie), b'=' | b':' | b'>').then(|| (blanks(text, tie + 1), Tie::Strict))
}

/// Words that may stand between a label and its value; with `true` they say that the value follows.
const FILLING: &[(&str, bool)] = &[
    ("设置为", true),
    ("重置为", true),
    ("修改为", true),
    ("更改为", true),
    ("更新为", true),
    ("变更为", true),
    ("设为", true),
    ("改为", true),
    ("改成", true),
    ("换成", true),
    ("就是", true),
    ("如下", true),
    ("是", true),
    ("为", true),
    ("叫", true),
    ("已经", false),
    ("已", false),
    ("被", false),
    ("统一", false),
    ("都", false),
    ("现在", false),
    ("目前", false),
    ("临时", false),
    ("重置", false),
    ("修改", false),
    ("更新", false),
    ("设置", false),
    ("发你", true),
    ("给你", true),
    ("默认", false),
    ("暂定", true),
    ("成了", true),
    ("成", true),
    ("了", false),
    ("仍然", false),
    ("还", false),
    ("我", false),
    ("用", false),
    ("填", true),
    ("写", true),
    ("的", false),
    ("is", true),
    ("was", true),
    ("are", true),
    ("to", true),
    ("as", true),
    ("be", true),
    ("equals", true),
    ("has", false),
    ("have", false),
    ("been", false),
    ("now", false),
    ("still", false),
    ("set", false),
    ("reset", false),
    ("changed", false),
    ("updated", false),
    ("should", false),
    ("will", false),
    ("currently", false),
    ("temporarily", false),
];

/// Ties of prose: filling words, and no more than a blank behind Han text.
fn spoken(text: &str, label: &Label) -> Option<(usize, Tie)> {
    let han = !before(text, label.end).is_ascii();
    let mut i = blanks(text, label.close);
    let mut tied = false;
    for _ in 0..FILLERS {
        let Some((filler, links)) = FILLING.iter().find(|(word, _)| is_filler(text, i, word))
        else {
            break;
        };
        tied |= *links;
        i = blanks(text, i + filler.len());
    }
    let colon = ["：", ":", "="]
        .iter()
        .find(|c| has_word(text, i, c) && i > label.close);
    if let Some(colon) = colon {
        return Some((
            over_line_end(text, blanks(text, i + colon.len())),
            Tie::Prose,
        ));
    }
    let quoted = i > label.close && char_at(text, i).is_some_and(|c| "\"'`“「".contains(c));
    if tied || quoted {
        return Some((i, Tie::Prose));
    }
    let apart = i > label.close || han;
    (apart && (han || i <= label.close + 4)).then_some((i, Tie::Glued))
}

/// Whether a filling word stands here; English ones need a border behind.
fn is_filler(text: &str, i: usize, word: &str) -> bool {
    let spelled = word.is_ascii();
    has_word(text, i, word)
        && !(spelled
            && (at(text, i + word.len()).is_ascii_alphanumeric()
                || matches!(at(text, i + word.len()), b'_' | b'-' | b'.' | b'=' | b'(')
                || before(text, i).is_ascii_alphanumeric()))
}

/// Over blanks, at most four.
pub(super) fn blanks(text: &str, i: usize) -> usize {
    let rest = text.get(i..).unwrap_or_default();
    i + rest
        .chars()
        .take(32)
        .take_while(|c| matches!(c, ' ' | '\t' | '\u{3000}' | '\u{a0}'))
        .map(char::len_utf8)
        .sum::<usize>()
}

/// Words of the rest of a label's sentence, with their places: where the value may be that nothing ties closely.
pub(super) fn words_ahead(text: &str, from: usize) -> impl Iterator<Item = Span> {
    let end = text.floor_char_boundary(from + REACH_BYTES);
    let sentence = text.get(from..end).unwrap_or_default();
    let sentence = sentence
        .split(['\n', '。', '；'])
        .next()
        .unwrap_or_default();
    let mut next = from;
    sentence
        .split_inclusive(|c| !is_word_char(c))
        .filter_map(move |piece| {
            let start = next;
            next += piece.len();
            let word = piece.trim_end_matches(|c| !is_word_char(c));
            // A word that the window cuts is read to its end.
            let end = run(text, start, AHEAD_BYTES, |b| is_word_char(char::from(b)));
            (!word.is_empty() && end - start < AHEAD_BYTES).then(|| Span::new(start, end))
        })
}

const fn is_word_char(c: char) -> bool {
    c.is_ascii_graphic()
        && !matches!(
            c,
            '"' | '\'' | '`' | ',' | ';' | '(' | ')' | '<' | '>' | '[' | ']' | '{' | '}'
        )
}
