//! How each format tells a reply.

use super::{call, chat_stream, data, translated, whole};
use crate::protocol::Format::{Chat, Messages, Responses};
use serde_json::{Value as Json, json};

/// A chat with everything in it.
fn everything() -> String {
    let deltas = [
        json!({"role": "assistant", "content": ""}),
        json!({"reasoning_content": "Let "}),
        json!({"reasoning_content": "me"}),
        json!({"content": "你\"好"}),
        call(0, Some("call_a"), Some("send"), ""),
        call(0, None, None, "{\"to\": "),
        call(0, None, None, "1}"),
    ];
    let usage = json!({"prompt_tokens": 10, "completion_tokens": 7, "prompt_cache_hit_tokens": 4,
                       "completion_tokens_details": {"reasoning_tokens": 2}});
    chat_stream(&deltas, "tool_calls", Some(usage))
}

#[test]
fn messages_tells_block_after_block() {
    let out = translated(Chat, Messages, &[everything().as_bytes()]);
    let delta = |index: u32, delta: Json| json!({"type": "content_block_delta", "index": index, "delta": delta});
    let start = |index: u32, block: Json| json!({"type": "content_block_start", "index": index, "content_block": block});
    let stop = |index: u32| json!({"type": "content_block_stop", "index": index});
    let none = json!({"input_tokens": 0, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 0});
    assert_eq!(
        data(Messages, &out),
        [
            json!({"type": "message_start", "message": {"id": "msg_7f", "type": "message", "role": "assistant", "model": "m",
               "content": [], "stop_reason": null, "stop_sequence": null, "usage": none}}),
            start(
                0,
                json!({"type": "thinking", "thinking": "", "signature": ""})
            ),
            delta(0, json!({"type": "thinking_delta", "thinking": "Let "})),
            delta(0, json!({"type": "thinking_delta", "thinking": "me"})),
            stop(0),
            start(1, json!({"type": "text", "text": ""})),
            delta(1, json!({"type": "text_delta", "text": "你\"好"})),
            stop(1),
            start(
                2,
                json!({"type": "tool_use", "id": "call_a", "name": "send", "input": {}})
            ),
            delta(
                2,
                json!({"type": "input_json_delta", "partial_json": "{\"to\": "})
            ),
            delta(2, json!({"type": "input_json_delta", "partial_json": "1}"})),
            stop(2),
            json!({"type": "message_delta", "delta": {"stop_reason": "tool_use", "stop_sequence": null},
               "usage": {"input_tokens": 6, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 4, "output_tokens": 7,
               "output_tokens_details": {"thinking_tokens": 2}}}),
            json!({"type": "message_stop"}),
        ]
    );
}

#[test]
fn responses_numbers_its_events_and_tells_everything_again() {
    let out = translated(Chat, Responses, &[everything().as_bytes()]);
    let told = data(Responses, &out);
    let names: Vec<_> = told
        .iter()
        .map(|event| {
            event["type"]
                .as_str()
                .unwrap()
                .strip_prefix("response.")
                .unwrap()
        })
        .collect();
    assert_eq!(
        names.join(" "),
        "created in_progress \
         output_item.added content_part.added reasoning_text.delta reasoning_text.delta reasoning_text.done content_part.done output_item.done \
         output_item.added content_part.added output_text.delta output_text.done content_part.done output_item.done \
         output_item.added function_call_arguments.delta function_call_arguments.delta function_call_arguments.done output_item.done \
         completed"
    );
    for (at, event) in told.iter().enumerate() {
        assert_eq!(event["sequence_number"], at);
        if let Some(id) = event["item_id"].as_str() {
            let item = event["output_index"].as_u64().unwrap() as usize;
            assert_eq!(id, ["rs_7f_0", "msg_7f_1", "fc_7f_2"][item]);
        }
    }
    assert_eq!(told[0]["response"]["status"], "in_progress");
    let items = json!([
        {"id": "rs_7f_0", "type": "reasoning", "status": "completed", "summary": [], "content": [{"type": "reasoning_text", "text": "Let me"}]},
        {"id": "msg_7f_1", "type": "message", "status": "completed", "role": "assistant",
         "content": [{"type": "output_text", "text": "你\"好", "annotations": [], "logprobs": []}]},
        {"id": "fc_7f_2", "type": "function_call", "status": "completed", "call_id": "call_a", "name": "send", "arguments": "{\"to\": 1}"},
    ]);
    let done: Vec<_> = told
        .iter()
        .filter(|event| event["type"] == "response.output_item.done")
        .map(|event| event["item"].clone())
        .collect();
    assert_eq!(Json::from(done), items);
    let last = &told.last().unwrap()["response"];
    assert_eq!(last["output"], items);
    assert_eq!(
        (&last["id"], &last["status"], &last["model"]),
        (&json!("resp_7f"), &json!("completed"), &json!("m"))
    );
    assert_eq!(
        last["usage"],
        json!({"input_tokens": 10, "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 0}, "output_tokens": 7,
                                     "output_tokens_details": {"reasoning_tokens": 2}, "total_tokens": 17})
    );
}

