//! Events and replies of Responses. Items of tools that run at the destination are not read.
//!
//! What an event tells a second time (`done`, `completed`) counts only where it was not told before: some servers send
//! no deltas. Of a reasoning item either the text or its summary is read, whichever comes first.

use super::{array, count, object, text};
use crate::protocol::ProtocolError;
use crate::protocol::json::{Kind, Value};
use crate::protocol::translate::reply::fault::Fault;
use crate::protocol::translate::reply::happening::{Happening, Head, Speech, Stop, Tokens};
use std::collections::BTreeMap;

/// What was seen of one stream: its items by their number.
#[derive(Default)]
pub(in super::super) struct Responses {
    items: BTreeMap<u32, Item>,
}

/// What was seen of an item.
#[derive(Default)]
struct Item {
    /// Whether its call was told.
    call: bool,
    /// Whether any of its text was told.
    told: bool,
    /// Whether all of it was told.
    over: bool,
    /// Which kind of reasoning text it has, and its last part.
    thinking: Option<(Thought, u64)>,
}

/// Which text of a reasoning item.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Thought {
    Text,
    Summary,
}

impl Responses {
    /// How many items are remembered.
    pub(super) fn items(&self) -> usize {
        self.items.len()
    }

    pub(super) fn event(&mut self, root: Value<'_>, found: &mut Vec<Happening>) {
        let kind = text(root, "type");
        let at = count(root, "output_index").unwrap_or(0) as u32;
        match kind.strip_prefix("response.").unwrap_or(&kind) {
            "created" | "in_progress" | "queued" => {
                found.extend(
                    object(root, "response").map(|response| Happening::Start(head(response))),
                );
            }
            "output_item.added" => {
                if let Some(item) = object(root, "item") {
                    self.begin(at, item, found);
                }
            }
            "output_item.done" => {
                if let Some(item) = object(root, "item") {
                    self.item(at, item, found);
                }
            }
            "completed" | "incomplete" | "failed" | "cancelled" => {
                if let Some(response) = object(root, "response") {
                    self.response(response, found);
                }
                found.push(Happening::End);
            }
            "error" => found.extend(Fault::of_event(root).map(Happening::Error)),
            "keepalive" => found.push(Happening::Alive),
            name => self.piece(name, at, root, found),
        }
    }

    pub(super) fn whole(
        &mut self,
        root: Value<'_>,
        found: &mut Vec<Happening>,
    ) -> Result<(), ProtocolError> {
        let failed = root
            .get("error")
            .is_some_and(|error| error.kind() != Kind::Null);
        if !failed {
            array(root, "output")?;
        }
        self.response(root, found);
        Ok(())
    }

    /// A response that is over.
    fn response(&mut self, response: Value<'_>, found: &mut Vec<Happening>) {
        let status = text(response, "status");
        let error = response
            .get("error")
            .filter(|error| error.kind() != Kind::Null);
        if error.is_some() || matches!(status.as_str(), "failed" | "cancelled") {
            found.push(Happening::Error(
                Fault::of_event(response).unwrap_or_else(Fault::cut),
            ));
            return;
        }
        found.push(Happening::Start(head(response)));
        let items = response.get("output").into_iter().flat_map(Value::elements);
        for (at, item) in items.enumerate() {
            self.item(at as u32, item, found);
        }
        let reason = object(response, "incomplete_details").map(|details| text(details, "reason"));
        found.push(Happening::Stop(
            match (status.as_str(), reason.as_deref()) {
                (_, Some("content_filter")) => Stop::Filtered,
                ("incomplete", _) => Stop::Length,
                _ => Stop::Done,
            },
        ));
        found.extend(object(response, "usage").map(|usage| Happening::Usage(tokens(usage))));
    }

