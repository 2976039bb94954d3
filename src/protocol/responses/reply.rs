//! Walks a response or an event of one: which member is which channel. An item is an output item.

use super::stems::Stem;
use crate::protocol::json::{Kind, Value};
use crate::protocol::reply::{Channel, Ended, Field, Found, Usage, WHOLE, is_scalar, of};

impl Found {
    /// A whole response, an event or an error.
    pub(super) fn responses(&mut self, root: Value<'_>) {
        let kind = root.get("type").and_then(Value::string);
        let Some(kind) = kind.as_deref() else {
            return self.response(root, 0);
        };
        self.sequence = number(root, "sequence_number");
        if kind == "error" {
            self.last = true;
            return self.error(root);
        }
        let item = index(root, "output_index");
        self.whose.unclear = root
            .get("output_index")
            .is_some_and(|number| !is_index(number));
        self.named(item, root.get("item_id"));
        let name = kind.strip_prefix("response.").unwrap_or(kind);
        if matches!(name, "completed" | "incomplete" | "failed" | "cancelled") {
            self.ended.push(Ended::All);
            self.last = true;
        }
        let stem = name.rsplit_once('.').and_then(|(stem, phase)| {
            let known = Stem::named(stem).filter(|_| matches!(phase, "delta" | "done" | "added"));
            known.map(|stem| (stem, phase == "done"))
        });
        match stem {
            Some((stem, done)) => self.piece_event(root, stem, item, done),
            None => self.event(root, name, item),
        }
    }

    /// The id of an item. What is no string is one to nobody.
    fn named(&mut self, item: u32, id: Option<Value<'_>>) {
        match id {
            Some(id) if id.kind() == Kind::String => self.whose.named.push((item, id.outer_span())),
            Some(id) if id.kind() != Kind::Null => self.whose.unclear = true,
            _ => {}
        }
    }

    /// An event of a text that comes in pieces.
    fn piece_event(&mut self, root: Value<'_>, stem: &Stem, item: u32, done: bool) {
        let part = stem.part.map_or(0, |name| index(root, name));
        let channel = Channel {
            item,
            part: stem.first_part.saturating_add(part),
            field: stem.field,
        };
        if done {
            self.ended.push(Ended::Channel(channel));
        }
        for (key, value) in root.members() {
            match &*key.text() {
                "delta" => self.piece(channel, value),
                name if name == stem.whole => self.whole(channel, value),
                "name" => self.whole(of(item, Field::ToolName), value),
                "logprobs" => self.drop_to(value, "[]"),
                name => self.event_member(name, item, value),
            }
        }
    }

    /// Any other event.
    fn event(&mut self, root: Value<'_>, name: &str, item: u32) {
        let part = index(root, "content_index");
        match name {
            "output_item.added" => self.begun.push(item),
            "output_item.done" => self.ended.push(Ended::Item(item)),
            "content_part.done" => {
                for field in [Field::Content, Field::Refusal, Field::Reasoning] {
                    self.ended
                        .push(Ended::Channel(Channel { item, part, field }));
                }
            }
            "reasoning_summary_part.done" => self.ended.push(Ended::Channel(Channel {
                item,
                part: index(root, "summary_index"),
                field: Field::Summary,
            })),
            _ => {}
        }
        for (key, value) in root.members() {
            match &*key.text() {
                "response" => self.response(value, WHOLE),
                "item" => {
                    self.named(item, value.get("id"));
                    self.item(item, value);
                }
                "part" => self.content_part(item, part, value),
                "annotation" => self.annotation(item, part, value),
                name => self.event_member(name, item, value),
            }
        }
    }

    fn event_member(&mut self, name: &str, item: u32, value: Value<'_>) {
        match name {
            "type" | "item_id" | "status" | "obfuscation" | "partial_image_b64"
            | "sequence_number"
                if is_scalar(value) => {}
            _ => self.json(of(item, Field::Json), value),
        }
    }

