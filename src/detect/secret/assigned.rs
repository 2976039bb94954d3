//! Secrets that a label gives away: `password: …`, `密码是…`, `api_key="…"`, `-p…`.
//!
//! The label says that a secret may follow; the value must then look like one. Variables, calls, placeholders, plain
//! words and our own surrogates don't.

use super::super::cue::{Fired, Hit, is_word};
use super::super::page::{Candidate, Page};
use super::super::roles::Roles;
use super::super::text::{at, before, char_at, is_han, run, run_back};
use super::stands_for::{is_expression, is_placeholder};
use crate::base::Span;

/// Longest value looked at, in bytes.
const VALUE_BYTES: usize = 512;
const LONGEST_PASSWORD: usize = 128;
const SHORTEST_KEY: usize = 16;
/// The same, in the query of a URL, where nothing else explains a random value.
const SHORTEST_QUERY_KEY: usize = 12;

/// How the value is tied to its label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tie {
    /// `=`, `:=`, `: "…"`, an XML tag, `--password x`: a machine wrote it or will read it.
    Strict,
    /// `：`, `is`, `是`: prose.
    Prose,
    /// Han label and value glued or a space apart.
    Glued,
}

/// The value behind a label.
struct Value<'a> {
    text: &'a str,
    span: Span,
    tie: Tie,
    quoted: bool,
    /// A bracket follows: a call.
    called: bool,
    /// A parameter of a URL.
    query: bool,
}

/// Looks at what a label of a password or a key is followed by.
pub(in crate::detect) fn labelled(page: &mut Page<'_>, hit: Hit) {
    let Some(value) = value_after(page.text, hit) else {
        return;
    };
    let found = if hit.roles.any(Roles::PASSWORD) {
        is_password(&value)
            .then(|| Candidate::new(value.span, page.types.password, 0.85, "password"))
    } else {
        is_labelled_key(&value, hit.word).then(|| {
            Candidate::new(value.span, page.types.secret, 0.8, "labelled_key").checked("entropy")
        })
    };
    if let Some(found) = found {
        page.push(found.near(Some(hit.word)));
    }
}

/// The whole text, where the JSON key says that it is a password or a key.
pub(in crate::detect) fn keyed(page: &mut Page<'_>) {
    let Some(key) = page.key else { return };
    let text = page.text.trim();
    let start = page.text.len() - page.text.trim_start().len();
    let span = Span::new(start, start + text.len());
    let value = Value {
        text,
        span,
        tie: Tie::Strict,
        quoted: true,
        called: text.contains('('),
        query: false,
    };
    let code = (3..=8).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    let found = if code && key.roles.any(Roles::MEASURE) {
        None
    } else if code && key.roles.any(Roles::PIN) {
        Some((page.types.pin, "pin"))
    } else if code && key.roles.any(Roles::PASSWORD) {
        Some((page.types.password, "password"))
    } else if key.roles.any(Roles::PASSWORD) {
        is_password(&value).then_some((page.types.password, "password"))
    } else if key.roles.any(Roles::SECRET | Roles::BEARER) {
        is_labelled_key(&value, key.word).then_some((page.types.secret, "labelled_key"))
    } else {
        None
    };
    if let Some((entity, name)) = found {
        page.push(Candidate::new(span, entity, 0.9, name).near(Some(key.word)));
    }
}

/// Whether a key measures something: `password_max_age`, `pin_length`.
pub(in crate::detect) fn is_measure(key: &str) -> bool {
    const WORDS: &[&str] = &[
        "length",
        "len",
        "min",
        "max",
        "age",
        "day",
        "hour",
        "minute",
        "second",
        "expiry",
        "expires",
        "expiration",
        "ttl",
        "timeout",
        "count",
        "limit",
        "size",
        "retries",
        "attempt",
        "round",
        "cost",
        "iteration",
        "version",
        "strength",
        "score",
        "长度",
        "位数",
        "次数",
        "天数",
        "有效期",
    ];
    let lower = key.to_ascii_lowercase();
    WORDS.iter().any(|word| {
        lower
            .match_indices(word)
            .any(|(at, _)| is_word(key, at, at + word.len()))
    })
}

