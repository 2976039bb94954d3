//! What the model makes up is covered in every format and every cut, and what it was given is not.

use super::faults::REPLY_BLOCKED;
use super::restoring::ReplyRestorer;
use super::streaming::Events;
use crate::base::{Confidence, EntityType, Sensitive};
use crate::detect::Detector;
use crate::policy::Policy;
use crate::protocol::{Format, Limits, Reply};
use crate::restore::Originals;
use crate::review::{Action, Rules};
use crate::transform::mask;
use crate::vault::RestoreMap;
use bytes::{Bytes, BytesMut};
use serde_json::{Value, json};
use std::sync::{Arc, LazyLock};

const SURROGATE: &str = "PERSON_0ABC4DEFGH";
const ORIGINAL: &str = "张三";
/// Made up by the model.
const MOBILE: &str = "13912345670";
const MAIL: &str = "karen.whitfield@example.com";

static DETECTOR: LazyLock<Arc<Detector>> =
    LazyLock::new(|| Arc::new(Detector::built_in().unwrap()));

fn restorer(action: Action) -> ReplyRestorer {
    let mut map = RestoreMap::default();
    let person = EntityType::named("PERSON").unwrap();
    map.insert(
        SURROGATE.to_owned(),
        person,
        Sensitive::new(ORIGINAL.to_owned()),
    );
    let originals = Originals::new(&Arc::new(map), 1 << 20, false, Bytes::new());
    let policy = Policy::parse(include_str!("../../policies/default.yaml"), "default", None);
    let rules = Rules {
        detector: Arc::clone(&DETECTOR),
        counts: Arc::new(|_, confidence| confidence >= Confidence::Medium),
        given: Arc::new(|_, value| value == ORIGINAL),
        mask,
        action,
    };
    ReplyRestorer::new(originals, Arc::new(policy.unwrap()), false).reviewed(Some(rules))
}

/// The events of a stream that says `text` and calls a tool with `arguments`, in pieces of so many characters.
fn stream(format: Format, text: &str, arguments: &str, size: usize) -> String {
    let pieces = |text: &str| {
        let chars: Vec<char> = text.chars().collect();
        let pieces = chars.chunks(size).map(|piece| piece.iter().collect());
        pieces.collect::<Vec<String>>()
    };
    let mut events = Vec::new();
    match format {
        Format::Chat => {
            for piece in pieces(text) {
                events.push(json!({"choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": null,
                    "logprobs": {"content": [{"token": piece, "logprob": -0.1}]}}]}));
            }
            let call = |function: Value| {
                let call = json!([{"index": 0, "function": function}]);
                json!({"choices": [{"index": 0, "delta": {"tool_calls": call}, "finish_reason": null}]})
            };
            events.push(call(json!({"name": "save", "arguments": ""})));
            events.extend(
                pieces(arguments)
                    .iter()
                    .map(|piece| call(json!({"arguments": piece}))),
            );
            events.push(
                json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}),
            );
        }
        Format::Messages => {
            let start = |index: u32, block: Value| json!({"type": "content_block_start", "index": index, "content_block": block});
            let delta = |index: u32, delta: Value| json!({"type": "content_block_delta", "index": index, "delta": delta});
            events.push(start(0, json!({"type": "text", "text": ""})));
            for piece in pieces(text) {
                events.push(delta(0, json!({"type": "text_delta", "text": piece})));
            }
            events.push(json!({"type": "content_block_stop", "index": 0}));
            events.push(start(
                1,
                json!({"type": "tool_use", "id": "t", "name": "save", "input": {}}),
            ));
            for piece in pieces(arguments) {
                events.push(delta(
                    1,
                    json!({"type": "input_json_delta", "partial_json": piece}),
                ));
            }
            events.push(json!({"type": "content_block_stop", "index": 1}));
            events.push(json!({"type": "message_stop"}));
        }
        _ => {
            for piece in pieces(text) {
                events.push(json!({"type": "response.output_text.delta", "output_index": 0, "content_index": 0,
                    "delta": piece}));
            }
            events.push(json!({"type": "response.output_text.done", "output_index": 0, "content_index": 0, "text": text}));
            for piece in pieces(arguments) {
                events.push(json!({"type": "response.function_call_arguments.delta", "output_index": 1, "delta": piece}));
            }
            events.push(json!({"type": "response.function_call_arguments.done", "output_index": 1, "name": "save",
                "arguments": arguments}));
            let output = json!([
                {"type": "message", "content": [{"type": "output_text", "text": text}]},
                {"type": "function_call", "name": "save", "arguments": arguments}]);
            events.push(json!({"type": "response.completed", "response": {"object": "response", "output": output}}));
        }
    }
    let end = (format == Format::Chat).then(|| "data: [DONE]\n\n".to_owned());
    let events = events.iter().map(|event| format!("data: {event}\n\n"));
    events.chain(end).collect()
}

