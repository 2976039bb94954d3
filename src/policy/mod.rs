//! *decide*: policy files, and the decision for an app, what was found in its request, and each destination.
//!
//! A policy has four nouns and one grid: `data` (what), `apps` (who), `destinations` (where), and `handling`: for each
//! data class and destination one verb. The strictest wins, the order of lines never matters, and an app may only
//! tighten. What a policy leaves out falls to the stricter side:
//!
//! - a missing cell of the grid is `block` outside and `redact` inside;
//! - a type that no class includes has its default level, and is handled as the strictest cell for that destination
//!   among the classes of that level or higher; where there is none, it is redacted outside and allowed inside;
//! - a finding counts from confidence `medium` up; a class that says `confidence: low` counts weaker ones too;
//! - `on_error` is `block`, `uninspectable` is `local_only`, `fallback` is `same_or_stricter`;
//! - `reply_check` is `off`: a reply is read for what the model made up only where the file says `mask` or `block`.
//!
//! The way in: [`Policy::parse`] reads, checks and lays out a file once; [`Policy::decide`] then only looks up. A file
//! with anything wrong in it is refused as a whole, with [`PolicyError`] naming line, column, what was expected and
//! the nearest valid word. Words of the language that this version can't honour (`extends`, `exceptions`, `facts`,
//! `surrogates: random`) are refused too.
//!
//! Refuses to know: text, JSON, clocks, and all files but those that a policy names. Same input, same decision.

mod check;
mod decide;
mod decision;
mod fault;
mod layout;
mod model;
mod operators;
mod path;
mod phrase;
mod raw;
mod reading;
mod restore;
mod table;
mod words;
mod yaml;

#[cfg(test)]
mod tests;

use std::path::Path;

use crate::base::{Confidence, EntityType};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

pub use decision::{Decision, DestinationOption, Permit, Situation};
pub use fault::{Fault, PolicyError};
pub use model::{
    App, AppInfo, DataClass, Destination, ExactSpec, FieldRule, ListSpec, Messages, PolicyTest,
    RecognizerSpec, Rule, Safety, When,
};
pub use operators::OperatorTable;
pub use path::JsonPath;
pub use phrase::Phrase;
pub use restore::RestoreRules;
pub use words::{
    Complexity, Fallback, Handling, Kind, Mode, Operator, Outcome, ReplyCheck, SurrogateKind,
    Trust, WholeOperator,
};

use check::Checked;
use fault::Faults;
use table::Tables;

/// The policy that holds where none is configured.
pub const DEFAULT_SOURCE: &str = include_str!("../../policies/default.yaml");

/// What [`DEFAULT_SOURCE`] is called in messages.
pub const DEFAULT_ORIGIN: &str = "policies/default.yaml";

/// A policy in force: checked, laid out for look-ups, immutable.
///
/// ```
/// use vestibule::base::{Confidence, EntityType};
/// use vestibule::policy::{Complexity, DEFAULT_ORIGIN, DEFAULT_SOURCE, Operator, Policy, Situation};
///
/// let policy = Policy::parse(DEFAULT_SOURCE, DEFAULT_ORIGIN, None).unwrap();
/// let email = EntityType::named("EMAIL").unwrap();
/// let decision = policy.decide(&Situation {
///     app: "mail-helper",
///     findings: &[(email, Confidence::High)],
///     uninspectable: &[],
///     complexity: Complexity::Medium,
///     finding_in_id: false,
/// });
/// let (option, operators) = decision.allowed().last().unwrap();
/// assert_eq!(&*option.destination, "deepseek");
/// assert_eq!(operators.operator(email, Confidence::High), Operator::Surrogate);
/// ```
#[derive(Debug)]
pub struct Policy {
    source: String,
    sha256: String,
    checked: Checked,
    tables: Tables,
}

impl Policy {
    /// Reads and checks a policy file; `origin` is what messages call it.
    ///
    /// The folder is where files of `lists` are looked for; without one a policy can't name files.
    ///
    /// # Errors
    /// [`PolicyError`] with every fault that was found; none of the file holds then.
    pub fn parse(source: &str, origin: &str, base_dir: Option<&Path>) -> Result<Self, PolicyError> {
        let mut faults = Faults::new(origin, source);
        let raw = reading::read(source, &mut faults);
        let checked = raw.map(|raw| check::check(raw, source, base_dir, &mut faults));
        let checked = faults.finish(checked)?;
        Ok(Self {
            source: source.to_owned(),
            sha256: identity(source, &checked.files),
            tables: Tables::new(&checked),
            checked,
        })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.checked.name
    }

    /// Its version, as its author counts.
    pub fn version(&self) -> &str {
        &self.checked.version
    }

