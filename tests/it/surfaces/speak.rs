//! Speaks the formats: requests, what the destination reads in them, its replies whole and streamed, and what a client
//! hears.

use bytes::Bytes;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::client::Answer;
use crate::upstream::{Play, Seen, Step};

/// A format beside Chat whose replies are texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Speech {
    Completions,
    Responses,
    Messages,
}

pub(crate) const SPEECHES: [Speech; 3] = [Speech::Completions, Speech::Responses, Speech::Messages];

/// Which text of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Text {
    Reasoning,
    Content,
    /// Arguments of a tool, JSON.
    Arguments,
}

/// The texts of a reply.
pub(crate) type Texts = BTreeMap<Text, String>;

impl Speech {
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Completions => "/beta/completions",
            Self::Responses => "/v1/responses",
            Self::Messages => "/v1/messages",
        }
    }

    /// Where its requests reach the destination.
    pub(crate) fn path_there(self) -> &'static str {
        match self {
            Self::Completions => "/beta/completions",
            Self::Responses => "/responses",
            Self::Messages => "/anthropic/v1/messages",
        }
    }

    /// A request with one text.
    pub(crate) fn ask(self, case: &str, text: &str) -> Value {
        let turns = json!([{"role": "user", "content": text}]);
        let (member, asked) = match self {
            Self::Completions => ("prompt", json!(text)),
            Self::Responses => ("input", turns),
            Self::Messages => ("messages", turns),
        };
        let mut request = json!({"case": case, "model": "deepseek-flash", "max_tokens": 100});
        request[member] = asked;
        request
    }

    /// The text that [`Self::ask`] asked, as it came.
    pub(crate) fn asked(self, seen: &Seen) -> String {
        let request = seen.json();
        let text = match self {
            Self::Completions => &request["prompt"],
            Self::Responses => &request["input"][0]["content"],
            Self::Messages => &request["messages"][0]["content"],
        };
        text.as_str().unwrap().to_owned()
    }

    /// The fields that its replies have, saying this.
    pub(crate) fn texts(self, text: &str) -> Texts {
        let mut texts = Texts::from([(Text::Content, format!("Well: {text}\n再见"))]);
        if self != Self::Completions {
            let lines: Vec<&str> = text.lines().collect();
            texts.insert(Text::Reasoning, format!("用户提到：{text}"));
            let inner = json!({"list": lines}).to_string();
            let arguments = json!({"text": text, "更多": {"inner": inner}});
            texts.insert(Text::Arguments, arguments.to_string());
        }
        texts
    }

    /// A whole reply.
    pub(crate) fn whole(self, texts: &Texts) -> Play {
        let reply = match self {
            Self::Completions => json!({"id": "c", "object": "text_completion", "model": "m",
                "choices": [{"index": 0, "text": texts[&Text::Content], "logprobs": null, "finish_reason": "stop"}]}),
            Self::Responses => response(texts),
            Self::Messages => {
                json!({"id": "m", "type": "message", "role": "assistant", "model": "m",
                "content": blocks(texts), "stop_reason": "end_turn", "stop_sequence": null,
                "usage": {"input_tokens": 3, "output_tokens": 4}})
            }
        };
        play("application/json", vec![reply.to_string().into()])
    }

    /// An event stream in pieces of so many characters.
    pub(crate) fn events(self, texts: &Texts, piece: usize) -> Vec<Bytes> {
        match self {
            Self::Completions => completion_events(texts, piece),
            Self::Responses => response_events(texts, piece),
            Self::Messages => message_events(texts, piece),
        }
    }

    /// What a client hears; of a stream, all copies of a text must say the same.
    pub(crate) fn heard(self, answer: &Answer) -> Texts {
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert!(answer.whole, "cut: {}", answer.text());
        if answer.header("content-type") != Some("text/event-stream") {
            return self.heard_whole(&answer.json());
        }
        match self {
            Self::Completions => heard_completion(answer),
            Self::Responses => heard_response(answer),
            Self::Messages => heard_message(answer),
        }
    }

    fn heard_whole(self, reply: &Value) -> Texts {
        match self {
            Self::Completions => {
                let text = reply["choices"][0]["text"].as_str().unwrap();
                Texts::from([(Text::Content, text.to_owned())])
            }
            Self::Responses => items(&reply["output"]),
            Self::Messages => {
                let told = reply["content"].as_array().unwrap().iter();
                told.map(|block| match block["type"].as_str().unwrap() {
                    "thinking" => (
                        Text::Reasoning,
                        block["thinking"].as_str().unwrap().to_owned(),
                    ),
                    "text" => (Text::Content, block["text"].as_str().unwrap().to_owned()),
                    _ => (Text::Arguments, block["input"].to_string()),
                })
                .collect()
            }
        }
    }
}

