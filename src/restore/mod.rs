//! *restore*: puts originals back into a reply, whole or as it streams.
//!
//! One [`Restorer`] serves one channel of one reply (a choice's text, its reasoning, one tool's arguments). It holds back
//! only what may yet become a surrogate that this very request issued; everything else goes on at once. A surrogate of
//! another request is plain text here: it is counted, never restored.
//!
//! Refuses to know: wire formats, policy files, keys. What may be restored where, it is told by a closure.

mod html;
mod json_place;
mod matcher;
mod shifts;
mod starts;
mod stray;
mod surroundings;
mod unescape;

#[cfg(test)]
mod tests;

pub use shifts::Shifts;
pub use surroundings::Surroundings;

use crate::base::{EntityType, Sensitive};
use crate::vault::RestoreMap;
use bytes::Bytes;
use json_place::JsonPlace;
use matcher::{Match, Matcher};
use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use stray::Strays;
use unescape::Unescape;

/// Most strings inside strings into which an original is put: its backslashes double with each.
const DEEPEST_ESCAPE: usize = 5;

/// So many addresses of one reply are looked up in its request; each look-up reads the request once.
const MOST_LOOK_UPS: usize = 256;

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
    looked_up: Arc<AtomicUsize>,
    in_addresses: bool,
    /// The request as it left.
    sent: Bytes,
}

impl Originals {
    /// The originals of one request. `limit_bytes` caps what one reply may restore; `in_addresses` lets originals into
    /// URLs, link targets and HTML attributes. `sent` is the request as it left: an address that stood in it up to its
    /// surrogate is the app's own, and gets its original back.
    pub fn new(map: &Arc<RestoreMap>, limit_bytes: usize, in_addresses: bool, sent: Bytes) -> Self {
        let (restored_bytes, looked_up) = (Arc::default(), Arc::default());
        Self {
            matcher: Matcher::new(Arc::clone(map)),
            limit_bytes,
            restored_bytes,
            looked_up,
            in_addresses,
            sent,
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
    /// The same, were this text joined to the one before; `None` where that makes no difference.
    joined: Option<Surroundings>,
    json: JsonPlace,
    unescape: Unescape,
    strays: Strays,
    after_word: bool,
    restored: u32,
    shifts: Shifts,
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
            joined: None,
            json: JsonPlace::default(),
            unescape: Unescape::default(),
            strays: Strays::default(),
            after_word: false,
            restored: 0,
            shifts: Shifts::default(),
        }
    }

    /// The same for a text that clients may join to one which ended in these surroundings: an address that was open
    /// there is open here too.
    #[must_use]
    pub fn after(mut self, before: Surroundings) -> Self {
        let before = before.joined();
        self.joined = (before != self.surroundings).then_some(before);
        self
    }

    /// Where the text stands now, with what is held back.
    pub fn surroundings(&self) -> Surroundings {
        self.surroundings_behind("")
    }

    /// The same behind a text that is yet to come.
    pub fn surroundings_behind(&self, rest: &str) -> Surroundings {
        let mut now = self.joined.as_ref().unwrap_or(&self.surroundings).clone();
        now.advance_all(&self.held);
        now.advance_all(rest);
        now
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

    /// How places in the text have moved.
    pub fn shifts(&self) -> &Shifts {
        &self.shifts
    }

    /// The same, of a text that is over.
    pub fn into_shifts(self) -> Shifts {
        self.shifts
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
                } => {
                    self.plain(before, out);
                    (plain, at) = (rest, first_len(rest));
                    if exact || !self.after_word {
                        let (surrogate, after) = rest.split_at_checked(len).unwrap_or((rest, ""));
                        self.surrogate(surrogate, entity, original, out)?;
                        (plain, at) = (after, 0);
                    }
                }
                _ => at = next + first_len(rest),
            }
        }
        self.plain(plain, out);
        Ok(())
    }

    fn plain(&mut self, text: &str, out: &mut String) {
        out.push_str(text);
        if self.sink == Sink::Text {
            self.shifts.kept(text);
            self.strays.advance_all(text);
            return self.advance_text(text);
        }
        self.advance_joined(text);
        for character in text.chars() {
            if let Some(meant) = self.advance_json(character) {
                self.strays.advance(meant);
            }
        }
    }

    fn surrogate(
        &mut self,
        surrogate: &str,
        entity: EntityType,
        original: &Sensitive<String>,
        out: &mut String,
    ) -> Result<(), RestoreError> {
        let path = match self.sink {
            Sink::Json => Cow::Owned(self.json.path()),
            Sink::Text => Cow::Borrowed("$"),
        };
        let level = self.json.level();
        let fits = level <= DEEPEST_ESCAPE && self.fits_here(surrogate);
        if fits && (self.permission)(entity, &path) {
            let escaped = json_place::escape(original.expose(), level);
            self.spend(escaped.len())?;
            out.push_str(&escaped);
            self.restored += 1;
            self.shifts.changed(surrogate, &escaped);
        } else {
            self.shifts.kept(surrogate);
            out.push_str(surrogate);
        }
        self.strays.end_word();
        match self.sink {
            Sink::Text => self.advance_text(surrogate),
            Sink::Json => {
                self.advance_joined(surrogate);
                surrogate.chars().for_each(|character| {
                    self.advance_json(character);
                });
            }
        }
        Ok(())
    }

    /// Whether an original may stand here: not in an address, unless the app itself sent that address.
    fn fits_here(&self, surrogate: &str) -> bool {
        self.originals.in_addresses
            || [Some(&self.surroundings), self.joined.as_ref()]
                .into_iter()
                .flatten()
                .filter(|place| place.forbidden())
                .all(|place| self.was_sent(place, surrogate))
    }

    /// Whether the app itself sent the address that is open here, up to the surrogate.
    fn was_sent(&self, place: &Surroundings, surrogate: &str) -> bool {
        let Some(beginning) = place.beginning() else {
            return false;
        };
        if self.originals.looked_up.fetch_add(1, Ordering::Relaxed) >= MOST_LOOK_UPS {
            return false;
        }
        let address = json_place::escape(&format!("{beginning}{surrogate}"), 1);
        memchr::memmem::find(&self.originals.sent, address.as_bytes()).is_some()
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

    fn advance_text(&mut self, text: &str) {
        self.surroundings.advance_all(text);
        self.advance_joined(text);
        self.after_word = text
            .bytes()
            .next_back()
            .is_some_and(|last| last.is_ascii_alphanumeric())
            || (text.is_empty() && self.after_word);
    }

    /// Joined JSON is read as text: where its strings begin is not known.
    fn advance_joined(&mut self, text: &str) {
        if let Some(joined) = &mut self.joined {
            joined.advance_all(text);
            if self.sink == Sink::Text && *joined == self.surroundings {
                self.joined = None;
            }
        }
    }

    /// Moves on by one character; the character that is meant, where one is complete.
    fn advance_json(&mut self, character: char) -> Option<char> {
        let meant = self.meant(character)?;
        self.surroundings.advance(meant);
        self.after_word = meant.is_ascii_alphanumeric();
        Some(meant)
    }

    /// Outside of strings an address is over, whatever it was.
    fn meant(&mut self, character: char) -> Option<char> {
        self.json.advance(character);
        let level = self.json.level();
        if level > 0 {
            return self.unescape.next(character, level > 1);
        }
        self.surroundings = Surroundings::default();
        self.unescape = Unescape::default();
        Some(character)
    }
}

/// Bytes of the first character.
fn first_len(text: &str) -> usize {
    text.chars().next().map_or(1, char::len_utf8)
}
