//! Speaks the three formats of conversations, as client and as destination.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::client::{Answer, call};
use crate::gateway::{Gateway, Setup};
use crate::replies::{self, Field, Said};
use crate::surfaces::{Speech, Text, Texts, play};
use crate::upstream::{Play, Seen, Upstream};

/// A format of conversations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tongue {
    Chat,
    Responses,
    Messages,
}

use Tongue::{Chat, Messages, Responses};

/// What a client speaks, and what the destination does.
pub(super) const PAIRS: [(Tongue, Tongue); 6] = [
    (Messages, Chat),
    (Responses, Chat),
    (Chat, Messages),
    (Responses, Messages),
    (Chat, Responses),
    (Messages, Responses),
];

/// The tool that destinations call.
pub(super) const TOOL: &str = "send";

impl Tongue {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Chat => "chat",
            Responses => "responses",
            Messages => "messages",
        }
    }

    const fn speech(self) -> Option<Speech> {
        match self {
            Chat => None,
            Responses => Some(Speech::Responses),
            Messages => Some(Speech::Messages),
        }
    }

    pub(super) fn path(self) -> &'static str {
        self.speech().map_or("/v1/chat/completions", Speech::path)
    }

    pub(super) fn path_there(self) -> &'static str {
        self.speech()
            .map_or("/chat/completions", Speech::path_there)
    }

    /// A request with these turns, under a system text, with a tool that is described with `told`.
    pub(super) fn ask(self, system: &str, turns: &[Value], told: &str, stream: bool) -> Value {
        let schema = json!({"type": "object", "properties": {"text": {"type": "string", "description": told}}});
        match self {
            Chat => {
                let mut messages = vec![json!({"role": "system", "content": system})];
                messages.extend_from_slice(turns);
                json!({"model": "deepseek-flash", "stream": stream, "max_tokens": 4_000,
                    "tools": [{"type": "function",
                        "function": {"name": TOOL, "description": told, "parameters": schema}}],
                    "messages": messages})
            }
            Responses => {
                json!({"model": "deepseek-flash", "stream": stream, "max_output_tokens": 4_000,
                "instructions": system,
                "tools": [{"type": "function", "name": TOOL, "description": told, "parameters": schema}],
                "input": turns})
            }
            Messages => {
                json!({"model": "deepseek-flash", "stream": stream, "max_tokens": 4_000, "system": system,
                "tools": [{"name": TOOL, "description": told, "input_schema": schema}], "messages": turns})
            }
        }
    }

    /// What the user says, and with it what a call of this id gave back.
    pub(super) fn turns(self, text: &str, result: Option<(&str, &str)>) -> Vec<Value> {
        let user = json!({"role": "user", "content": text});
        match (self, result) {
            (_, None) => vec![user],
            (Chat, Some((id, result))) => vec![
                json!({"role": "tool", "tool_call_id": id, "content": result}),
                user,
            ],
            (Responses, Some((id, result))) => vec![
                json!({"type": "function_call_output", "call_id": id, "output": result}),
                user,
            ],
            (Messages, Some((id, result))) => vec![json!({"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": id, "content": result},
                {"type": "text", "text": text}]})],
        }
    }

    /// What the model said, as a client keeps it.
    pub(super) fn resent(self, said: &Texts, id: &str) -> Vec<Value> {
        let [thought, text, arguments] =
            [Text::Reasoning, Text::Content, Text::Arguments].map(|kind| said[&kind].clone());
        match self {
            Chat => vec![
                json!({"role": "assistant", "content": text, "reasoning_content": thought, "tool_calls":
                [{"id": id, "type": "function", "function": {"name": TOOL, "arguments": arguments}}]}),
            ],
            Responses => vec![
                json!({"type": "reasoning", "id": "r", "summary": [],
                    "content": [{"type": "reasoning_text", "text": thought}]}),
                json!({"type": "message", "id": "i", "status": "completed", "role": "assistant",
                    "content": [{"type": "output_text", "text": text, "annotations": []}]}),
                json!({"type": "function_call", "id": "f", "status": "completed", "call_id": id,
                    "name": TOOL, "arguments": arguments}),
            ],
            Messages => {
                let input: Value = serde_json::from_str(&arguments).unwrap();
                vec![json!({"role": "assistant", "content": [
                    {"type": "thinking", "thinking": thought, "signature": ""},
                    {"type": "text", "text": text},
                    {"type": "tool_use", "id": id, "name": TOOL, "input": input}]})]
            }
        }
    }

    /// What the user said last, as it came to the destination.
    pub(super) fn asked(self, seen: &Seen) -> String {
        let request = seen.json();
        let turns = match self {
            Responses => &request["input"],
            _ => &request["messages"],
        };
        let last = turns
            .as_array()
            .unwrap()
            .iter()
            .rfind(|turn| turn["role"] == "user");
        match &last.unwrap()["content"] {
            Value::String(text) => text.clone(),
            parts => {
                let last = parts.as_array().unwrap().last().unwrap();
                last["text"].as_str().unwrap().to_owned()
            }
        }
    }

    /// What a destination says to that, whole or in pieces of so many characters.
    pub(super) fn reply(self, said: &Texts, stream: Option<usize>) -> Play {
        match (self.speech(), stream) {
            (Some(speech), None) => speech.whole(said),
            (Some(speech), Some(piece)) => play("text/event-stream", speech.events(said, piece)),
            (None, None) => replies::whole(&chat(said)),
            (None, Some(piece)) => play("text/event-stream", chat_events(said, piece)),
        }
    }

    /// The id of a destination's call.
    pub(super) const fn call_id(self) -> &'static str {
        match self {
            Chat => "call_0",
            Responses => "c",
            Messages => "t1",
        }
    }

    /// What a client hears.
    pub(super) fn heard(self, answer: &Answer) -> Texts {
        if let Some(speech) = self.speech() {
            return speech.heard(answer);
        }
        let said = replies::heard(answer).into_iter();
        said.map(|((_, field), text)| match field {
            Field::Reasoning => (Text::Reasoning, text),
            Field::Content => (Text::Content, text),
            Field::Tool(_) => (Text::Arguments, text),
        })
        .collect()
    }
}

