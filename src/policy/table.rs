//! The grid, laid out at load so that a request costs look-ups only: per app, a column for each destination with a
//! cell for each entity type.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::FixedState;

use crate::base::{Confidence, EntityType};

use super::check::{Checked, Grid};
use super::model::{DataClass, Destination, Rule};
use super::words::{Handling, Kind, Operator, Outcome, Trust, Vocabulary, WholeOperator};

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
    known: HashMap<EntityType, Known, FixedState>,
}

impl Index {
    fn new(checked: &Checked) -> Self {
        let own = checked.recognizers.iter().map(|recognizer| recognizer.entity);
        let mut types: Vec<EntityType> = EntityType::built_in().chain(own).collect();
        types.sort_unstable();
        types.dedup();
        let known = types.into_iter().enumerate().map(|(slot, entity)| {
            let classes = || classes_of(&checked.classes, entity).map(|(_, class)| class);
            let level = classes().map(|class| class.level).max();
            let least = classes().map(|class| class.confidence).min();
            let known = Known {
                slot: Some(slot),
                level: level.unwrap_or_else(|| entity.default_level()),
                least: least.unwrap_or(Confidence::Medium),
            };
            (entity, known)
        });
        Self { known: known.collect() }
    }

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

    fn slots(&self, types: &[EntityType]) -> Arc<[bool]> {
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
    cells: Box<[Cell]>,
    /// For types that the policy has never heard of, by level.
    strangers: [Cell; 5],
    /// A finding stands in an id, and ids can't be rewritten.
    pub(super) id: Cell,
}

impl Column {
    pub(super) fn cell(&self, known: Known) -> &Cell {
        let [.., highest] = &self.strangers;
        match known.slot {
            Some(slot) => self.cells.get(slot),
            None => self.strangers.get(usize::from(known.level.saturating_sub(1))),
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
    other: Box<[Arc<Column>]>,
    apps: HashMap<Arc<str>, Box<[Arc<Column>]>, foldhash::fast::RandomState>,
    pub(super) rules: Box<[RuleTable]>,
    uninspectable: [Cell; 5],
}

impl Tables {
    pub(super) fn new(checked: &Checked) -> Self {
        let index = Arc::new(Index::new(checked));
        let mut rules: Vec<Rule> = checked.rules.clone();
        rules.sort_by(|a, b| a.id.cmp(&b.id));
        let rules = rules.into_iter().map(|rule| RuleTable {
            slots: index.slots(&rule.when.data),
            reason: format!("rule:{}={}", rule.id, rule.act).into(),
            rule,
        });
        let columns = |grid: &Grid, app: Option<&str>| {
            let layout = Layout { checked, index: &index, grid, app };
            let places = checked.destinations.iter().enumerate();
            places.map(|(at, place)| Arc::new(layout.column(at, place))).collect()
        };
        let apps = checked.apps.iter();
        Self {
            other: columns(&checked.grid, None),
            apps: apps
                .map(|one| (Arc::clone(&one.app.name), columns(&one.grid, Some(&one.app.name))))
                .collect(),
            rules: rules.collect(),
            uninspectable: uninspectable(checked),
            index,
        }
    }

    pub(super) fn columns(&self, app: &str) -> &[Arc<Column>] {
        self.apps.get(app).unwrap_or(&self.other)
    }

    /// What happens to a request with a part of this kind; a kind that nobody knows is `unknown`.
    pub(super) fn uninspectable(&self, kind: &str) -> &Cell {
        let [.., unknown] = &self.uninspectable;
        let at = Kind::WORDS.iter().position(|(known, _)| *known == kind);
        at.and_then(|at| self.uninspectable.get(at)).unwrap_or(unknown)
    }
}

fn uninspectable(checked: &Checked) -> [Cell; 5] {
    let kinds = [Kind::Image, Kind::File, Kind::Audio, Kind::TokenIds, Kind::Unknown];
    kinds.map(|kind| {
        let handling = match checked.safety.uninspectable(kind) {
            Outcome::Allow => Handling::Allow,
            Outcome::LocalOnly => Handling::LocalOnly,
            Outcome::Block => Handling::Block,
        };
        Cell { handling, reason: format!("uninspectable:{kind}={handling}").into() }
    })
}

fn classes_of(
    classes: &[DataClass],
    entity: EntityType,
) -> impl Iterator<Item = (usize, &DataClass)> {
    classes.iter().enumerate().filter(move |(_, class)| class.include.contains(&entity))
}

/// Lays out the columns of one app.
struct Layout<'c> {
    checked: &'c Checked,
    index: &'c Index,
    grid: &'c Grid,
    app: Option<&'c str>,
}

impl Layout<'_> {
    fn column(&self, at: usize, place: &Destination) -> Column {
        let mut cells: Vec<(usize, Cell)> = Vec::with_capacity(self.index.len());
        for (entity, known) in &self.index.known {
            cells.extend(known.slot.map(|slot| (slot, self.cell(*entity, at, place))));
        }
        cells.sort_by_key(|(slot, _)| *slot);
        let id = match place.trust {
            Trust::Inside => Handling::Block,
            Trust::Outside => Handling::LocalOnly,
        };
        Column {
            name: Arc::clone(&place.name),
            trust: place.trust,
            cells: cells.into_iter().map(|(_, cell)| cell).collect(),
            strangers: [1, 2, 3, 4, 5].map(|level| self.unlisted("other", level, at, place)),
            id: reasoned("id:finding", place, id),
        }
    }

