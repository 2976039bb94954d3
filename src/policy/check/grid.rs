//! Checks what, where and how: destinations, data classes, the grid, and what apps tighten.

use std::sync::Arc;

use crate::base::Confidence;
use crate::policy::fault::Faults;
use crate::policy::model::{App, DataClass, Destination, FieldRule};
use crate::policy::path::JsonPath;
use crate::policy::phrase::Phrase;
use crate::policy::raw::{RawApp, RawClass, RawDestination};
use crate::policy::words::{Handling, Trust};
use crate::policy::yaml::{Entries, Placed, Word};

use super::names::{self, Entities};

/// Handling for each data class (row) and destination (column).
pub(in crate::policy) type Grid = Vec<Vec<Handling>>;

/// An app, and the grid as it holds for it.
#[derive(Debug)]
pub(in crate::policy) struct AppGrid {
    pub(in crate::policy) app: App,
    pub(in crate::policy) grid: Grid,
}

pub(super) fn destinations(
    raw: Placed<Entries<RawDestination>>,
    faults: &mut Faults,
) -> Vec<Destination> {
    if raw.value.0.is_empty() {
        let help = "add at least one, such as `local: {trust: inside}`".to_owned();
        faults.add(raw.spot, "no destination is named", "here", help);
    }
    let destination = |(name, one): (Word, RawDestination)| {
        let trust = names::word::<Trust>(&one.trust, faults);
        let country = one.country.as_ref().map(|word| country(word, faults));
        Destination {
            label: one
                .label
                .unwrap_or_else(|| Phrase::Plain(name.text.clone())),
            name: names::id(&name, "destination", faults),
            trust: trust.unwrap_or(Trust::Outside),
            country,
        }
    };
    raw.value.0.into_iter().map(destination).collect()
}

fn country(word: &Word, faults: &mut Faults) -> String {
    if word.text.len() != 2 || !word.text.bytes().all(|b| b.is_ascii_uppercase()) {
        let message = format!("`{}` is not a country code", word.text);
        let help = "expected two capital letters of ISO 3166-1, such as `CN` or `DE`".to_owned();
        faults.add(word.spot, message, "country code", help);
    }
    word.text.clone()
}

pub(super) fn classes(
    raw: Placed<Entries<RawClass>>,
    entities: &Entities,
    faults: &mut Faults,
) -> Vec<DataClass> {
    if raw.value.0.is_empty() {
        let help = "add at least one, such as `identity: {include: [PERSON]}`".to_owned();
        faults.add(raw.spot, "no data class is named", "here", help);
    }
    let entries = raw.value.0.into_iter();
    entries
        .map(|(name, one)| class(&name, one, entities, faults))
        .collect()
}

fn class(name: &Word, raw: RawClass, entities: &Entities, faults: &mut Faults) -> DataClass {
    if raw.include.0.is_empty() {
        let message = format!("data class `{}` includes nothing", name.text);
        let help = "name entity types, such as `include: [PERSON, EMAIL]`".to_owned();
        faults.add(name.spot, message, "this class", help);
    }
    let include = entities.many(&raw.include, faults);
    let level = raw
        .level
        .and_then(|level| names::level(level, "level", faults));
    let highest = include.iter().map(|entity| entity.default_level()).max();
    let confidence = raw
        .confidence
        .as_ref()
        .and_then(|word| names::word(word, faults));
    DataClass {
        label: raw
            .label
            .unwrap_or_else(|| Phrase::Plain(name.text.clone())),
        name: names::id(name, "data class", faults),
        level: level.or(highest).unwrap_or(5),
        confidence: confidence.unwrap_or(Confidence::Medium),
        include,
    }
}

/// The grid with every cell filled: what the file leaves out is `block` outside and `redact` inside.
pub(super) fn grid(
    raw: Entries<Entries<Word>>,
    classes: &[DataClass],
    destinations: &[Destination],
    faults: &mut Faults,
) -> Grid {
    let missing = |destination: &Destination| match destination.trust {
        Trust::Inside => Handling::Redact,
        Trust::Outside => Handling::Block,
    };
    let row: Vec<Handling> = destinations.iter().map(missing).collect();
    let mut grid = vec![row; classes.len()];
    for (place, handling, _) in cells(raw, classes, destinations, faults) {
        set(&mut grid, place, handling);
    }
    grid
}

