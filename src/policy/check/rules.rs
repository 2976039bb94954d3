//! Checks `rules` and `tests`.

use std::sync::Arc;

use crate::policy::fault::{Faults, Spot};
use crate::policy::model::{DataClass, Destination, PolicyTest, Rule, When};
use crate::policy::raw::{RawRule, RawTest, RawWhen};
use crate::policy::words::{Handling, Mode};
use crate::policy::yaml::{Placed, Word};

use super::grid::{AppGrid, app_named};
use super::names::{self, Entities};

/// What rules and tests may refer to.
pub(super) struct Known<'a> {
    pub(super) classes: &'a [DataClass],
    pub(super) destinations: &'a [Destination],
    pub(super) apps: &'a [AppGrid],
    pub(super) entities: &'a Entities,
}

pub(super) fn rules(raw: Vec<RawRule>, known: &Known<'_>, faults: &mut Faults) -> Vec<Rule> {
    let mut rules: Vec<Rule> = Vec::new();
    for one in raw {
        if rules.iter().any(|rule| *rule.id == *one.id.text) {
            let message = format!("two rules are called `{}`", one.id.text);
            let help = "give each rule its own `id`: it is the reason that the audit log names";
            faults.add(one.id.spot, message, "again", help.to_owned());
        }
        rules.extend(rule(one, known, faults));
    }
    rules
}

fn rule(raw: RawRule, known: &Known<'_>, faults: &mut Faults) -> Option<Rule> {
    let id = names::id(&raw.id, "rule", faults);
    if raw.say.is_blank() {
        let help = "write one sentence for the people whom the rule concerns".to_owned();
        faults.add(raw.id.spot, format!("rule `{id}` says nothing"), "its `say` is empty", help);
    }
    names::written(&raw.owner, "owner", faults);
    raw.why.0.iter().for_each(|why| names::written(why, "why", faults));
    let when = when(&raw.when, known, faults);
    let act = names::word::<Handling>(&raw.act, faults);
    act.into_iter().for_each(|act| check_act(act, &raw.act, &raw.when, faults));
    let own = raw.mode.as_ref().and_then(|word| names::word::<Mode>(word, faults));
    Some(Rule {
        id,
        say: raw.say,
        when: when?,
        act: act?,
        mode: own.unwrap_or(Mode::Enforce),
        hard: raw.hard.unwrap_or(false),
        why: names::texts(Some(raw.why)),
        owner: raw.owner.text,
    })
}

/// A rule can't loosen, and an operator needs findings to act on.
fn check_act(act: Handling, word: &Word, when: &Placed<RawWhen>, faults: &mut Faults) {
    if act == Handling::Allow {
        let help = "the strictest wins, so a rule can only make handling stricter; change the grid instead";
        faults.add(word.spot, "a rule can't allow", "has no effect", help.to_owned());
    } else if act.whole().is_none() && when.value.data.is_none() {
        let message = format!("`{act}` acts on findings, and this rule does not say which");
        let help = "add `data` to its `when`, such as `when: {data: identity}`".to_owned();
        faults.add(word.spot, message, "acts on what?", help);
    }
}

fn when(raw: &Placed<RawWhen>, known: &Known<'_>, faults: &mut Faults) -> Option<When> {
    let when = &raw.value;
    let data = when.data.as_ref().map(|words| known.entities.of_data(words, known.classes, faults));
    if data.as_ref().is_some_and(Vec::is_empty) {
        let help = "name data classes or entity types, or drop `data` to count every finding";
        let spot = when.data.as_ref().map_or(raw.spot, |words| names::spot_of(words, raw.spot));
        faults.add(spot, "`data` names nothing that exists", "no data", help.to_owned());
        return None;
    }
    let mut level = |level: Option<_>, what| {
        level.and_then(|level| names::level(level, what, faults))
    };
    let at_most = level(when.level_at_most, "level_at_most");
    let at_least = level(when.level_at_least, "level_at_least");
    if at_most.zip(at_least).is_some_and(|(most, least)| most < least) {
        let help = "`level_at_least` must not be above `level_at_most`".to_owned();
        faults.add(raw.spot, "this rule can never hold", "no level is in both", help);
    }
    let least = when.min_count;
    let least = least.and_then(|n| names::number(n, "min_count", &(1..=1_000_000), faults));
    let words = when.app.iter().flat_map(|words| &words.0);
    let apps: Vec<Arc<str>> = words.filter_map(|word| app_named(word, known.apps, faults)).collect();
    let complexity = when.complexity.as_ref().map(|word| names::word(word, faults));
    Some(When {
        min_count: least.unwrap_or(u32::from(data.is_some())),
        data: data.unwrap_or_default(),
        level_at_most: at_most,
        level_at_least: at_least,
        complexity: complexity.flatten(),
        apps,
    })
}

pub(super) fn tests(
    raw: Vec<Placed<RawTest>>,
    source: &str,
    known: &Known<'_>,
    faults: &mut Faults,
) -> Vec<PolicyTest> {
    raw.into_iter().map(|one| test(one, source, known, faults)).collect()
}

fn test(
    raw: Placed<RawTest>,
    source: &str,
    known: &Known<'_>,
    faults: &mut Faults,
) -> PolicyTest {
    let Placed { value, spot } = raw;
    let looks = value.find.is_some() || value.to.is_some() || value.result.is_some();
    if !looks && value.never_leaves.is_none() {
        let help = "add `find`, `to`, `never_leaves` or `result`".to_owned();
        faults.add(spot, "this test checks nothing", "can't fail", help);
    }
    for piece in value.never_leaves.iter().flat_map(|pieces| &pieces.0) {
        if piece.text.is_empty() || !value.text.contains(&piece.text) {
            let help = "write it as it stands in `text`, else the test can't fail".to_owned();
            faults.add(piece.spot, "this piece is not in the test's text", "not in `text`", help);
        }
    }
    let app = value.app.as_ref().and_then(|word| app_named(word, known.apps, faults));
    let find = value.find.as_ref().map(|words| known.entities.many(words, faults));
    PolicyTest {
        line: line_of(source, spot),
        app: app.map(|name| name.to_string()),
        text: value.text,
        find,
        to: value.to.as_ref().and_then(|word| destination_named(word, known.destinations, faults)),
        never_leaves: names::texts(value.never_leaves),
        result: value.result.as_ref().and_then(|word| names::word(word, faults)),
    }
}

fn line_of(source: &str, spot: Spot) -> usize {
    source.bytes().take(spot.start).filter(|byte| *byte == b'\n').count() + 1
}

fn destination_named(
    word: &Word,
    destinations: &[Destination],
    faults: &mut Faults,
) -> Option<Arc<str>> {
    let found = destinations.iter().find(|known| *known.name == *word.text);
    if found.is_none() {
        let known = destinations.iter().map(|known| &*known.name);
        names::unknown(word, "destination", known, faults);
    }
    found.map(|known| Arc::clone(&known.name))
}
