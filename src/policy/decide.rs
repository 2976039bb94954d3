//! *decide*: weighs everything that a policy says about one situation. The strictest wins, so order never matters.

use std::sync::Arc;

use crate::base::EntityType;

use super::Policy;
use super::decision::{Decision, DestinationOption, Permit, Situation};
use super::model::Rule;
use super::operators::{OperatorTable, Raise};
use super::table::{Cell, Column, Index, Known, RuleTable, Tables};
use super::words::{Handling, Mode, Trust, WholeOperator};

/// Decides as if the file's mode were `mode`; `failed` where the inspection came to no end.
pub(super) fn decide(
    policy: &Policy,
    mode: Mode,
    situation: &Situation<'_>,
    failed: bool,
) -> Decision {
    let tables = &policy.tables;
    let tally = Tally::of(&tables.index, situation);
    let mut weigh = Weigh::new(policy, tables.columns(situation.app), mode);
    weigh.grid(&tally);
    for kind in situation.uninspectable {
        weigh.cell(tables.uninspectable(kind), None);
    }
    if failed {
        weigh.cell(&tables.on_error, None);
    }
    for rule in tables
        .rules
        .iter()
        .filter(|rule| holds(rule, &tally, situation))
    {
        weigh.rule(rule);
    }
    if situation.finding_in_id {
        weigh.ids(&tally);
    }
    weigh.decision(tally.level, tables)
}

/// What counts in a situation.
struct Tally {
    level: u8,
    total: u32,
    by_slot: Vec<u32>,
    /// Each type that counts, once.
    seen: Vec<Known>,
}

impl Tally {
    fn of(index: &Index, situation: &Situation<'_>) -> Self {
        let mut tally = Self {
            level: 1,
            total: 0,
            by_slot: vec![0; index.len()],
            seen: Vec::new(),
        };
        for (entity, confidence) in situation.findings {
            let known = index.known(*entity);
            if *confidence >= known.least && *entity != EntityType::LIT {
                tally.count(known);
            }
        }
        tally
    }

    fn count(&mut self, known: Known) {
        self.level = self.level.max(known.level);
        self.total = self.total.saturating_add(1);
        let counted = known.slot.and_then(|slot| self.by_slot.get_mut(slot));
        let first = match counted {
            Some(count) => {
                *count = count.saturating_add(1);
                *count == 1
            }
            None => !self
                .seen
                .iter()
                .any(|seen| seen.slot.is_none() && seen.level == known.level),
        };
        if first {
            self.seen.push(known);
        }
    }

    /// How many findings a rule counts.
    fn counted_by(&self, table: &RuleTable) -> u32 {
        if table.rule.when.data.is_empty() {
            return self.total;
        }
        let counts = self.by_slot.iter().zip(table.slots.iter());
        counts
            .filter(|(_, marked)| **marked)
            .fold(0, |sum: u32, (n, _)| sum.saturating_add(*n))
    }
}

fn holds(table: &RuleTable, tally: &Tally, situation: &Situation<'_>) -> bool {
    let when = &table.rule.when;
    when.level_at_most.is_none_or(|most| tally.level <= most)
        && when.level_at_least.is_none_or(|least| tally.level >= least)
        && when
            .complexity
            .is_none_or(|complexity| complexity == situation.complexity)
        && (when.apps.is_empty() || when.apps.iter().any(|app| **app == *situation.app))
        && (when.min_count == 0 || tally.counted_by(table) >= when.min_count)
}

/// One thing that a policy says, about one destination or (`None`) all of them.
struct Effect<'p> {
    mode: Mode,
    handling: Handling,
    at: Option<usize>,
    reason: &'p Arc<str>,
    rule: Option<&'p Rule>,
}