pub(crate) fn play(content_type: &'static str, chunks: Vec<Bytes>) -> Play {
    Play {
        status: 200,
        content_type,
        encoding: None,
        steps: chunks.into_iter().map(Step::Send).collect(),
    }
}

fn blocks(texts: &Texts) -> Vec<Value> {
    let block = |(kind, text): (&Text, &String)| match kind {
        Text::Reasoning => json!({"type": "thinking", "thinking": text, "signature": "c2lnbmVk"}),
        Text::Content => json!({"type": "text", "text": text}),
        Text::Arguments => json!({"type": "tool_use", "id": "t1", "name": "send",
            "input": serde_json::from_str::<Value>(text).unwrap()}),
    };
    texts.iter().map(block).collect()
}

fn item(kind: Text, text: &str) -> Value {
    match kind {
        Text::Reasoning => json!({"type": "reasoning", "id": "i0", "summary": [],
            "content": [{"type": "reasoning_text", "text": text}], "encrypted_content": "c2VhbGVk"}),
        Text::Content => {
            json!({"type": "message", "id": "i1", "role": "assistant", "status": "completed",
            "content": [{"type": "output_text", "text": text, "annotations": []}]})
        }
        Text::Arguments => {
            json!({"type": "function_call", "id": "i2", "call_id": "c", "name": "send",
            "arguments": text, "status": "completed"})
        }
    }
}

fn response(texts: &Texts) -> Value {
    let output: Vec<Value> = texts.iter().map(|(kind, text)| item(*kind, text)).collect();
    json!({"id": "r", "object": "response", "status": "completed", "error": null, "model": "m", "output": output,
        "usage": {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}})
}

/// The text of an item of a response.
fn items(output: &Value) -> Texts {
    let told = output.as_array().unwrap().iter();
    told.map(|item| match item["type"].as_str().unwrap() {
        "reasoning" => (Text::Reasoning, item["content"][0]["text"].clone()),
        "message" => (Text::Content, item["content"][0]["text"].clone()),
        _ => (Text::Arguments, item["arguments"].clone()),
    })
    .map(|(kind, text)| (kind, text.as_str().unwrap().to_owned()))
    .collect()
}

fn pieces(text: &str, piece: usize) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    characters
        .chunks(piece)
        .map(|piece| piece.iter().collect())
        .collect()
}

fn completion_events(texts: &Texts, piece: usize) -> Vec<Bytes> {
    let chunk = |text: &str, finish: Value| -> Bytes {
        let choice = json!({"index": 0, "text": text, "logprobs": null, "finish_reason": finish});
        let chunk =
            json!({"id": "c", "object": "text_completion", "model": "m", "choices": [choice]});
        format!("data: {chunk}\n\n").into()
    };
    let mut events: Vec<Bytes> = pieces(&texts[&Text::Content], piece)
        .iter()
        .map(|piece| chunk(piece, Value::Null))
        .collect();
    events.push(chunk("", json!("length")));
    events.push("data: [DONE]\n\n".into());
    events
}

fn named(name: &str, data: &mut Value) -> Bytes {
    data["type"] = json!(name);
    format!("event: {name}\ndata: {data}\n\n").into()
}

fn message_events(texts: &Texts, piece: usize) -> Vec<Bytes> {
    let message = json!({"id": "m", "type": "message", "role": "assistant", "model": "m", "content": [],
        "stop_reason": null, "stop_sequence": null, "usage": {"input_tokens": 3, "output_tokens": 1}});
    let mut events = vec![
        named("message_start", &mut json!({ "message": message })),
        named("ping", &mut json!({})),
    ];
    for (index, (kind, text)) in texts.iter().enumerate() {
        let (block, delta, member) = match kind {
            Text::Reasoning => (
                json!({"type": "thinking", "thinking": "", "signature": ""}),
                "thinking_delta",
                "thinking",
            ),
            Text::Content => (json!({"type": "text", "text": ""}), "text_delta", "text"),
            Text::Arguments => (
                json!({"type": "tool_use", "id": "t1", "name": "send", "input": {}}),
                "input_json_delta",
                "partial_json",
            ),
        };
        let mut start = json!({"index": index, "content_block": block});
        events.push(named("content_block_start", &mut start));
        for piece in pieces(text, piece) {
            let mut data = json!({"index": index, "delta": {"type": delta}});
            data["delta"][member] = json!(piece);
            events.push(named("content_block_delta", &mut data));
        }
        if *kind == Text::Reasoning {
            let signed = json!({"type": "signature_delta", "signature": "c2lnbmVk"});
            let mut data = json!({"index": index, "delta": signed});
            events.push(named("content_block_delta", &mut data));
        }
        events.push(named("content_block_stop", &mut json!({ "index": index })));
    }
    let mut end = json!({"delta": {"stop_reason": "end_turn", "stop_sequence": null}, "usage": {"output_tokens": 4}});
    events.push(named("message_delta", &mut end));
    events.push(named("message_stop", &mut json!({})));
    events
}