/// Everything that a client reads as the model's, channel by channel.
fn heard(format: Format, stream: &[u8]) -> (String, String, Vec<String>) {
    use crate::protocol::Field::{Content, ToolArguments};
    let (mut text, mut arguments, mut told) = (String::new(), String::new(), Vec::new());
    for line in std::str::from_utf8(stream).unwrap().lines() {
        let Some(data) = line.strip_prefix("data: ").filter(|data| *data != "[DONE]") else {
            continue;
        };
        let json = Bytes::copy_from_slice(data.as_bytes());
        let reply = Reply::parse(format, json, &Limits::default()).unwrap();
        for part in reply.parts() {
            let piece = part.text(reply.body());
            match (part.channel.field, part.whole) {
                (Content, false) => text.push_str(&piece),
                (ToolArguments, false) => arguments.push_str(&piece),
                (Content | ToolArguments, true) if piece.len() > 2 => told.push(piece.into_owned()),
                _ => {}
            }
        }
    }
    (text, arguments, told)
}

const TEXT: &str =
    "PERSON_0ABC4DEFGH您好，请拨打13912345670，或写信到karen.whitfield@example.com。谢谢";
const ARGUMENTS: &str = r#"{"name":"PERSON_0ABC4DEFGH","mobile":"13912345670","n":3}"#;

#[test]
fn what_is_made_up_is_covered_in_every_format_and_cut() {
    for format in [Format::Chat, Format::Messages, Format::Responses] {
        for size in 1..=5 {
            let stream = stream(format, TEXT, ARGUMENTS, size);
            let mut events = Events::new(format, restorer(Action::Mask));
            let mut out = BytesMut::new();
            for piece in stream.as_bytes().chunks(7) {
                events.take(piece, &mut out).unwrap();
            }
            events.close(&mut out).unwrap();
            let (text, arguments, told) = heard(format, &out);
            let covered = mask(EntityType::named("EMAIL").unwrap(), MAIL);
            let expected = format!("张三您好，请拨打***********，或写信到{covered}。谢谢");
            assert_eq!(text, expected, "{format:?} {size}");
            let expected_arguments = r#"{"name":"张三","mobile":"***********","n":3}"#;
            assert_eq!(arguments, expected_arguments, "{format:?} {size}");
            for again in told {
                assert!(
                    [expected.as_str(), expected_arguments].contains(&again.as_str()),
                    "{again}"
                );
            }
            let all = String::from_utf8(out.to_vec()).unwrap();
            assert!(
                !all.contains(MOBILE) && !all.contains("logprob\":"),
                "{all}"
            );
        }
    }
}

#[test]
fn a_whole_reply_says_the_same_as_its_stream() {
    let reply = json!({"choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": TEXT,
        "tool_calls": [{"id": "c", "function": {"name": "save", "arguments": ARGUMENTS}}]}}]});
    let mut restorer = restorer(Action::Mask);
    let reply = Reply::parse(Format::Chat, reply.to_string().into(), &Limits::default()).unwrap();
    let out: Value = serde_json::from_slice(&restorer.whole(&reply).unwrap()).unwrap();
    let message = &out["choices"][0]["message"];
    let covered = mask(EntityType::named("EMAIL").unwrap(), MAIL);
    assert_eq!(
        message["content"],
        format!("张三您好，请拨打***********，或写信到{covered}。谢谢")
    );
    let arguments = &message["tool_calls"][0]["function"]["arguments"];
    assert_eq!(arguments, r#"{"name":"张三","mobile":"***********","n":3}"#);
    let tally = restorer.tally();
    let counts: Vec<_> = tally.made_up.counts.into_iter().collect();
    assert_eq!(counts, [("CN_MOBILE", 1), ("EMAIL", 1)]);
    assert_eq!(tally.restored, 2);
}

#[test]
fn a_blocked_stream_ends_before_the_value() {
    for format in [Format::Chat, Format::Messages, Format::Responses] {
        let stream = stream(format, TEXT, ARGUMENTS, 2);
        let mut events = Events::new(format, restorer(Action::Block));
        let mut out = BytesMut::new();
        let fault = stream
            .split_inclusive("\n\n")
            .find_map(|event| events.take(event.as_bytes(), &mut out).err());
        assert_eq!(fault.map(|fault| fault.code), Some(REPLY_BLOCKED));
        let out = String::from_utf8(out.to_vec()).unwrap();
        assert!(!out.contains("139") && !out.contains("karen"), "{out}");
    }
}

#[test]
fn reasoning_is_told_before_the_answer_begins() {
    let delta = |member: &str, text: &str| {
        let mut delta = json!({});
        delta[member] = json!(text);
        let choice = json!({"index": 0, "delta": delta, "finish_reason": null});
        format!("data: {}\n\n", json!({"choices": [choice]}))
    };
    let reasoning = "He wants the number of Karen, so it is 13912345670.";
    let mut events = Events::new(Format::Chat, restorer(Action::Mask));
    let mut out = BytesMut::new();
    for event in [
        delta("reasoning_content", reasoning),
        delta("content", "您好"),
    ] {
        events.take(event.as_bytes(), &mut out).unwrap();
    }
    let out = String::from_utf8(out.to_vec()).unwrap();
    let all: String = out
        .split("\"reasoning_content\":\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert!(all.ends_with("so it is ***********."), "{out}");
}
