//! Values that are known beforehand: dictionaries of a policy, and tables known only as keyed hashes ([`exact`]).
//!
//! One automaton finds all values of all dictionaries in the folded view, so case, width and the length of gaps make no
//! difference. A Latin value stands for itself, not inside a longer word; a Chinese one may stand anywhere. The automaton
//! takes about 250 bytes a value (a hundred thousand values: 25 MB, built in half a second).
//!
//! Refuses to know: where values come from.

pub mod exact;
mod fold;

use super::custom::interned;
use super::page::Candidate;
use crate::base::{EntityType, Span};
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use fold::{Plain, folded_value, is_wordy};
use std::fmt;

/// A value that stands in a list is what the list says.
const SCORE: f32 = 0.95;
/// Characters before and after a value in which a word of `near` counts.
const BEFORE_CHARS: usize = 24;
const AFTER_CHARS: usize = 12;

/// The values of one dictionary.
#[derive(Clone)]
pub struct ValueList {
    /// What they are.
    pub entity: EntityType,
    /// The values; case, width and gaps don't matter. Empty ones find nothing.
    pub values: Vec<String>,
    /// Words one of which must stand within 24 characters before or 12 after; none: no such need.
    pub near: Vec<String>,
}

impl fmt::Debug for ValueList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "ValueList({}, {} values)",
            self.entity,
            self.values.len()
        )
    }
}

/// Every dictionary, ready to be searched.
#[derive(Default)]
pub(super) struct Lists {
    automaton: Option<AhoCorasick>,
    /// For each pattern of the automaton, its list.
    owner: Vec<u32>,
    listed: Vec<Listed>,
}

struct Listed {
    entity: EntityType,
    near: Vec<(&'static str, String)>,
}

impl Lists {
    /// Whether there is nothing to be found.
    pub(super) const fn is_empty(&self) -> bool {
        self.automaton.is_none()
    }

    /// Builds the automaton; `None` where it can't be (some ten million values).
    pub(super) fn new(of: &[ValueList]) -> Option<Self> {
        let (mut patterns, mut owner) = (Vec::new(), Vec::new());
        for (i, list) in of.iter().enumerate() {
            let from = patterns.len();
            patterns.extend(list.values.iter().map(|value| folded_value(value)));
            patterns.retain(|pattern| !pattern.is_empty());
            owner.resize(owner.len() + patterns.len() - from, i as u32);
        }
        let automaton = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .match_kind(MatchKind::Standard)
            .prefilter(false)
            .build(&patterns)
            .ok()?;
        let near = |word: &String| (interned(word), folded_value(word));
        let listed = |list: &ValueList| Listed {
            entity: list.entity,
            near: list.near.iter().map(near).collect(),
        };
        Some(Self {
            automaton: (!patterns.is_empty()).then_some(automaton),
            owner,
            listed: of.iter().map(listed).collect(),
        })
    }

    /// Every value of a list in the text that has its word near, or a key with it. What overlaps is one candidate.
    pub(super) fn find(&self, text: &str, key: Option<&str>, found: &mut Vec<Candidate>) {
        let Some(automaton) = &self.automaton else {
            return;
        };
        let plain = Plain::new(text);
        let key = key.map(folded_value);
        let mut open: Vec<Option<(Span, Candidate)>> = vec![None; self.listed.len()];
        for hit in automaton.find_overlapping_iter(plain.text()) {
            let span = Span::new(hit.start(), hit.end());
            let Some(number) = self.owner.get(hit.pattern().as_usize()).copied() else {
                continue;
            };
            let Some(list) = self.listed.get(number as usize) else {
                continue;
            };
            if !stands_alone(plain.text(), span) {
                continue;
            }
            let near = list.word_near(plain.text(), span, key.as_deref());
            if near.is_none() && !list.near.is_empty() {
                continue;
            }
            let Some(slot) = open.get_mut(number as usize) else {
                continue;
            };
            let span = match slot.take() {
                Some((before, _)) if before.overlaps(span) => before.union(span),
                Some((_, candidate)) => {
                    found.push(candidate);
                    span
                }
                None => span,
            };
            let candidate = Candidate::new(plain.origin(span), list.entity, SCORE, "list");
            *slot = Some((span, candidate.checked("listed").near(near)));
        }
        found.extend(open.into_iter().flatten().map(|(_, candidate)| candidate));
    }

    /// Memory that the automaton takes, in bytes.
    #[cfg(test)]
    fn memory_bytes(&self) -> usize {
        self.automaton.as_ref().map_or(0, AhoCorasick::memory_usage) + self.owner.len() * 4
    }
}

impl fmt::Debug for Lists {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Lists({} with {} values)",
            self.listed.len(),
            self.owner.len()
        )
    }
}

impl Listed {
    /// The word of the list's own that stands near, or in the key.
    fn word_near(&self, text: &str, span: Span, key: Option<&str>) -> Option<&'static str> {
        let head = text.get(..span.start)?;
        let tail = text.get(span.end..)?;
        let from = head.char_indices().rev().take(BEFORE_CHARS).last();
        let to = tail.char_indices().nth(AFTER_CHARS);
        let head = head.get(from.map_or(head.len(), |(i, _)| i)..)?;
        let tail = tail.get(..to.map_or(tail.len(), |(i, _)| i))?;
        let has = |word: &str| {
            head.contains(word) || tail.contains(word) || key.is_some_and(|key| key.contains(word))
        };
        let mut words = self.near.iter();
        words.find(|(_, folded)| has(folded)).map(|(word, _)| *word)
    }
}

/// Whether neither end of the span cuts a word of letters and digits in two.
fn stands_alone(text: &str, span: Span) -> bool {
    let cuts = |at: usize| {
        let before = super::text::char_before(text, at);
        let after = super::text::char_at(text, at);
        before.is_some_and(is_wordy) && after.is_some_and(is_wordy)
    };
    !cuts(span.start) && !cuts(span.end)
}

#[cfg(test)]
mod tests;