    /// A response object; its items are numbered from `first`.
    fn response(&mut self, response: Value<'_>, first: u32) {
        if response.kind() != Kind::Object {
            return self.other(0, response);
        }
        for (key, value) in response.members() {
            match &*key.text() {
                "output" if value.kind() == Kind::Array => {
                    for (at, item) in value.elements().enumerate() {
                        let at = first.saturating_add(at as u32);
                        self.begun.push(at);
                        self.item(at, item);
                    }
                }
                "id"
                | "object"
                | "status"
                | "model"
                | "previous_response_id"
                | "service_tier"
                | "truncation"
                    if is_scalar(value) => {}
                "error" if value.kind() != Kind::Null => self.error(value),
                "usage" => {
                    self.usage = counts(value);
                    self.other(0, value);
                }
                // What the request said comes again: instructions, tools, metadata and others.
                _ => self.json(of(0, Field::Json), value),
            }
        }
    }

    fn item(&mut self, at: u32, item: Value<'_>) {
        if item.kind() != Kind::Object {
            return self.other(at, item);
        }
        let kind = item.get("type").and_then(Value::string);
        let is_call = kind.is_some_and(|kind| kind.ends_with("_call"));
        for (key, value) in item.members() {
            match (&*key.text(), value.kind()) {
                ("content" | "summary", Kind::Array) => {
                    for (part, content) in value.elements().enumerate() {
                        self.content_part(at, part as u32, content);
                    }
                }
                ("name", Kind::String) if is_call => self.whole(of(at, Field::ToolName), value),
                ("arguments", Kind::String) => self.whole(of(at, Field::ToolArguments), value),
                ("input", Kind::String) => self.whole(of(at, Field::ToolInput), value),
                ("code", Kind::String) => self.whole(of(at, Field::Code), value),
                // Sealed by the provider, and ids: they must stay as they are.
                (
                    "id" | "type" | "status" | "role" | "call_id" | "encrypted_content" | "result",
                    _,
                ) if is_scalar(value) => {}
                _ => self.json(of(at, Field::Json), value),
            }
        }
    }

    fn content_part(&mut self, item: u32, part: u32, content: Value<'_>) {
        if content.kind() != Kind::Object {
            return self.other(item, content);
        }
        let kind = content.get("type").and_then(Value::string);
        let field = match kind.as_deref() {
            Some("reasoning_text") => Field::Reasoning,
            Some("summary_text") => Field::Summary,
            _ => Field::Content,
        };
        for (key, value) in content.members() {
            match &*key.text() {
                "text" => self.whole(Channel { item, part, field }, value),
                "refusal" => {
                    let field = Field::Refusal;
                    self.whole(Channel { item, part, field }, value);
                }
                "logprobs" => self.drop_to(value, "[]"),
                "annotations" if value.kind() == Kind::Array => {
                    for annotation in value.elements() {
                        self.annotation(item, part, annotation);
                    }
                }
                "type" if is_scalar(value) => {}
                _ => self.json(of(item, Field::Json), value),
            }
        }
    }

    /// A citation: its places move with the content.
    fn annotation(&mut self, item: u32, part: u32, annotation: Value<'_>) {
        let field = Field::Content;
        for name in ["start_index", "end_index"] {
            self.offset(Channel { item, part, field }, annotation.get(name));
        }
        self.other(item, annotation);
    }
}

fn number(event: Value<'_>, name: &str) -> Option<(u64, crate::base::Span)> {
    let value = event.get(name)?;
    Some((value.integer()?, value.span()))
}

/// Whether a value is the number of an item, and of no other.
fn is_index(value: Value<'_>) -> bool {
    value
        .integer()
        .is_some_and(|number| number < u64::from(WHOLE))
}

fn index(event: Value<'_>, name: &str) -> u32 {
    let index = number(event, name).and_then(|(index, _)| u32::try_from(index).ok());
    index.unwrap_or(0).min(WHOLE - 1)
}

fn counts(usage: Value<'_>) -> Option<Usage> {
    let count = |name| usage.get(name).and_then(Value::integer).unwrap_or(0);
    let cached = usage
        .get("input_tokens_details")
        .and_then(|details| details.get("cached_tokens"))
        .and_then(Value::integer);
    (usage.kind() == Kind::Object).then(|| Usage {
        prompt: count("input_tokens"),
        completion: count("output_tokens"),
        cached: cached.unwrap_or(0),
    })
}
