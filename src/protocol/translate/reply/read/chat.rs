//! Chunks and replies of Chat Completions, as OpenAI, DeepSeek, vLLM, `SGLang`, llama-server, Ollama and TGI send them.
//!
//! Only the first choice is read. Servers differ in how they number calls: another id under the same index is another call,
//! and so is a name again without an id.

use super::{MOST_ITEMS, array, count, object, text};
use crate::protocol::ProtocolError;
use crate::protocol::json::{Kind, Value};
use crate::protocol::reply::{LEGACY_CALL, index_of};
use crate::protocol::translate::reply::fault::Fault;
use crate::protocol::translate::reply::happening::{Happening, Head, Speech, Stop, Tokens};

/// What was seen of one stream.
#[derive(Default)]
pub(in super::super) struct Chat {
    started: bool,
    calls: Vec<Call>,
}

/// A call, by its place in the list.
struct Call {
    index: u32,
    id: String,
    /// Whether it was told.
    begun: bool,
}

impl Chat {
    /// How many calls are remembered: at most one more than may be.
    pub(super) fn calls(&self) -> usize {
        self.calls.len()
    }

    pub(super) fn event(&mut self, root: Value<'_>, found: &mut Vec<Happening>) {
        let may_fail = root.get("choices").is_none() || is_set(root, "error");
        match may_fail.then(|| Fault::of_event(root)).flatten() {
            Some(fault) => found.push(Happening::Error(fault)),
            None => self.chunk(root, found),
        }
    }

    pub(super) fn whole(
        &mut self,
        root: Value<'_>,
        found: &mut Vec<Happening>,
    ) -> Result<(), ProtocolError> {
        if is_set(root, "error") || text(root, "object") == "error" {
            found.extend(Fault::of_event(root).map(Happening::Error));
            return Ok(());
        }
        array(root, "choices")?;
        self.chunk(root, found);
        Ok(())
    }

    fn chunk(&mut self, root: Value<'_>, found: &mut Vec<Happening>) {
        let choices = root.get("choices").into_iter().flat_map(Value::elements);
        let first = choices
            .enumerate()
            .find(|(position, choice)| index_of(*choice, *position).0 == 0);
        if let Some((_, choice)) = first {
            if !self.started {
                self.started = true;
                found.push(Happening::Start(head(root)));
            }
            self.choice(choice, found);
        }
        found.extend(object(root, "usage").map(|usage| Happening::Usage(tokens(usage))));
    }

    fn choice(&mut self, choice: Value<'_>, found: &mut Vec<Happening>) {
        if let Some(message) = object(choice, "delta").or_else(|| object(choice, "message")) {
            self.message(message, found);
        }
        found.extend(stop(choice).map(Happening::Stop));
    }

    fn message(&mut self, message: Value<'_>, found: &mut Vec<Happening>) {
        // vLLM sends the same text under both names.
        let thinking = Some(text(message, "reasoning_content")).filter(|text| !text.is_empty());
        let thinking = thinking.unwrap_or_else(|| text(message, "reasoning"));
        found.push(Happening::Says(Speech::Thinking, thinking));
        match message.get("content") {
            Some(content) if content.kind() == Kind::Array => parts(content, found),
            _ => found.push(Happening::Says(Speech::Answer, text(message, "content"))),
        }
        found.push(Happening::Says(Speech::Refusal, text(message, "refusal")));
        // Older versions of TGI send the call itself for the list.
        if let Some(call) = object(message, "tool_calls") {
            self.call(index_of(call, 0).0, call, found);
        }
        let calls = message.get("tool_calls").into_iter();
        for (position, call) in calls.flat_map(Value::elements).enumerate() {
            self.call(index_of(call, position).0, call, found);
        }
        if let Some(function) = object(message, "function_call") {
            self.piece(LEGACY_CALL, String::new(), function, found);
        }
    }

    fn call(&mut self, index: u32, call: Value<'_>, found: &mut Vec<Happening>) {
        let function = object(call, "function").or_else(|| object(call, "custom"));
        if let Some(function) = function {
            self.piece(index, text(call, "id"), function, found);
        }
    }

