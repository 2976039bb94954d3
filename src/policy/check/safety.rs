//! Checks `safety`, `vault`, `audit` and `messages`.

use crate::policy::fault::Faults;
use crate::policy::model::{Messages, Safety};
use crate::policy::phrase::Phrase;
use crate::policy::raw::{RawAudit, RawMessages, RawSafety, RawVault};
use crate::policy::words::{
    Fallback, Kind, Outcome, ReplyCheck, SurrogateKind, Vocabulary, WholeOperator,
};
use crate::policy::yaml::{Entries, Word, WordsOr};

use super::names;
use super::unsupported;

/// Three days: a conversation over a long weekend can go on.
const DEFAULT_KEEP_HOURS: u32 = 72;

/// One year; China's Cybersecurity Law, article 21, asks for six months of network logs at least.
const DEFAULT_KEEP_DAYS: u32 = 365;

pub(super) fn safety(raw: RawSafety, faults: &mut Faults) -> Safety {
    let on_error = raw.on_error.and_then(|word| names::word(&word, faults));
    let fallback = raw.fallback.and_then(|word| names::word(&word, faults));
    let reply_check = raw.reply_check.and_then(|word| names::word(&word, faults));
    let kinds = raw.uninspectable;
    Safety {
        reply_check: reply_check.unwrap_or(ReplyCheck::Off),
        on_error: on_error.unwrap_or(WholeOperator::Block),
        uninspectable: kinds.map_or([Outcome::LocalOnly; 5], |raw| uninspectable(raw, faults)),
        fallback: fallback.unwrap_or(Fallback::SameOrStricter),
    }
}

/// One verb for every kind, or one each; a kind that is left out stays inside.
fn uninspectable(raw: WordsOr<Entries<Word>>, faults: &mut Faults) -> [Outcome; 5] {
    let mut outcomes = [Outcome::LocalOnly; 5];
    match raw {
        WordsOr::Words(words) => match words.0.as_slice() {
            [one] => outcomes = [names::word(one, faults).unwrap_or(Outcome::Block); 5],
            _ => words.0.iter().take(1).for_each(|word| {
                let help = "write one verb for all, or `{image: …, file: …}`".to_owned();
                faults.add(
                    word.spot,
                    "`uninspectable` can't be a list",
                    "which of them?",
                    help,
                );
            }),
        },
        WordsOr::Map(entries) => {
            for (kind, word) in entries.0 {
                let outcome = names::word(&word, faults);
                let at = Kind::WORDS
                    .iter()
                    .position(|(known, _)| *known == kind.text);
                if at.is_none() {
                    names::unknown(
                        &kind,
                        Kind::WHAT,
                        Kind::WORDS.iter().map(|(k, _)| *k),
                        faults,
                    );
                }
                if let Some(slot) = at.and_then(|at| outcomes.get_mut(at)) {
                    *slot = outcome.unwrap_or(Outcome::Block);
                }
            }
        }
    }
    outcomes
}

/// Hours that the vault keeps originals.
pub(super) fn keep_hours(raw: RawVault, faults: &mut Faults) -> u32 {
    if let Some(word) = raw.surrogates
        && names::word(&word, faults) == Some(SurrogateKind::Random)
    {
        unsupported(word.spot, "`surrogates: random`", "write `derived`", faults);
    }
    let hours = raw.keep_hours;
    let hours = hours.and_then(|n| names::number(n, "keep_hours", &(1..=87_600), faults));
    hours.unwrap_or(DEFAULT_KEEP_HOURS)
}

/// Days that the audit log keeps entries.
pub(super) fn keep_days(raw: &RawAudit, faults: &mut Faults) -> u32 {
    let days = raw.keep_days;
    let days = days.and_then(|n| names::number(n, "keep_days", &(1..=36_500), faults));
    days.unwrap_or(DEFAULT_KEEP_DAYS)
}

pub(super) fn messages(raw: RawMessages) -> Messages {
    let default = Messages::default();
    let written = |phrase: &Phrase| !phrase.is_blank();
    Messages {
        blocked: raw.blocked.filter(written).unwrap_or(default.blocked),
        local_only: raw.local_only.filter(written).unwrap_or(default.local_only),
        reply_blocked: raw
            .reply_blocked
            .filter(written)
            .unwrap_or(default.reply_blocked),
    }
}
