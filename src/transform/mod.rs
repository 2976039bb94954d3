//! The operators: what stands in the outbound request for what was found in it.
//!
//! * Every distinct value has one stand-in in the whole request: the strictest operator that any of its findings
//!   asks for, under the type that it was first found as. The exact surface form is what is the same or not.
//! * A value that was found once is replaced everywhere that it stands exactly (`exact.rs` says where that is), in
//!   earlier parts too. An old message changes then, once, when a value that had stood there unnoticed is first
//!   noticed: a leak or a refused request would be worse than that one miss of the provider's prefix cache.
//!   Otherwise what becomes of a message depends on it and on earlier ones only.
//! * Text that already has the form of a surrogate becomes a surrogate itself (type `LIT`), so restoring gives back
//!   every text as it was. Unless this very request issues it: then it stays, for it came back unrestored from an
//!   earlier turn. A finding that overlaps such text gives way, except where it holds more than that text.
//! * [`residuals`] reads the bytes that are about to leave once more.
//!
//! A surrogate can stand glued to letters, for a value can: whoever restores must not ask for word ends.
//!
//! Refuses to know: JSON, HTTP, policy files, which destination.

mod exact;
mod form;
mod issue;
mod layout;
mod needles;
mod operators;
mod residual;
mod room;
mod spellings;
mod views;

pub use operators::mask;
pub use residual::residuals;

use crate::base::{Confidence, EntityType, Finding, Sensitive, Span, Timestamp};
use crate::policy::Operator;
use crate::store::Write;
use crate::vault::{RestoreMap, Scope, VaultError};
use issue::Issue;
use layout::Layout;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// One text part with what was found in it.
#[derive(Clone, Copy)]
pub struct Inspected<'a> {
    /// The decoded text.
    pub text: &'a str,
    /// Disjoint and sorted by start.
    pub findings: &'a [Finding],
    /// False for ids: what is found there can't be replaced, and is a residual unless it is allowed.
    pub rewritable: bool,
}

impl fmt::Debug for Inspected<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Inspected({} bytes, {} findings)",
            self.text.len(),
            self.findings.len()
        )
    }
}

/// Text to put in place of a span.
#[derive(Clone, PartialEq, Eq)]
pub struct Replacement {
    /// Index of the part.
    pub part: usize,
    /// Where, in the part's decoded text.
    pub span: Span,
    /// What comes there: not sensitive, except what a mask keeps.
    pub text: String,
}

impl fmt::Debug for Replacement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Replacement(part {}, {:?})", self.part, self.span)
    }
}

/// Why a request could not be de-identified; it must not leave then. Holds no text.
#[derive(Debug, thiserror::Error)]
pub enum TransformError {
    /// Findings that overlap, are out of order, or lie off their text: a fault of this program.
    #[error("the findings of text part {part} do not fit its text")]
    Findings {
        /// Index of the part.
        part: usize,
    },
    /// No free surrogate was found for a value.
    #[error("no free surrogate was found")]
    Exhausted,
    /// An original could not be sealed.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// A request's way out: what to replace, what to write first, and what to restore later.
pub struct Transformed {
    /// Sorted by part and start; disjoint.
    pub replacements: Vec<Replacement>,
    /// For the reply.
    pub map: Arc<RestoreMap>,
    /// To be on disk before the request leaves: empty where everything is there already.
    pub write: Write,
    /// How many stretches each operator was applied to, allowed ones included.
    pub operators: BTreeMap<&'static str, u32>,
    /// Originals that must not leave, with their types, beside those in the map.
    removed: Vec<(EntityType, Sensitive<String>)>,
    /// Fixed texts that stand for some of them.
    labels: BTreeSet<String>,
    /// Types found where nothing can be replaced.
    stuck: BTreeSet<EntityType>,
    /// Surrogates that are not in the map: no reply restores them.
    sealed: BTreeSet<String>,
    /// Name bits of the rows in `write`, for [`Transformed::committed`].
    named: Vec<[u8; 32]>,
    sealed_at: Timestamp,
    scope: Arc<Scope>,
}

impl Transformed {
    /// Call it once `write` is on disk: later requests of the conversation then need not write it again.
    pub fn committed(&self) {
        if !self.named.is_empty() {
            self.scope.mark_committed(&self.named, self.sealed_at);
        }
    }

    /// Every original that must not leave, with its type. Escaped text may: it is in no one's way.
    fn originals(&self) -> impl Iterator<Item = (EntityType, &str)> {
        let restorable = self
            .map
            .iter()
            .filter(|(_, entity, _)| *entity != EntityType::LIT);
        let restorable = restorable.map(|(_, entity, original)| (entity, original));
        let removed = self
            .removed
            .iter()
            .map(|(entity, original)| (*entity, original));
        restorable
            .chain(removed)
            .map(|(entity, original)| (entity, original.expose().as_str()))
    }
}

impl fmt::Debug for Transformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transformed")
            .field("replacements", &self.replacements.len())
            .field("map", &self.map)
            .field("rows", &self.write.vault.len())
            .field("operators", &self.operators)
            .finish_non_exhaustive()
    }
}

/// Replaces what `operator` says, everywhere in the request.
///
/// Nothing is written yet: `write` must be on disk before the request leaves. Rows that are known to be there
/// are not sealed again.
///
/// # Errors
/// [`TransformError`]; the request must not leave then.
pub fn deidentify(
    parts: &[Inspected<'_>],
    operator: &dyn Fn(EntityType, Confidence) -> Operator,
    scope: &Arc<Scope>,
    now: Timestamp,
) -> Result<Transformed, TransformError> {
    let mut layout = Layout::of(parts, operator)?;
    layout.repeat(parts);
    let mut issue = Issue::new(scope, now);
    issue.values(&layout.values)?;
    issue.literals(&layout)?;
    Ok(issue.finish(layout))
}

#[cfg(test)]
mod tests;
