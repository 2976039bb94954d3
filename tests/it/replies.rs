//! What the destination says, as a whole reply or as an event stream, and what a client hears of it.

use bytes::Bytes;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::client::Answer;
use crate::requests::last_user_text;
use crate::upstream::{Play, Seen, Step};

/// Where in a reply a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Field {
    Content,
    Reasoning,
    /// Arguments of the tool call with this index.
    Tool(usize),
}

/// The texts of a reply, by choice and field.
pub(crate) type Said = BTreeMap<(usize, Field), String>;

/// A reply whose first choice says just this.
pub(crate) fn content(text: impl Into<String>) -> Said {
    BTreeMap::from([((0, Field::Content), text.into())])
}

/// How an event stream is written.
#[derive(Debug, Clone, Copy)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a habit of some destination, and all combine"
)]
pub(crate) struct Style {
    /// Characters of one event.
    pub(crate) piece: usize,
    /// End of line.
    pub(crate) line: &'static str,
    /// Comments and blank lines between events.
    pub(crate) keep_alive: bool,
    /// Every character of a text as `\uXXXX`.
    pub(crate) escaped: bool,
    /// A chunk with the count of tokens before the end.
    pub(crate) usage: bool,
    pub(crate) done: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            piece: 3,
            line: "\n",
            keep_alive: false,
            escaped: false,
            usage: false,
            done: true,
        }
    }
}

/// Says again what the user said last: the reply of a destination without a script.
pub(crate) fn ok(seen: &Seen) -> Play {
    if seen.path == "/user/balance" {
        let balance = json!({"is_available": true, "balance_infos": []});
        return raw(200, "application/json", vec![balance.to_string().into()]);
    }
    let request = seen.json();
    let said = content(last_user_text(&request));
    if request["stream"] == true {
        let usage = request["stream_options"]["include_usage"] == true;
        return streamed(
            &said,
            Style {
                usage,
                ..Style::default()
            },
        );
    }
    whole(&said)
}

/// A reply that comes whole.
pub(crate) fn whole(said: &Said) -> Play {
    let mut messages: BTreeMap<usize, Value> = BTreeMap::new();
    for ((choice, field), text) in said {
        let message = messages.entry(*choice);
        let message = message.or_insert_with(|| json!({"role": "assistant", "content": null}));
        match field {
            Field::Content => message["content"] = json!(text),
            Field::Reasoning => message["reasoning_content"] = json!(text),
            Field::Tool(index) => {
                if message["tool_calls"].is_null() {
                    message["tool_calls"] = json!([]);
                }
                let calls = message["tool_calls"].as_array_mut().unwrap();
                calls.push(json!({"id": format!("call_{index}"), "type": "function",
                    "function": {"name": format!("tool_{index}"), "arguments": text}}));
            }
        }
    }
    let choices: Vec<Value> = messages
        .into_iter()
        .map(|(index, message)| {
            json!({"index": index, "message": message, "logprobs": null, "finish_reason": "stop"})
        })
        .collect();
    let reply = json!({"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "deepseek-flash",
        "choices": choices, "usage": usage()});
    raw(200, "application/json", vec![reply.to_string().into()])
}

fn usage() -> Value {
    json!({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15})
}

/// An error of the destination.
pub(crate) fn error(status: u16, message: &str) -> Play {
    let body = json!({"error": {"message": message, "type": "invalid_request_error", "param": null, "code": null}});
    raw(status, "application/json", vec![body.to_string().into()])
}

/// A reply whose body is exactly these chunks.
pub(crate) fn raw(status: u16, content_type: &'static str, chunks: Vec<Bytes>) -> Play {
    Play {
        status,
        content_type,
        encoding: None,
        steps: chunks.into_iter().map(Step::Send).collect(),
    }
}

/// The reply as the request wants it: whole, or an event stream.
pub(crate) fn told(said: &Said, stream: bool) -> Play {
    if stream {
        streamed(said, Style::default())
    } else {
        whole(said)
    }
}

/// An event stream, an HTTP chunk for each event.
pub(crate) fn streamed(said: &Said, style: Style) -> Play {
    raw(200, "text/event-stream", events(said, style))
}

/// An event stream cut into chunks of so many bytes.
pub(crate) fn cut_every(said: &Said, style: Style, bytes: usize) -> Play {
    let stream = events(said, style).concat();
    let chunks = stream.chunks(bytes).map(Bytes::copy_from_slice).collect();
    raw(200, "text/event-stream", chunks)
}

