//! What a decision looks up: per app, a column for each destination with a cell for each entity type.
//!
//! `layout` fills these once, when a policy is loaded.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::{FixedState, RandomState};

use crate::base::{Confidence, EntityType};

use super::model::Rule;
use super::words::{Handling, Kind, Trust, Vocabulary};

/// What holds for an entity type whatever the app and the destination.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    /// Its place in every column; `None`: a type that this policy has never heard of.
    pub(super) slot: Option<usize>,
    /// Its level: the highest of its classes, or its own.
    pub(super) level: u8,
    /// The least confidence at which it counts: the lowest of its classes, or medium.
    pub(super) least: Confidence,
}

/// Every entity type that the policy knows.
#[derive(Debug)]
pub(super) struct Index {
    pub(super) known: HashMap<EntityType, Known, FixedState>,
}

impl Index {
    pub(super) fn known(&self, entity: EntityType) -> Known {
        self.known.get(&entity).copied().unwrap_or_else(|| Known {
            slot: None,
            level: entity.default_level(),
            least: Confidence::Medium,
        })
    }

    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    /// The slots of these types.
    pub(super) fn slots(&self, types: &[EntityType]) -> Arc<[bool]> {
        let mut slots = vec![false; self.len()];
        for slot in types.iter().filter_map(|entity| self.known(*entity).slot) {
            if let Some(marked) = slots.get_mut(slot) {
                *marked = true;
            }
        }
        slots.into()
    }
}

/// What is done to a finding, and the reason code that says so.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    pub(super) handling: Handling,
    pub(super) reason: Arc<str>,
}

/// One destination as it is for one app.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: Arc<str>,
    pub(super) trust: Trust,
    pub(super) cells: Box<[Cell]>,
    /// For types that the policy has never heard of, by level.
    pub(super) strangers: [Cell; 5],
    /// A finding stands in an id, and ids can't be rewritten.
    pub(super) id: Cell,
}

impl Column {
    pub(super) fn cell(&self, known: Known) -> &Cell {
        let [.., highest] = &self.strangers;
        match known.slot {
            Some(slot) => self.cells.get(slot),
            None => self
                .strangers
                .get(usize::from(known.level.saturating_sub(1))),
        }
        .unwrap_or(highest)
    }
}

/// A rule with the slots that it counts.
#[derive(Debug)]
pub(super) struct RuleTable {
    pub(super) rule: Rule,
    pub(super) slots: Arc<[bool]>,
    pub(super) reason: Arc<str>,
}

/// Everything that a decision looks up.
#[derive(Debug)]
pub(super) struct Tables {
    pub(super) index: Arc<Index>,
    /// For an app that the policy does not list.
    pub(super) other: Box<[Arc<Column>]>,
    pub(super) apps: HashMap<Arc<str>, Box<[Arc<Column>]>, RandomState>,
    pub(super) rules: Box<[RuleTable]>,
    pub(super) uninspectable: [Cell; 5],
    /// What becomes of a request whose inspection came to no end.
    pub(super) on_error: Cell,
}

impl Tables {
    pub(super) fn columns(&self, app: &str) -> &[Arc<Column>] {
        self.apps.get(app).unwrap_or(&self.other)
    }

    /// What happens to a request with a part of this kind; a kind that nobody knows is `unknown`.
    pub(super) fn uninspectable(&self, kind: &str) -> &Cell {
        let [.., unknown] = &self.uninspectable;
        let at = Kind::WORDS.iter().position(|(known, _)| *known == kind);
        at.and_then(|at| self.uninspectable.get(at))
            .unwrap_or(unknown)
    }
}
