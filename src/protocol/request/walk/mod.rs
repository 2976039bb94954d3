//! Walks a request by the allow-list: what each member is, and what can't be read. The texts in it are `leaves`' to collect.

use super::embedded::Embedded;
use super::media::{Uninspectable, UninspectableKind};
use super::opaque;
use super::source::Source;
use super::table::{Means, Rule, State, Types};
use crate::protocol::ProtocolError;
use crate::protocol::json::{Kind, Limits, Value};
use crate::protocol::part::{Place, TextPart};
use std::collections::BTreeSet;
use std::fmt::Write as _;

pub(super) use leaves::{NESTED_LEVELS, may_be_json};

/// What content is where no role says it.
const OUTSIDE_TURNS: Place = Place::Other;

/// What was found in a request.
#[derive(Default)]
pub(super) struct Found {
    pub(super) parts: Vec<TextPart>,
    /// Their texts, one behind the other.
    pub(super) texts: String,
    pub(super) uninspectable: Vec<Uninspectable>,
    /// Paths at which something that can't be read stands in free-form text.
    loose: BTreeSet<String>,
    /// Files that stand in the request itself, each of them also among `uninspectable`.
    pub(super) embedded: Vec<Embedded>,
    /// Where the request names text that the upstream keeps.
    pub(super) kept: Option<String>,
    /// Whether a schema says by `pattern` or `format` how texts must look.
    pub(super) patterns: bool,
}

/// Walks a whole request by the table of its format.
pub(super) fn walk(
    root: Value<'_>,
    table: &State,
    body: &[u8],
    limits: &Limits,
) -> Result<Found, ProtocolError> {
    let source = Source::body(body);
    let mut walker = Walker::new(&source, limits);
    walker.value(root, table);
    if walker.overflow {
        return Err(ProtocolError::TooManyStrings {
            max: limits.max_strings,
        });
    }
    let mut found = walker.found;
    for file in &mut found.embedded {
        file.alone &= !found.loose.contains(&file.path);
    }
    Ok(found)
}

enum Step {
    Key(&'static str),
    Index(usize),
}

pub(super) struct Walker<'a> {
    /// The body.
    pub(super) source: &'a Source<'a>,
    limits: Limits,
    pub(super) found: Found,
    /// Known members and indexes down to where the walker is.
    path: Vec<Step>,
    message: Option<u32>,
    /// Where the current message begins.
    message_at: Option<usize>,
    /// What the content of the current message is.
    content: Place,
    overflow: bool,
}

impl<'a> Walker<'a> {
    fn new(source: &'a Source<'a>, limits: &Limits) -> Self {
        Self {
            source,
            limits: *limits,
            found: Found {
                texts: String::with_capacity(source.body_len()),
                ..Found::default()
            },
            path: Vec::new(),
            message: None,
            message_at: None,
            content: OUTSIDE_TURNS,
            overflow: false,
        }
    }
}