    /// Its identity, 64 lower-case hex digits: the SHA-256 of [`Policy::source`], behind which, for a policy that names
    /// files, come for each a zero byte, its name as it is written, a zero byte, and the SHA-256 of its bytes.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Its text.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// How far it goes as a whole.
    pub const fn mode(&self) -> Mode {
        self.checked.mode
    }

    /// Where requests may go, in the order of the file.
    pub fn destinations(&self) -> &[Destination] {
        &self.checked.destinations
    }

    /// The data classes, in the order of the file.
    pub fn classes(&self) -> &[DataClass] {
        &self.checked.classes
    }

    /// The grid's cell for a class and a destination, filled in where the file says nothing; `None` for unknown names.
    pub fn handling(&self, class: &str, destination: &str) -> Option<Handling> {
        let checked = &self.checked;
        let row = checked
            .classes
            .iter()
            .position(|known| *known.name == *class)?;
        let at = checked
            .destinations
            .iter()
            .position(|known| *known.name == *destination)?;
        checked.grid.get(row)?.get(at).copied()
    }

    /// The recognizers that it brings.
    pub fn recognizers(&self) -> &[RecognizerSpec] {
        &self.checked.recognizers
    }

    /// The values that it knows beforehand.
    pub fn lists(&self) -> &[ListSpec] {
        &self.checked.lists
    }

    /// What it says of tables of keyed hashes.
    pub fn exact(&self) -> &[ExactSpec] {
        &self.checked.exact
    }

    /// The rules on top of the grid, in the order of the file.
    pub fn rules(&self) -> &[Rule] {
        &self.checked.rules
    }

    /// The tests in the file; the pipeline runs them.
    pub fn tests(&self) -> &[PolicyTest] {
        &self.checked.tests
    }

    /// Whether a finding of this type counts at this confidence; one that doesn't is left alone.
    pub fn counts(&self, entity: EntityType, confidence: Confidence) -> bool {
        confidence >= self.tables.index.known(entity).least
    }

    /// What may happen to a request. Pure; a few look-ups for each finding.
    pub fn decide(&self, situation: &Situation<'_>) -> Decision {
        decide::decide(self, self.checked.mode, situation, false)
    }

    /// The same of a request that could not be inspected to its end: `on_error` holds as well.
    pub fn decide_on_error(&self, situation: &Situation<'_>) -> Decision {
        decide::decide(self, self.checked.mode, situation, true)
    }

    /// The same, as if the file's mode were `mode`: a test of a policy that only observes asks with `enforce`.
    pub fn decide_in(&self, mode: Mode, situation: &Situation<'_>) -> Decision {
        decide::decide(self, mode, situation, false)
    }

    /// Which sinks may see originals again.
    pub const fn restore(&self) -> &RestoreRules {
        &self.checked.restore
    }

    /// What it says of an app.
    pub fn app(&self, name: &str) -> AppInfo<'_> {
        let mut apps = self.checked.apps.iter().map(|one| &one.app);
        AppInfo::new(apps.find(|app| *app.name == *name))
    }

    /// The apps it lists, in the order of the file.
    pub fn apps(&self) -> impl Iterator<Item = &App> {
        self.checked.apps.iter().map(|one| &one.app)
    }

    /// What happens when something can't be known.
    pub const fn safety(&self) -> &Safety {
        &self.checked.safety
    }

    /// What happens when inspecting a request fails; in every mode.
    pub const fn on_error(&self) -> WholeOperator {
        self.checked.safety.on_error
    }

    /// Where a request goes when its destination fails.
    pub const fn fallback(&self) -> Fallback {
        self.checked.safety.fallback
    }

    /// Sentences for the user where no rule brings its own.
    pub const fn messages(&self) -> &Messages {
        &self.checked.messages
    }

    /// How long the vault keeps originals, in hours: 1–87,600.
    pub const fn keep_hours(&self) -> u32 {
        self.checked.keep_hours
    }

    /// How long the audit log keeps entries, in days: 1–36,500.
    pub const fn keep_days(&self) -> u32 {
        self.checked.keep_days
    }

    /// What the user is told: the rule's own sentence, or the policy's for the verb.
    fn sentence(&self, verb: WholeOperator, rule: Option<&Rule>) -> String {
        let messages = self.messages();
        let general = match verb {
            WholeOperator::LocalOnly => &messages.local_only,
            WholeOperator::Block => &messages.blocked,
        };
        rule.map_or(general, |rule| &rule.say).to_string()
    }
}

/// What tells this policy from any other, with the contents of the files that it names.
fn identity(source: &str, files: &[check::NamedFile]) -> String {
    let mut hash = Sha256::new_with_prefix(source.as_bytes());
    for file in files {
        hash.update([0]);
        hash.update(file.name.as_bytes());
        hash.update([0]);
        hash.update(file.sha256);
    }
    HEXLOWER.encode(&hash.finalize())
}
