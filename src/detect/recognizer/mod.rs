//! Recognizers as data: one file of `policies/recognizers/` each.
//!
//! A file says what is found (`entity`), what it looks like (`pattern`, and `check` for a check digit), which words
//! must or may stand near it (`near`, `not_near`), where seen from a word the value stands (`look`), and how sure each
//! of these makes the finding (`score`). [`file`] reads and checks the files, [`search`] applies them, [`validator`]
//! knows the check digits by name.
//!
//! A pattern never runs over a whole text: it is tried in a bounded window at one of its words, which the one
//! automaton of `cue` finds, or where a run of letters and digits has one of its lengths (`gate`), or at a fixed
//! beginning. Refuses to know: policy, and what any single recognizer is for.

mod file;
mod joint;
mod pattern;
mod search;
mod validator;

#[cfg(test)]
mod tests;

use crate::base::EntityType;
use std::sync::OnceLock;

pub use file::FileDefect;
pub(super) use search::{at_beginning, at_keys, at_words, word};

/// Runs of letters and digits are told by length up to this many bytes.
const LONGEST_GATE: usize = 127;

/// A recognizer that was read from its file.
#[derive(Debug)]
pub(super) struct Recognizer {
    pub(super) name: &'static str,
    entity: EntityType,
    /// Absent only where the word itself is the value.
    pattern: Option<pattern::Pattern>,
    check: Option<validator::Validator>,
    /// What the value is made of.
    pub(super) of: Of,
    look: Look,
    score: Score,
    /// Words that speak for a value: the language doesn't matter.
    pub(super) near: Vec<&'static str>,
    /// Words that speak against it.
    pub(super) not_near: Vec<&'static str>,
    /// Fixed beginnings at which it is tried.
    pub(super) beginnings: Vec<&'static str>,
    /// Lengths of a run of letters and digits at which it is tried.
    lengths: Vec<usize>,
}

impl Recognizer {
    /// Whether its words are the names of places.
    pub(super) fn finds_places(&self) -> bool {
        self.look == Look::Word && self.entity.as_str() == "PLACE"
    }
}

/// What a value is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Of {
    /// Digits, letters and separators: the word near it says what kind of number it is, and no other kind.
    Number,
    /// Words or amounts.
    Words,
}

/// Where a value stands, seen from a word near it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Look {
    /// Behind it: `护照号：E…`.
    #[default]
    After,
    /// Before it: `1990-03-05出生`.
    Before,
    /// On either side.
    Both,
    /// The word is a part of the value: `300元`.
    Around,
    /// The word is the value, and so is what the pattern matches right behind it: `metformin 500 mg`.
    Word,
    /// Behind it, with a colon or the like between: a field of a form, whose values have no shape.
    Field,
}

/// How sure a finding is, 0–1.
#[derive(Debug, Clone, Copy, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Score {
    /// Without a word; absent: it is not found without one.
    alone: Option<f32>,
    /// With a word within 24 characters before or 12 behind; absent: the word must be its label.
    near: Option<f32>,
    /// With a label: nothing but what joins the two between them.
    label: f32,
    /// With a label, but a wrong check digit; absent: then it is not found.
    failed: Option<f32>,
}

/// The built-in recognizers and what leads to them.
#[derive(Debug)]
pub(super) struct Recognizers {
    pub(super) all: Vec<Recognizer>,
    /// For every length of a run of letters and digits the recognizers to try.
    by_length: Vec<Vec<u16>>,
}

impl Recognizers {
    fn new() -> Result<Self, FileDefect> {
        let all = file::read_all()?;
        let mut by_length = vec![Vec::new(); LONGEST_GATE + 1];
        for (index, of) in all.iter().enumerate() {
            for length in &of.lengths {
                if let Some(slot) = by_length.get_mut(*length) {
                    slot.push(u16::try_from(index).unwrap_or(u16::MAX));
                }
            }
        }
        Ok(Self { all, by_length })
    }

    fn get(&self, index: u16) -> Option<&Recognizer> {
        self.all.get(usize::from(index))
    }

    /// Those that are tried at a run of letters and digits of this length.
    fn of_length(&self, length: usize) -> &[u16] {
        self.by_length.get(length).map_or(&[], Vec::as_slice)
    }
}

/// The recognizers of the files that are built in, read once.
///
/// # Errors
/// [`FileDefect`] for a file that can't be used: a defect of this program.
pub(super) fn built_in() -> Result<&'static Recognizers, FileDefect> {
    static BUILT_IN: OnceLock<Result<Recognizers, FileDefect>> = OnceLock::new();
    BUILT_IN
        .get_or_init(Recognizers::new)
        .as_ref()
        .map_err(Clone::clone)
}