fn response_events(texts: &Texts, piece: usize) -> Vec<Bytes> {
    let mut number = 0;
    let mut events = Vec::new();
    let mut push = |name: &str, mut data: Value| {
        data["sequence_number"] = json!(number);
        number += 1;
        events.push(named(&format!("response.{name}"), &mut data));
    };
    push("created", json!({"response": response(&Texts::new())}));
    for (index, (kind, text)) in texts.iter().enumerate() {
        let item = item(*kind, text);
        let id = item["id"].clone();
        push(
            "output_item.added",
            json!({"output_index": index, "item": self::item(*kind, "")}),
        );
        let (stem, whole) = match kind {
            Text::Reasoning => ("reasoning_text", "text"),
            Text::Content => ("output_text", "text"),
            Text::Arguments => ("function_call_arguments", "arguments"),
        };
        let about = json!({"item_id": id, "output_index": index, "content_index": 0});
        for piece in pieces(text, piece) {
            let mut data = about.clone();
            data["delta"] = json!(piece);
            push(&format!("{stem}.delta"), data);
        }
        let mut data = about.clone();
        data[whole] = json!(text);
        push(&format!("{stem}.done"), data);
        if *kind != Text::Arguments {
            let mut data = about.clone();
            data["part"] = item["content"][0].clone();
            push("content_part.done", data);
        }
        push(
            "output_item.done",
            json!({"output_index": index, "item": item}),
        );
    }
    push("completed", json!({"response": response(texts)}));
    events
}

fn data_of(answer: &Answer) -> Vec<Value> {
    let events = answer
        .events()
        .into_iter()
        .filter(|event| event != "[DONE]");
    events
        .map(|event| serde_json::from_str(&event).unwrap())
        .collect()
}

fn heard_completion(answer: &Answer) -> Texts {
    assert_eq!(answer.events().last().unwrap(), "[DONE]");
    let text = data_of(answer)
        .into_iter()
        .map(|chunk| chunk["choices"][0]["text"].as_str().unwrap().to_owned());
    Texts::from([(Text::Content, text.collect())])
}

fn heard_message(answer: &Answer) -> Texts {
    let mut texts = BTreeMap::new();
    let mut open: BTreeMap<u64, Text> = BTreeMap::new();
    let events = data_of(answer);
    assert_eq!(
        events.last().unwrap()["type"],
        "message_stop",
        "{}",
        answer.text()
    );
    for event in &events {
        let index = event["index"].as_u64().unwrap_or_default();
        if event["type"] == "content_block_start" {
            let kind = match event["content_block"]["type"].as_str().unwrap() {
                "thinking" => Text::Reasoning,
                "text" => Text::Content,
                _ => Text::Arguments,
            };
            open.insert(index, kind);
        } else if event["type"] == "content_block_stop" {
            open.remove(&index).unwrap();
        } else if event["type"] == "content_block_delta" {
            let delta = &event["delta"];
            let text: &mut String = texts.entry(open[&index]).or_default();
            for member in ["text", "thinking", "partial_json"] {
                text.push_str(delta[member].as_str().unwrap_or_default());
            }
            assert!(delta["signature"].is_null() || delta["signature"] == "c2lnbmVk");
        }
    }
    assert!(open.is_empty());
    texts
}

fn heard_response(answer: &Answer) -> Texts {
    let mut streamed: BTreeMap<u64, String> = BTreeMap::new();
    let mut done: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    let events = data_of(answer);
    for (number, event) in events.iter().enumerate() {
        assert_eq!(event["sequence_number"], number, "{event}");
        let index = event["output_index"].as_u64().unwrap_or_default();
        let name = event["type"].as_str().unwrap();
        let phase = name.rsplit('.').next().unwrap();
        if phase == "delta" {
            let piece = event["delta"].as_str().unwrap();
            streamed.entry(index).or_default().push_str(piece);
        } else if name == "response.output_item.done" {
            let text = items(&json!([event["item"]])).into_values().next().unwrap();
            done.entry(index).or_default().push(text);
        } else if phase == "done" {
            let text = [&event["text"], &event["arguments"], &event["part"]["text"]];
            let text = text.iter().find_map(|text| text.as_str()).unwrap();
            done.entry(index).or_default().push(text.to_owned());
        }
    }
    let last = events.last().unwrap();
    // A limit may have cut it short.
    assert!(
        last["type"] == "response.completed" || last["type"] == "response.incomplete",
        "{}",
        answer.text()
    );
    let texts = items(&last["response"]["output"]);
    for (index, text) in texts.values().enumerate() {
        let index = index as u64;
        assert_eq!(&streamed[&index], text);
        let mut differing = String::new();
        for copy in done[&index].iter().filter(|copy| *copy != text) {
            writeln!(differing, "{copy}").unwrap();
        }
        assert!(differing.is_empty(), "{differing} is not {text}");
    }
    texts
}
