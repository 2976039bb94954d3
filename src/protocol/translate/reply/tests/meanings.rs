//! What has another word in another format, and what servers do differently.

use super::{FORMATS, chat_stream, data, stream_of, translated, whole};
use crate::protocol::Format::{self, Chat, Messages, Responses};
use serde_json::{Value as Json, json};

/// A format, its word, and what stands for it in each: a chat's reason, a message's, and why a response is incomplete.
const REASONS: [(Format, &str, &str, &str, Option<&str>); 15] = [
    (Chat, "stop", "stop", "end_turn", None),
    (
        Chat,
        "length",
        "length",
        "max_tokens",
        Some("max_output_tokens"),
    ),
    (
        Chat,
        "content_filter",
        "content_filter",
        "refusal",
        Some("content_filter"),
    ),
    (
        Chat,
        "insufficient_system_resource",
        "insufficient_system_resource",
        "max_tokens",
        Some("max_output_tokens"),
    ),
    (
        Chat,
        "abort",
        "insufficient_system_resource",
        "max_tokens",
        Some("max_output_tokens"),
    ),
    (Chat, "function_call", "tool_calls", "tool_use", None),
    (Chat, "odd", "stop", "end_turn", None),
    (Messages, "end_turn", "stop", "end_turn", None),
    (Messages, "stop_sequence", "stop", "stop_sequence", None),
    (
        Messages,
        "model_context_window_exceeded",
        "length",
        "max_tokens",
        Some("max_output_tokens"),
    ),
    (
        Messages,
        "refusal",
        "content_filter",
        "refusal",
        Some("content_filter"),
    ),
    (Messages, "pause_turn", "stop", "end_turn", None),
    (Responses, "completed", "stop", "end_turn", None),
    (
        Responses,
        "max_output_tokens",
        "length",
        "max_tokens",
        Some("max_output_tokens"),
    ),
    (
        Responses,
        "content_filter",
        "content_filter",
        "refusal",
        Some("content_filter"),
    ),
];

#[test]
fn reasons_are_mapped_both_ways() {
    let stopped = |format, reason: Json| match format {
        Chat => json!({"choices": [{"message": {"content": "x"}, "finish_reason": reason}]}),
        Messages => {
            json!({"content": [{"type": "text", "text": "x"}], "stop_reason": reason, "stop_sequence": "END"})
        }
        _ => {
            let details = if reason == "completed" {
                Json::Null
            } else {
                json!({"reason": reason})
            };
            let status = if reason == "completed" {
                "completed"
            } else {
                "incomplete"
            };
            json!({"status": status, "incomplete_details": details, "output": []})
        }
    };
    for (wire, reason, chat, messages, responses) in REASONS {
        let body = stopped(wire, json!(reason));
        assert_eq!(
            whole(wire, Chat, &body)["choices"][0]["finish_reason"],
            chat,
            "{reason}"
        );
        let told = whole(wire, Messages, &body);
        assert_eq!(told["stop_reason"], messages, "{reason}");
        assert_eq!(told["stop_sequence"] == "END", messages == "stop_sequence");
        let told = whole(wire, Responses, &body);
        let told_reason = told["incomplete_details"]["reason"].as_str();
        assert_eq!(told_reason, responses, "{reason}");
        assert_eq!(told["status"] == "completed", responses.is_none());
    }
}

#[test]
fn a_refusal_is_told_in_every_format() {
    let chat = json!({"choices": [{"message": {"content": null, "refusal": "I won't"}, "finish_reason": "stop"}]});
    let messages = json!({"content": [], "stop_reason": "refusal", "stop_details": {"type": "refusal", "explanation": "I won't"}});
    let responses = json!({"status": "completed", "output": [{"type": "message", "content": [{"type": "refusal", "refusal": "I won't"}]}]});
    for (wire, body) in [(Chat, chat), (Messages, messages), (Responses, responses)] {
        assert_eq!(
            whole(wire, Chat, &body)["choices"][0]["message"]["refusal"],
            "I won't"
        );
        let told = whole(wire, Messages, &body);
        assert_eq!(
            (&told["content"][0]["text"], &told["stop_reason"]),
            (&json!("I won't"), &json!("refusal"))
        );
        assert_eq!(
            whole(wire, Responses, &body)["output"][0]["content"][0],
            json!({"type": "refusal", "refusal": "I won't"})
        );
    }
    let stream = chat_stream(
        &[json!({"refusal": "I "}), json!({"refusal": "won't"})],
        "stop",
        None,
    );
    for asked in FORMATS {
        let out = translated(Chat, asked, &[stream.as_bytes()]);
        let back = data(Chat, &translated(asked, Chat, &[out.as_bytes()]));
        let member = if asked == Messages {
            "content"
        } else {
            "refusal"
        };
        assert_eq!(back[2]["choices"][0]["delta"][member], "won't", "{asked:?}");
    }
}