    fn piece(&mut self, index: u32, id: String, function: Value<'_>, found: &mut Vec<Happening>) {
        // Each is looked for among all; the reply is given up.
        if self.calls.len() > MOST_ITEMS {
            return;
        }
        let name = text(function, "name");
        let arguments = function
            .get("arguments")
            .or_else(|| function.get("input"))
            .map(arguments)
            .unwrap_or_default();
        let number = self.number(index, id, &name);
        let Some(call) = self.calls.get_mut(number) else {
            return;
        };
        let number = number as u32;
        let tells = !name.is_empty() || !arguments.is_empty();
        if tells && !call.begun {
            call.begun = true;
            let id = call.id.clone();
            found.push(Happening::Call {
                call: number,
                id,
                name,
            });
        }
        if !arguments.is_empty() {
            found.push(Happening::Arguments {
                call: number,
                text: arguments,
            });
        }
    }

    /// Which call a piece belongs to; the last of its index, or a new one.
    fn number(&mut self, index: u32, id: String, name: &str) -> usize {
        let known = self.calls.iter().rposition(|call| call.index == index);
        if let Some(number) = known
            && let Some(call) = self.calls.get_mut(number)
        {
            let same = id.is_empty() || call.id.is_empty() || call.id == id;
            let again = call.begun && id.is_empty() && !name.is_empty() && index != LEGACY_CALL;
            if same && !again {
                if call.id.is_empty() && !call.begun {
                    call.id = id;
                }
                return number;
            }
        }
        let begun = false;
        self.calls.push(Call { index, id, begun });
        self.calls.len() - 1
    }
}

/// Whether a member is there and not null.
fn is_set(root: Value<'_>, name: &str) -> bool {
    root.get(name)
        .is_some_and(|value| value.kind() != Kind::Null)
}

fn head(root: Value<'_>) -> Head {
    Head {
        id: text(root, "id"),
        model: text(root, "model"),
        created: count(root, "created").unwrap_or(0),
    }
}

/// Content in parts: `text` with a text, `thinking` or `reasoning` with one, or plain strings.
fn parts(content: Value<'_>, found: &mut Vec<Happening>) {
    for part in content.elements() {
        let kind = text(part, "type");
        let (speech, said) = match kind.as_str() {
            "thinking" | "reasoning" => {
                let named = Some(text(part, &kind)).filter(|said| !said.is_empty());
                let said = named.unwrap_or_else(|| text(part, "text"));
                (Speech::Thinking, said)
            }
            "refusal" => (Speech::Refusal, text(part, "refusal")),
            _ => {
                let plain = part.string().map(Into::into);
                (Speech::Answer, plain.unwrap_or_else(|| text(part, "text")))
            }
        };
        found.push(Happening::Says(speech, said));
    }
}

/// A piece of arguments; some servers send the object itself.
fn arguments(value: Value<'_>) -> String {
    match value.kind() {
        Kind::Null => String::new(),
        Kind::String => value.text().into_owned(),
        _ => value.raw().to_owned(),
    }
}

fn stop(choice: Value<'_>) -> Option<Stop> {
    // Some servers send an empty or spelled null until the end.
    let reason = text(choice, "finish_reason");
    // vLLM's and `SGLang`'s words for the stop sequence that was met; numbers are tokens of the model's own.
    let met = || {
        let met = Some(text(choice, "stop_reason")).filter(|met| !met.is_empty());
        met.unwrap_or_else(|| text(choice, "matched_stop"))
    };
    match reason.as_str() {
        "" | "null" => None,
        "length" => Some(Stop::Length),
        "tool_calls" | "function_call" => Some(Stop::Calls),
        "content_filter" => Some(Stop::Filtered),
        "insufficient_system_resource" | "abort" | "aborted" | "error" => Some(Stop::Starved),
        "stop" => Some(match met() {
            met if met.is_empty() => Stop::Done,
            met => Stop::Sequence(met),
        }),
        _ => Some(Stop::Done),
    }
}

fn tokens(usage: Value<'_>) -> Tokens {
    let within = |details, name| object(usage, details).and_then(|details| count(details, name));
    Tokens {
        input: count(usage, "prompt_tokens").unwrap_or(0),
        cached: within("prompt_tokens_details", "cached_tokens")
            .or_else(|| count(usage, "prompt_cache_hit_tokens"))
            .unwrap_or(0),
        written: within("prompt_tokens_details", "cache_write_tokens").unwrap_or(0),
        output: count(usage, "completion_tokens").unwrap_or(0),
        reasoning: within("completion_tokens_details", "reasoning_tokens")
            .or_else(|| count(usage, "reasoning_tokens"))
            .unwrap_or(0),
    }
}
