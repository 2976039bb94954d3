//! *restore*: puts originals back into a reply, whole or as it streams.
//!
//! One [`Restorer`] serves one channel of one reply (a choice's text, its reasoning, one tool's arguments). It holds back
//! only what may yet become a surrogate that this very request issued; everything else goes on at once. A surrogate of
//! another request is plain text here: it is counted, never restored.
//!
//! Refuses to know: wire formats, policy files, keys. What may be restored where, it is told by a closure.

mod json_place;
mod matcher;
mod starts;
mod stray;
mod surroundings;

#[cfg(test)]
mod tests;

use crate::base::{EntityType, Sensitive};
use crate::vault::RestoreMap;
use json_place::JsonPlace;
use matcher::{Match, Matcher};
use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use stray::Strays;
use surroundings::Surroundings;

/// What a channel holds, and so how a value is written into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sink {
    /// Running text: the original as it is.
    Text,
    /// A JSON document: the original escaped once for each string that is open where it stands.
    Json,
}

/// A reply that may not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    /// The reply repeats surrogates until the restored text is out of all proportion.
    #[error("the reply restores to more than {limit_bytes} bytes of originals; it was stopped")]
    TooMuch {
        /// The cap on restored bytes of one reply.
        limit_bytes: usize,
    },
}

/// Says whether an original of this type may be put in at this JSON path (`$` in running text).
pub type Permission = Arc<dyn Fn(EntityType, &str) -> bool + Send + Sync>;

/// What all channels of one reply share: the surrogates that its request issued, and what is left of the cap.
#[derive(Debug, Clone)]
pub struct Originals {
    matcher: Matcher,
    limit_bytes: usize,
    restored_bytes: Arc<AtomicUsize>,
    in_addresses: bool,
}

impl Originals {
    /// The originals of one request. `limit_bytes` caps what one reply may restore; `in_addresses` lets originals into
    /// URLs, link targets and HTML attributes.
    pub fn new(map: &Arc<RestoreMap>, limit_bytes: usize, in_addresses: bool) -> Self {
        let restored_bytes = Arc::default();
        Self {
            matcher: Matcher::new(Arc::clone(map)),
            limit_bytes,
            restored_bytes,
            in_addresses,
        }
    }

    /// Whether there is nothing to restore.
    pub fn is_empty(&self) -> bool {
        self.matcher.is_empty()
    }
}

/// Restores one channel.
pub struct Restorer {
    originals: Originals,
    sink: Sink,
    permission: Permission,
    held: String,
    surroundings: Surroundings,
    json: JsonPlace,
    strays: Strays,
    after_word: bool,
    restored: u32,
}

impl std::fmt::Debug for Restorer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Restorer")
            .field("sink", &self.sink)
            .finish_non_exhaustive()
    }
}

impl Restorer {
    /// A restorer at the beginning of a channel.
    pub fn new(originals: Originals, sink: Sink, permission: Permission) -> Self {
        Self {
            originals,
            sink,
            permission,
            held: String::new(),
            surroundings: Surroundings::default(),
            json: JsonPlace::default(),
            strays: Strays::default(),
            after_word: false,
            restored: 0,
        }
    }

    /// Takes the next piece of the channel and appends to `out` all that can go on.
    ///
    /// # Errors
    /// When the reply restores to more than the cap; the reply must then be cut.
    pub fn push(&mut self, piece: &str, out: &mut String) -> Result<(), RestoreError> {
        if self.held.is_empty() {
            return self.run(piece, false, out);
        }
        let mut text = std::mem::take(&mut self.held);
        text.push_str(piece);
        self.run(&text, false, out)
    }

    /// Ends the channel: what was held back goes out as it is.
    ///
    /// # Errors
    /// As [`Restorer::push`].
    pub fn finish(&mut self, out: &mut String) -> Result<(), RestoreError> {
        let text = std::mem::take(&mut self.held);
        self.run(&text, true, out)?;
        self.strays.end_word();
        Ok(())
    }

    /// Whether something is held back.
    pub fn holds(&self) -> bool {
        !self.held.is_empty()
    }

    /// How many surrogates were restored.
    pub fn restored(&self) -> u32 {
        self.restored
    }

    /// How many words had the form of a surrogate without being one of this request's.
    pub fn unknown(&self) -> u32 {
        self.strays.count()
    }

    fn run(&mut self, text: &str, last: bool, out: &mut String) -> Result<(), RestoreError> {
        let json = self.sink == Sink::Json;
        let matcher = self.originals.matcher.clone();
        let (mut plain, mut at) = (text, 0);
        while let Some(next) = matcher.next(plain, at, json) {
            let (before, rest) = plain.split_at_checked(next).unwrap_or((plain, ""));
            match matcher.at(rest, json) {
                Match::Partial if !last => {
                    self.plain(before, out);
                    rest.clone_into(&mut self.held);
                    return Ok(());
                }
                Match::Whole {
                    len,
                    entity,
                    original,
                    exact,
                } if exact || !self.is_after_word(before) => {
                    self.plain(before, out);
                    let (surrogate, after) = rest.split_at_checked(len).unwrap_or((rest, ""));
                    self.surrogate(surrogate, entity, original, out)?;
                    (plain, at) = (after, 0);
                }
                _ => at = next + rest.chars().next().map_or(1, char::len_utf8),
            }
        }
        self.plain(plain, out);
        Ok(())
    }

    /// Whether a word character stands at the end of `text`, or of what came before it where it is empty.
    fn is_after_word(&self, text: &str) -> bool {
        text.bytes()
            .next_back()
            .map_or(self.after_word, |last| last.is_ascii_alphanumeric())
    }

    fn plain(&mut self, text: &str, out: &mut String) {
        out.push_str(text);
        self.strays.advance_all(text);
        self.advance_all(text);
    }

    fn surrogate(
        &mut self,
        surrogate: &str,
        entity: EntityType,
        original: &Sensitive<String>,
        out: &mut String,
    ) -> Result<(), RestoreError> {
        let address = self.surroundings.forbidden() && !self.originals.in_addresses;
        let path = match self.sink {
            Sink::Json => Cow::Owned(self.json.path()),
            Sink::Text => Cow::Borrowed("$"),
        };
        if address || !(self.permission)(entity, &path) {
            out.push_str(surrogate);
        } else {
            let escaped = json_place::escape(original.expose(), self.json.level());
            self.spend(escaped.len())?;
            out.push_str(&escaped);
            self.restored += 1;
        }
        self.strays.end_word();
        self.advance_all(surrogate);
        Ok(())
    }

    fn spend(&self, bytes: usize) -> Result<(), RestoreError> {
        let limit_bytes = self.originals.limit_bytes;
        let before = self
            .originals
            .restored_bytes
            .fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) > limit_bytes {
            return Err(RestoreError::TooMuch { limit_bytes });
        }
        Ok(())
    }

    /// Moves on past `text`.
    fn advance_all(&mut self, text: &str) {
        match self.sink {
            Sink::Text => self.surroundings.advance_all(text),
            Sink::Json => text.chars().for_each(|character| {
                self.surroundings.advance(character);
                if character == '"' {
                    self.surroundings = Surroundings::default();
                }
                self.json.advance(character);
            }),
        }
        self.after_word = self.is_after_word(text);
    }
}
