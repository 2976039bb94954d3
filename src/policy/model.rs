//! A policy after checking: what the rest of the program may read of it.

use std::fmt;
use std::sync::Arc;

use crate::base::{Confidence, EntityType};

use super::path::JsonPath;
use super::phrase::Phrase;
use super::words::{
    Complexity, Fallback, Handling, Kind, Mode, Outcome, ReplyCheck, Trust, WholeOperator,
};

/// A place that a request may go to; the name is matched with the backends of the configuration.
#[derive(Debug, Clone)]
pub struct Destination {
    /// Its name: lower-case ASCII, digits, `-`, `_` and `.`.
    pub name: Arc<str>,
    /// What staff call it.
    pub label: Phrase,
    /// Whether data that goes there leaves the building.
    pub trust: Trust,
    /// The country it stands in, where the author says so: two letters of ISO 3166-1.
    pub country: Option<String>,
}

/// A named group of entity types.
#[derive(Debug, Clone)]
pub struct DataClass {
    /// Its name: the same form as a destination's.
    pub name: Arc<str>,
    /// What staff call it.
    pub label: Phrase,
    /// 1 (public) to 5 (most sensitive); the highest default level of its types where the file says nothing.
    pub level: u8,
    /// The least confidence at which a finding counts. `medium` where the file says nothing: findings of
    /// low confidence count only for a class that says `confidence: low`.
    pub confidence: Confidence,
    /// Its entity types.
    pub include: Vec<EntityType>,
}

/// A recognizer that the policy brings; built and tried on its examples by `detect`.
#[derive(Debug, Clone)]
pub struct RecognizerSpec {
    /// The type of its findings; never a built-in one.
    pub entity: EntityType,
    /// What staff call it.
    pub label: Phrase,
    /// A regular expression.
    pub pattern: String,
    /// Words that make a finding surer when they stand near.
    pub near: Vec<String>,
    /// Texts in which it must find something; at least one.
    pub find: Vec<String>,
    /// Texts in which it must find nothing; at least one.
    pub ignore: Vec<String>,
}

/// Values that the policy knows beforehand: names of projects, products, people.
///
/// `Debug` shows how many, not which.
#[derive(Clone)]
pub struct ListSpec {
    /// The type of its findings, built-in or its own.
    pub entity: EntityType,
    /// What staff call it.
    pub label: Phrase,
    /// Words one of which must stand near; none: no such need.
    pub near: Vec<String>,
    values: Vec<String>,
}

impl ListSpec {
    pub(super) const fn new(
        entity: EntityType,
        label: Phrase,
        values: Vec<String>,
        near: Vec<String>,
    ) -> Self {
        Self {
            entity,
            label,
            near,
            values,
        }
    }

    /// The values, each of 2–200 characters.
    pub fn values(&self) -> &[String] {
        &self.values
    }
}

impl fmt::Debug for ListSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.values.len();
        write!(f, "ListSpec({}, {count} values)", self.entity)
    }
}

/// What of a table that was loaded as keyed hashes is a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExactSpec {
    /// The table's name.
    pub name: Arc<str>,
    /// Columns whose values are findings where those of one row stand together.
    pub require: Vec<String>,
    /// How far apart these may stand, in characters: 0–500.
    pub within: u32,
    /// Columns each of whose values is a finding.
    pub alone: Vec<String>,
}

/// What a rule looks at; all that is said must hold.
#[derive(Debug, Clone)]
pub struct When {
    /// Types that are counted; none: every type.
    pub data: Vec<EntityType>,
    /// The least number of counted findings; 0 where the rule does not count.
    pub min_count: u32,
    /// The highest data level of the request at which it holds.
    pub level_at_most: Option<u8>,
    /// The lowest data level of the request at which it holds.
    pub level_at_least: Option<u8>,
    /// How hard the request is.
    pub complexity: Option<Complexity>,
    /// The apps it holds for; none: every app.
    pub apps: Vec<Arc<str>>,
}

/// A rule on top of the grid; it can only make handling stricter.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its name, unique in the file.
    pub id: Arc<str>,
    /// One sentence for the people it concerns.
    pub say: Phrase,
    /// When it holds.
    pub when: When,
    /// What it does; an operator acts on the findings of `when.data`, at every destination.
    pub act: Handling,
    /// How far it goes; where the file's mode is softer, that holds.
    pub mode: Mode,
    /// Whether it enforces whatever the modes say.
    pub hard: bool,
    /// The laws and rulings it rests on.
    pub why: Vec<String>,
    /// Who answers for it.
    pub owner: String,
}

/// A place in an app's requests that is known to hold a type.
#[derive(Debug, Clone)]
pub struct FieldRule {
    /// The place, in the request's body.
    pub path: JsonPath,
    /// What it holds.
    pub entity: EntityType,
}

