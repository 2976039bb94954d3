//! Passwords behind their labels: in assignments, in pairs with an account, and in sentences.
//!
//! Refuses to know: keys, which only randomness tells from words; a password may be a word with a digit.

use super::super::cue::Hit;
use super::super::text::at;
use super::assigned::trimmed;
use super::likeness::{Kinds, LONGEST_PASSWORD, is_hex, is_plain_password, stands_for_another};
use super::name::{Name, is_measure};
use super::value::{Tie, Value, value_after, value_at, words_ahead};
use crate::base::Span;

/// A word in backticks, or beside its label in a list, is a name of a program.
fn is_code(text: &str, hit: Hit, value: &Value<'_>) -> bool {
    let tie = text.get(hit.end..value.span.start).unwrap_or_default();
    (at(text, value.span.end) == b'`' || tie.contains(',')) && !Kinds::of(value.text).mixed()
}

/// Labels that mean other things too: a test passes, a pass is a document.
const WEAK: &[&str] = &["pass", "passw", "pw", "psw", "passkey"];

/// Whether the form leaves no doubt about a weak label: an assignment, or a colon and a password of three kinds.
fn is_sure(text: &str, hit: Hit, value: &Value<'_>) -> bool {
    let kinds = Kinds::of(value.text);
    let small = text
        .get(hit.start..hit.end)
        .is_some_and(|label| !label.contains(|c: char| c.is_ascii_uppercase()));
    let varied = kinds.digits > 0 && (kinds.symbols > 0 || kinds.lower && kinds.upper);
    let whole = !matches!(at(text, hit.end), b'_' | b'-');
    whole && (value.tie == Tie::Strict || value.tie == Tie::Prose && small && varied)
}

/// The password that a label gives away, and how sure that is.
pub(super) fn password_after(text: &str, hit: Hit, name: &Name<'_>) -> Option<(Span, f32)> {
    let value = value_after(text, hit);
    if let Some(value) = value {
        if is_password(&value, hit.end == value.span.start)
            && !is_code(text, hit, &value)
            && (!WEAK.contains(&hit.word) || is_sure(text, hit, &value))
        {
            return Some((value.span, 0.85));
        }
        let named = text
            .get(hit.start..hit.end)
            .is_some_and(|label| label.bytes().all(|b| !b.is_ascii_lowercase()));
        if named
            && value.tie == Tie::Strict
            && value.span.start == name.end + 1
            && value.text.len() >= 6
            && !value.called
            && !stands_for_another(value.text)
            && is_plain_password(value.text)
        {
            return Some((value.span, 0.7));
        }
        if let Some(span) = second_of_pair(text, hit, &value) {
            return Some((span, 0.8));
        }
    }
    let strict = value.is_some_and(|value| value.tie == Tie::Strict);
    if strict || WEAK.contains(&hit.word) {
        None
    } else {
        password_ahead(text, hit, name)
    }
}

/// `账号密码：admin / Abc@123`: behind a label of both the second word is the password.
fn second_of_pair(text: &str, hit: Hit, first: &Value<'_>) -> Option<Span> {
    const ACCOUNTS: &[&str] = &[
        "账号",
        "帐号",
        "账户",
        "用户名",
        "用户",
        "user",
        "username",
        "login",
        "account",
        "id",
        "admin",
        "name",
    ];
    let head = text
        .get(text.floor_char_boundary(hit.start.saturating_sub(16))..hit.start)?
        .to_ascii_lowercase();
    let head = head.trim_end_matches([' ', '/', '&', '和', '及', '与', '、', ':', '+', '_', '-']);
    let head = head.strip_suffix(" and").unwrap_or(head);
    let parting = |c: char| " /:：,，、|\t".contains(c);
    if first.text.is_empty() || !ACCOUNTS.iter().any(|word| head.ends_with(word)) {
        return None;
    }
    let rest = text.get(first.span.end..)?;
    let gap: usize = rest
        .chars()
        .take(4)
        .take_while(|c| parting(*c))
        .map(char::len_utf8)
        .sum();
    let value = value_at(text, first.span.end + gap, Tie::Prose, false);
    (gap > 0 && is_password(&value, false)).then_some(value.span)
}

/// `the password for the staging database is …`: a word of the sentence that no prose has.
fn password_ahead(text: &str, hit: Hit, name: &Name<'_>) -> Option<(Span, f32)> {
    let gap_measures = |start: usize| text.get(hit.end..start).is_some_and(is_measure);
    words_ahead(text, name.end)
        .take(9)
        .map(|span| trimmed(text, span))
        .find(|span| {
            let word = span.slice(text).unwrap_or_default();
            let kinds = Kinds::of(word);
            let signs = kinds.symbols > 0 && !word.contains(['=', ':', '%', '\\', '|', '+']);
            let linked = is_linked(text.get(hit.end..span.start).unwrap_or_default());
            let strong = kinds.letters()
                && kinds.digits > 0
                && (signs || kinds.lower && kinds.upper && kinds.digits > 1);
            let quoted =
                matches!(at(text, span.end), b'\'' | b'"') && linked && is_plain_password(word);
            quoted && !stands_for_another(word)
                || (6..=40).contains(&word.len())
                    && (strong && linked
                        || kinds.lower
                            && kinds.upper
                            && kinds.digits > 0
                            && signs
                            && word.len() >= 8)
                    && !(word.contains('@') && word.contains('.'))
                    && !is_hex(word)
                    && !stands_for_another(word)
        })
        .filter(|span| !gap_measures(span.start))
        .map(|span| (span, 0.7))
}

/// What links a label to a word behind it.
const LINKS: &[&str] = &[
    " is", " was", ":", "：", "=", "是", "为", "成", " to", " use", " be", "->", "用",
];

/// Whether what stands between a label and a word ends with what links them.
fn is_linked(gap: &str) -> bool {
    let gap = gap
        .trim_end_matches([' ', '"', '\'', '`', '“', '「'])
        .to_ascii_lowercase();
    LINKS.iter().any(|link| gap.ends_with(link))
}

/// Whether a value may be a password; `touches`: nothing at all between label and value.
pub(super) fn is_password(value: &Value<'_>, touches: bool) -> bool {
    let text = value.text;
    if !(4..=LONGEST_PASSWORD).contains(&text.len()) || value.called || stands_for_another(text) {
        return false;
    }
    let kinds = Kinds::of(text);
    if kinds.foreign
        || text.contains([' ', '\t'])
            && !(value.quoted && kinds.mixed() && value.tie == Tie::Strict)
    {
        return false;
    }
    let plain = value.quoted && is_plain_password(text);
    match value.tie {
        Tie::Strict => kinds.mixed() || kinds.digits >= 4 && !kinds.letters() || plain,
        Tie::Prose => kinds.mixed() || kinds.digits >= 6 || plain,
        Tie::Glued => {
            let strong =
                kinds.symbols > 0 || kinds.lower && kinds.upper || kinds.digits >= 3 || touches;
            kinds.mixed() && text.len() >= 6 && kinds.digits > 0 && strong && !is_hash_name(text)
        }
    }
}

/// `sha256`, `utf8mb4`: names of methods that a number is part of.
fn is_hash_name(word: &str) -> bool {
    const METHODS: &[&str] = &[
        "sha", "md5", "utf", "base", "pbkdf", "aes", "rsa", "hmac", "oauth", "http", "ntlm",
        "bcrypt", "argon", "x509",
    ];
    let lower = word.to_ascii_lowercase();
    METHODS.iter().any(|method| lower.starts_with(method))
}