impl Walker<'_> {
    fn value(&mut self, value: Value<'_>, state: &State) {
        let content = self.content;
        self.enter(value, state.rule);
        self.below(value, state);
        if let Rule::Turn(_) = state.rule {
            (self.message, self.message_at) = (None, None);
        }
        self.content = content;
    }

    fn below(&mut self, value: Value<'_>, state: &State) {
        match (value.kind(), state.element()) {
            (Kind::Array, Some(element)) => {
                for (index, value) in value.elements().enumerate() {
                    self.path.push(Step::Index(index));
                    self.value(value, element);
                    self.path.pop();
                }
            }
            // A source in a list is a source all the same.
            (Kind::Array, None) if matches!(state.rule, Rule::Source(_)) => {
                for (index, value) in value.elements().enumerate() {
                    self.path.push(Step::Index(index));
                    self.value(value, state);
                    self.path.pop();
                }
            }
            (Kind::Object, Some(element)) if matches!(element.rule, Rule::Typed(_)) => {
                self.alone(value, state, element);
            }
            (Kind::Object, _) if state.has_members() => self.members(value, state),
            _ => self.leaf(value, state.rule),
        }
    }

    /// An object where a list of parts is expected: the only part.
    fn alone(&mut self, value: Value<'_>, list: &State, part: &State) {
        if value.get("type").is_some() || part.rule.knows_no_type() {
            self.value(value, part);
        } else {
            self.mark(UninspectableKind::Unknown);
            self.leaf(value, list.rule);
        }
    }

    fn members(&mut self, value: Value<'_>, state: &State) {
        for (key, value) in value.members() {
            if key.is("type") && state.rule.knows_type(value) {
                continue;
            }
            if let Some((name, state)) = state.member(&key.text()) {
                self.path.push(Step::Key(name));
                self.value(value, state);
                self.path.pop();
            } else {
                self.push_read(key, Place::Key, self.source);
                self.free(value, Place::Other, self.source);
            }
        }
    }

    /// Notes what a container is before its members are looked at.
    fn enter(&mut self, value: Value<'_>, rule: Rule) {
        match (rule, value.kind()) {
            (Rule::Turn(types), _) => {
                self.content = content_place(value);
                self.message_at = Some(value.span().start);
                self.message = match self.path.last() {
                    Some(Step::Index(index)) => Some(*index as u32),
                    _ => None,
                };
                if !types.is_empty() && opaque::is_reference(value) {
                    self.keep();
                } else if !types.is_empty() && value.get("type").is_some() {
                    self.typed(value, types);
                }
            }
            (Rule::Within(place), _) => self.content = place,
            (Rule::Typed(types), Kind::Object) => self.typed(value, types),
            (Rule::Source(types), Kind::Object) => {
                let (told, path) = (self.found.uninspectable.last(), self.content_path());
                if told.is_none_or(|told| !opaque::is_within(&path, &told.path)) {
                    self.typed(value, types);
                }
            }
            (Rule::Held(kind), Kind::Object | Kind::Array | Kind::String) => self.mark(kind),
            (Rule::Kept, kind) if !matches!(kind, Kind::Null | Kind::False) => self.keep(),
            (Rule::KeptText, kind) if !matches!(kind, Kind::Null | Kind::False | Kind::Object) => {
                self.keep();
            }
            _ => {}
        }
    }

    fn typed(&mut self, value: Value<'_>, types: Types) {
        let word = match value.get("type") {
            Some(word) => word.string(),
            None => Some("".into()),
        };
        let known = types
            .iter()
            .find(|(known, _)| word.as_deref() == Some(*known));
        match known.map(|(_, means)| *means) {
            Some(Means::Text) => {
                if let Some(kind) = opaque::carried(value) {
                    self.mark(kind);
                }
            }
            Some(Means::Opaque(kind)) => self.mark(kind),
            Some(Means::Kept) => self.keep(),
            None => self.mark(UninspectableKind::Unknown),
        }
    }

    fn keep(&mut self) {
        let path = self.path_of(self.path.len());
        self.found.kept.get_or_insert(path);
    }

    /// Marks what stands where no file is expected: no file at that path is alone.
    fn mark_loose(&mut self, kind: UninspectableKind) {
        self.mark(kind);
        let path = self.content_path();
        self.found.loose.insert(path);
    }

    fn mark(&mut self, kind: UninspectableKind) {
        let path = self.content_path();
        let found = Uninspectable { kind, path };
        let told = self.found.uninspectable.last();
        if told.is_none_or(|told| !opaque::covers(told, &found)) {
            self.found.uninspectable.push(found);
        }
    }

    /// The path up to the content part (or the whole path outside of content).
    fn content_path(&self) -> String {
        let in_content = self
            .path
            .iter()
            .rposition(|step| matches!(step, Step::Key("content")));
        self.path_of(in_content.map_or(self.path.len(), |at| at + 2))
    }

    /// The first steps of the path.
    fn path_of(&self, steps: usize) -> String {
        let mut path = String::new();
        for step in self.path.iter().take(steps) {
            match step {
                Step::Key(key) if path.is_empty() => path.push_str(key),
                // Writing to a String can't fail.
                Step::Key(key) => drop(write!(path, ".{key}")),
                Step::Index(index) => drop(write!(path, "[{index}]")),
            }
        }
        path
    }
}

/// Every text of a JSON document that is no request: the parts, and their texts one behind the other.
pub(super) fn walk_free(
    root: Value<'_>,
    body: &[u8],
    limits: &Limits,
) -> Result<(Vec<TextPart>, String), ProtocolError> {
    let source = Source::body(body);
    let mut walker = Walker::new(&source, limits);
    walker.free(root, Place::Other, &source);
    if walker.overflow {
        return Err(ProtocolError::TooManyStrings {
            max: limits.max_strings,
        });
    }
    Ok((walker.found.parts, walker.found.texts))
}

fn content_place(message: Value<'_>) -> Place {
    let role = message.get("role").and_then(Value::string);
    match role.as_deref() {
        Some("system" | "developer") => Place::System,
        Some("user") => Place::User,
        Some("assistant") => Place::Assistant,
        Some("tool" | "function") => Place::ToolResult,
        None if message.get("type").is_some_and(|kind| kind.is("reasoning")) => Place::Reasoning,
        _ => Place::Other,
    }
}

mod columns;
#[cfg(test)]
mod laws;
mod leaves;
#[cfg(test)]
mod names;
#[cfg(test)]
mod tests;
