//! Our JSON scanner: one pass over the body, byte spans for every value, no copies.
//!
//! Strictly RFC 8259, and stricter where two readers could read two things: duplicate keys (compared decoded) and
//! escapes of half a surrogate pair (except in replies) are refused, as are a byte order mark, control characters in strings, invalid
//! UTF-8, and any nesting or number of strings over [`Limits`]. There is no recursion: while a container is open, its
//! node remembers its parent.
//!
//! Refuses to know: what a member means.

mod scanner;
mod value;

pub(super) use value::{Kind, Value};

use super::ProtocolError;
use scanner::Scanner;
use value::Node;

/// How large a body may be in structure; its bytes are capped by whoever reads it.
///
/// Values that are not strings may be five times as many as strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Nested containers; what is over 128 counts as 128. Default 64.
    pub max_depth: usize,
    /// Strings and keys, those of JSON inside strings included. Default 200,000.
    pub max_strings: usize,
}

/// The deepest nesting that may be configured: walkers of schemas recurse that deep.
const DEEPEST: usize = 128;

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_depth: 64,
            max_strings: 200_000,
        }
    }
}

/// A scanned text: its values in document order.
pub(super) struct Document<'t> {
    text: &'t str,
    nodes: Vec<Node>,
}

/// Scans one JSON text. White space around it is accepted.
pub(super) fn scan<'t>(bytes: &'t [u8], limits: &Limits) -> Result<Document<'t>, ProtocolError> {
    let text = read_utf8(bytes)?;
    scan_text(text, limits)
}

/// As [`scan`], but half a surrogate pair is taken: a server that streams may cut a character in two.
pub(super) fn scan_reply<'t>(
    bytes: &'t [u8],
    limits: &Limits,
) -> Result<Document<'t>, ProtocolError> {
    scanned(read_utf8(bytes)?, limits, true)
}

fn read_utf8(bytes: &[u8]) -> Result<&str, ProtocolError> {
    simdutf8::basic::from_utf8(bytes).map_err(|_| {
        let at =
            simdutf8::compat::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
        ProtocolError::InvalidUtf8 { at }
    })
}

/// As [`scan`], for what is known to be UTF-8.
pub(super) fn scan_text<'t>(text: &'t str, limits: &Limits) -> Result<Document<'t>, ProtocolError> {
    scanned(text, limits, false)
}

fn scanned<'t>(
    text: &'t str,
    limits: &Limits,
    halves: bool,
) -> Result<Document<'t>, ProtocolError> {
    if u32::try_from(text.len()).is_err() {
        return Err(ProtocolError::TooLong);
    }
    Scanner::new(text, limits, halves).run()
}

#[cfg(test)]
mod tests;
