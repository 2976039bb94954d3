//! The egress scan: the bytes that are about to leave are searched once more for everything that was replaced.
//!
//! It does not trust the steps before it: it reads the final bytes, not the parts, and under every encoding that a value might slip through in.

use super::exact::{is_sought, is_whole};
use super::needles::Needles;
use super::{Transformed, form, views};
use crate::base::{EntityType, Span};
use data_encoding::BASE64_NOPAD;
use memchr::memmem;
use std::collections::BTreeSet;

/// Words of the API itself: quoted alone they are the protocol's, even where someone's password is `content`. Where such a word
/// stands alone in a text part, [`super::deidentify`] has replaced it.
const PROTOCOL_WORDS: &[&str] = &[
    "arguments",
    "array",
    "assistant",
    "boolean",
    "content",
    "description",
    "developer",
    "disabled",
    "enabled",
    "function",
    "include_usage",
    "integer",
    "json_object",
    "logprobs",
    "max_tokens",
    "messages",
    "metadata",
    "model",
    "number",
    "object",
    "parameters",
    "prefix",
    "properties",
    "reasoning_content",
    "required",
    "response_format",
    "stream",
    "stream_options",
    "strict",
    "string",
    "system",
    "temperature",
    "thinking",
    "tool_call_id",
    "tool_calls",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
];

/// In which spelling a needle is sought.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Spelling {
    /// As text: a hit must be whole, and not of our own making.
    Text,
    /// Encoded, so that it doesn't stand anywhere by chance.
    Encoded,
}

/// Types of the originals that still stand in `outbound`, each once, sorted. The request may leave only where there is none.
///
/// Sought are all originals that were replaced (by any operator) and are long enough not to stand there by chance (two Han characters,
/// five others): as they are, without spaces and dashes, with full-width digits, with `+` for spaces, in base64 (both alphabets, every alignment),
/// and all that under JSON escapes of any level and percent escapes. A hit inside a longer word (`smith` in `blacksmith`), inside a surrogate or label of this
/// request, or on a quoted word of the API doesn't count. Types found where nothing could be replaced are always reported.
pub fn residuals(outbound: &[u8], transformed: &Transformed) -> Vec<EntityType> {
    let mut left = transformed.stuck.clone();
    let mut meanings = Vec::new();
    let mut spellings = Vec::new();
    for (entity, original) in &transformed.originals {
        let original = original.expose();
        if is_sought(original) {
            spell(original, |needle, spelling| {
                spellings.push((needle, meanings.len() as u32));
                meanings.push((*entity, spelling));
            });
        }
    }
    let needles = Needles::new(spellings);
    if !needles.is_empty() {
        views::each(outbound, |view| {
            needles.seek(view, |span, meaning| {
                let known = meanings.get(meaning as usize);
                let Some((entity, spelling)) = known else {
                    return;
                };
                if *spelling == Spelling::Encoded || counts(view, span, transformed) {
                    left.insert(*entity);
                }
            });
        });
    }
    left.into_iter().collect()
}

/// Every spelling of a value.
fn spell(value: &str, mut put: impl FnMut(Vec<u8>, Spelling)) {
    put(value.as_bytes().to_vec(), Spelling::Text);
    put_wide(value, &mut put);
    if value.contains(is_gap) {
        let closed: String = value.chars().filter(|c| !is_gap(*c)).collect();
        if is_sought(&closed) {
            put_wide(&closed, &mut put);
            put(closed.into_bytes(), Spelling::Text);
        }
        if value.contains(' ') {
            put(value.replace(' ', "+").into_bytes(), Spelling::Text);
        }
    }
    for before in 0..3 {
        let encoded = base64(value, before);
        if encoded.iter().any(|b| matches!(b, b'+' | b'/')) {
            let url = encoded.iter().map(|b| match b {
                b'+' => b'-',
                b'/' => b'_',
                other => *other,
            });
            put(url.collect(), Spelling::Encoded);
        }
        put(encoded, Spelling::Encoded);
    }
}

/// With full-width digits, where it has digits.
fn put_wide(value: &str, put: &mut impl FnMut(Vec<u8>, Spelling)) {
    if value.contains(|c: char| c.is_ascii_digit()) {
        let wide = |c: char| match c {
            '0'..='9' => char::from_u32(c as u32 - '0' as u32 + '０' as u32).unwrap_or(c),
            _ => c,
        };
        put(
            value.chars().map(wide).collect::<String>().into_bytes(),
            Spelling::Text,
        );
    }
}

fn is_gap(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '\u{2010}'..='\u{2015}')
}

/// The base64 characters that `value` alone determines when `before` bytes (0–2) of a group stand before it.
fn base64(value: &str, before: usize) -> Vec<u8> {
    let mut bytes = vec![0; before];
    bytes.extend_from_slice(value.as_bytes());
    // The first characters hold bits of what stands before, the last one may hold bits of what follows.
    let first = (before * 8).div_ceil(6);
    let whole = bytes.len() * 8 / 6;
    let encoded = BASE64_NOPAD.encode(&bytes).into_bytes();
    encoded.get(first..whole).unwrap_or_default().to_vec()
}

/// Whether a hit as text is a value that stands there, and not ours, the protocol's or part of a word.
fn counts(view: &[u8], hit: Span, transformed: &Transformed) -> bool {
    let Some(bytes) = hit.bytes(view) else {
        return true;
    };
    let Ok(text) = std::str::from_utf8(bytes) else {
        return true;
    };
    let issued = |surrogate: &str| {
        transformed.map.get(surrogate).is_some() || transformed.sealed.contains(surrogate)
    };
    let protocol = PROTOCOL_WORDS.contains(&text) && is_quoted(view, hit);
    let ours = form::inside_issued(view, hit, issued)
        || inside_label(view, hit, bytes, &transformed.labels);
    is_whole(view, hit, text) && !protocol && !ours
}

fn inside_label(view: &[u8], hit: Span, bytes: &[u8], labels: &BTreeSet<String>) -> bool {
    labels.iter().any(|label| {
        memmem::find_iter(label.as_bytes(), bytes).any(|at| {
            let start = hit.start.checked_sub(at);
            let around = start.and_then(|start| view.get(start..start + label.len()));
            around == Some(label.as_bytes())
        })
    })
}

fn is_quoted(view: &[u8], hit: Span) -> bool {
    let before = hit.start.checked_sub(1).and_then(|at| view.get(at));
    before == Some(&b'"') && view.get(hit.end) == Some(&b'"')
}
