//! Finds issued surrogates in a text that arrives in pieces.
//!
//! A surrogate is matched in its exact form and in the forms into which models bend it: other case, `-` or a space
//! for `_`, full-width letters, and in JSON `\uXXXX` for a character. It is matched against the surrogates that this
//! request issued and nothing else, so a bent form is never ambiguous.

use super::starts::Starts;
use crate::base::{EntityType, Sensitive};
use crate::vault::RestoreMap;
use std::sync::Arc;

/// Most backslashes before the `u` of an escape: four levels of JSON in strings. A longer run is no escape, and reading
/// it again from each of its bytes would take time without bound.
const MOST_BACKSLASHES: usize = 15;

/// The surrogates of one request, and what they stand for.
#[derive(Debug, Clone)]
pub(super) struct Matcher {
    issued: Arc<Issued>,
}

#[derive(Debug)]
struct Issued {
    /// Sorted, so that a match narrows a range character by character.
    surrogates: Vec<Box<str>>,
    originals: Arc<RestoreMap>,
    starts: Starts,
}

/// What stands at a position.
#[derive(Debug)]
pub(super) enum Match<'a> {
    /// No issued surrogate begins here.
    None,
    /// The text ends inside what may yet become a surrogate.
    Partial,
    /// A surrogate of `len` bytes of the text.
    Whole {
        /// Length in the text, in bytes.
        len: usize,
        /// Its entity type.
        entity: EntityType,
        /// What it stands for.
        original: &'a Sensitive<String>,
        /// Whether it stands in exactly the form in which it was issued.
        exact: bool,
    },
}

/// One character as read: its plain form, its length in bytes, whether it was in plain form already.
struct Unit {
    folded: u8,
    len: usize,
    exact: bool,
}

enum Read {
    Unit(Unit),
    /// A character that no surrogate holds.
    Other,
    /// The text ends here, perhaps inside an escape.
    End,
}

impl Matcher {
    pub(super) fn new(originals: Arc<RestoreMap>) -> Self {
        let mut surrogates: Vec<Box<str>> = originals
            .iter()
            .map(|(surrogate, _, _)| surrogate.into())
            .collect();
        surrogates.sort_unstable();
        let issued = Issued {
            starts: Starts::of(&surrogates),
            surrogates,
            originals,
        };
        Self {
            issued: Arc::new(issued),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.issued.surrogates.is_empty()
    }

    /// The next byte of `text`, at `from` or later, where a surrogate may begin; everything before it is plain.
    pub(super) fn next(&self, text: &str, from: usize, json: bool) -> Option<usize> {
        self.issued.starts.next(text.as_bytes(), from, json)
    }

    /// Matches at the beginning of `text`; `json` reads `\uXXXX` as the character it stands for.
    pub(super) fn at(&self, text: &str, json: bool) -> Match<'_> {
        let (mut candidates, mut depth, mut len) = (&*self.issued.surrogates, 0, 0);
        let mut exact = true;
        loop {
            let unit = match read(text.as_bytes().get(len..).unwrap_or_default(), json) {
                Read::Unit(unit) => unit,
                Read::Other => return Match::None,
                Read::End => return Match::Partial,
            };
            candidates = narrow(candidates, depth, unit.folded);
            let Some(first) = candidates.first() else {
                return Match::None;
            };
            depth += 1;
            len += unit.len;
            exact &= unit.exact;
            if first.len() == depth {
                return self.whole(first, len, exact);
            }
        }
    }

    fn whole(&self, surrogate: &str, len: usize, exact: bool) -> Match<'_> {
        let known = self.issued.originals.get(surrogate);
        known.map_or(Match::None, |(entity, original)| Match::Whole {
            len,
            entity,
            original,
            exact,
        })
    }
}

/// Those of the sorted `candidates` that have `byte` at `depth`.
fn narrow(candidates: &[Box<str>], depth: usize, byte: u8) -> &[Box<str>] {
    let at = |issued: &str| issued.as_bytes().get(depth).copied().unwrap_or(0);
    if let [only] = candidates {
        return if at(only) == byte { candidates } else { &[] };
    }
    let from = candidates.partition_point(|issued| at(issued) < byte);
    let to = candidates.partition_point(|issued| at(issued) <= byte);
    candidates.get(from..to).unwrap_or_default()
}

fn read(bytes: &[u8], json: bool) -> Read {
    let Some(&first) = bytes.first() else {
        return Read::End;
    };
    match first {
        b'A'..=b'Z' | b'0'..=b'9' | b'_' => Read::Unit(Unit {
            folded: first,
            len: 1,
            exact: true,
        }),
        b'a'..=b'z' => Read::Unit(Unit {
            folded: first.to_ascii_uppercase(),
            len: 1,
            exact: false,
        }),
        b'-' | b' ' => Read::Unit(Unit {
            folded: b'_',
            len: 1,
            exact: false,
        }),
        b'\\' if json => read_escape(bytes),
        0xEF => read_full_width(bytes),
        _ => Read::Other,
    }
}

/// `\uXXXX` of an ASCII character; at any depth of escaping the backslashes are one run.
fn read_escape(bytes: &[u8]) -> Read {
    let slashes = bytes
        .iter()
        .take(MOST_BACKSLASHES + 1)
        .take_while(|b| **b == b'\\')
        .count();
    if slashes > MOST_BACKSLASHES {
        return Read::Other;
    }
    match bytes.get(slashes) {
        None => return Read::End,
        Some(b'u') => {}
        Some(_) => return Read::Other,
    }
    let digits = bytes.get(slashes + 1..).unwrap_or_default();
    let hex = digits
        .iter()
        .take(4)
        .take_while(|b| b.is_ascii_hexdigit())
        .count();
    if hex < 4 {
        return if hex == digits.len() {
            Read::End
        } else {
            Read::Other
        };
    }
    let value = digits.iter().take(4).fold(0, |sum, b| {
        sum * 16 + char::from(*b).to_digit(16).unwrap_or(0)
    });
    match u8::try_from(value).map(|byte| read(&[byte], false)) {
        Ok(Read::Unit(unit)) => Read::Unit(Unit {
            folded: unit.folded,
            len: slashes + 5,
            exact: false,
        }),
        _ => Read::Other,
    }
}

/// Full-width ASCII: U+FF01 to U+FF5E are ASCII 0x21 to 0x7E.
fn read_full_width(bytes: &[u8]) -> Read {
    let Some(character) = bytes
        .get(..3)
        .and_then(|three| std::str::from_utf8(three).ok())
    else {
        return Read::Other;
    };
    let plain = character
        .chars()
        .next()
        .and_then(|c| u32::from(c).checked_sub(0xFEE0));
    match plain
        .and_then(|code| u8::try_from(code).ok())
        .map(|byte| read(&[byte], false))
    {
        Some(Read::Unit(unit)) => Read::Unit(Unit {
            folded: unit.folded,
            len: 3,
            exact: false,
        }),
        _ => Read::Other,
    }
}
