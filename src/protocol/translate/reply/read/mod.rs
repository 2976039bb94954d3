//! Readers: each finds what happens in the replies and events of one wire format. They refuse to know what the app asked.

mod chat;
mod messages;
mod responses;

use super::happening::Happening;
use crate::protocol::json::{Kind, Value};
use crate::protocol::{Format, ProtocolError};

/// Most calls or items that a reply may have: as many as a reply in the app's own format may have channels.
const MOST_ITEMS: usize = 1_024;

/// The reader of the destination's format.
pub(super) enum Reader {
    Chat(chat::Chat),
    Messages(messages::Messages),
    Responses(responses::Responses),
}

impl Reader {
    pub(super) fn of(wire: Format) -> Option<Self> {
        match wire {
            Format::Chat => Some(Self::Chat(chat::Chat::default())),
            Format::Messages => Some(Self::Messages(messages::Messages::default())),
            Format::Responses => Some(Self::Responses(responses::Responses::default())),
            Format::Completions | Format::Embeddings | Format::CountTokens => None,
        }
    }

    /// The data of one event. What is unknown is ignored.
    pub(super) fn event(&mut self, root: Value<'_>, found: &mut Vec<Happening>) {
        match self {
            Self::Chat(chat) => chat.event(root, found),
            Self::Messages(messages) => messages.event(root, found),
            Self::Responses(responses) => responses.event(root, found),
        }
    }

    /// `[DONE]`: the end of a chat, and nothing elsewhere.
    pub(super) fn done(&self, found: &mut Vec<Happening>) {
        if matches!(self, Self::Chat(_)) {
            found.push(Happening::End);
        }
    }

    /// A whole reply.
    /// Whether the reply has more calls or items than are remembered: it must be given up.
    pub(super) fn is_full(&self) -> bool {
        match self {
            Self::Chat(chat) => chat.calls() > MOST_ITEMS,
            Self::Messages(_) => false,
            Self::Responses(responses) => responses.items() > MOST_ITEMS,
        }
    }

    pub(super) fn whole(
        &mut self,
        root: Value<'_>,
        found: &mut Vec<Happening>,
    ) -> Result<(), ProtocolError> {
        match self {
            Self::Chat(chat) => chat.whole(root, found),
            Self::Messages(messages) => messages.whole(root, found),
            Self::Responses(responses) => responses.whole(root, found),
        }
    }
}

/// The member's text, if it is a string; empty else.
fn text(value: Value<'_>, name: &str) -> String {
    let text = value.get(name).and_then(Value::string);
    text.unwrap_or_default().into_owned()
}

/// The member's number.
fn count(value: Value<'_>, name: &str) -> Option<u64> {
    value.get(name).and_then(Value::integer)
}

/// The member, if it is an object.
fn object<'d>(value: Value<'d>, name: &str) -> Option<Value<'d>> {
    value.get(name).filter(|value| value.kind() == Kind::Object)
}

/// The member, if it is an array; the error names it.
fn array<'d>(value: Value<'d>, name: &str) -> Result<Value<'d>, ProtocolError> {
    let path = || name.to_owned();
    let member = value
        .get(name)
        .ok_or_else(|| ProtocolError::MissingField { path: path() })?;
    if member.kind() == Kind::Array {
        return Ok(member);
    }
    let expected = "an array";
    Err(ProtocolError::WrongType {
        path: path(),
        expected,
    })
}
