//! Events and replies of Messages. Blocks of tools that run at the destination are not read.

use super::{array, count, object, text};
use crate::protocol::ProtocolError;
use crate::protocol::json::Value;
use crate::protocol::translate::reply::fault::Fault;
use crate::protocol::translate::reply::happening::{Happening, Head, Speech, Stop, Tokens};

/// What was seen of one stream.
#[derive(Default)]
pub(in super::super) struct Messages {
    usage: Counts,
    /// The call that has its arguments from the beginning: they count if no pieces come.
    first: Option<(u32, String)>,
}

/// The counts as Messages gives them: cached tokens are not among `input_tokens`.
#[derive(Default)]
struct Counts {
    input: u64,
    read: u64,
    written: u64,
    output: u64,
    thinking: u64,
}

impl Messages {
    pub(super) fn event(&mut self, root: Value<'_>, found: &mut Vec<Happening>) {
        let block = count(root, "index").unwrap_or(0) as u32;
        match text(root, "type").as_str() {
            "message_start" => {
                if let Some(message) = object(root, "message") {
                    found.push(Happening::Start(head(message)));
                    self.usage(message, found);
                }
            }
            "content_block_start" => {
                if let Some(content) = object(root, "content_block") {
                    self.block(block, content, found);
                }
            }
            "content_block_delta" => {
                if let Some(delta) = object(root, "delta") {
                    self.delta(block, delta, found);
                }
            }
            "content_block_stop" => self.over(block, found),
            "message_delta" => {
                if let Some(delta) = object(root, "delta") {
                    stop(delta, found);
                }
                self.usage(root, found);
            }
            "message_stop" => found.push(Happening::End),
            "ping" => found.push(Happening::Alive),
            "error" => found.extend(Fault::of_event(root).map(Happening::Error)),
            _ => {}
        }
    }

    pub(super) fn whole(
        &mut self,
        root: Value<'_>,
        found: &mut Vec<Happening>,
    ) -> Result<(), ProtocolError> {
        if text(root, "type") == "error" {
            found.extend(Fault::of_event(root).map(Happening::Error));
            return Ok(());
        }
        let content = array(root, "content")?;
        found.push(Happening::Start(head(root)));
        for (at, block) in content.elements().enumerate() {
            self.block(at as u32, block, found);
            self.over(at as u32, found);
        }
        stop(root, found);
        self.usage(root, found);
        Ok(())
    }

    fn block(&mut self, at: u32, block: Value<'_>, found: &mut Vec<Happening>) {
        match text(block, "type").as_str() {
            "text" => found.push(Happening::Says(Speech::Answer, text(block, "text"))),
            "thinking" => found.push(Happening::Says(Speech::Thinking, text(block, "thinking"))),
            "tool_use" => {
                let (id, name) = (text(block, "id"), text(block, "name"));
                found.push(Happening::Call { call: at, id, name });
                let input = object(block, "input").filter(|input| input.members().next().is_some());
                self.first = input.map(|input| (at, input.raw().to_owned()));
            }
            _ => {}
        }
    }

    fn delta(&mut self, at: u32, delta: Value<'_>, found: &mut Vec<Happening>) {
        match text(delta, "type").as_str() {
            "text_delta" => found.push(Happening::Says(Speech::Answer, text(delta, "text"))),
            "thinking_delta" => {
                found.push(Happening::Says(Speech::Thinking, text(delta, "thinking")));
            }
            "input_json_delta" => {
                let text = text(delta, "partial_json");
                if !text.is_empty() {
                    self.first = None;
                    found.push(Happening::Arguments { call: at, text });
                }
            }
            _ => {}
        }
    }

    fn over(&mut self, at: u32, found: &mut Vec<Happening>) {
        let first = self.first.take().filter(|(call, _)| *call == at);
        found.extend(first.map(|(call, text)| Happening::Arguments { call, text }));
        found.push(Happening::Over { call: at });
    }

    fn usage(&mut self, value: Value<'_>, found: &mut Vec<Happening>) {
        let Some(usage) = object(value, "usage") else {
            return;
        };
        let Counts {
            input,
            read,
            written,
            output,
            thinking,
        } = &mut self.usage;
        for (name, known) in [
            ("input_tokens", &mut *input),
            ("cache_read_input_tokens", &mut *read),
            ("cache_creation_input_tokens", &mut *written),
            ("output_tokens", &mut *output),
        ] {
            *known = count(usage, name).unwrap_or(*known);
        }
        let details = object(usage, "output_tokens_details");
        let told = details.and_then(|details| count(details, "thinking_tokens"));
        *thinking = told.unwrap_or(*thinking);
        found.push(Happening::Usage(Tokens {
            input: input.saturating_add(*read).saturating_add(*written),
            cached: *read,
            written: *written,
            output: *output,
            reasoning: *thinking,
        }));
    }
}

fn head(message: Value<'_>) -> Head {
    Head {
        id: text(message, "id"),
        model: text(message, "model"),
        created: 0,
    }
}

/// Why it stopped; what the provider says of a refusal is told as one.
fn stop(message: Value<'_>, found: &mut Vec<Happening>) {
    let stop = match text(message, "stop_reason").as_str() {
        "" => return,
        "max_tokens" | "model_context_window_exceeded" => Stop::Length,
        "tool_use" => Stop::Calls,
        "stop_sequence" => Stop::Sequence(text(message, "stop_sequence")),
        "refusal" => {
            let why = object(message, "stop_details").map(|details| text(details, "explanation"));
            found.extend(why.map(|why| Happening::Says(Speech::Refusal, why)));
            Stop::Filtered
        }
        _ => Stop::Done,
    };
    found.push(Happening::Stop(stop));
}
