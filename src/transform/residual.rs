//! The egress scan: the bytes that are about to leave are searched once more for everything that was replaced.
//!
//! It does not trust the steps before it: it reads the final bytes, not the parts, and under every encoding
//! that a value might slip through in.

use super::exact::{is_sought, is_whole};
use super::needles::Needles;
use super::spellings::{ENCODED, Spellings};
use super::{Transformed, form, views};
use crate::base::{EntityType, Span};
use std::collections::BTreeSet;

/// Words of the API itself: quoted alone they are the protocol's, even where someone's password is `content`.
/// Where such a word stands alone in a text part, [`super::deidentify`] has replaced it.
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

/// Types of the originals that still stand in `outbound`, each once, sorted. The request may leave only where
/// there is none.
///
/// Sought are all originals that were replaced (by any operator) and are long enough not to stand there by
/// chance (two Han characters, five others): as they are, without spaces and dashes, with full-width digits,
/// with `+` for spaces, in base64 (both alphabets, every alignment), and all that under JSON escapes of any
/// level and percent escapes. A hit inside a longer word (`smith` in `blacksmith`), inside a surrogate or
/// label of this request, or on a quoted word of the API doesn't count. Types found where nothing could be
/// replaced are always reported.
pub fn residuals(outbound: &[u8], transformed: &Transformed) -> Vec<EntityType> {
    let mut left = transformed.stuck.clone();
    let originals = transformed.originals();
    let sought: Vec<_> = originals
        .filter(|(_, original)| is_sought(original))
        .collect();
    let bytes = sought.iter().map(|(_, original)| original.len()).sum();
    if sought.is_empty() {
        return left.into_iter().collect();
    }
    let mut spellings = Spellings::that_may_stand_in(outbound, sought.len(), bytes);
    let mut escaped = false;
    for ((_, original), meaning) in sought.iter().zip(0..) {
        escaped |= original
            .bytes()
            .any(|byte| byte < b' ' || matches!(byte, b'"' | b'\\'));
        spellings.add(original, meaning);
    }
    let needles = Needles::new(spellings.sought);
    views::each(outbound, escaped, |view| {
        needles.seek(view, |span, meaning| {
            let encoded = meaning & ENCODED != 0;
            let Some((entity, _)) = sought.get((meaning & !ENCODED) as usize) else {
                return;
            };
            if encoded || counts(view, span, transformed) {
                left.insert(*entity);
            }
        });
    });
    left.into_iter().collect()
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

/// Labels are some ten bytes long: a searcher would take longer to build than they take to read.
fn inside_label(view: &[u8], hit: Span, bytes: &[u8], labels: &BTreeSet<String>) -> bool {
    let stands = |label: &[u8], at: usize| {
        let start = hit.start.checked_sub(at);
        start.and_then(|start| view.get(start..start + label.len())) == Some(label)
    };
    labels.iter().map(String::as_bytes).any(|label| {
        let mut places = label.windows(bytes.len().max(1)).enumerate();
        places.any(|(at, window)| window == bytes && stands(label, at))
    })
}

fn is_quoted(view: &[u8], hit: Span) -> bool {
    let before = hit.start.checked_sub(1).and_then(|at| view.get(at));
    before == Some(&b'"') && view.get(hit.end) == Some(&b'"')
}
