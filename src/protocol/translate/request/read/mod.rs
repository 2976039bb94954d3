//! Readers: a body of each format as a [`Conversation`].
//!
//! They read what the strict scanner gives, as inspection does, so that both see the same request. A member of the request
//! that a reader doesn't know can't be told; of what stands deeper, it takes what it knows.

mod chat;
mod messages;
mod responses;

pub(super) use chat::chat;
pub(super) use messages::messages;
pub(super) use responses::responses;

use super::conversation::{Conversation, Text, Tool};
use super::{Told, untold};
use crate::protocol::json::{Kind, Value};

/// What is said of a member that no reader knows: its name is text of the app.
pub(super) const UNKNOWN: &str = "a member of the request that this gateway doesn't know";

/// Members that change nothing, and members that can't be told, with what is said of them.
struct Others {
    dropped: &'static [&'static str],
    untold: &'static [(&'static str, &'static str)],
}

impl Others {
    /// Judges a member that has no place in a conversation.
    fn judge(&self, name: &str, value: Value<'_>) -> Told<()> {
        if self.dropped.contains(&name) || !says_something(value) {
            return Ok(());
        }
        let known = self.untold.iter().find(|(known, _)| *known == name);
        untold(known.map_or(UNKNOWN, |(_, what)| what))
    }
}

/// Types of the parts of a content.
struct Parts {
    /// Texts, and the member that holds each.
    texts: &'static [(&'static str, &'static str)],
    /// What can't be told, and what is said of it.
    untold: &'static [(&'static str, &'static str)],
}

impl Parts {
    /// The texts of a content: a string, nothing, or an array of parts.
    fn texts<'d>(&self, content: Value<'d>) -> Told<Vec<Text<'d>>> {
        match content.kind() {
            Kind::Null => Ok(Vec::new()),
            Kind::String => Ok(vec![content.text()]),
            Kind::Array => content.elements().map(|part| self.text(part)).collect(),
            _ => untold("a content that is neither text nor parts"),
        }
    }

    fn text<'d>(&self, part: Value<'d>) -> Told<Text<'d>> {
        let kind = word(part, "type");
        let named = |(name, _): &&(&str, &'static str)| *name == kind;
        if let Some((_, member)) = self.texts.iter().find(named) {
            return string_at(part, member);
        }
        let known = self.untold.iter().find(named);
        untold(known.map_or("a part of an unknown type", |(_, what)| what))
    }
}

/// The members of an object that are not null, with their names.
fn members<'d>(object: Value<'d>) -> impl Iterator<Item = (Text<'d>, Value<'d>)> {
    let members = object.members();
    let set = members.filter(|(_, value)| value.kind() != Kind::Null);
    set.map(|(key, value)| (key.text(), value))
}

/// Reads a member that all formats call the same; whether it is one.
fn shared<'d>(said: &mut Conversation<'d>, name: &str, value: Value<'d>) -> Told<bool> {
    match name {
        "model" => said.model = Some(string(value)?),
        "stream" => said.stream = flag(value)?,
        "temperature" => said.temperature = Some(number(value)?),
        "top_p" => said.top_p = Some(number(value)?),
        "parallel_tool_calls" => said.one_call = !flag(value)?,
        _ => return Ok(false),
    }
    Ok(true)
}

/// A word of effort; `none` switches thinking off.
fn effort<'d>(said: &mut Conversation<'d>, value: Value<'d>) -> Told<()> {
    let word = string(value)?;
    if word == "none" {
        said.thinking.on = Some(false);
    } else {
        said.thinking.effort = Some(word);
    }
    Ok(())
}

/// Whether thinking is on; other words leave it to the destination.
fn thinking(said: &mut Conversation<'_>, value: Value<'_>) {
    match &*word(value, "type") {
        "enabled" => said.thinking.on = Some(true),
        "disabled" => said.thinking.on = Some(false),
        _ => {}
    }
}

/// A function by its members; `schema` is the name of its schema.
fn function<'d>(tool: Value<'d>, schema: &str) -> Told<Tool<'d>> {
    Ok(Tool {
        name: string_at(tool, "name")?,
        description: optional(tool, "description")?,
        schema: match set(tool, schema) {
            Some(schema) => Some(object(schema)?.raw()),
            None => None,
        },
        strict: set(tool, "strict").map_or(Ok(false), flag)?,
    })
}

/// The member of that name, if it is there and not null.
fn set<'d>(object: Value<'d>, name: &str) -> Option<Value<'d>> {
    object.get(name).filter(|value| value.kind() != Kind::Null)
}

/// A short text of the protocol; empty where there is none.
fn word<'d>(object: Value<'d>, name: &str) -> Text<'d> {
    object.get(name).and_then(Value::string).unwrap_or_default()
}

fn optional<'d>(object: Value<'d>, name: &str) -> Told<Option<Text<'d>>> {
    set(object, name).map(string).transpose()
}

fn string_at<'d>(object: Value<'d>, name: &str) -> Told<Text<'d>> {
    match set(object, name) {
        Some(value) => string(value),
        None => untold("a text that is missing"),
    }
}

fn string(value: Value<'_>) -> Told<Text<'_>> {
    match value.string() {
        Some(text) => Ok(text),
        None => untold("a value where a text belongs"),
    }
}

fn strings(value: Value<'_>) -> Told<Vec<Text<'_>>> {
    match value.kind() {
        Kind::Array => value.elements().map(string).collect(),
        _ => Ok(vec![string(value)?]),
    }
}

fn number(value: Value<'_>) -> Told<&str> {
    match value.kind() {
        Kind::Number => Ok(value.raw()),
        _ => untold("a value where a number belongs"),
    }
}

fn flag(value: Value<'_>) -> Told<bool> {
    match value.kind() {
        Kind::True => Ok(true),
        Kind::False => Ok(false),
        _ => untold("a value where true or false belongs"),
    }
}

fn object(value: Value<'_>) -> Told<Value<'_>> {
    match value.kind() {
        Kind::Object => Ok(value),
        _ => untold("a value where an object belongs"),
    }
}

fn elements(value: Value<'_>) -> Told<impl Iterator<Item = Value<'_>>> {
    match value.kind() {
        Kind::Array => Ok(value.elements()),
        _ => untold("a value where an array belongs"),
    }
}

/// Whether it is more than a way to write nothing.
fn says_something(value: Value<'_>) -> bool {
    match value.kind() {
        Kind::Null | Kind::False => false,
        Kind::True => true,
        Kind::Number => value.integer() != Some(0),
        Kind::String | Kind::Key => !value.raw().is_empty(),
        Kind::Array => value.elements().next().is_some(),
        Kind::Object => value.members().next().is_some(),
    }
}
