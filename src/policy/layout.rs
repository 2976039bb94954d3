//! Lays a checked policy out into tables, so that a request costs look-ups only.

use std::sync::Arc;

use crate::base::{Confidence, EntityType};

use super::check::{Checked, Grid};
use super::model::{DataClass, Destination, Rule};
use super::table::{Cell, Column, Index, Known, RuleTable, Tables};
use super::words::{Handling, Kind, Outcome, Trust, WholeOperator};

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
            let layout = Layout {
                checked,
                index: &index,
                grid,
                app,
            };
            let places = checked.destinations.iter().enumerate();
            places
                .map(|(at, place)| Arc::new(layout.column(at, place)))
                .collect()
        };
        let apps = checked.apps.iter();
        Self {
            other: columns(&checked.grid, None),
            apps: apps
                .map(|one| {
                    (
                        Arc::clone(&one.app.name),
                        columns(&one.grid, Some(&one.app.name)),
                    )
                })
                .collect(),
            rules: rules.collect(),
            uninspectable: uninspectable(checked),
            on_error: on_error(checked),
            index,
        }
    }
}

impl Index {
    pub(super) fn new(checked: &Checked) -> Self {
        let own = checked
            .recognizers
            .iter()
            .map(|recognizer| recognizer.entity);
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
        Self {
            known: known.collect(),
        }
    }
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
        let by_file = self
            .checked
            .grid
            .get(row)
            .and_then(|row| row.get(at))
            .copied();
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
        self.grid
            .get(row)
            .and_then(|row| row.get(at))
            .copied()
            .unwrap_or(Handling::Block)
    }
}

/// `KIND:WHAT@DESTINATION=HANDLING`
fn reasoned(what: &str, place: &Destination, handling: Handling) -> Cell {
    Cell {
        handling,
        reason: format!("{what}@{}={handling}", place.name).into(),
    }
}

fn uninspectable(checked: &Checked) -> [Cell; 5] {
    let kinds = [
        Kind::Image,
        Kind::File,
        Kind::Audio,
        Kind::TokenIds,
        Kind::Unknown,
    ];
    kinds.map(|kind| {
        let handling = match checked.safety.uninspectable(kind) {
            Outcome::Allow => Handling::Allow,
            Outcome::LocalOnly => Handling::LocalOnly,
            Outcome::Block => Handling::Block,
        };
        Cell {
            handling,
            reason: format!("uninspectable:{kind}={handling}").into(),
        }
    })
}

fn on_error(checked: &Checked) -> Cell {
    let handling = match checked.safety.on_error {
        WholeOperator::LocalOnly => Handling::LocalOnly,
        WholeOperator::Block => Handling::Block,
    };
    Cell {
        handling,
        reason: format!("error:inspection={handling}").into(),
    }
}

fn classes_of(
    classes: &[DataClass],
    entity: EntityType,
) -> impl Iterator<Item = (usize, &DataClass)> {
    classes
        .iter()
        .enumerate()
        .filter(move |(_, class)| class.include.contains(&entity))
}
