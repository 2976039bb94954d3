//! Walks a message or an event of one: which member is which channel. An item is a block.

use crate::protocol::json::{Kind, Value};
use crate::protocol::reply::{Ended, Field, Found, Usage, is_scalar, of};

impl Found {
    /// A whole message, an event, an error or a count.
    pub(super) fn messages(&mut self, root: Value<'_>) {
        let kind = root.get("type").and_then(Value::string);
        match kind.as_deref() {
            Some("message_start") => {
                for (key, value) in root.members() {
                    match &*key.text() {
                        "message" => self.message(value),
                        "type" => {}
                        _ => self.other(0, value),
                    }
                }
            }
            Some("content_block_start") => {
                let at = self.index_of(root, 0);
                self.begun.push(at);
                self.block_event(root, |found, at, block| found.block(at, block, false));
            }
            Some("content_block_delta") => self.block_event(root, Self::delta),
            Some("content_block_stop") => {
                let at = self.index_of(root, 0);
                self.ended.push(Ended::Item(at));
                self.block_event(root, Self::other);
            }
            Some("message_delta") => self.message_delta(root),
            Some("message_stop") => {
                self.ended.push(Ended::All);
                self.last = true;
                self.block_event(root, Self::other);
            }
            Some("error") => {
                self.last = true;
                self.error(root);
            }
            _ => self.message(root),
        }
    }

    /// A whole message, or the beginning of one; any other object too.
    fn message(&mut self, message: Value<'_>) {
        if message.kind() != Kind::Object {
            return self.other(0, message);
        }
        for (key, value) in message.members() {
            match &*key.text() {
                "content" if value.kind() == Kind::Array => {
                    for (at, block) in value.elements().enumerate() {
                        self.block(at as u32, block, true);
                    }
                }
                "id" | "type" | "role" | "model" | "stop_reason" if is_scalar(value) => {}
                "error" if value.kind() != Kind::Null => self.error(value),
                "usage" => {
                    self.usage = counts(value);
                    self.other(0, value);
                }
                _ => self.other(0, value),
            }
        }
    }

    fn message_delta(&mut self, root: Value<'_>) {
        for (key, value) in root.members() {
            match &*key.text() {
                // Of the delta's members, `stop_sequence` is a text of the request's own.
                "delta" => self.message(value),
                "usage" => {
                    self.usage = counts(value);
                    self.other(0, value);
                }
                "type" => {}
                _ => self.other(0, value),
            }
        }
    }

    /// What an event says of its block.
    fn block_event(&mut self, root: Value<'_>, with: impl Fn(&mut Self, u32, Value<'_>)) {
        let at = self.index_of(root, 0);
        for (key, value) in root.members() {
            match (&*key.text(), value.kind()) {
                ("type", _) | ("index", Kind::Number) => {}
                ("content_block" | "delta", _) => with(self, at, value),
                _ => self.other(at, value),
            }
        }
    }

    fn block(&mut self, at: u32, block: Value<'_>, whole: bool) {
        if block.kind() != Kind::Object {
            return self.other(at, block);
        }
        let text = if whole { Self::whole } else { Self::piece };
        for (key, value) in block.members() {
            match &*key.text() {
                "text" => text(self, of(at, Field::Content), value),
                "thinking" => text(self, of(at, Field::Reasoning), value),
                "name" => self.whole(of(at, Field::ToolName), value),
                "input" => self.json(of(at, Field::ToolArguments), value),
                "citations" => self.citations(at, value),
                // Signed or sealed by the provider, and ids: they must stay as they are.
                "type" | "id" | "tool_use_id" | "signature" | "data" | "file_id"
                    if is_scalar(value) => {}
                _ => self.json(of(at, Field::Json), value),
            }
        }
    }

    fn delta(&mut self, at: u32, delta: Value<'_>) {
        if delta.kind() != Kind::Object {
            return self.other(at, delta);
        }
        for (key, value) in delta.members() {
            match &*key.text() {
                "text" => self.piece(of(at, Field::Content), value),
                "thinking" => self.piece(of(at, Field::Reasoning), value),
                "partial_json" => self.piece(of(at, Field::ToolArguments), value),
                // The signature ends the thinking.
                "signature" => self.ended.push(Ended::Channel(of(at, Field::Reasoning))),
                "citation" if counts_characters(value) => self.drop_all = true,
                "type" if is_scalar(value) => {}
                _ => self.json(of(at, Field::Json), value),
            }
        }
    }

    fn citations(&mut self, at: u32, citations: Value<'_>) {
        if citations.elements().any(counts_characters) {
            self.drop_to(citations, "null");
        } else {
            self.json(of(at, Field::Json), citations);
        }
    }
}

/// Whether a citation counts characters of a document, which the app has and the provider had in other words.
fn counts_characters(citation: Value<'_>) -> bool {
    citation
        .get("type")
        .is_some_and(|kind| kind.is("char_location"))
}

/// Tokens that were read from the cache or written to it are not among `input_tokens`.
fn counts(usage: Value<'_>) -> Option<Usage> {
    let count = |name| usage.get(name).and_then(Value::integer).unwrap_or(0);
    let cached = count("cache_read_input_tokens");
    (usage.kind() == Kind::Object).then(|| Usage {
        prompt: count("input_tokens")
            .saturating_add(cached)
            .saturating_add(count("cache_creation_input_tokens")),
        completion: count("output_tokens"),
        cached,
    })
}
