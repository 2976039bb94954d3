//! Credentials that look like any other random text, near the word of their issuer.
//!
//! A window of 80 bytes before and 200 after each word is looked through once for each word. What fits a form there is
//! taken where it is random, nothing says that it is a hash or an id, and either a label of a key stands before it or
//! nothing but what joins them stands between the issuer's word and it.

use super::super::cue::Trigger;
use super::super::page::{Candidate, Doubt, Page};
use super::super::roles::Roles;
use super::super::text::{at, before};
use super::Start;
use super::form::Form;
use super::formats::{self, Table};
use super::likeness::{Kinds, entropy, is_path, is_uuid, is_varied, wordiness};
use crate::base::Span;
use std::collections::BTreeMap;

const BEFORE_BYTES: usize = 80;
const AFTER_BYTES: usize = 200;
/// Longest stretch between an issuer's word and a value that it labels, in bytes.
const JOINT_BYTES: usize = 32;

/// Looks near every issuer's word.
pub(super) fn gated(page: &mut Page<'_>) {
    let Some(table) = formats::table() else {
        return;
    };
    let mut done: BTreeMap<usize, usize> = BTreeMap::new();
    for i in 0..page.cues.fired.len() {
        let Some(fired) = page.cues.fired.get(i).copied() else {
            return;
        };
        let Trigger::Credential(Start::Issuer(word)) = fired.trigger else {
            continue;
        };
        let upto = done.get(&word).copied().unwrap_or(0);
        let from = fired.start.saturating_sub(BEFORE_BYTES).max(upto);
        let to = fired.end + AFTER_BYTES;
        done.insert(word, to);
        window(page, table, word, Span::new(from, to), fired.end);
    }
}

/// Looks at every place of a window where a token begins.
fn window(
    page: &mut Page<'_>,
    table: &'static Table,
    word: usize,
    window: Span,
    end_of_word: usize,
) {
    let text = page.text;
    let Some((name, formats)) = table.words.get(word) else {
        return;
    };
    let token = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    let mut i = window.start;
    while i < window.end.min(text.len()) {
        let begins = token(at(text, i)) && !token(before(text, i));
        let found = begins.then(|| first_fit(text, table, formats, i)).flatten();
        if let Some((recognizer, span)) =
            found.filter(|(_, span)| is_wanted(page, *span, end_of_word))
        {
            page.push(
                Candidate::new(span, page.types.secret, 0.8, recognizer)
                    .checked("format")
                    .near(Some(name)),
            );
            i = span.end;
        } else {
            i += 1;
        }
    }
}

fn first_fit(
    text: &str,
    table: &'static Table,
    formats: &[usize],
    i: usize,
) -> Option<(&'static str, Span)> {
    formats
        .iter()
        .filter_map(|index| table.formats.get(*index))
        .find_map(|format| {
            let fits = |form: &Form| form.fit(text, i).map(|fit| fit.span);
            let span = format.forms.iter().find_map(fits)?;
            is_random(span.slice(text)?).then_some((format.name.as_str(), span))
        })
}

fn is_random(token: &str) -> bool {
    let kinds = Kinds::of(token);
    is_varied(token)
        && kinds.letters()
        && kinds.digits >= 2
        && entropy(token) >= 2.8
        && (is_uuid(token) || !is_path(token) && wordiness(token) < 0.65)
        && !super::stands_for::is_placeholder(token)
}

/// Whether something says that this random text is a credential.
fn is_wanted(page: &Page<'_>, span: Span, end_of_word: usize) -> bool {
    let text = page.text;
    let follows = !matches!(at(text, span.end), b'-' | b'_' | b'(' | b'@')
        && before(text, span.start) != b'@';
    if !follows || page.doubt(span.start) == Doubt::Hash {
        return false;
    }
    let labelled = page
        .word_before(span.start, Roles::SECRET | Roles::PASSWORD | Roles::BEARER)
        .is_some();
    let joined = end_of_word <= span.start
        && text
            .get(end_of_word..span.start)
            .is_some_and(|gap| gap.len() <= JOINT_BYTES && is_joint(gap));
    labelled || joined
}

/// Between an issuer's word and its credential: signs, and words that say nothing else.
fn is_joint(gap: &str) -> bool {
    const WORDS: &[&str] = &[
        "api", "key", "token", "secret", "id", "auth", "is", "access", "sk", "ak", "app", "client",
        "value", "string", "str", "my", "the", "our", "new", "old", "com", "io", "password", "pw",
    ];
    gap.split(|c: char| !c.is_ascii_alphabetic())
        .all(|word| word.is_empty() || WORDS.iter().any(|w| word.eq_ignore_ascii_case(w)))
        && gap.matches('\n').count() <= 1
        && !gap.contains(['/', '?', '。'])
}
