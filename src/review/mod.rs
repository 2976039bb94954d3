//! *review*: finds in a reply what the model made up, whole or as it streams, and covers it or stops the reply.
//!
//! One [`Reviewer`] reads one channel of one reply as the model wrote it, before originals come back into it. What it
//! finds and what the request did not hold is new ([`Rules`] say what counts). It holds text back only while a value may
//! still be growing in it: small words of running text go on two words later, a sentence in which a value may begin at
//! its end, a longer one 64 to 128 bytes behind; never more than 4 KiB. Where a text is cut makes no difference
//! to what is found, and each stretch is read a bounded number of times.
//!
//! Refuses to know: wire formats, policy files, what was asked. What counts and what is known, it is told by closures.

mod dull;
mod held;
mod json;
mod place;
mod prose;
mod table;

#[cfg(test)]
mod tests;

use crate::base::{Confidence, EntityType, Finding, Span};
use crate::detect::tagger::{Budget, Unread};
use crate::detect::{Detector, Hint};
use json::Json;
use prose::Prose;
use std::collections::{BTreeMap, HashSet};
use std::hash::BuildHasher;
use std::sync::Arc;

/// What is done about a value that the model made up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It is counted, and stays.
    Count,
    /// It is covered.
    Mask,
    /// The reply is stopped.
    Block,
}

/// What a channel holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Running text.
    Text,
    /// A JSON document: read string by string, with the key that each stands under.
    Json,
}

/// Why a reply may not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReviewError {
    /// It holds a value that the model made up.
    #[error("the reply holds a value that was not in the request")]
    MadeUp,
    /// A model that looks for names failed.
    #[error(transparent)]
    Unread(#[from] Unread),
}

/// Says whether a finding of this type and confidence counts.
pub type Counts = Arc<dyn Fn(EntityType, Confidence) -> bool + Send + Sync>;

/// Says whether a value was given to the model, or by the app.
pub type Given = Arc<dyn Fn(EntityType, &str) -> bool + Send + Sync>;

/// What all channels of one reply share.
#[derive(Clone)]
pub struct Rules {
    /// Finds values, as in requests.
    pub detector: Arc<Detector>,
    /// What of its findings counts.
    pub counts: Counts,
    /// What is not new.
    pub given: Given,
    /// What stands in for a value: as many characters as the value has.
    pub mask: fn(EntityType, &str) -> String,
    /// What is done.
    pub action: Action,
}

impl std::fmt::Debug for Rules {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rules")
            .field("action", &self.action)
            .finish_non_exhaustive()
    }
}

/// What was found in one reply: each value once, and none of them kept.
#[derive(Debug, Default)]
pub struct MadeUp {
    hash: foldhash::quality::RandomState,
    seen: HashSet<(EntityType, u64), foldhash::fast::RandomState>,
    counts: BTreeMap<&'static str, u32>,
    /// Bytes that were scanned for it, what stood before a stretch included.
    scanned_bytes: u64,
}

impl MadeUp {
    /// How many different values of each type.
    pub fn counts(&self) -> &BTreeMap<&'static str, u32> {
        &self.counts
    }

    fn take(&mut self, entity: EntityType, value: &str) {
        if self.seen.insert((entity, self.hash.hash_one(value))) {
            *self.counts.entry(entity.as_str()).or_default() += 1;
        }
    }
}

/// Reads one channel.
#[derive(Debug)]
pub struct Reviewer {
    rules: Rules,
    reading: Reading,
}

#[derive(Debug)]
enum Reading {
    Text(Box<Prose>),
    Json(Box<Json>),
}

impl Reviewer {
    /// A reviewer at the beginning of a channel.
    pub fn new(rules: Rules, kind: Kind) -> Self {
        let reading = match kind {
            Kind::Text => Reading::Text(Box::default()),
            Kind::Json => Reading::Json(Box::default()),
        };
        Self { rules, reading }
    }

    /// Takes the next piece of the channel and appends to `out` all that can go on.
    ///
    /// # Errors
    /// [`ReviewError`]; the reply must then be stopped, and nothing of `out` may go on.
    pub fn push(
        &mut self,
        piece: &str,
        out: &mut String,
        found: &mut MadeUp,
    ) -> Result<(), ReviewError> {
        let mut to = Sent { out, found };
        match &mut self.reading {
            Reading::Text(prose) => {
                prose.push(piece);
                prose.settle(&self.rules, None, false, &mut to)
            }
            Reading::Json(json) => json.push(&self.rules, piece, &mut to),
        }
    }

    /// Ends the channel: what was held back is read and goes out.
    ///
    /// # Errors
    /// As [`Reviewer::push`].
    pub fn finish(&mut self, out: &mut String, found: &mut MadeUp) -> Result<(), ReviewError> {
        let mut to = Sent { out, found };
        match &mut self.reading {
            Reading::Text(prose) => prose.settle(&self.rules, None, true, &mut to),
            Reading::Json(json) => json.finish(&self.rules, &mut to),
        }
    }

    /// What is held back, as it came.
    pub fn held(&self) -> String {
        match &self.reading {
            Reading::Text(prose) => prose.held().to_owned(),
            Reading::Json(json) => json.held(),
        }
    }

    /// Whether something is held back.
    pub fn holds(&self) -> bool {
        match &self.reading {
            Reading::Text(prose) => !prose.held().is_empty(),
            Reading::Json(json) => json.holds(),
        }
    }
}

/// Where a reviewed text goes.
struct Sent<'a> {
    out: &'a mut String,
    found: &'a mut MadeUp,
}

/// A stretch of a text that is new.
#[derive(Debug, Clone, Copy)]
struct New {
    span: Span,
    entity: EntityType,
    /// Whether it is a bare number of a JSON document.
    is_number: bool,
}

impl New {
    const fn of(span: Span, entity: EntityType) -> Self {
        Self {
            span,
            entity,
            is_number: false,
        }
    }
}

impl Rules {
    /// What is new in a text from `from` on, and where all findings are: both sorted by start.
    fn new_in(
        &self,
        text: &str,
        from: usize,
        key: Option<&str>,
    ) -> Result<(Vec<New>, Vec<Span>), ReviewError> {
        let budget = Budget::unlimited();
        let (findings, read) = self.detector.scan_within(text, Hint { key }, &budget);
        read?;
        let (mut new, mut all) = (Vec::new(), Vec::new());
        for finding in findings.iter().filter(|finding| finding.span.end > from) {
            all.push(finding.span);
            self.new_of(text, finding, &mut new);
        }
        Ok((new, all))
    }

    /// The stretches of a finding that are new: a surrogate in it is none.
    fn new_of(&self, text: &str, finding: &Finding, all: &mut Vec<New>) {
        let Finding { span, entity, .. } = *finding;
        if !(self.counts)(entity, finding.confidence) {
            return;
        }
        let value = span.slice(text).unwrap_or_default();
        let surrogates = dull::surrogates(value);
        let whole = surrogates.is_empty();
        let mut take = |from: usize, to: usize| {
            let span = Span::new(from, to);
            let value = span.slice(text).unwrap_or_default();
            if (whole || dull::says_something(value)) && !(self.given)(entity, value) {
                all.push(New::of(span, entity));
            }
        };
        let mut at = span.start;
        for surrogate in surrogates {
            take(at, span.start + surrogate.start);
            at = span.start + surrogate.end;
        }
        take(at, span.end);
    }
}
