//! A policy file as it is written: every key that exists, no word judged yet.
//!
//! `check` turns these into the structs that decide. A key that is not here is an error.

use serde::Deserialize;

use super::phrase::Phrase;
use super::yaml::{Entries, Number, Placed, Present, Word, Words, WordsOr};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPolicy {
    pub(super) policy: Word,
    pub(super) version: Word,
    pub(super) mode: Option<Word>,
    pub(super) destinations: Placed<Entries<RawDestination>>,
    pub(super) data: Placed<Entries<RawClass>>,
    pub(super) handling: Option<Entries<Entries<Word>>>,
    pub(super) recognizers: Option<Vec<RawRecognizer>>,
    pub(super) lists: Option<Vec<RawList>>,
    pub(super) edm: Option<Vec<RawExact>>,
    pub(super) rules: Option<Vec<RawRule>>,
    pub(super) restore: Option<RawRestore>,
    pub(super) apps: Option<Entries<RawApp>>,
    pub(super) safety: Option<RawSafety>,
    pub(super) messages: Option<RawMessages>,
    pub(super) vault: Option<RawVault>,
    pub(super) audit: Option<RawAudit>,
    pub(super) tests: Option<Vec<Placed<RawTest>>>,
    // Words of the language that this version can't honour: refused, never ignored.
    pub(super) extends: Option<Present>,
    pub(super) exceptions: Option<Present>,
    pub(super) facts: Option<Present>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDestination {
    pub(super) label: Option<Phrase>,
    pub(super) trust: Word,
    pub(super) country: Option<Word>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawClass {
    pub(super) label: Option<Phrase>,
    pub(super) level: Option<Number>,
    pub(super) include: Words,
    pub(super) confidence: Option<Word>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRecognizer {
    pub(super) entity: Word,
    pub(super) label: Option<Phrase>,
    pub(super) pattern: Word,
    pub(super) near: Option<Words>,
    pub(super) find: Option<Words>,
    pub(super) ignore: Option<Words>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawList {
    pub(super) entity: Word,
    pub(super) label: Option<Phrase>,
    pub(super) file: Option<Word>,
    pub(super) values: Option<Words>,
    pub(super) near: Option<Words>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawExact {
    pub(super) name: Word,
    pub(super) require: Option<Words>,
    pub(super) within: Option<Number>,
    pub(super) alone: Option<Words>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRule {
    pub(super) id: Word,
    pub(super) say: Phrase,
    pub(super) when: Placed<RawWhen>,
    #[serde(rename = "do")]
    pub(super) act: Word,
    pub(super) mode: Option<Word>,
    pub(super) hard: Option<bool>,
    pub(super) why: Words,
    pub(super) owner: Word,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawWhen {
    pub(super) data: Option<Words>,
    pub(super) min_count: Option<Number>,
    pub(super) level_at_most: Option<Number>,
    pub(super) level_at_least: Option<Number>,
    pub(super) complexity: Option<Word>,
    pub(super) app: Option<Words>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRestore {
    pub(super) reply: Option<Words>,
    pub(super) reasoning: Option<Words>,
    pub(super) tools: Option<WordsOr<Entries<WordsOr<Entries<Words>>>>>,
    pub(super) never: Option<Words>,
    pub(super) in_urls: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawApp {
    pub(super) label: Option<Phrase>,
    pub(super) tighten: Option<Entries<Entries<Word>>>,
    pub(super) fields: Option<Entries<Word>>,
    pub(super) models: Option<Words>,
    pub(super) balance: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSafety {
    pub(super) on_error: Option<Word>,
    pub(super) uninspectable: Option<WordsOr<Entries<Word>>>,
    pub(super) fallback: Option<Word>,
    pub(super) reply_check: Option<Word>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMessages {
    pub(super) blocked: Option<Phrase>,
    pub(super) reply_blocked: Option<Phrase>,
    pub(super) local_only: Option<Phrase>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawVault {
    pub(super) keep_hours: Option<Number>,
    pub(super) surrogates: Option<Word>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAudit {
    pub(super) keep_days: Option<Number>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTest {
    pub(super) app: Option<Word>,
    pub(super) text: String,
    pub(super) find: Option<Words>,
    pub(super) to: Option<Word>,
    pub(super) never_leaves: Option<Words>,
    pub(super) result: Option<Word>,
}