/// What a policy says of one app.
#[derive(Debug, Clone)]
pub struct App {
    /// Its name.
    pub name: Arc<str>,
    /// What staff call it.
    pub label: Phrase,
    /// Fields that need no guessing.
    pub fields: Vec<FieldRule>,
    /// The models it may use; `None`: all that the gateway offers.
    pub models: Option<Vec<String>>,
    /// Whether it may ask for the balance of the account at a destination.
    pub balance: bool,
}

/// What a policy says of the app of a request; an app that it does not list has no fields and all models.
#[derive(Debug, Clone, Copy)]
pub struct AppInfo<'p> {
    listed: Option<&'p App>,
}

impl<'p> AppInfo<'p> {
    pub(super) const fn new(listed: Option<&'p App>) -> Self {
        Self { listed }
    }

    /// Whether the policy names this app.
    pub const fn is_listed(&self) -> bool {
        self.listed.is_some()
    }

    /// What staff call it.
    pub fn label(&self) -> Option<&'p Phrase> {
        self.listed.map(|app| &app.label)
    }

    /// Fields that are known to hold a type.
    pub fn fields(&self) -> &'p [FieldRule] {
        self.listed.map_or(&[], |app| &app.fields)
    }

    /// The type that the place at `path` is known to hold; see [`JsonPath::covers`].
    pub fn field(&self, path: &str) -> Option<EntityType> {
        self.fields()
            .iter()
            .find(|rule| rule.path.covers(path))
            .map(|rule| rule.entity)
    }

    /// The models it may use; `None`: all that the gateway offers.
    pub fn models(&self) -> Option<&'p [String]> {
        self.listed.and_then(|app| app.models.as_deref())
    }

    /// Whether it may ask for the balance of the account at a destination.
    pub fn may_see_balance(&self) -> bool {
        self.listed.is_some_and(|app| app.balance)
    }

    /// Whether it may use the model of this name.
    pub fn may_use(&self, model: &str) -> bool {
        self.models()
            .is_none_or(|models| models.iter().any(|known| known == model))
    }
}

/// What happens when something can't be known.
#[derive(Debug, Clone, Copy)]
pub struct Safety {
    /// When inspecting a request fails.
    pub on_error: WholeOperator,
    /// For each kind of part that can't be read, in the order of [`Kind`].
    pub(super) uninspectable: [Outcome; 5],
    /// When a destination fails.
    pub fallback: Fallback,
    /// When a reply holds a value that the model made up: one of a type that the grid does not allow at its destination.
    pub reply_check: ReplyCheck,
}

impl Safety {
    /// What becomes of a request with a part of this kind.
    pub const fn uninspectable(&self, kind: Kind) -> Outcome {
        let [image, file, audio, token_ids, unknown] = self.uninspectable;
        match kind {
            Kind::Image => image,
            Kind::File => file,
            Kind::Audio => audio,
            Kind::TokenIds => token_ids,
            Kind::Unknown => unknown,
        }
    }
}

/// Sentences for the user where no rule brings its own.
#[derive(Debug, Clone)]
pub struct Messages {
    /// The request was refused.
    pub blocked: Phrase,
    /// The request must stay inside.
    pub local_only: Phrase,
    /// The reply was stopped by `reply_check: block`.
    pub reply_blocked: Phrase,
}

impl Default for Messages {
    fn default() -> Self {
        Self {
            blocked: Phrase::both(
                "This request holds data that may not be processed here.",
                "请求中含有不允许处理的数据。",
            ),
            local_only: Phrase::both(
                "This request holds data that may only be processed inside the company.",
                "请求中含有只能在内部处理的数据。",
            ),
            reply_blocked: Phrase::both(
                "The answer held personal data that was not in the request, so it was stopped.",
                "回答中出现了请求里没有的个人信息，已停止输出。",
            ),
        }
    }
}

/// A test in a policy file; the pipeline runs it, since it needs detection.
#[derive(Debug, Clone)]
pub struct PolicyTest {
    /// Line of the file, from 1.
    pub line: usize,
    /// The app it is about; `None`: one that the policy does not list.
    pub app: Option<String>,
    /// The user's message.
    pub text: String,
    /// Exactly the types that must be found, each once, in any order; `None`: not looked at.
    pub find: Option<Vec<EntityType>>,
    /// The destination that the request must be allowed to go to.
    pub to: Option<Arc<str>>,
    /// Pieces of the text that must not be in the bytes for `to`, or for any destination outside where `to` is not said.
    pub never_leaves: Vec<String>,
    /// What must become of the request; see [`super::Decision::outcome`].
    pub result: Option<Outcome>,
}