    /// The strictest cell among the classes of a type; of two that are as strict, the one whose class comes first by name.
    fn cell(&self, entity: EntityType, at: usize, place: &Destination) -> Cell {
        let cells = classes_of(&self.checked.classes, entity);
        let cells = cells.map(|(row, class)| (self.handling(row, at), class, row));
        let strictest = cells.max_by(|a, b| a.0.cmp(&b.0).then_with(|| b.1.name.cmp(&a.1.name)));
        let Some((handling, class, row)) = strictest else {
            return self.unlisted(entity.as_str(), entity.default_level(), at, place);
        };
        let by_file = self.checked.grid.get(row).and_then(|row| row.get(at)).copied();
        match self.app {
            Some(app) if by_file != Some(handling) => {
                reasoned(&format!("app:{app}:{}", class.name), place, handling)
            }
            _ => reasoned(&format!("cell:{}", class.name), place, handling),
        }
    }

    /// A type that no class includes is handled as the strictest cell for this destination among the classes of its
    /// level or higher; where there is none, it is redacted outside and allowed inside.
    fn unlisted(&self, entity: &str, level: u8, at: usize, place: &Destination) -> Cell {
        let rows = self.checked.classes.iter().enumerate();
        let rows = rows.filter(|(_, class)| class.level >= level);
        let handling = rows.map(|(row, _)| self.handling(row, at)).max();
        let handling = handling.unwrap_or(match place.trust {
            Trust::Inside => Handling::Allow,
            Trust::Outside => Handling::Redact,
        });
        reasoned(&format!("type:{entity}"), place, handling)
    }

    fn handling(&self, row: usize, at: usize) -> Handling {
        self.grid.get(row).and_then(|row| row.get(at)).copied().unwrap_or(Handling::Block)
    }
}

fn reasoned(what: &str, place: &Destination, handling: Handling) -> Cell {
    Cell { handling, reason: format!("{what}@{}={handling}", place.name).into() }
}

/// A rule's operator on the types it names.
#[derive(Debug, Clone)]
pub(super) struct Raise {
    pub(super) slots: Arc<[bool]>,
    pub(super) operator: Operator,
}

/// What happens to each finding of a request that goes to one destination.
#[derive(Debug, Clone)]
pub struct OperatorTable {
    index: Arc<Index>,
    column: Arc<Column>,
    /// Whether the grid takes effect; a policy that only observes leaves findings as they are.
    grid: bool,
    raised: Vec<Raise>,
}

impl OperatorTable {
    pub(super) fn new(index: &Arc<Index>, column: &Arc<Column>, grid: bool, raised: &[Raise]) -> Self {
        Self {
            index: Arc::clone(index),
            column: Arc::clone(column),
            grid,
            raised: raised.to_vec(),
        }
    }

    /// What is done to a finding of this type.
    ///
    /// A finding below the confidence at which its class counts is allowed. [`EntityType::LIT`] is always a
    /// surrogate where anything may be one, so that restoring is exact.
    pub fn operator(&self, entity: EntityType, confidence: Confidence) -> Operator {
        if entity == EntityType::LIT {
            let idle = !self.grid && self.raised.is_empty();
            return if idle { Operator::Allow } else { Operator::Surrogate };
        }
        let known = self.index.known(entity);
        if confidence < known.least {
            return Operator::Allow;
        }
        let cell = if self.grid { self.column.cell(known).handling.operator() } else { Operator::Allow };
        let raised = self.raised.iter().filter(|raise| {
            known.slot.and_then(|slot| raise.slots.get(slot)).is_some_and(|marked| *marked)
        });
        raised.map(|raise| raise.operator).fold(cell, Operator::max)
    }
}

impl From<WholeOperator> for Outcome {
    fn from(verb: WholeOperator) -> Self {
        match verb {
            WholeOperator::LocalOnly => Self::LocalOnly,
            WholeOperator::Block => Self::Block,
        }
    }
}