#[test]
fn parts_of_content_and_reasoning_are_read() {
    let body = json!({"choices": [{"message": {"content": [{"type": "thinking", "thinking": "a"}, {"type": "reasoning", "text": "b"},
        {"type": "text", "text": "c"}, "d"]}, "finish_reason": "stop"}]});
    let message = &whole(Chat, Chat, &body)["choices"][0]["message"];
    assert_eq!(
        (&message["reasoning_content"], &message["content"]),
        (&json!("ab"), &json!("cd"))
    );
    let reasoning = |content: Json, summary: Json| json!({"output": [{"type": "reasoning", "content": content, "summary": summary}]});
    let text = |texts: &[&str]| {
        Json::from(
            texts
                .iter()
                .map(|text| json!({"text": text}))
                .collect::<Vec<_>>(),
        )
    };
    for (content, summary, expected) in [
        (text(&["a", "b"]), text(&[]), "a\n\nb"),
        (text(&[]), text(&["a", "", "b"]), "a\n\nb"),
        (text(&["a"]), text(&["b"]), "a"),
        (Json::Null, text(&["a"]), "a"),
    ] {
        let told = whole(Responses, Messages, &reasoning(content, summary));
        assert_eq!(told["content"][0]["thinking"], expected);
    }
}

#[test]
fn a_server_that_sends_no_deltas_is_heard_once() {
    let events = [
        json!({"type": "response.created", "response": {"id": "resp_1", "model": "m"}}),
        json!({"type": "response.output_item.done", "output_index": 0, "item": {"type": "message", "content": [{"type": "output_text", "text": "one"}]}}),
        json!({"type": "response.output_item.added", "output_index": 1, "item": {"type": "function_call", "call_id": "c", "name": "f", "arguments": ""}}),
        json!({"type": "response.function_call_arguments.done", "output_index": 1, "arguments": "{\"a\":1}"}),
        json!({"type": "response.output_item.done", "output_index": 1, "item": {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{\"a\":1}"}}),
        json!({"type": "response.completed", "response": {"id": "resp_1", "status": "completed", "output": [
            {"type": "message", "content": [{"type": "output_text", "text": "one"}]},
            {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{\"a\":1}"},
            {"type": "message", "content": [{"type": "output_text", "text": "two"}]}]}}),
    ];
    let stream = stream_of(&events);
    let told = data(
        Messages,
        &translated(Responses, Messages, &[stream.as_bytes()]),
    );
    let texts: Vec<_> = told
        .iter()
        .filter_map(|event| {
            event["delta"]["text"]
                .as_str()
                .or_else(|| event["delta"]["partial_json"].as_str())
        })
        .collect();
    assert_eq!(texts, ["one", "{\"a\":1}", "two"]);
    // A Messages server may give a call's input at its start.
    let stream = [
        "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{\"a\": 1}}}",
        "{\"type\":\"content_block_stop\",\"index\":0}",
        "{\"type\":\"message_stop\"}",
    ];
    let stream = stream_of(&stream);
    let told = data(Chat, &translated(Messages, Chat, &[stream.as_bytes()]));
    assert_eq!(
        told[2]["choices"][0]["delta"]["tool_calls"][0]["function"]["arguments"],
        "{\"a\": 1}"
    );
    assert_eq!(told[0]["id"], "chatcmpl-request_1");
    assert_eq!(told[0]["model"], "asked");
}

#[test]
fn arguments_that_are_no_object_are_an_input_all_the_same() {
    for (arguments, input) in [
        ("", json!({})),
        (" {\"a\": 1} ", json!({"a": 1})),
        ("{\"a\":", json!({"malformed_arguments": "{\"a\":"})),
        (
            "{\"a\":1,\"a\":2}",
            json!({"malformed_arguments": "{\"a\":1,\"a\":2}"}),
        ),
        ("[1]", json!({"malformed_arguments": "[1]"})),
    ] {
        let calls = json!([{"id": "c", "function": {"name": "f", "arguments": arguments}}]);
        let body =
            json!({"choices": [{"message": {"tool_calls": calls}, "finish_reason": "tool_calls"}]});
        assert_eq!(
            whole(Chat, Messages, &body)["content"][0]["input"],
            input,
            "{arguments}"
        );
    }
}

#[test]
fn keep_alives_go_on_and_blank_lines_do_not() {
    for (wire, stream) in [
        (Chat, ": keep-alive\n\n\n: ping\n\n".to_owned()),
        (
            Messages,
            "event: ping\ndata: {\"type\":\"ping\"}\n\n: x\n\n".to_owned(),
        ),
        (Responses, ": a\n\n\r\n:b\r\n\r\n".to_owned()),
    ] {
        for asked in FORMATS {
            let out = super::translator(wire, asked)
                .push(stream.as_bytes())
                .unwrap();
            assert_eq!(
                out, b": keep-alive\n\n: keep-alive\n\n",
                "{wire:?} {asked:?}"
            );
        }
    }
}

#[test]
fn ids_are_those_of_the_destination_without_its_prefix() {
    for (id, expected) in [
        ("chatcmpl-a-b_1", "msg_a-b_1"),
        ("msg_1", "msg_1"),
        ("x/\"1 张", "msg_x1"),
        ("", "msg_request_1"),
        ("/", "msg_request_1"),
    ] {
        let body = json!({"id": id, "choices": [{"message": {"content": "x"}}]});
        assert_eq!(whole(Chat, Messages, &body)["id"], expected);
    }
}