/// The events of a stream: all channels speak in turn, a piece each.
pub(crate) fn events(said: &Said, style: Style) -> Vec<Bytes> {
    let mut out = Vec::new();
    let line = style.line;
    if style.keep_alive {
        out.push(format!(": keep-alive{line}{line}").into());
    }
    for (choice, field) in said.keys() {
        if let Field::Tool(index) = field {
            let call = json!([{"index": index, "id": format!("call_{index}"), "type": "function",
                "function": {"name": format!("tool_{index}"), "arguments": ""}}]);
            out.push(event(
                *choice,
                &json!({"tool_calls": call}).to_string(),
                "null",
                line,
            ));
        }
    }
    let mut rests: Vec<_> = said
        .iter()
        .map(|(channel, text)| (*channel, text.chars().collect::<Vec<char>>(), 0))
        .collect();
    while rests.iter().any(|(_, text, at)| *at < text.len()) {
        for ((choice, field), text, at) in &mut rests {
            let end = (*at + style.piece).min(text.len());
            if *at < end {
                let piece: String = text[*at..end].iter().collect();
                let delta = delta(*field, &quoted(&piece, style.escaped));
                out.push(event(*choice, &delta, "null", line));
                *at = end;
            }
            if style.keep_alive && end % 5 == 0 {
                out.push(format!("{line}: still here{line}{line}").into());
            }
        }
    }
    let mut choices: Vec<usize> = said.keys().map(|(choice, _)| *choice).collect();
    choices.dedup();
    for choice in choices {
        out.push(event(choice, "{}", "\"stop\"", line));
    }
    if style.usage {
        let chunk = json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
            "choices": [], "usage": usage()});
        out.push(format!("data: {chunk}{line}{line}").into());
    }
    if style.done {
        out.push(format!("data: [DONE]{line}{line}").into());
    }
    out
}

fn delta(field: Field, text: &str) -> String {
    match field {
        Field::Content => format!(r#"{{"content":{text}}}"#),
        Field::Reasoning => format!(r#"{{"content":null,"reasoning_content":{text}}}"#),
        Field::Tool(index) => {
            format!(r#"{{"tool_calls":[{{"index":{index},"function":{{"arguments":{text}}}}}]}}"#)
        }
    }
}

/// A text as a JSON string.
pub(crate) fn quoted(text: &str, escaped: bool) -> String {
    if !escaped {
        return Value::from(text).to_string();
    }
    let mut out = String::from('"');
    for unit in text.encode_utf16() {
        write!(out, "\\u{unit:04x}").unwrap();
    }
    out.push('"');
    out
}

fn event(choice: usize, delta: &str, finish: &str, line: &str) -> Bytes {
    format!(
        r#"data: {{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{{"index":{choice},"delta":{delta},"finish_reason":{finish}}}]}}{line}{line}"#
    )
    .into()
}

/// What a client makes of an answer, whole or streamed.
pub(crate) fn heard(answer: &Answer) -> Said {
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.whole, "cut: {}", answer.text());
    let mut said = Said::new();
    if answer.header("content-type") == Some("text/event-stream") {
        let events = answer.events();
        let (last, events) = events.split_last().unwrap();
        assert_eq!(last, "[DONE]", "{}", answer.text());
        for event in events {
            hear(&serde_json::from_str(event).unwrap(), "delta", &mut said);
        }
    } else {
        hear(&answer.json(), "message", &mut said);
    }
    said.retain(|_, text| !text.is_empty());
    said
}

fn hear(reply: &Value, member: &str, said: &mut Said) {
    assert!(reply["error"].is_null(), "{reply}");
    for choice in reply["choices"].as_array().unwrap() {
        let index = choice["index"].as_u64().unwrap() as usize;
        let message = &choice[member];
        let mut add = |field, text: &Value| {
            let text = text.as_str().unwrap_or_default();
            said.entry((index, field)).or_default().push_str(text);
        };
        add(Field::Content, &message["content"]);
        add(Field::Reasoning, &message["reasoning_content"]);
        let calls = message["tool_calls"].as_array();
        for (at, call) in calls.into_iter().flatten().enumerate() {
            let tool = call["index"].as_u64().map_or(at, |index| index as usize);
            add(Field::Tool(tool), &call["function"]["arguments"]);
        }
    }
}
