//! Secrets that a label gives away: `password: …`, `密码是…`, `api_key="…"`.
//!
//! The label says that a secret may follow; the value must then look like one. Variables, calls, placeholders, plain
//! words and our own surrogates don't.

use super::super::cue::Hit;
use super::super::page::{Candidate, Page};
use super::super::roles::Roles;
use super::super::text::at;
use super::likeness::{
    Kinds, SHORTEST_KEY, entropy, is_hex, is_key, is_sure_key, is_uuid, stands_for_another,
    wordiness,
};
use super::name::Name;
use super::password::{is_password, password_after};
use super::value::{Tie, Value, value_after, words_ahead};
use crate::base::Span;

/// Shortest key in the query of a URL, where nothing else explains a random value, in bytes.
const SHORTEST_QUERY_KEY: usize = 12;
/// Shortest key that is only near its label, in bytes.
const SHORTEST_LOOSE_KEY: usize = 20;

/// Looks at what a label of a password or a key is followed by.
pub(in crate::detect) fn labelled(page: &mut Page<'_>, hit: Hit) {
    let text = page.text;
    let name = Name::around(text, hit);
    if name.says_otherwise() {
        return;
    }
    let password = hit.roles.any(Roles::PASSWORD);
    let span = if password {
        password_after(text, hit, &name)
    } else {
        key_after(text, hit, &name)
    };
    let Some((span, score)) = span else { return };
    let found = if password {
        Candidate::new(span, page.types.password, score, "password")
    } else {
        Candidate::new(span, page.types.secret, score, "labelled_key").checked("entropy")
    };
    page.push(found.near(Some(hit.word)));
}

/// Without what ends a sentence.
pub(super) fn trimmed(text: &str, span: Span) -> Span {
    let word = span.slice(text).unwrap_or_default();
    Span::new(
        span.start,
        span.start + word.trim_end_matches(['.', '?', ':']).len(),
    )
}

fn key_after(text: &str, hit: Hit, name: &Name<'_>) -> Option<(Span, f32)> {
    let short = matches!(hit.word, "ak" | "sk" | "pat" | "psk");
    if short && name.end > hit.end {
        return None;
    }
    let value = value_after(text, hit);
    if let Some(value) = value.filter(|value| is_labelled_key(value, hit.word, name)) {
        return Some((value.span, 0.8));
    }
    if short || hit.word == "key" && !name.compound {
        return None;
    }
    words_ahead(text, name.end)
        .take(8)
        .map(|span| trimmed(text, assigned_part(text, span)))
        .find(|span| {
            span.slice(text)
                .is_some_and(|word| is_sure_key(word, SHORTEST_LOOSE_KEY))
                && at(text, span.end) != b'('
        })
        .map(|span| (span, 0.65))
}

/// Of `name=value` and `name:value` the value.
fn assigned_part(text: &str, span: Span) -> Span {
    let word = span.slice(text).unwrap_or_default();
    let body = word.trim_end_matches('=');
    let name = body.rfind(['=', ':', '|']).map_or(0, |at| at + 1);
    Span::new(span.start + name, span.end)
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
    let name = Name::of_key();
    let code = (3..=8).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    let found = if code && key.roles.any(Roles::MEASURE) {
        None
    } else if code && key.roles.any(Roles::PIN) {
        Some((page.types.pin, "pin"))
    } else if code && key.roles.any(Roles::PASSWORD) {
        Some((page.types.password, "password"))
    } else if key.roles.any(Roles::PASSWORD) {
        is_password(&value, false).then_some((page.types.password, "password"))
    } else if key.roles.any(Roles::SECRET | Roles::BEARER) && !key.roles.any(Roles::MEASURE) {
        is_labelled_key(&value, key.word, &name).then_some((page.types.secret, "labelled_key"))
    } else {
        None
    };
    if let Some((entity, name)) = found {
        page.push(Candidate::new(span, entity, 0.9, name).near(Some(key.word)));
    }
}

/// A key of any form; `key` alone says less, and a UUID is one only where the label leaves no doubt.
fn is_labelled_key(value: &Value<'_>, word: &str, name: &Name<'_>) -> bool {
    let text = value.text;
    let shortest = if value.query {
        SHORTEST_QUERY_KEY
    } else {
        SHORTEST_KEY
    };
    if value.called || text.len() < shortest {
        return false;
    }
    let strict = value.tie == Tie::Strict;
    if is_uuid(text) {
        let named = name.compound && matches!(word, "token" | "secret" | "key");
        return named && value.tie != Tie::Glued || strict && SURE_LABELS.contains(&word);
    }
    let sure = match (word, value.tie) {
        ("key", Tie::Strict) if name.compound => text.len() >= 20 && entropy(text) >= 3.2,
        ("key", Tie::Strict) => text.len() >= 24 && !is_hex(text) && entropy(text) >= 3.6,
        ("key", _) => is_sure_key(text, 24),
        (_, Tie::Glued) => {
            is_sure_key(text, SHORTEST_KEY) || text.len() >= 20 && Kinds::of(text).digits >= 4
        }
        _ => true,
    };
    sure && (is_key(text) || strict && is_spelled_key(text))
}

/// A quoted key with signs that tokens lack (`django-insecure-…`): long, and like no words.
fn is_spelled_key(text: &str) -> bool {
    let kinds = Kinds::of(text);
    text.len() >= 24
        && text.bytes().all(|b| b.is_ascii_graphic())
        && kinds.mixed()
        && kinds.symbols >= 2
        && !text.contains(['<', '{', '(', '\\'])
        && !stands_for_another(text)
        && entropy(text) >= 3.8
        && wordiness(text) < 0.6
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
    "auth token",
    "access token",
    "api token",
    "api secret",
    "secret access key",
    "subscription key",
    "licence key",
    "license key",
    "app key",
    "service key",
    "密钥",
    "秘钥",
];
