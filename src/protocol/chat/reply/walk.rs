//! Walks a reply: which member is which channel.

use super::{Channel, Field, Found, LEGACY_CALL, ReplyPart, Usage};
use crate::protocol::json::{Kind, Value};
use crate::protocol::part::Address;

impl Found {
    pub(super) fn root(&mut self, root: Value<'_>) {
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
            // Some servers send an empty or spelled null until the end.
            ("finish_reason", Kind::String) => {
                if !value.is("") && !value.is("null") {
                    self.finished.push(choice);
                }
            }
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