#[test]
fn a_chat_begins_with_the_role_and_tells_counts_only_if_asked() {
    let there = translated(Chat, Responses, &[everything().as_bytes()]);
    let out = translated(Responses, Chat, &[there.as_bytes()]);
    let told = data(Chat, &out);
    let deltas: Vec<_> = told
        .iter()
        .map(|chunk| chunk["choices"][0]["delta"].clone())
        .collect();
    assert_eq!(
        deltas[..6],
        [
            json!({"role": "assistant", "content": ""}),
            json!({"reasoning_content": "Let "}),
            json!({"reasoning_content": "me"}),
            json!({"content": "你\"好"}),
            json!({"tool_calls": [{"index": 0, "id": "call_a", "type": "function", "function": {"name": "send", "arguments": ""}}]}),
            json!({"tool_calls": [{"index": 0, "function": {"arguments": "{\"to\": "}}]}),
        ]
    );
    assert_eq!(told[7]["choices"][0]["finish_reason"], "tool_calls");
    assert_eq!(told[8]["choices"], json!([]));
    assert_eq!(
        told[8]["usage"]["prompt_tokens_details"]["cached_tokens"],
        4
    );
    assert_eq!(told[9], "[DONE]");
    assert!(told[..9].iter().all(|chunk| chunk["id"] == "chatcmpl-7f"
        && chunk["object"] == "chat.completion.chunk"
        && chunk["created"] == 1_764_000_000
        && chunk["model"] == "m"));
    let about = super::About {
        include_usage: false,
        ..super::about()
    };
    let mut unasked = super::ReplyTranslator::new(Responses, Chat, about).unwrap();
    let out = unasked.push(there.as_bytes()).unwrap();
    assert!(!String::from_utf8(out).unwrap().contains("usage"));
}

#[test]
fn calls_that_come_by_turns_are_told_one_after_another() {
    let deltas = [
        call(0, Some("a"), Some("f"), ""),
        call(1, Some("b"), Some("g"), ""),
        call(0, None, None, "{\"x\":"),
        call(2, Some("c"), Some("h"), "{"),
        call(1, None, None, "{}"),
        json!({"content": "between"}),
        call(0, None, None, "1}"),
        call(2, None, None, "}"),
        call(0, None, None, " "),
    ];
    let stream = chat_stream(&deltas, "stop", None);
    let told = data(Messages, &translated(Chat, Messages, &[stream.as_bytes()]));
    let mut blocks = Vec::new();
    for event in &told {
        match event["type"].as_str().unwrap() {
            "content_block_start" => blocks.push((
                event["index"].clone(),
                event["content_block"]["id"].clone(),
                String::new(),
            )),
            "content_block_delta" => {
                let (index, _, text) = blocks.last_mut().unwrap();
                assert_eq!(&event["index"], index, "one block at a time");
                let delta = &event["delta"];
                text.push_str(
                    delta["partial_json"]
                        .as_str()
                        .or_else(|| delta["text"].as_str())
                        .unwrap(),
                );
            }
            _ => {}
        }
    }
    let blocks: Vec<_> = blocks.into_iter().map(|(_, id, text)| (id, text)).collect();
    assert_eq!(
        blocks,
        [
            (json!("a"), "{\"x\":1}".to_owned()),
            (json!("b"), "{}".to_owned()),
            (json!("c"), "{}".to_owned()),
            (Json::Null, "between".to_owned()),
        ]
    );
    // It said `stop` and meant that it waits for the calls' results.
    assert_eq!(told[told.len() - 2]["delta"]["stop_reason"], "tool_use");
}

