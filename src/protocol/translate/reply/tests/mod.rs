//! What holds for translated replies, whatever the formats.

mod directions;
mod faults;
mod laws;
mod meanings;
mod servers;

use super::{About, ReplyTranslator};
use crate::protocol::Format;
use serde_json::{Value as Json, json};

/// The formats of conversations.
const FORMATS: [Format; 3] = [Format::Chat, Format::Messages, Format::Responses];

fn about() -> About {
    About {
        model: "asked".to_owned(),
        include_usage: true,
        id: "request_1".to_owned(),
        created: 1_764_000_000,
    }
}

fn translator(wire: Format, asked: Format) -> ReplyTranslator {
    ReplyTranslator::new(wire, asked, about()).unwrap()
}

/// A stream that comes in these pieces, with what is told at its end.
fn translated(wire: Format, asked: Format, pieces: &[&[u8]]) -> String {
    let mut translator = translator(wire, asked);
    let mut out = Vec::new();
    for piece in pieces {
        out.extend(translator.push(piece).unwrap());
    }
    out.extend(translator.finish());
    String::from_utf8(out).unwrap()
}

fn whole(wire: Format, asked: Format, body: &Json) -> Json {
    let body = body.to_string();
    let out = translator(wire, asked).whole(body.as_bytes()).unwrap();
    serde_json::from_slice(&out).unwrap()
}

/// The data of the events of a stream; `[DONE]` as a string. Checks that event names are right where the format has them.
fn data(asked: Format, stream: &str) -> Vec<Json> {
    let mut all = Vec::new();
    for event in stream
        .split_terminator("\n\n")
        .filter(|event| !event.starts_with(':'))
    {
        let (name, data) = match event.strip_prefix("event: ") {
            Some(event) => event
                .split_once("\ndata: ")
                .map(|(name, data)| (Some(name), data)),
            None => event.strip_prefix("data: ").map(|data| (None, data)),
        }
        .unwrap();
        if data == "[DONE]" {
            all.push(Json::from(data));
            continue;
        }
        let data: Json = serde_json::from_str(data).unwrap();
        assert_eq!(name.is_some(), asked != Format::Chat);
        assert!(name.is_none_or(|name| data["type"] == name));
        all.push(data);
    }
    all
}

/// A chat's stream with these deltas and this reason, complete.
fn chat_stream(deltas: &[Json], reason: &str, usage: Option<Json>) -> String {
    let mut stream = String::new();
    let chunk = |choices: Json, usage: &Json| {
        let chunk = json!({"id": "chatcmpl-7f", "object": "chat.completion.chunk", "created": 1_764_000_000,
                                       "model": "m", "choices": choices, "usage": usage});
        format!("data: {chunk}\n\n")
    };
    for delta in deltas {
        let choice = json!([{"index": 0, "delta": delta, "finish_reason": null}]);
        stream += &chunk(choice, &Json::Null);
    }
    let last = json!([{"index": 0, "delta": {}, "finish_reason": reason}]);
    stream += &chunk(last, &Json::Null);
    if let Some(usage) = usage {
        stream += &chunk(json!([]), &usage);
    }
    stream + "data: [DONE]\n\n"
}

/// A delta with a piece of a call.
fn call(index: u32, id: Option<&str>, name: Option<&str>, arguments: &str) -> Json {
    json!({"tool_calls": [{"index": index, "id": id, "function": {"name": name, "arguments": arguments}}]})
}

/// A stream of events with these data.
fn stream_of(events: &[impl ToString]) -> String {
    let events = events.iter();
    let texts: Vec<_> = events
        .map(|event| format!("data: {}\n\n", event.to_string()))
        .collect();
    texts.concat()
}
