//! Walks a request by the allow-list and collects its parts.

use super::embedded::Embedded;
use super::media::{Uninspectable, UninspectableKind, is_base64};
use super::opaque;
use super::source::Source;
use super::table::{Means, Rule, State, Types};
use crate::protocol::ProtocolError;
use crate::protocol::escape::{decode_mapped, read_escape};
use crate::protocol::json::{Kind, Limits, Value, scan_text};
use crate::protocol::number::plain;
use crate::protocol::part::{Form, Names, Place, TextPart};
use columns::Columns;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Numbers of so many digits and more are parts: a card code has three.
const TELLING_DIGITS: usize = 3;

/// Protocol numbers of so many digits and more are parts: the shortest number of a person (SSN) has nine.
const LONG_DIGITS: usize = 9;

/// Token numbers have at most so many digits: the largest vocabularies have fewer than ten million tokens.
const TOKEN_DIGITS: usize = 7;

/// How many JSON strings deep JSON is looked for.
pub(super) const NESTED_LEVELS: u8 = 3;

/// What content is where no role says it.
const OUTSIDE_TURNS: Place = Place::Other;

/// What was found in a request.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) parts: Vec<TextPart>,
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
            found: Found::default(),
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
                self.look_into(key);
                self.push(key, Place::Key, self.source);
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

    /// A value whose members have no rows.
    fn leaf(&mut self, value: Value<'_>, rule: Rule) {
        match rule {
            Rule::Number if value.kind() == Kind::Number => {
                if digits(value.raw()) >= LONG_DIGITS {
                    self.push(value, Place::Id, self.source);
                }
            }
            Rule::OneOf(words) if value.string().is_some_and(|text| words.contains(&&*text)) => {}
            Rule::Model if value.string().is_some_and(|text| is_model_name(&text)) => {}
            Rule::Media(kind) if value.kind() == Kind::String && is_base64(&value.text()) => {
                self.mark(kind);
                let path = self.content_path();
                let file = Embedded::of(value, kind, path);
                self.found.embedded.extend(file);
            }
            Rule::Sealed if value.kind() == Kind::String => {
                self.push(value, Place::Id, self.source);
            }
            Rule::Text(place) | Rule::Within(place) => self.free(value, place, self.source),
            Rule::Label => self.label(value),
            Rule::Content | Rule::Typed(_) => self.free(value, self.content, self.source),
            Rule::Schema(place) => self.schema(value, place),
            Rule::TokenIds(place) => self.token_ids(value, place),
            Rule::TokenBias => self.token_bias(value),
            _ => self.free(value, Place::Other, self.source),
        }
    }

    fn label(&mut self, value: Value<'_>) {
        let before = self.found.parts.len();
        self.free(value, Place::Name, self.source);
        self.found
            .parts
            .iter_mut()
            .skip(before)
            .for_each(|part| part.names = Names::default());
    }

    fn token_ids(&mut self, value: Value<'_>, place: Place) {
        if value.subtree().any(|value| value.kind() == Kind::Number) {
            self.mark(UninspectableKind::TokenIds);
        }
        self.texts(value, place, self.source, TOKEN_DIGITS + 1);
    }

    fn token_bias(&mut self, value: Value<'_>) {
        for (key, weight) in value.members() {
            let raw = key.raw();
            if raw.len() > TOKEN_DIGITS || !raw.bytes().all(|byte| byte.is_ascii_digit()) {
                self.push(key, Place::Key, self.source);
            }
            self.texts(weight, Place::Other, self.source, TOKEN_DIGITS + 1);
        }
        if value.kind() != Kind::Object {
            self.free(value, Place::Other, self.source);
        }
    }

    /// Everything in a value is a part: keys, strings, numbers that may tell something.
    pub(super) fn free(&mut self, value: Value<'_>, place: Place, source: &Source<'_>) {
        self.texts(value, place, source, TELLING_DIGITS);
    }

    /// The same, of numbers only those of so many digits and more.
    fn texts(&mut self, value: Value<'_>, place: Place, source: &Source<'_>, least_digits: usize) {
        let columns = Columns::of(value);
        // Where the data of what was told stand: they are not told again.
        let mut data = 0..0;
        for value in value.subtree() {
            let before = self.found.parts.len();
            match value.kind() {
                Kind::Key => {
                    self.look_into(value);
                    self.push(value, Place::Key, source);
                }
                Kind::String => {
                    if !data.contains(&value.span().start) {
                        self.look_into(value);
                    }
                    self.string(value, place, source);
                }
                // In a string, an object is text to whoever reads it.
                Kind::Object if source.layers() == 0 && !data.contains(&value.span().start) => {
                    if let Some((kind, at)) = opaque::of_object(value) {
                        self.mark_loose(kind);
                        data = at.start..at.end;
                    }
                }
                Kind::Number if digits(value.raw()) >= least_digits => {
                    self.push(value, place, source);
                }
                _ => {}
            }
            if self.found.parts.len() == before + 1
                && let (Some(name), Some(part)) = (columns.name(value), self.found.parts.last_mut())
            {
                part.names.put_first(source.address(name));
            }
        }
    }

    /// Tells whether a string is no text at all.
    fn look_into(&mut self, string: Value<'_>) {
        if let Some(kind) = opaque::of_text(&string.text()) {
            self.mark_loose(kind);
        }
    }

    fn string(&mut self, string: Value<'_>, place: Place, source: &Source<'_>) {
        if !self.nested(string, place, source) {
            self.push(string, place, source);
        }
    }

    /// Takes a string that is JSON itself apart; says whether it was.
    fn nested(&mut self, string: Value<'_>, place: Place, source: &Source<'_>) -> bool {
        let quoted_too = matches!(place, Place::ToolCall | Place::ToolResult);
        if source.layers() == NESTED_LEVELS || !may_be_json(string.raw(), quoted_too) {
            return false;
        }
        let (text, map) = decode_mapped(string.raw());
        let left = self
            .limits
            .max_strings
            .saturating_sub(self.found.parts.len());
        let limits = Limits {
            max_strings: left,
            ..self.limits
        };
        let Ok(document) = scan_text(&text, &limits) else {
            return false;
        };
        if let Some(root) = document.root() {
            let inside = source.inside(string, map, self.message_at);
            self.free(root, place, &inside);
        }
        true
    }

    /// Adds one part. A text without characters is none.
    pub(super) fn push(&mut self, value: Value<'_>, place: Place, source: &Source<'_>) {
        if value.span().is_empty() {
            return;
        }
        if self.found.parts.len() >= self.limits.max_strings {
            self.overflow = true;
            return;
        }
        let names = if place == Place::Key {
            Names::default()
        } else {
            source.names_of(value, self.message_at)
        };
        let form = if value.kind() == Kind::Number {
            Form::Number
        } else {
            Form::Quoted
        };
        let at = source.address(value);
        self.found.parts.push(TextPart {
            place,
            message: self.message,
            form,
            at,
            names,
        });
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

/// Every text of a JSON document that is no request.
pub(super) fn walk_free(
    root: Value<'_>,
    body: &[u8],
    limits: &Limits,
) -> Result<Vec<TextPart>, ProtocolError> {
    let source = Source::body(body);
    let mut walker = Walker::new(&source, limits);
    walker.free(root, Place::Other, &source);
    if walker.overflow {
        return Err(ProtocolError::TooManyStrings {
            max: limits.max_strings,
        });
    }
    Ok(walker.found.parts)
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

fn is_model_name(text: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/@".contains(&byte);
    (1..=128).contains(&text.len()) && text.bytes().all(known)
}

fn digits(number: &str) -> usize {
    let written_out = plain(number);
    written_out.bytes().filter(u8::is_ascii_digit).count()
}

/// Whether it is worth scanning a string as JSON: an object or array, or, where the text of a tool stands, a string.
pub(super) fn may_be_json(raw: &str, quoted_too: bool) -> bool {
    let mut rest = raw;
    loop {
        let (first, len) = match rest.chars().next() {
            Some('\\') => match read_escape(rest.as_bytes()) {
                Ok(escape) => (escape.character, escape.len),
                Err(_) => return false,
            },
            Some(first) => (first, first.len_utf8()),
            None => return false,
        };
        match first {
            ' ' | '\t' | '\n' | '\r' => rest = rest.get(len..).unwrap_or_default(),
            '{' | '[' => return true,
            other => return quoted_too && other == '"',
        }
    }
}

mod columns;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod names;
#[cfg(test)]
mod tests;
