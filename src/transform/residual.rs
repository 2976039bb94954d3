//! The egress scan: the bytes that are about to leave are searched once more for everything that was replaced.
//!
//! It does not trust the steps before it: it reads the final bytes, not the parts, and under every encoding
//! that a value might slip through in.

use super::exact::{is_sought, is_whole};
use super::needles::{Needles, Sought};
use super::{Transformed, form, views};
use crate::base::{EntityType, Span};
use data_encoding::BASE64_NOPAD;
use memchr::memmem;
use std::collections::BTreeSet;
use zeroize::Zeroizing;

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

/// Marks the meaning of a needle that is encoded, and so doesn't stand anywhere by chance. Others are text: a
/// hit must be whole, and not of our own making.
const ENCODED: u32 = 1 << 31;

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
    let mut sought = Sought::default();
    let mut types = Vec::new();
    let mut escaped = false;
    for (entity, original) in transformed.originals() {
        if is_sought(original) {
            escaped |= original
                .bytes()
                .any(|byte| byte < b' ' || matches!(byte, b'"' | b'\\'));
            spell(original, types.len() as u32, &mut sought);
            types.push(entity);
        }
    }
    let needles = Needles::new(sought);
    if !needles.is_empty() {
        views::each(outbound, escaped, |view| {
            needles.seek(view, |span, meaning| {
                let encoded = meaning & ENCODED != 0;
                let Some(entity) = types.get((meaning & !ENCODED) as usize) else {
                    return;
                };
                if encoded || counts(view, span, transformed) {
                    left.insert(*entity);
                }
            });
        });
    }
    left.into_iter().collect()
}

/// Every spelling of a value.
fn spell(value: &str, meaning: u32, sought: &mut Sought) {
    sought.add(value.as_bytes(), meaning);
    spell_wide(value, meaning, sought);
    if value.contains(is_gap) {
        let closed: Zeroizing<String> =
            Zeroizing::new(value.chars().filter(|c| !is_gap(*c)).collect());
        if is_sought(&closed) {
            sought.add(closed.as_bytes(), meaning);
            spell_wide(&closed, meaning, sought);
        }
        sought.add_from(meaning, |out| {
            out.extend(value.bytes().map(|b| if b == b' ' { b'+' } else { b }));
        });
    }
    for before in 0..3 {
        spell_base64(value, before, meaning | ENCODED, sought);
    }
}

/// In both alphabets of base64, where they differ, when `before` bytes (0–2) of a group of three stand before it.
fn spell_base64(value: &str, before: usize, meaning: u32, sought: &mut Sought) {
    let mut padded = Zeroizing::new(Vec::with_capacity(before + value.len()));
    padded.resize(before, 0);
    padded.extend_from_slice(value.as_bytes());
    let spelled = Zeroizing::new(BASE64_NOPAD.encode(&padded));
    // The first characters hold bits of what stands before, the last one may hold bits of what follows.
    let own = (before * 8).div_ceil(6)..padded.len() * 8 / 6;
    let own = spelled.as_bytes().get(own).unwrap_or_default();
    sought.add(own, meaning);
    if own.iter().any(|byte| matches!(byte, b'+' | b'/')) {
        sought.add_from(meaning, |out| out.extend(own.iter().map(|byte| url(*byte))));
    }
}

/// The character of RFC 4648, section 5, for one of section 4.
const fn url(standard: u8) -> u8 {
    match standard {
        b'+' => b'-',
        b'/' => b'_',
        same => same,
    }
}

/// With full-width digits, where it has digits.
fn spell_wide(value: &str, meaning: u32, sought: &mut Sought) {
    if value.bytes().any(|b| b.is_ascii_digit()) {
        sought.add_from(meaning, |out| {
            for byte in value.bytes() {
                match byte {
                    // U+FF10 to U+FF19 in UTF-8.
                    b'0'..=b'9' => out.extend([0xEF, 0xBC, 0x90 + byte - b'0']),
                    _ => out.push(byte),
                }
            }
        });
    }
}

fn is_gap(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '\u{2010}'..='\u{2015}')
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
