//! From what is written to what holds: every word judged, every name resolved, every default filled in.
//!
//! Goes on after a fault, so that one look shows them all.

mod grid;
mod lists;
mod names;
mod recognizers;
mod restore;
mod rules;
mod safety;

use std::path::Path;
use std::sync::Arc;

use super::fault::{Faults, Spot};
use super::model::{
    DataClass, Destination, ExactSpec, ListSpec, Messages, PolicyTest, RecognizerSpec, Rule, Safety,
};
use super::raw::RawPolicy;
use super::restore::RestoreRules;
use super::words::Mode;

pub(super) use grid::{AppGrid, Grid};
pub(super) use lists::NamedFile;

/// A policy that may be put in force.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) name: Arc<str>,
    pub(super) version: Arc<str>,
    pub(super) mode: Mode,
    pub(super) destinations: Vec<Destination>,
    pub(super) classes: Vec<DataClass>,
    pub(super) recognizers: Vec<RecognizerSpec>,
    pub(super) lists: Vec<ListSpec>,
    pub(super) files: Vec<NamedFile>,
    pub(super) exact: Vec<ExactSpec>,
    pub(super) grid: Grid,
    pub(super) apps: Vec<AppGrid>,
    pub(super) rules: Vec<Rule>,
    pub(super) restore: RestoreRules,
    pub(super) safety: Safety,
    pub(super) messages: Messages,
    pub(super) keep_hours: u32,
    pub(super) keep_days: u32,
    pub(super) tests: Vec<PolicyTest>,
}

/// Checks a whole file, and reads the files that it names in `folder`; what it gives back holds only if `faults`
/// stayed empty.
pub(super) fn check(
    raw: RawPolicy,
    source: &str,
    folder: Option<&Path>,
    faults: &mut Faults,
) -> Checked {
    refuse_later_words(&raw, faults);
    let name = names::id(&raw.policy, "policy", faults);
    let version = names::version(&raw.version, faults);
    let mode = raw
        .mode
        .and_then(|word| names::word(&word, faults))
        .unwrap_or(Mode::Enforce);
    let mut entities = names::Entities::default();
    let recognizers =
        recognizers::recognizers(raw.recognizers.unwrap_or_default(), &mut entities, faults);
    let lists = raw.lists.unwrap_or_default();
    let (lists, files) = lists::lists(lists, folder, &mut entities, faults);
    let destinations = grid::destinations(raw.destinations, faults);
    let classes = grid::classes(raw.data, &entities, faults);
    let grid = grid::grid(
        raw.handling.unwrap_or_default(),
        &classes,
        &destinations,
        faults,
    );
    let data = (classes.as_slice(), destinations.as_slice(), &entities);
    let apps = raw.apps.unwrap_or_default().0.into_iter();
    let apps: Vec<AppGrid> = apps
        .map(|(name, app)| grid::app(&name, app, &grid, data, faults))
        .collect();
    let known = rules::Known {
        classes: &classes,
        destinations: &destinations,
        apps: &apps,
        entities: &entities,
    };
    let rules = rules::rules(raw.rules.unwrap_or_default(), &known, faults);
    let tests = rules::tests(raw.tests.unwrap_or_default(), source, &known, faults);
    let reader = restore::Reader {
        classes: &classes,
        entities: &entities,
    };
    let restore = reader.rules(raw.restore.unwrap_or_default(), faults);
    Checked {
        name,
        version,
        mode,
        recognizers,
        lists,
        files,
        exact: lists::exact(raw.edm.unwrap_or_default(), faults),
        grid,
        rules,
        restore,
        tests,
        safety: safety::safety(raw.safety.unwrap_or_default(), faults),
        messages: safety::messages(raw.messages.unwrap_or_default()),
        keep_hours: safety::keep_hours(raw.vault.unwrap_or_default(), faults),
        keep_days: safety::keep_days(&raw.audit.unwrap_or_default(), faults),
        destinations,
        classes,
        apps,
    }
}

fn refuse_later_words(raw: &RawPolicy, faults: &mut Faults) {
    let later = [
        (
            raw.extends,
            "`extends`",
            "write the whole policy into one file",
        ),
        (
            raw.exceptions,
            "`exceptions`",
            "change the grid, or leave the value protected",
        ),
        (
            raw.facts,
            "`facts`",
            "drop it: a surrogate tells the model its type only",
        ),
    ];
    for (present, what, instead) in later {
        if let Some(present) = present {
            unsupported(present.spot, what, instead, faults);
        }
    }
}

/// A word of the language that this version can't honour is refused, never ignored.
fn unsupported(spot: Spot, what: &str, instead: &str, faults: &mut Faults) {
    let message = format!("{what} is not supported by this version yet");
    faults.add(spot, message, "not supported yet", instead.to_owned());
}
