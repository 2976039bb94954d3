//! A whole reply or one chunk of a streamed one: the texts in it, each with the channel it belongs to.
//!
//! Texts outside the known channels and the protocol members are [`Field::Other`]. Object keys are no parts, nor are the
//! strings of log probabilities: whoever changes a text drops those as a whole ([`ChatReply::logprobs_spans`]).

mod walk;

use crate::base::Span;
use crate::protocol::ProtocolError;
use crate::protocol::escape::escape;
use crate::protocol::json::{Limits, scan_reply};
use crate::protocol::part::Address;
use crate::protocol::splice::Edit;
use bytes::Bytes;
use std::borrow::Cow;
use std::fmt;

/// The tool index that stands for the legacy `function_call`.
pub const LEGACY_CALL: u32 = u32::MAX;

/// Which text of a choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// The answer.
    Content,
    /// Reasoning under the key `reasoning_content`.
    Reasoning,
    /// Reasoning under the key `reasoning`. Some servers send the same text under both keys of one chunk.
    ReasoningPlain,
    /// Why the model refused.
    Refusal,
    /// Name of the tool with that index ([`LEGACY_CALL`] for `function_call`).
    ToolName(u32),
    /// Arguments of the tool with that index: JSON, or a piece of it.
    ToolArguments(u32),
    /// Input of the custom tool with that index: free text.
    ToolInput(u32),
    /// Any text of an error.
    Error,
    /// Any other text. It is whole in its chunk.
    Other,
}

/// Which stream of text: pieces of the same channel belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Channel {
    /// The choice's `index`, or its position; 0 outside of choices.
    pub choice: u32,
    /// Which text of it.
    pub field: Field,
}

/// One text of a reply.
#[derive(Debug, Clone, Copy)]
pub struct ReplyPart {
    /// What it belongs to.
    pub channel: Channel,
    at: Address,
}

impl ReplyPart {
    /// The text, decoded. `body` is the body of its reply.
    pub fn text<'b>(&self, body: &'b [u8]) -> Cow<'b, str> {
        self.at.text(body)
    }

    /// The edit that makes `text` the whole string value.
    pub fn replace(&self, text: &str) -> Edit {
        Edit {
            span: self.at.span,
            replacement: escape(text, 1),
        }
    }
}

/// Tokens as the upstream counted them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens of the prompt, cached ones included.
    pub prompt: u64,
    /// Tokens of the answer, reasoning included.
    pub completion: u64,
    /// Tokens of the prompt that came from the cache.
    pub cached: u64,
}

/// Raw values that a chunk of our own copies.
#[derive(Debug, Default)]
pub(super) struct Head {
    pub(super) id: Option<Span>,
    pub(super) object: Option<Span>,
    pub(super) created: Option<Span>,
    pub(super) model: Option<Span>,
}

/// A reply or chunk, understood. Owns its body; `Debug` shows sizes only.
pub struct ChatReply {
    body: Bytes,
    found: Found,
}

#[derive(Default)]
struct Found {
    parts: Vec<ReplyPart>,
    usage: Option<Usage>,
    finished: Vec<u32>,
    is_error: bool,
    logprobs: Vec<(u32, Span)>,
    head: Head,
}

impl ChatReply {
    /// Reads a reply body or the data of an event. Blank lines before it (keep-alive) are accepted, and so is any JSON:
    /// an upstream's error may have any shape.
    ///
    /// # Errors
    /// Anything that is not strict JSON within the limits; but half a surrogate pair is taken and reads as U+FFFD.
    pub fn parse(json: Bytes, limits: &Limits) -> Result<Self, ProtocolError> {
        let mut found = Found::default();
        if let Some(root) = scan_reply(&json, limits)?.root() {
            found.root(root);
        }
        Ok(Self { body: json, found })
    }

    /// The bytes as they came.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Its texts, in document order; empty ones too.
    pub fn parts(&self) -> &[ReplyPart] {
        &self.found.parts
    }

    /// The counts, if this reply or chunk brings them.
    pub fn usage(&self) -> Option<Usage> {
        self.found.usage
    }

    /// The choices whose `finish_reason` is set here.
    pub fn finished(&self) -> &[u32] {
        &self.found.finished
    }

    /// Whether it has an `error` member that isn't null.
    pub fn is_error(&self) -> bool {
        self.found.is_error
    }

    /// Choice and raw span of each `logprobs` value that isn't null.
    pub fn logprobs_spans(&self) -> &[(u32, Span)] {
        &self.found.logprobs
    }

    pub(super) fn head(&self) -> &Head {
        &self.found.head
    }
}

impl fmt::Debug for ChatReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "ChatReply({} bytes, {} parts)",
            self.body.len(),
            self.found.parts.len()
        )
    }
}

#[cfg(test)]
mod tests;
