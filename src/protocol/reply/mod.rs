//! A whole reply or one event of a streamed one, in any format: the texts in it, each with the channel it belongs to.
//!
//! A format walks its replies itself and notes here what it finds. Texts outside the known channels and the protocol
//! members are [`Field::Other`]. Object keys of free data are read only where the data is taken as raw JSON. The strings
//! of log probabilities are no parts: whoever changes a text drops those as a whole ([`Reply::dropped`]).

mod found;
#[cfg(test)]
mod laws;

pub(super) use found::{Ended, Found, Head, index_of, is_scalar, of, usage};

use super::format::Format;
use crate::base::Span;
use crate::protocol::ProtocolError;
use crate::protocol::escape::escape;
use crate::protocol::json::{Limits, scan_reply};
use crate::protocol::part::Address;
use crate::protocol::splice::Edit;
use bytes::Bytes;
use std::borrow::Cow;
use std::fmt;

/// The part of a chat's choice that stands for the legacy `function_call`.
pub const LEGACY_CALL: u32 = u32::MAX;

/// Which text of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// The answer.
    Content,
    /// The model's reasoning.
    Reasoning,
    /// Reasoning under the key `reasoning` of a chat. Some servers send the same text under both keys of one chunk.
    ReasoningPlain,
    /// A summary of the reasoning.
    Summary,
    /// Why the model refused.
    Refusal,
    /// Name of a tool.
    ToolName,
    /// Arguments of a tool: JSON, or a piece of it.
    ToolArguments,
    /// Input of a tool that takes free text.
    ToolInput,
    /// Code that runs at the destination.
    Code,
    /// Any text of an error.
    Error,
    /// Data as raw JSON: what the upstream tells again of the request, mostly.
    Json,
    /// Any other text.
    Other,
}

impl Field {
    /// Whether what it may hold hangs on which tool it belongs to, or says which.
    pub const fn is_of_tool(self) -> bool {
        matches!(self, Self::ToolName | Self::ToolArguments | Self::ToolInput)
    }
}

/// Which stream of text: pieces of the same channel belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Channel {
    /// A chat's choice, a response's output item, a message's block; 0 outside of them.
    pub item: u32,
    /// Which tool call of a choice ([`LEGACY_CALL`] for `function_call`), or part of an item; else 0.
    pub part: u32,
    /// Which text of it.
    pub field: Field,
}

/// Items of a response that an event carries whole are numbered from here: they are no continuation of anything.
pub(super) const WHOLE: u32 = 1 << 20;

impl Channel {
    /// The first of an item, in order.
    pub const fn first(item: u32) -> Self {
        of(item, Field::Content)
    }

    /// Whether it is of a response that an event of a stream carries whole.
    pub fn is_told_again(self) -> bool {
        self.item >= WHOLE
    }
}

/// One text of a reply.
#[derive(Debug, Clone, Copy)]
pub struct ReplyPart {
    /// What it belongs to.
    pub channel: Channel,
    /// Whether it is complete in itself; else it is a piece of its channel, and the next may follow in a later event.
    pub whole: bool,
    at: Address,
}

impl ReplyPart {
    /// The text, decoded; data as its raw JSON. `body` is the body of its reply.
    pub fn text<'b>(&self, body: &'b [u8]) -> Cow<'b, str> {
        self.at.text(body)
    }

    /// Whether [`Self::text`] is raw JSON.
    pub fn is_raw(&self) -> bool {
        self.at.layers == 0
    }

    /// The edit that makes `text` the whole value: a string, or raw JSON.
    pub fn replace(&self, text: &str) -> Edit {
        Edit {
            span: self.at.span,
            replacement: escape(text, self.at.layers),
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

/// A place in a text, counted in characters from its beginning: it moves when the text before it changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offset {
    /// The text.
    pub channel: Channel,
    /// The count.
    pub at: u64,
    /// Where the count stands in the body.
    pub span: Span,
}

/// A reply or event, understood. Owns its body; `Debug` shows sizes only.
pub struct Reply {
    format: Format,
    body: Bytes,
    found: Found,
}

impl Reply {
    /// Reads a reply body or the data of an event. Blank lines before it (keep-alive) are accepted, and so is any JSON:
    /// an upstream's error may have any shape.
    ///
    /// # Errors
    /// Anything that is not strict JSON within the limits; but half a surrogate pair is taken and reads as U+FFFD.
    pub fn parse(format: Format, json: Bytes, limits: &Limits) -> Result<Self, ProtocolError> {
        let mut found = Found::default();
        match scan_reply(&json, limits) {
            Ok(document) => {
                if let Some(root) = document.root() {
                    (format.spec().reply)(&mut found, root);
                }
            }
            Err(ProtocolError::TooManyStrings { .. }) if format.spec().numbers => {}
            Err(error) => return Err(error),
        }
        Ok(Self {
            format,
            body: json,
            found,
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

    /// Its texts, in document order; empty ones too.
    pub fn parts(&self) -> &[ReplyPart] {
        &self.found.parts
    }

    /// The counts, if this reply or event brings them.
    pub fn usage(&self) -> Option<Usage> {
        self.found.usage
    }

    /// Whether a channel is over with this event.
    pub fn ends(&self, channel: Channel) -> bool {
        self.found.ended.iter().any(|end| end.holds(channel))
    }

    /// Whether any channel may be over with this event.
    pub fn ends_some(&self) -> bool {
        !self.found.ended.is_empty()
    }

    /// Items that begin with this event: what went before under the same number is another's.
    pub fn begun(&self) -> &[u32] {
        &self.found.begun
    }

    /// Whether the stream is complete with this event, where the format has such an event.
    pub fn is_last(&self) -> bool {
        self.found.last
    }

    /// Whether it tells of an error.
    pub fn is_error(&self) -> bool {
        self.found.is_error
    }

    /// Raw spans of values that tell of the text as it came (log probabilities, places in documents), and what stands
    /// for each where such a text may have changed.
    pub fn dropped(&self) -> &[(Span, &'static str)] {
        &self.found.dropped
    }

    /// Whether the whole event tells only of the text as it came.
    pub fn is_dropped(&self) -> bool {
        self.found.drop_all
    }

    /// Places in texts that move with them.
    pub fn offsets(&self) -> &[Offset] {
        &self.found.offsets
    }

    /// The event's number and where it stands, where the format numbers its events.
    pub fn sequence(&self) -> Option<(u64, Span)> {
        self.found.sequence
    }

    /// Items and the raw JSON of their ids, as this event names them; one item is named twice where the event says it twice.
    pub fn origins(&self) -> impl Iterator<Item = (u32, &str)> {
        let named = self.found.whose.named.iter();
        named.filter_map(|(item, span)| Some((*item, self.raw(Some(*span))?)))
    }

    /// Whether the number of its item is none: what a client takes it for, no one knows.
    pub fn is_misplaced(&self) -> bool {
        self.found.whose.unclear
    }

    pub(super) fn head(&self) -> &Head {
        &self.found.head
    }

    /// The raw JSON at a span.
    pub(super) fn raw(&self, span: Option<Span>) -> Option<&str> {
        std::str::from_utf8(span?.bytes(&self.body)?).ok()
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Reply({} bytes, {} parts)",
            self.body.len(),
            self.found.parts.len()
        )
    }
}