/// `-pSECRET` of `mysql` and `mariadb`, `-p SECRET` of `sshpass`.
pub(in crate::detect) fn client(page: &mut Page<'_>, fired: Fired) {
    let text = page.text;
    let head = text
        .get(text.floor_char_boundary(fired.start.saturating_sub(96))..fired.start)
        .unwrap_or_default();
    let line = head.rsplit('\n').next().unwrap_or_default();
    let spaced = line.contains("sshpass") && at(text, fired.end) == b' ';
    if !(spaced || line.contains("mysql") || line.contains("mariadb")) {
        return;
    }
    let start = fired.end + usize::from(spaced);
    let quote = at(text, start);
    let quoted = matches!(quote, b'"' | b'\'');
    let start = start + usize::from(quoted);
    let end = run(text, start, LONGEST_PASSWORD, |b| {
        if quoted {
            b != quote && b.is_ascii()
        } else {
            b.is_ascii_graphic()
        }
    });
    let Some(value) = text.get(start..end).filter(|v| v.len() >= 3) else {
        return;
    };
    if !is_placeholder(value)
        && !value.starts_with('$')
        && !value.bytes().all(|b| b.is_ascii_digit())
    {
        page.push(Candidate::new(
            Span::new(start, end),
            page.types.password,
            0.8,
            "client_password",
        ));
    }
}

/// Finds the tie and the value.
fn value_after(text: &str, hit: Hit) -> Option<Value<'_>> {
    let (mut start, tie) = tie_after(text, hit)?;
    let quote = char_at(text, start).filter(|c| "\"'`“「".contains(*c));
    start += quote.map_or(0, char::len_utf8);
    let closing = match quote {
        Some('“') => Some('”'),
        Some('「') => Some('」'),
        other => other,
    };
    let query = is_query(text, hit.start);
    let rest = text.get(start..text.floor_char_boundary(start + VALUE_BYTES))?;
    let ends = |c| ends_value(c, closing) || query && matches!(c, '&' | '#');
    let len = rest.find(ends).unwrap_or(rest.len());
    let called = at(text, start + len) == b'(';
    let value = rest.get(..len)?;
    let value = if closing.is_some() {
        value
    } else {
        value.trim_end_matches(['.', '?', ':'])
    };
    Some(Value {
        text: value,
        span: Span::new(start, start + value.len()),
        tie,
        quoted: closing.is_some(),
        called,
        query,
    })
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

/// Where a value ends: at its quote, else at blanks, Han text and what encloses or parts values.
fn ends_value(c: char, closing: Option<char>) -> bool {
    match closing {
        Some(closing) => c == closing || c == '\n',
        None => {
            c.is_whitespace()
                || is_han(c)
                || ",;\"'`<>()[]{}|，。；、：（）“”「」《》？！".contains(c)
        }
    }
}

/// Where the value begins and how it is tied; `None` where the label is part of a longer name or nothing ties it.
fn tie_after(text: &str, hit: Hit) -> Option<(usize, Tie)> {
    let han = !before(text, hit.end).is_ascii();
    let close = run(text, hit.end, 3, |b| {
        matches!(b, b'"' | b'\'' | b'`' | b']' | b')' | b'*')
    });
    let mut i = blanks(text, close);
    for (word, tie) in TIES {
        if let Some(rest) = text.get(i..).filter(|rest| starts_with(rest, word)) {
            let spelled = word.ends_with(|c: char| c.is_ascii_alphabetic());
            if spelled
                && (i == close
                    || !rest
                        .get(word.len()..)
                        .is_some_and(|r| r.starts_with([' ', ':', '"'])))
            {
                continue;
            }
            i = blanks(text, i + word.len());
            let strict = *tie == Tie::Strict || (at(text, i) == b'"' && close > hit.end);
            return Some((i, if strict { Tie::Strict } else { *tie }));
        }
    }
    let option = text
        .get(..hit.start)
        .is_some_and(|head| head.ends_with("--"))
        && i > hit.end
        && close == hit.end;
    match (option, han) {
        (true, _) => Some((i, Tie::Strict)),
        (false, true) => Some((i, Tie::Glued)),
        (false, false) => None,
    }
}

const TIES: &[(&str, Tie)] = &[
    (":=", Tie::Strict),
    ("=>", Tie::Strict),
    ("==", Tie::Strict),
    ("=", Tie::Strict),
    (">", Tie::Strict),
    (":", Tie::Prose),
    ("：", Tie::Prose),
    ("＝", Tie::Prose),
    ("is", Tie::Prose),
    ("was", Tie::Prose),
    ("设为", Tie::Prose),
    ("改为", Tie::Prose),
    ("改成", Tie::Prose),
    ("是", Tie::Prose),
    ("为", Tie::Prose),
    ("叫", Tie::Prose),
];

fn starts_with(text: &str, word: &str) -> bool {
    text.as_bytes()
        .get(..word.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(word.as_bytes()))
}