    /// A piece of an item's text.
    fn piece(&mut self, name: &str, at: u32, root: Value<'_>, found: &mut Vec<Happening>) {
        let item = self.items.entry(at).or_default();
        let delta = text(root, "delta");
        let part = |name| count(root, name).unwrap_or(0);
        let happening = match name {
            "output_text.delta" => Happening::Says(Speech::Answer, delta),
            "refusal.delta" => Happening::Says(Speech::Refusal, delta),
            "reasoning_text.delta" => {
                return item.thought(Thought::Text, part("content_index"), delta, found);
            }
            "reasoning_summary_text.delta" => {
                return item.thought(Thought::Summary, part("summary_index"), delta, found);
            }
            "function_call_arguments.delta" | "custom_tool_call_input.delta" if item.call => {
                Happening::Arguments {
                    call: at,
                    text: delta,
                }
            }
            _ => return,
        };
        item.told = true;
        found.push(happening);
    }

    /// An item begins: a call is told at once.
    fn begin(&mut self, at: u32, item: Value<'_>, found: &mut Vec<Happening>) {
        let kind = text(item, "type");
        let seen = self.items.entry(at).or_default();
        if matches!(kind.as_str(), "function_call" | "custom_tool_call") && !seen.call {
            seen.call = true;
            let id = Some(text(item, "call_id")).filter(|id| !id.is_empty());
            let id = id.unwrap_or_else(|| text(item, "id"));
            let name = text(item, "name");
            found.push(Happening::Call { call: at, id, name });
        }
    }

    /// An item that is complete.
    fn item(&mut self, at: u32, item: Value<'_>, found: &mut Vec<Happening>) {
        self.begin(at, item, found);
        let seen = self.items.entry(at).or_default();
        if std::mem::replace(&mut seen.over, true) {
            return;
        }
        if !std::mem::replace(&mut seen.told, true) {
            match text(item, "type").as_str() {
                "message" => content(item, found),
                "reasoning" => seen.thoughts(item, found),
                "function_call" => found.push(Happening::Arguments {
                    call: at,
                    text: text(item, "arguments"),
                }),
                "custom_tool_call" => found.push(Happening::Arguments {
                    call: at,
                    text: text(item, "input"),
                }),
                _ => {}
            }
        }
        if seen.call {
            found.push(Happening::Over { call: at });
        }
    }
}

impl Item {
    /// A piece of reasoning. Parts are apart by a blank line.
    fn thought(&mut self, thought: Thought, part: u64, text: String, found: &mut Vec<Happening>) {
        let (known, last) = *self.thinking.get_or_insert((thought, part));
        if known != thought || text.is_empty() {
            return;
        }
        if part != last && self.told {
            found.push(Happening::Says(Speech::Thinking, "\n\n".to_owned()));
        }
        self.thinking = Some((thought, part));
        self.told = true;
        found.push(Happening::Says(Speech::Thinking, text));
    }

    /// All of a reasoning item.
    fn thoughts(&mut self, item: Value<'_>, found: &mut Vec<Happening>) {
        self.told = false;
        for (name, thought) in [("content", Thought::Text), ("summary", Thought::Summary)] {
            let parts = item.get(name).into_iter().flat_map(Value::elements);
            for (at, part) in parts.enumerate() {
                self.thought(thought, at as u64, text(part, "text"), found);
            }
        }
    }
}

/// The parts of a message.
fn content(item: Value<'_>, found: &mut Vec<Happening>) {
    for part in item.get("content").into_iter().flat_map(Value::elements) {
        found.push(match text(part, "type").as_str() {
            "refusal" => Happening::Says(Speech::Refusal, text(part, "refusal")),
            _ => Happening::Says(Speech::Answer, text(part, "text")),
        });
    }
}

fn head(response: Value<'_>) -> Head {
    Head {
        id: text(response, "id"),
        model: text(response, "model"),
        created: count(response, "created_at").unwrap_or(0),
    }
}

fn tokens(usage: Value<'_>) -> Tokens {
    let within = |details, name| object(usage, details).and_then(|details| count(details, name));
    Tokens {
        input: count(usage, "input_tokens").unwrap_or(0),
        cached: within("input_tokens_details", "cached_tokens").unwrap_or(0),
        written: within("input_tokens_details", "cache_write_tokens").unwrap_or(0),
        output: count(usage, "output_tokens").unwrap_or(0),
        reasoning: within("output_tokens_details", "reasoning_tokens").unwrap_or(0),
    }
}