/// An app's grid: the file's, tightened.
pub(super) fn app(
    name: &Word,
    raw: RawApp,
    base: &Grid,
    data: (&[DataClass], &[Destination], &Entities),
    faults: &mut Faults,
) -> AppGrid {
    let (classes, destinations, entities) = data;
    let mut grid = base.clone();
    for (place, handling, word) in cells(
        raw.tighten.unwrap_or_default(),
        classes,
        destinations,
        faults,
    ) {
        let now = get(base, place);
        if handling < now {
            let message = format!("`{handling}` is looser than `{now}`, which the grid says here");
            let help =
                format!("an app may only tighten: expected `{now}` or stricter, or no cell at all");
            faults.add(word.spot, message, "loosens the grid", help);
        }
        set(&mut grid, place, handling.max(now));
    }
    let fields = raw.fields.unwrap_or_default().0;
    let fields = fields
        .iter()
        .filter_map(|(path, entity)| field(path, entity, entities, faults));
    let app = App {
        fields: fields.collect(),
        label: raw
            .label
            .unwrap_or_else(|| Phrase::Plain(name.text.clone())),
        models: raw.models.map(|models| names::texts(Some(models))),
        balance: raw.balance.unwrap_or(false),
        name: names::id(name, "app", faults),
    };
    AppGrid { app, grid }
}

fn field(
    path: &Word,
    entity: &Word,
    entities: &Entities,
    faults: &mut Faults,
) -> Option<FieldRule> {
    let entity = entities.one(entity, faults);
    let path = json_path(path, faults);
    Some(FieldRule {
        path: path?,
        entity: entity?,
    })
}

/// A JSON path, or a fault.
pub(super) fn json_path(word: &Word, faults: &mut Faults) -> Option<JsonPath> {
    let path = JsonPath::parse(&word.text);
    if path.is_none() {
        let message = format!("`{}` is not a JSON path", word.text);
        let help = "expected a path such as `$.customer.name`, `$.items[*].id` or `$['any key']`";
        faults.add(word.spot, message, "JSON path", help.to_owned());
    }
    path
}

type Place = (usize, usize);

/// The cells that a file writes, with their words, those that can't be understood left out.
fn cells(
    raw: Entries<Entries<Word>>,
    classes: &[DataClass],
    destinations: &[Destination],
    faults: &mut Faults,
) -> Vec<(Place, Handling, Word)> {
    let mut cells = Vec::new();
    for (class, row) in raw.0 {
        let Some(at) = classes.iter().position(|known| *known.name == *class.text) else {
            names::unknown(
                &class,
                "data class",
                classes.iter().map(|known| &*known.name),
                faults,
            );
            continue;
        };
        for (name, word) in row.0 {
            let Some(column) = destinations
                .iter()
                .position(|known| *known.name == *name.text)
            else {
                let known = destinations.iter().map(|known| &*known.name);
                names::unknown(&name, "destination", known, faults);
                continue;
            };
            let Some(handling) = names::word::<Handling>(&word, faults) else {
                continue;
            };
            let inside = destinations
                .get(column)
                .is_some_and(|one| one.trust == Trust::Inside);
            if inside && handling == Handling::LocalOnly {
                let message = format!(
                    "`local_only` says nothing at `{}`, which is inside",
                    name.text
                );
                let help = "use `allow`, an operator such as `redact`, or `block`".to_owned();
                faults.add(word.spot, message, "already inside", help);
                continue;
            }
            cells.push(((at, column), handling, word));
        }
    }
    cells
}

fn get(grid: &Grid, (row, column): Place) -> Handling {
    grid.get(row)
        .and_then(|row| row.get(column))
        .copied()
        .unwrap_or(Handling::Block)
}

fn set(grid: &mut Grid, (row, column): Place, handling: Handling) {
    if let Some(cell) = grid.get_mut(row).and_then(|row| row.get_mut(column)) {
        *cell = handling;
    }
}

/// The app of this name, for rules and tests.
pub(super) fn app_named(word: &Word, apps: &[AppGrid], faults: &mut Faults) -> Option<Arc<str>> {
    let found = apps.iter().find(|known| *known.app.name == *word.text);
    if found.is_none() {
        names::unknown(
            word,
            "app",
            apps.iter().map(|known| &*known.app.name),
            faults,
        );
    }
    found.map(|known| Arc::clone(&known.app.name))
}
