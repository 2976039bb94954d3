//! A chat request: its parts, and the few facts that others need of it.

use super::facts::{Facts, Shape};
use super::media::Uninspectable;
use super::walk::{Found, walk};
use crate::base::Span;
use crate::protocol::ProtocolError;
use crate::protocol::json::{Kind, Limits, Value, scan};
use crate::protocol::part::TextPart;
use bytes::Bytes;
use std::fmt;

/// A chat request, understood. Owns its body; `Debug` shows sizes only.
pub struct ChatRequest {
    body: Bytes,
    found: Found,
    facts: Facts,
}

impl ChatRequest {
    /// Reads a request body.
    ///
    /// # Errors
    /// Anything that is not strict JSON within the limits; `messages` missing, no array, or with an element that is no
    /// object. What else is wrong is for the upstream to say: it is inspected and goes on.
    pub fn parse(body: Bytes, limits: &Limits) -> Result<Self, ProtocolError> {
        let (found, facts) = {
            let document = scan(&body, limits)?;
            let root = document.root().filter(|root| root.kind() == Kind::Object);
            let root = root.ok_or_else(|| wrong_type("body", "an object"))?;
            let messages = messages(root)?;
            let found = walk(root, &body, limits)?;
            let facts = Facts::of(root, messages, &found.parts, &body);
            (found, facts)
        };
        Ok(Self { body, found, facts })
    }

    /// The bytes as they came.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The model that is asked for, decoded.
    pub fn model(&self) -> Option<&str> {
        self.facts.model.as_deref()
    }

    /// Where the model's name stands in the body, inside the quotes.
    pub fn model_span(&self) -> Option<Span> {
        self.facts.model_span
    }

    /// Whether the reply is to be streamed.
    pub fn stream(&self) -> bool {
        self.facts.stream
    }

    /// Every text that is not on the protocol allow-list, in document order.
    pub fn parts(&self) -> &[TextPart] {
        &self.found.parts
    }

    /// What can't be read as text, in document order.
    pub fn uninspectable(&self) -> &[Uninspectable] {
        &self.found.uninspectable
    }

    /// Facts for routing.
    pub fn shape(&self) -> &Shape {
        &self.facts.shape
    }

    /// Whom the app says it speaks for: `user`, else `user_id`, else `safety_identifier`.
    pub fn end_user(&self) -> Option<&str> {
        self.facts.end_user.as_deref()
    }

    /// Where the content value of the first user message stands in the body, quotes or brackets included.
    pub fn first_user_message(&self) -> Option<Span> {
        self.facts.first_user_message
    }
}

fn messages(root: Value<'_>) -> Result<Value<'_>, ProtocolError> {
    let missing = || ProtocolError::MissingField {
        path: "messages".to_owned(),
    };
    let messages = root.get("messages").ok_or_else(missing)?;
    if messages.kind() != Kind::Array {
        return Err(wrong_type("messages", "an array"));
    }
    match messages
        .elements()
        .position(|message| message.kind() != Kind::Object)
    {
        Some(index) => Err(wrong_type(&format!("messages[{index}]"), "an object")),
        None => Ok(messages),
    }
}

fn wrong_type(path: &str, expected: &'static str) -> ProtocolError {
    ProtocolError::WrongType {
        path: path.to_owned(),
        expected,
    }
}

impl fmt::Debug for ChatRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (bytes, parts) = (self.body.len(), self.found.parts.len());
        write!(f, "ChatRequest({bytes} bytes, {parts} parts)")
    }
}

#[cfg(test)]
mod tests;