fn chat(said: &Texts) -> Said {
    let said = said.iter().map(|(kind, text)| {
        let field = match kind {
            Text::Reasoning => Field::Reasoning,
            Text::Content => Field::Content,
            Text::Arguments => Field::Tool(0),
        };
        ((0, field), text.clone())
    });
    said.collect()
}

/// One text after another, as models speak.
fn chat_events(said: &Texts, piece: usize) -> Vec<Bytes> {
    let mut events: Vec<Bytes> = Vec::new();
    let mut put = |delta: Value, finish: Value| {
        let chunk = json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]});
        events.push(format!("data: {chunk}\n\n").into());
    };
    for (kind, text) in said {
        let characters: Vec<char> = text.chars().collect();
        if *kind == Text::Arguments {
            put(
                json!({"tool_calls": [{"index": 0, "id": Chat.call_id(), "type": "function",
                "function": {"name": TOOL, "arguments": ""}}]}),
                Value::Null,
            );
        }
        for piece in characters.chunks(piece) {
            let piece: String = piece.iter().collect();
            let delta = match kind {
                Text::Reasoning => json!({"content": null, "reasoning_content": piece}),
                Text::Content => json!({"content": piece}),
                Text::Arguments => {
                    json!({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]})
                }
            };
            put(delta, Value::Null);
        }
    }
    put(json!({}), json!("tool_calls"));
    events.push("data: [DONE]\n\n".into());
    events
}

/// A destination that speaks one format, and a gateway before it.
pub(super) struct Pair {
    pub(super) upstream: Upstream,
    pub(super) gateway: Gateway,
    pub(super) asked: Tongue,
    pub(super) wire: Tongue,
}

impl Pair {
    pub(super) fn of((asked, wire): (Tongue, Tongue)) -> Self {
        let upstream = Upstream::start();
        let setup = Setup {
            // It goes on with the destination's table.
            more: format!("speaks = [\"{}\"]\n", wire.name()),
            ..Setup::default()
        };
        let gateway = Gateway::start(&upstream, &setup);
        Self {
            upstream,
            gateway,
            asked,
            wire,
        }
    }

    pub(super) fn send(&self, body: &Value) -> Answer {
        let body = body.to_string();
        call(
            self.gateway.data,
            "POST",
            self.asked.path(),
            &[],
            body.as_bytes(),
        )
    }
}

/// The same texts; arguments mean the same.
pub(super) fn assert_same(heard: &Texts, said: &Texts, case: &str) {
    assert_eq!(heard.len(), said.len(), "{case}: {heard:?}");
    for (kind, text) in said {
        let got = &heard[kind];
        if *kind == Text::Arguments {
            let [got, meant]: [Value; 2] =
                [got, text].map(|text| serde_json::from_str(text).unwrap());
            assert_eq!(got, meant, "{case}");
        } else {
            assert_eq!(got, text, "{case} {kind:?}");
        }
    }
}
