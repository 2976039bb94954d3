//! A whole reply or one chunk of a streamed one: the texts in it, each with the channel it belongs to.
//!
//! Texts outside the known channels and the protocol members are [`Field::Other`]. Object keys are no parts, nor are the
//! strings of log probabilities: whoever changes a text drops those as a whole ([`ChatReply::logprobs_spans`]).

use crate::base::Span;
use crate::protocol::ProtocolError;
use crate::protocol::escape::escape;
use crate::protocol::json::{Kind, Limits, Value, scan};
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
    /// Anything that is not strict JSON within the limits.
    pub fn parse(json: Bytes, limits: &Limits) -> Result<Self, ProtocolError> {
        let mut found = Found::default();
        if let Some(root) = scan(&json, limits)?.root() {
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

impl Found {
    fn root(&mut self, root: Value<'_>) {
        if root.kind() != Kind::Object {
            return self.other(0, root);
        }
        for (key, value) in root.members() {
            let span = Some(value.outer_span());
            match &*key.text() {
                "choices" => self.choices(value),
                "id" if is_scalar(value) => self.head.id = span,
                "object" if is_scalar(value) => self.head.object = span,
                "created" if is_scalar(value) => self.head.created = span,
                "model" if is_scalar(value) => self.head.model = span,
                "system_fingerprint" | "service_tier" if is_scalar(value) => {}
                "error" if value.kind() != Kind::Null => {
                    self.is_error = true;
                    self.texts(0, Field::Error, value);
                }
                "usage" => {
                    self.usage = usage(value);
                    self.other(0, value);
                }
                _ => self.other(0, value),
            }
        }
    }

    fn choices(&mut self, choices: Value<'_>) {
        if choices.kind() != Kind::Array {
            return self.other(0, choices);
        }
        for (position, choice) in choices.elements().enumerate() {
            let index = index_of(choice, position);
            if choice.kind() != Kind::Object {
                self.other(index, choice);
            }
            for (key, value) in choice.members() {
                self.choice_member(index, &key.text(), value);
            }
        }
    }

    fn choice_member(&mut self, choice: u32, key: &str, value: Value<'_>) {
        match (key, value.kind()) {
            ("delta" | "message", Kind::Object) => {
                for (key, value) in value.members() {
                    self.message_member(choice, &key.text(), value);
                }
            }
            ("finish_reason", Kind::String) => self.finished.push(choice),
            ("logprobs", Kind::Null) => {}
            ("logprobs", _) => self.logprobs.push((choice, value.outer_span())),
            _ => self.other(choice, value),
        }
    }

    fn message_member(&mut self, choice: u32, key: &str, value: Value<'_>) {
        match key {
            "content" if value.kind() == Kind::Array => self.content_array(choice, value),
            "content" => self.text(choice, Field::Content, value),
            "reasoning_content" => self.text(choice, Field::Reasoning, value),
            "reasoning" => self.text(choice, Field::ReasoningPlain, value),
            "refusal" => self.text(choice, Field::Refusal, value),
            "tool_calls" if value.kind() == Kind::Array => {
                for (position, call) in value.elements().enumerate() {
                    self.tool_call(choice, index_of(call, position), call);
                }
            }
            "function_call" => self.function(choice, LEGACY_CALL, value),
            "role" if is_scalar(value) => {}
            "audio" => self.audio(choice, value),
            _ => self.other(choice, value),
        }
    }

    fn content_array(&mut self, choice: u32, content: Value<'_>) {
        for part in content.elements() {
            let is_text = part
                .get("type")
                .is_some_and(|part_type| part_type.is("text"));
            if part.kind() != Kind::Object {
                self.text(choice, Field::Content, part);
            }
            for (key, value) in part.members() {
                match &*key.text() {
                    "text" if is_text => self.text(choice, Field::Content, value),
                    "type" if is_scalar(value) => {}
                    _ => self.other(choice, value),
                }
            }
        }
    }

    fn tool_call(&mut self, choice: u32, index: u32, call: Value<'_>) {
        if call.kind() != Kind::Object {
            return self.other(choice, call);
        }
        for (key, value) in call.members() {
            match &*key.text() {
                "function" | "custom" => self.function(choice, index, value),
                "id" | "type" if is_scalar(value) => {}
                _ => self.other(choice, value),
            }
        }
    }

    fn function(&mut self, choice: u32, index: u32, function: Value<'_>) {
        if function.kind() != Kind::Object {
            return self.other(choice, function);
        }
        for (key, value) in function.members() {
            match &*key.text() {
                "name" => self.text(choice, Field::ToolName(index), value),
                "arguments" => self.text(choice, Field::ToolArguments(index), value),
                "input" => self.text(choice, Field::ToolInput(index), value),
                _ => self.other(choice, value),
            }
        }
    }

    fn audio(&mut self, choice: u32, audio: Value<'_>) {
        if audio.kind() != Kind::Object {
            return self.other(choice, audio);
        }
        for (key, value) in audio.members() {
            if !matches!(&*key.text(), "id" | "data") || !is_scalar(value) {
                self.other(choice, value);
            }
        }
    }

    /// A value that should be a string.
    fn text(&mut self, choice: u32, field: Field, value: Value<'_>) {
        if value.kind() == Kind::String {
            let at = Address {
                span: value.span(),
                layers: 1,
                escaped: value.escaped(),
            };
            self.parts.push(ReplyPart {
                channel: Channel { choice, field },
                at,
            });
        } else {
            self.other(choice, value);
        }
    }

    fn other(&mut self, choice: u32, value: Value<'_>) {
        self.texts(choice, Field::Other, value);
    }

    fn texts(&mut self, choice: u32, field: Field, value: Value<'_>) {
        for value in value.subtree().filter(|value| value.kind() == Kind::String) {
            self.text(choice, field, value);
        }
    }
}

fn is_scalar(value: Value<'_>) -> bool {
    !matches!(value.kind(), Kind::Array | Kind::Object)
}

fn index_of(value: Value<'_>, position: usize) -> u32 {
    let index = value.get("index").and_then(Value::integer);
    index
        .and_then(|index| u32::try_from(index).ok())
        .unwrap_or(position as u32)
}

fn usage(value: Value<'_>) -> Option<Usage> {
    let count = |name| value.get(name).and_then(Value::integer);
    let cached = value
        .get("prompt_tokens_details")
        .and_then(|details| details.get("cached_tokens"))
        .and_then(Value::integer);
    (value.kind() == Kind::Object).then(|| Usage {
        prompt: count("prompt_tokens").unwrap_or(0),
        completion: count("completion_tokens").unwrap_or(0),
        cached: cached
            .or_else(|| count("prompt_cache_hit_tokens"))
            .unwrap_or(0),
    })
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
