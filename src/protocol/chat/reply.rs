//! Walks a chat's reply or chunk: which member is which channel.

use crate::protocol::json::{Kind, Value};
use crate::protocol::reply::{Channel, Ended, Field, Found, LEGACY_CALL};
use crate::protocol::reply::{is_scalar, of, usage};

impl Found {
    /// A whole reply or a chunk.
    pub(super) fn chat(&mut self, root: Value<'_>) {
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
                "error" if value.kind() != Kind::Null => self.error(value),
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
            let index = self.index_of(choice, position);
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
                    self.ended.push(Ended::Item(choice));
                }
            }
            ("logprobs", _) => self.drop_to(value, "null"),
            _ => self.other(choice, value),
        }
    }

    fn message_member(&mut self, choice: u32, key: &str, value: Value<'_>) {
        match key {
            "content" if value.kind() == Kind::Array => self.content_array(choice, value),
            "content" => self.piece(of(choice, Field::Content), value),
            "reasoning_content" => self.piece(of(choice, Field::Reasoning), value),
            "reasoning" => self.piece(of(choice, Field::ReasoningPlain), value),
            "refusal" => self.piece(of(choice, Field::Refusal), value),
            "tool_calls" if value.kind() == Kind::Array => {
                for (position, call) in value.elements().enumerate() {
                    let index = self.index_of(call, position);
                    self.tool_call(choice, index, call);
                }
            }
            "function_call" => self.function(choice, LEGACY_CALL, value),
            "role" if is_scalar(value) => {}
            "audio" => self.audio(choice, value),
            "annotations" => self.annotations(choice, value),
            _ => self.other(choice, value),
        }
    }

    fn content_array(&mut self, choice: u32, content: Value<'_>) {
        for part in content.elements() {
            let is_text = part
                .get("type")
                .is_some_and(|part_type| part_type.is("text"));
            if part.kind() != Kind::Object {
                self.piece(of(choice, Field::Content), part);
            }
            for (key, value) in part.members() {
                match &*key.text() {
                    "text" if is_text => self.piece(of(choice, Field::Content), value),
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

    fn function(&mut self, item: u32, part: u32, function: Value<'_>) {
        if function.kind() != Kind::Object {
            return self.other(item, function);
        }
        let channel = |field| Channel { item, part, field };
        for (key, value) in function.members() {
            match &*key.text() {
                "name" => self.whole(channel(Field::ToolName), value),
                "arguments" => self.piece(channel(Field::ToolArguments), value),
                "input" => self.piece(channel(Field::ToolInput), value),
                _ => self.other(item, value),
            }
        }
    }

    /// Citations: their places move with the content.
    fn annotations(&mut self, choice: u32, annotations: Value<'_>) {
        for annotation in annotations.elements() {
            let Some(citation) = annotation.get("url_citation") else {
                continue;
            };
            for name in ["start_index", "end_index"] {
                self.offset(of(choice, Field::Content), citation.get(name));
            }
        }
        self.other(choice, annotations);
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
}