/// What it shows, the deltas, and the ids and names of the calls in them.
fn numberings() -> [(&'static str, Vec<Json>, &'static str); 8] {
    [
        (
            "another id under the same index",
            vec![
                call(0, Some("a"), Some("f"), "{}"),
                call(0, Some("b"), Some("g"), "{}"),
            ],
            "a f b g",
        ),
        (
            "id and type on every piece",
            vec![
                call(0, Some("0"), Some("f"), "{"),
                call(0, Some("0"), None, "}"),
            ],
            "0 f",
        ),
        (
            "no ids",
            vec![
                call(0, None, Some("f"), "{}"),
                call(0, None, Some("g"), "{}"),
            ],
            "call_7f_1 f call_7f_2 g",
        ),
        (
            "the name after the id",
            vec![
                json!({"tool_calls": [{"index": 0, "id": "a", "function": {"arguments": ""}}]}),
                call(0, None, Some("f"), "{}"),
            ],
            "a f",
        ),
        (
            "no list",
            vec![
                json!({"tool_calls": {"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}}}),
            ],
            "a f",
        ),
        (
            "arguments as an object",
            vec![json!({"tool_calls": [{"id": "a", "function": {"name": "f", "arguments": {}}}]})],
            "a f",
        ),
        (
            "legacy",
            vec![
                json!({"function_call": {"name": "f", "arguments": "{"}}),
                json!({"function_call": {"arguments": "}"}}),
            ],
            "call_7f_1 f",
        ),
        (
            "no arguments at all",
            vec![
                call(0, Some("a"), Some("f"), ""),
                call(1, Some("b"), Some("g"), ""),
            ],
            "a f b g",
        ),
    ]
}

#[test]
fn calls_are_told_apart_however_servers_number_them() {
    for (case, deltas, expected) in numberings() {
        let stream = chat_stream(&deltas, "tool_calls", None);
        let told = data(
            Responses,
            &translated(Chat, Responses, &[stream.as_bytes()]),
        );
        let output = told.last().unwrap()["response"]["output"]
            .as_array()
            .unwrap()
            .clone();
        let calls: Vec<_> = output
            .iter()
            .flat_map(|item| {
                [
                    item["call_id"].as_str().unwrap(),
                    item["name"].as_str().unwrap(),
                ]
            })
            .collect();
        assert_eq!(calls.join(" "), expected, "{case}");
        assert!(
            output.iter().all(|item| item["arguments"] == "{}"),
            "{case}"
        );
    }
}

#[test]
fn a_whole_reply_is_read_and_written_in_every_format() {
    let input = "{\"big\": 12345678901234567890123, \"same\": 1.0}";
    let chat: Json = json!({"id": "chatcmpl-9", "object": "chat.completion", "created": 5, "model": "m", "choices": [{"index": 0,
        "message": {"role": "assistant", "content": "你好", "refusal": null, "reasoning_content": "hm",
                    "tool_calls": [{"id": "call_a", "type": "function", "function": {"name": "f", "arguments": input}}]},
        "logprobs": null, "finish_reason": "tool_calls"}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 7, "total_tokens": 17, "prompt_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 1},
                  "completion_tokens_details": {"reasoning_tokens": 2}}});
    let body = chat.to_string();
    let messages = super::translator(Chat, Messages)
        .whole(body.as_bytes())
        .unwrap();
    let messages = String::from_utf8(messages).unwrap();
    assert!(messages.contains(&format!("\"content\":[{{\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\":\"\"}},{{\"type\":\"text\",\"text\":\"你好\"}},\
        {{\"type\":\"tool_use\",\"id\":\"call_a\",\"name\":\"f\",\"input\":{input}}}],\"stop_reason\":\"tool_use\",\"stop_sequence\":null")));
    let responses = whole(Chat, Responses, &chat);
    assert_eq!(
        (
            &responses["id"],
            &responses["created_at"],
            &responses["status"]
        ),
        (&json!("resp_9"), &json!(5), &json!("completed"))
    );
    assert_eq!(responses["output"][2]["arguments"], input);
    assert_eq!(whole(Responses, Chat, &responses), chat);
    let back = super::translator(Messages, Chat)
        .whole(messages.as_bytes())
        .unwrap();
    let back: Json = serde_json::from_slice(&back).unwrap();
    assert_eq!(back["choices"], chat["choices"]);
    assert_eq!(back["usage"], chat["usage"]);
}
