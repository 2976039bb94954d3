//! What a table of a format is made of: rows of paths and rules, and the tree that they become.
//!
//! Refuses to know: any format. Each has its rows in a module of its own.

use super::media::UninspectableKind;
use crate::protocol::json::{Kind, Value};
use crate::protocol::part::Place;
use std::collections::BTreeMap;

/// What the value at a path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::protocol) enum Rule {
    /// Nothing that holds text: `true`, `false`, `null`, or a container whose members have rows.
    NoText,
    /// Protocol: a bare number of few digits; a longer one may be somebody's, and is text of [`Place::Id`].
    Number,
    /// Protocol: one of these words.
    OneOf(&'static [&'static str]),
    /// Protocol: the name of the model that is asked for: 1–128 ASCII letters, digits and `-_.:/@`. Whoever sends the
    /// request on puts the destination's own name in its place.
    Model,
    /// Text; if it's not a string, everything in it.
    Text(Place),
    /// Name of a tool or schema: text of [`Place::Name`], but its key `name` says nothing about a person.
    Label,
    /// A turn of the conversation: sets what [`Rule::Content`] means below it. Its types are as for [`Rule::Typed`], but
    /// a turn may have none.
    Turn(Types),
    /// Sets what [`Rule::Content`] means here and below.
    Within(Place),
    /// Content of a turn: text of its role's place.
    Content,
    /// An object whose `type` says whether it is text; of any other type, it can't be inspected.
    Typed(Types),
    /// Where the data of the object around it comes from; not told again where that object can't be inspected itself.
    Source(Types),
    /// A JSON Schema.
    Schema(Place),
    /// Something that isn't text, base64 or by reference; what is no base64 is text.
    Media(UninspectableKind),
    /// Stands for something that the upstream holds.
    Held(UninspectableKind),
    /// What the provider signed or sealed: text of [`Place::Id`], in base64 or not.
    Sealed,
    /// Names text that the upstream keeps and that nobody inspected in this request: the request is refused, unless the
    /// value is `null` or `false`.
    Kept,
    /// As [`Rule::Kept`], but an object is something new.
    KeptText,
    /// Text of that place, or text as numbers of a model's vocabulary.
    TokenIds(Place),
    /// Token ids and their weights.
    TokenBias,
}

impl Rule {
    /// Whether `word` is one of the types that this rule lists.
    pub(super) fn knows_type(self, word: Value<'_>) -> bool {
        let (Self::Turn(types) | Self::Typed(types) | Self::Source(types)) = self else {
            return false;
        };
        word.kind() == Kind::String && types.iter().any(|(known, _)| word.is(known))
    }

    /// Whether this rule says what an object without a type is.
    pub(super) fn knows_no_type(self) -> bool {
        let (Self::Turn(types) | Self::Typed(types) | Self::Source(types)) = self else {
            return false;
        };
        types.iter().any(|(known, _)| known.is_empty())
    }
}

/// What the words at `type` mean; the empty word stands for none.
pub(in crate::protocol) type Types = &'static [(&'static str, Means)];

/// What an object of a type is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::protocol) enum Means {
    /// Its members are text, or have rows.
    Text,
    /// It can't be inspected.
    Opaque(UninspectableKind),
    /// As [`Rule::Kept`].
    Kept,
}

/// A path of keys and its rule; `[]` is any element of an array.
pub(in crate::protocol) type Row = (&'static str, Rule);

/// The rows as a tree: what the walker holds in its hand while it goes down.
#[derive(Debug)]
pub(in crate::protocol) struct State {
    pub(in crate::protocol) rule: Rule,
    members: BTreeMap<&'static str, Self>,
    element: Option<Box<Self>>,
}

impl State {
    const fn empty() -> Self {
        Self {
            rule: Rule::NoText,
            members: BTreeMap::new(),
            element: None,
        }
    }

    /// The tree of these rows, each group below a path.
    pub(in crate::protocol) fn build(groups: &[(&'static str, &'static [Row])]) -> Self {
        let mut root = Self::empty();
        for (below, rows) in groups {
            for (path, rule) in *rows {
                root.at(below).at(path).rule = *rule;
            }
        }
        root
    }

    /// The state at a path below this one, made if need be.
    fn at(&mut self, path: &'static str) -> &mut Self {
        path.split('.')
            .filter(|step| !step.is_empty())
            .fold(self, |state, step| {
                let (key, element) = step
                    .strip_suffix("[]")
                    .map_or((step, false), |key| (key, true));
                let member = if key.is_empty() {
                    state
                } else {
                    state.members.entry(key).or_insert_with(Self::empty)
                };
                if element {
                    member
                        .element
                        .get_or_insert_with(|| Box::new(Self::empty()))
                } else {
                    member
                }
            })
    }

    /// The known member of that name.
    pub(in crate::protocol) fn member(&self, key: &str) -> Option<(&'static str, &Self)> {
        self.members
            .get_key_value(key)
            .map(|(name, state)| (*name, state))
    }

    pub(in crate::protocol) fn has_members(&self) -> bool {
        !self.members.is_empty()
    }

    pub(in crate::protocol) fn element(&self) -> Option<&Self> {
        self.element.as_deref()
    }
}