fn blanks(text: &str, i: usize) -> usize {
    let rest = text.get(i..).unwrap_or_default();
    i + rest
        .chars()
        .take(4)
        .take_while(|c| matches!(c, ' ' | '\t' | '\u{3000}'))
        .map(char::len_utf8)
        .sum::<usize>()
}

/// Kinds of characters in a value.
struct Kinds {
    lower: bool,
    upper: bool,
    digits: usize,
    symbols: usize,
}

fn kinds(value: &str) -> Kinds {
    let bytes = value.as_bytes();
    Kinds {
        lower: bytes.iter().any(u8::is_ascii_lowercase),
        upper: bytes.iter().any(u8::is_ascii_uppercase),
        digits: bytes.iter().filter(|b| b.is_ascii_digit()).count(),
        symbols: bytes
            .iter()
            .filter(|b| b.is_ascii_punctuation() && !matches!(b, b'_' | b'-' | b'.' | b'/'))
            .count(),
    }
}

fn is_password(value: &Value<'_>) -> bool {
    let text = value.text;
    if !(4..=LONGEST_PASSWORD).contains(&text.len()) || value.called || is_expression(text) {
        return false;
    }
    let kinds = kinds(text);
    let letters = kinds.lower || kinds.upper;
    let mixed = letters && (kinds.digits > 0 || kinds.symbols > 0);
    match value.tie {
        Tie::Strict => {
            mixed
                || kinds.digits >= 4 && !letters
                || (value.quoted && kinds.lower && kinds.upper && text.len() >= 8)
        }
        Tie::Prose => mixed || kinds.digits >= 6,
        Tie::Glued => mixed && text.len() >= 6 && kinds.digits > 0,
    }
}

/// A key of any form; `key` alone says less, and a UUID is one only where the label leaves no doubt.
fn is_labelled_key(value: &Value<'_>, word: &str) -> bool {
    let text = value.text;
    let shortest = if value.query {
        SHORTEST_QUERY_KEY
    } else {
        SHORTEST_KEY
    };
    if value.called || text.len() < shortest {
        return false;
    }
    if is_uuid(text) {
        return value.tie == Tie::Strict && SURE_LABELS.contains(&word);
    }
    let hash = text.bytes().all(|b| b.is_ascii_hexdigit());
    let sure = word != "key"
        || (value.tie == Tie::Strict && text.len() >= 24 && !hash && entropy(text) >= 3.6);
    sure && is_key(text)
}

const SURE_LABELS: &[&str] = &[
    "api key",
    "apikey",
    "x-api-key",
    "secret key",
    "client secret",
    "app secret",
    "appsecret",
    "access key secret",
    "auth key",
];

/// Whether a token is random enough for a key: letters and digits, no path, no UUID, no plain words.
pub(in crate::detect) fn is_key(token: &str) -> bool {
    let is = |b: u8| {
        b.is_ascii_alphanumeric()
            || matches!(b, b'_' | b'-' | b'+' | b'/' | b'=' | b'.' | b'~' | b':')
    };
    let kinds = kinds(token);
    token.bytes().all(is)
        && kinds.digits >= 2
        && (kinds.lower || kinds.upper)
        && !is_expression(token)
        && !is_path(token)
        && !is_uuid(token)
        && entropy(token) >= 3.0
}

fn is_path(token: &str) -> bool {
    token.starts_with(['.', '/'])
        || token
            .split(['/', '.', '-', '_'])
            .filter(|part| part.bytes().all(|b| b.is_ascii_lowercase()) && part.len() > 2)
            .count()
            >= 3
}

/// 8-4-4-4-12 hexadecimal digits (RFC 9562).
fn is_uuid(token: &str) -> bool {
    let lens = token.split('-').map(str::len);
    lens.eq([8, 4, 4, 4, 12]) && token.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}

/// Whether characters vary at all: not `xxxxxxxx`, not `00000000`.
pub(in crate::detect) fn is_varied(body: &str) -> bool {
    let mut seen = [false; 256];
    for b in body.bytes() {
        if let Some(slot) = seen.get_mut(usize::from(b)) {
            *slot = true;
        }
    }
    seen.iter().filter(|s| **s).count() >= 5
}

/// Shannon entropy in bits per byte.
fn entropy(token: &str) -> f32 {
    let mut counts = [0u16; 256];
    for b in token.bytes() {
        if let Some(slot) = counts.get_mut(usize::from(b)) {
            *slot += 1;
        }
    }
    let len = token.len() as f32;
    counts
        .iter()
        .filter(|n| **n > 0)
        .map(|n| f32::from(*n) / len)
        .map(|p| -p * p.log2())
        .sum()
}