/// Gathers effects and keeps the strictest.
struct Weigh<'p> {
    policy: &'p Policy,
    columns: &'p [Arc<Column>],
    /// The mode of everything that has none of its own.
    mode: Mode,
    whole: Vec<Option<(WholeOperator, &'p Arc<str>)>>,
    raised: Vec<Raise>,
    reasons: Vec<Arc<str>>,
    observed: Vec<Arc<str>>,
    warn: Vec<Arc<str>>,
    /// Who speaks to the user: the strictest verb, and of two as strict a rule before the grid.
    voice: Option<(WholeOperator, Option<&'p Rule>)>,
}

impl<'p> Weigh<'p> {
    fn new(policy: &'p Policy, columns: &'p [Arc<Column>], mode: Mode) -> Self {
        Self {
            policy,
            columns,
            mode,
            whole: vec![None; columns.len()],
            raised: Vec::new(),
            reasons: Vec::new(),
            observed: Vec::new(),
            warn: Vec::new(),
            voice: None,
        }
    }

    fn grid(&mut self, tally: &Tally) {
        for (at, column) in self.columns.iter().enumerate() {
            for known in &tally.seen {
                self.cell(column.cell(*known), Some(at));
            }
        }
    }

    fn cell(&mut self, cell: &'p Cell, at: Option<usize>) {
        let Cell { handling, reason } = cell;
        self.effect(&Effect {
            mode: self.mode,
            handling: *handling,
            at,
            reason,
            rule: None,
        });
    }

    fn rule(&mut self, table: &'p RuleTable) {
        let rule = &table.rule;
        let mode = if rule.hard {
            Mode::Enforce
        } else {
            rule.mode.min(self.mode)
        };
        let effect = Effect {
            mode,
            handling: rule.act,
            at: None,
            reason: &table.reason,
            rule: Some(rule),
        };
        self.effect(&effect);
        if mode == Mode::Enforce && rule.act.whole().is_none() {
            let raise = Raise {
                slots: Arc::clone(&table.slots),
                operator: rule.act.operator(),
            };
            self.raised.push(raise);
        }
    }

    /// An id can't be rewritten, so no destination where something would be may have the request.
    fn ids(&mut self, tally: &Tally) {
        for (at, column) in self.columns.iter().enumerate() {
            let changes = |known: &Known| {
                let handling = column.cell(*known).handling;
                handling != Handling::Allow && handling.whole().is_none()
            };
            if tally.seen.iter().any(changes) {
                self.cell(&column.id, Some(at));
            }
            let raised = |known: &Known| {
                let marked =
                    |raise: &Raise| known.slot.and_then(|slot| raise.slots.get(slot).copied());
                self.raised.iter().any(|raise| marked(raise) == Some(true))
            };
            if tally.seen.iter().any(raised) {
                let Cell { handling, reason } = &column.id;
                let mode = Mode::Enforce;
                self.effect(&Effect {
                    mode,
                    handling: *handling,
                    at: Some(at),
                    reason,
                    rule: None,
                });
            }
        }
    }

    fn effect(&mut self, effect: &Effect<'p>) {
        if effect.handling == Handling::Allow {
            return;
        }
        let reason = || Arc::clone(effect.reason);
        match effect.mode {
            Mode::Enforce => self.reasons.push(reason()),
            Mode::Warn => {
                self.observed.push(reason());
                self.warn.push(reason());
            }
            Mode::Observe => self.observed.push(reason()),
        }
        if let (Mode::Enforce, Some(verb)) = (effect.mode, effect.handling.whole()) {
            self.whole(verb, effect);
        }
    }

    fn whole(&mut self, verb: WholeOperator, effect: &Effect<'p>) {
        for (at, (column, slot)) in self.columns.iter().zip(&mut self.whole).enumerate() {
            let here = effect.at.is_none_or(|only| only == at);
            let spared = verb == WholeOperator::LocalOnly && column.trust == Trust::Inside;
            let stricter = slot
                .is_none_or(|(now, reason)| verb > now || (verb == now && effect.reason < reason));
            if here && !spared && stricter {
                *slot = Some((verb, effect.reason));
            }
        }
        let rank = |rule: Option<&Rule>| rule.is_some();
        let louder = self.voice.is_none_or(|(now, speaker)| {
            // Rules come in the order of their ids, so the first of several speaks.
            (verb, rank(effect.rule)) > (now, rank(speaker))
        });
        if louder {
            self.voice = Some((verb, effect.rule));
        }
    }

    fn decision(self, level: u8, tables: &Tables) -> Decision {
        let grid = self.mode == Mode::Enforce;
        let options = self.columns.iter().zip(&self.whole).map(|(column, whole)| {
            let reason = |reason: &Arc<str>| Arc::clone(reason);
            let permit = match whole {
                Some((WholeOperator::Block, why)) => Permit::Blocked {
                    reason: reason(why),
                },
                Some((WholeOperator::LocalOnly, why)) => Permit::LocalOnly {
                    reason: reason(why),
                },
                None => Permit::Allowed(OperatorTable::new(
                    &tables.index,
                    column,
                    grid,
                    &self.raised,
                )),
            };
            DestinationOption {
                destination: Arc::clone(&column.name),
                trust: column.trust,
                permit,
            }
        });
        Decision {
            level,
            options: options.collect(),
            say: self
                .voice
                .map(|(verb, rule)| self.policy.sentence(verb, rule)),
            reasons: in_order(self.reasons),
            observed: in_order(self.observed),
            warn: in_order(self.warn),
        }
    }
}

fn in_order(mut codes: Vec<Arc<str>>) -> Vec<Arc<str>> {
    codes.sort_unstable();
    codes.dedup();
    codes
}
