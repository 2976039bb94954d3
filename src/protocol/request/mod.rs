//! A request in any format: its parts, and the few facts that others need of it.
//!
//! What a member means is one table a format; [`walk`] goes by it. Whatever the table doesn't know is a part.

mod embedded;
mod facts;
mod hints;
mod media;
mod opaque;
mod places;
mod schema;
mod source;
pub(super) mod table;
mod walk;

pub use embedded::{Embedded, JsonText};
pub use facts::Shape;
pub use media::{Uninspectable, UninspectableKind};
pub(super) use table::State;

use super::format::{Asked, Format};
use crate::base::Span;
use crate::protocol::ProtocolError;
use crate::protocol::json::{Kind, Limits, Value, scan};
use crate::protocol::part::TextPart;
use crate::protocol::splice::Edit;
use bytes::Bytes;
use facts::Facts;
use std::fmt;
use walk::{Found, walk};

/// A request, understood. Owns its body; `Debug` shows sizes only.
pub struct Request {
    format: Format,
    body: Bytes,
    found: Found,
    facts: Facts,
}

impl Request {
    /// Reads a request body.
    ///
    /// # Errors
    /// Anything that is not strict JSON within the limits; what the model is asked missing or of the wrong type; a
    /// reference to text that the upstream keeps, which nobody could inspect. What else is wrong is for the upstream to
    /// say: it is inspected and goes on.
    pub fn parse(format: Format, body: Bytes, limits: &Limits) -> Result<Self, ProtocolError> {
        let (found, facts) = {
            let document = scan(&body, limits)?;
            let root = document.root().filter(|root| root.kind() == Kind::Object);
            let root = root.ok_or_else(|| wrong_type("body", "an object"))?;
            let asked = asked(root, format.spec().asked)?;
            let mut found = walk(root, (format.spec().table)(), &body, limits)?;
            if let Some(path) = found.kept.take() {
                return Err(ProtocolError::Kept { path });
            }
            let facts = Facts::of(root, asked, format.spec(), &found, &body);
            (found, facts)
        };
        Ok(Self {
            format,
            body,
            found,
            facts,
        })
    }

    /// In which words it is written.
    pub fn format(&self) -> Format {
        self.format
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

    /// The text of one of [`Self::parts`], with JSON escapes undone at every level that it sits in, and a number's exponent
    /// written out; empty if it is another request's.
    pub fn text(&self, part: &TextPart) -> &str {
        part.text(&self.found.texts)
    }

    /// The raw edit that puts `replacement` at `span` of a part's text, escaped for its levels.
    ///
    /// A bare number becomes a string: the edit is of the whole number and brings the quotes. `None` if the span is
    /// outside the text or off a character boundary. For several spans of one part use [`Self::edits`]: it goes through
    /// the escapes once, and keeps a number whole.
    pub fn edit(&self, part: &TextPart, span: Span, replacement: &str) -> Option<Edit> {
        self.edits(part, &[(span, replacement)])?.pop()
    }

    /// The raw edits for several spans, sorted and disjoint, of a part's text.
    pub fn edits(&self, part: &TextPart, replacements: &[(Span, &str)]) -> Option<Vec<Edit>> {
        part.edits(&self.body, self.text(part), replacements)
    }

    /// What can't be read as text, in document order.
    pub fn uninspectable(&self) -> &[Uninspectable] {
        &self.found.uninspectable
    }

    /// Files whose bytes stand in the request, in document order; each is among [`Self::uninspectable`] too.
    pub fn embedded(&self) -> &[Embedded] {
        &self.found.embedded
    }

    /// Facts for routing.
    pub fn shape(&self) -> &Shape {
        &self.facts.shape
    }

    /// Whom the app says it speaks for.
    pub fn end_user(&self) -> Option<&str> {
        self.facts.end_user.as_deref()
    }

    /// Where the content value of the first user message stands in the body, quotes or brackets included; `None` where
    /// requests of the format are no conversations.
    pub fn first_user_message(&self) -> Option<Span> {
        self.facts.first_user_message
    }
}

/// What the model is asked, of the right type.
fn asked(root: Value<'_>, asked: Asked) -> Result<Value<'_>, ProtocolError> {
    let (Asked::Turns(name) | Asked::TurnsOrText(name) | Asked::Texts(name)) = asked;
    let missing = || ProtocolError::MissingField {
        path: name.to_owned(),
    };
    let value = root.get(name).ok_or_else(missing)?;
    match (asked, value.kind()) {
        // A prompt may be null, which is none.
        (Asked::Texts("prompt"), Kind::Null)
        | (Asked::TurnsOrText(_), Kind::String)
        | (Asked::Texts(_), Kind::String | Kind::Array) => {
            return Ok(value);
        }
        (Asked::Turns(_) | Asked::TurnsOrText(_), Kind::Array) => {}
        (Asked::Turns(_), _) => return Err(wrong_type(name, "an array")),
        _ => return Err(wrong_type(name, "a string or an array")),
    }
    match value
        .elements()
        .position(|turn| turn.kind() != Kind::Object)
    {
        Some(index) => Err(wrong_type(&format!("{name}[{index}]"), "an object")),
        None => Ok(value),
    }
}

fn wrong_type(path: &str, expected: &'static str) -> ProtocolError {
    ProtocolError::WrongType {
        path: path.to_owned(),
        expected,
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (bytes, parts) = (self.body.len(), self.found.parts.len());
        write!(f, "Request({bytes} bytes, {parts} parts)")
    }
}

#[cfg(test)]
mod opaque_tests;
#[cfg(test)]
mod tests;
