//! Writers: each tells what happens in the words of one format. They refuse to know what the destination speaks.

mod chat;
mod messages;
mod responses;

use super::happening::Step;
use super::whole::Whole;
use crate::protocol::escape::escape_into;
use crate::protocol::{Format, ProtocolError};

/// The writer of the app's format.
pub(super) enum Writer {
    Chat(chat::Chat),
    Messages(messages::Messages),
    Responses(Box<responses::Responses>),
}

impl Writer {
    pub(super) fn of(asked: Format, include_usage: bool) -> Option<Self> {
        match asked {
            Format::Chat => Some(Self::Chat(chat::Chat::new(include_usage))),
            Format::Messages => Some(Self::Messages(messages::Messages::default())),
            Format::Responses => Some(Self::Responses(Box::default())),
            Format::Completions | Format::Embeddings | Format::CountTokens => None,
        }
    }

    /// Adds the events that tell of a step.
    pub(super) fn step(&mut self, step: Step, out: &mut String) -> Result<(), ProtocolError> {
        if matches!(step, Step::Alive) {
            out.push_str(": keep-alive\n\n");
            return Ok(());
        }
        match self {
            Self::Chat(chat) => chat.step(step, out),
            Self::Messages(messages) => messages.step(step, out),
            Self::Responses(responses) => return responses.step(step, out),
        }
        Ok(())
    }

    /// The body of a whole reply.
    pub(super) fn whole(&self, whole: &Whole) -> String {
        match self {
            Self::Chat(_) => chat::whole(whole),
            Self::Messages(_) => messages::whole(whole),
            Self::Responses(_) => responses::whole(whole),
        }
    }
}

/// A JSON string.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 8);
    quoted.push('"');
    escape_into(text, &mut quoted);
    quoted.push('"');
    quoted
}

/// A JSON string, or null where there is no text.
fn quoted_or_null(text: &str) -> String {
    if text.is_empty() {
        "null".to_owned()
    } else {
        quoted(text)
    }
}

/// Adds a named event.
fn event(name: &str, data: &str, out: &mut String) {
    out.extend(["event: ", name, "\ndata: ", data, "\n\n"]);
}
