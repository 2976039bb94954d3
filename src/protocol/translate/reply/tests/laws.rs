//! What one format says comes back through any other.

use super::{FORMATS, chat_stream, translated, translator};
use crate::protocol::Format;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

/// What a model says: a member of a delta.
fn said() -> impl Strategy<Value = Vec<Json>> {
    let member = prop::sample::select(vec!["content", "reasoning_content"]);
    let texts = prop::collection::vec("(?s).{0,6}", 0..4);
    (member, texts)
        .prop_map(|(member, texts)| texts.iter().map(|text| json!({member: text})).collect())
}

/// A call with its arguments in pieces.
fn call() -> impl Strategy<Value = Vec<Json>> {
    ("[a-z_]{1,8}", "(?s).{0,8}", any::<u16>(), 1_usize..5).prop_map(
        |(name, value, number, size)| {
            let arguments = json!({"a": value, "n": number, "in": [{"b": "}"}]}).to_string();
            let letters: Vec<char> = arguments.chars().collect();
            let pieces = letters
                .chunks(letters.len() / size + 1)
                .map(String::from_iter);
            let mut deltas = vec![json!({"name": name, "arguments": ""})];
            deltas.extend(pieces.map(|piece| json!({"arguments": piece})));
            deltas
        },
    )
}

/// The deltas of a chat: words first, then calls, which may come by turns.
fn deltas() -> impl Strategy<Value = Vec<Json>> {
    let words = prop::collection::vec(said(), 0..4);
    let calls = prop::collection::vec(call(), 0..4);
    (words, calls, any::<bool>()).prop_map(|(words, calls, by_turns)| {
        let mut deltas: Vec<Json> = words.concat();
        let mut pieces: Vec<(usize, usize, Json)> = Vec::new();
        for (index, call) in calls.into_iter().enumerate() {
            for (at, mut function) in call.into_iter().enumerate() {
                let mut piece = json!({"index": index, "function": function.take()});
                if at == 0 {
                    piece["id"] = json!(format!("call_{index}"));
                    piece["type"] = json!("function");
                }
                pieces.push((at, index, piece));
            }
        }
        if by_turns {
            pieces.sort_by_key(|(at, index, _)| (*at, *index));
        }
        deltas.extend(
            pieces
                .into_iter()
                .map(|(.., piece)| json!({"tool_calls": [piece]})),
        );
        deltas
    })
}

fn reason() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["stop", "length", "content_filter"])
}

fn usage() -> impl Strategy<Value = Json> {
    let count = || 0_u64..9;
    (count(), count(), count(), count(), count()).prop_map(
        |(fresh, read, written, said, thought)| {
            json!({"prompt_tokens": fresh + read + written, "completion_tokens": said + thought,
               "prompt_tokens_details": {"cached_tokens": read, "cache_write_tokens": written},
               "completion_tokens_details": {"reasoning_tokens": thought}})
        },
    )
}

proptest! {
    #[test]
    fn a_stream_comes_back_through_every_format(deltas in deltas(), reason in reason(), usage in usage()) {
        let stream = chat_stream(&deltas, reason, Some(usage));
        let straight = translated(Format::Chat, Format::Chat, &[stream.as_bytes()]);
        for other in FORMATS {
            let there = translated(Format::Chat, other, &[stream.as_bytes()]);
            let back = translated(other, Format::Chat, &[there.as_bytes()]);
            prop_assert_eq!(&back, &straight, "through {:?}", other);
        }
    }

    #[test]
    fn a_whole_reply_comes_back_and_says_what_the_stream_says(deltas in deltas(), reason in reason()) {
        let stream = chat_stream(&deltas, reason, None);
        let (mut thinking, mut answer, mut calls) = (String::new(), String::new(), Vec::<Json>::new());
        for delta in &deltas {
            thinking.push_str(delta["reasoning_content"].as_str().unwrap_or_default());
            answer.push_str(delta["content"].as_str().unwrap_or_default());
            for piece in delta["tool_calls"].as_array().into_iter().flatten() {
                let at = piece["index"].as_u64().unwrap() as usize;
                if calls.len() <= at {
                    calls.push(json!({"id": piece["id"], "type": "function", "function": {"name": piece["function"]["name"], "arguments": ""}}));
                }
                let told = calls[at]["function"]["arguments"].as_str().unwrap().to_owned();
                calls[at]["function"]["arguments"] = json!(told + piece["function"]["arguments"].as_str().unwrap());
            }
        }
        let message = json!({"role": "assistant", "content": answer, "reasoning_content": thinking, "tool_calls": calls});
        let body = json!({"id": "chatcmpl-7f", "created": 1_764_000_000, "model": "m",
                          "choices": [{"index": 0, "message": message, "finish_reason": reason}]}).to_string();
        let straight = translator(Format::Chat, Format::Chat).whole(body.as_bytes()).unwrap();
        for other in FORMATS {
            let there = translator(Format::Chat, other).whole(body.as_bytes()).unwrap();
            let back = translator(other, Format::Chat).whole(&there).unwrap();
            let (mut back, mut straight): (Json, Json) = (serde_json::from_slice(&back).unwrap(), serde_json::from_slice(&straight).unwrap());
            // Messages has no way to tell no counts.
            back["usage"] = Json::Null;
            straight["usage"] = Json::Null;
            prop_assert_eq!(&back, &straight, "through {:?}", other);
            if other == Format::Responses {
                // The last event of a stream has the same texts, block by block.
                let out = translated(Format::Chat, other, &[stream.as_bytes()]);
                let last = super::data(other, &out).pop().unwrap();
                let last = last["response"].to_string();
                let streamed = translator(other, Format::Chat).whole(last.as_bytes()).unwrap();
                let streamed: Json = serde_json::from_slice(&streamed).unwrap();
                prop_assert_eq!(&streamed["choices"], &straight["choices"]);
            }
        }
    }

    #[test]
    fn any_json_is_taken(wire in prop::sample::select(FORMATS.to_vec()), body in any_json()) {
        let body = body.to_string();
        for asked in FORMATS {
            drop(translator(wire, asked).whole(body.as_bytes()));
            drop(translated(wire, asked, &[format!("data: {body}\n\n").as_bytes()]));
        }
    }
}

/// Objects with members that readers look for, at places where they may not stand.
fn any_json() -> impl Strategy<Value = Json> {
    let keys = "choices delta message content text tool_calls function arguments index type error item part output response \
                content_block usage finish_reason output_index input name id";
    let keys: Vec<_> = keys.split_whitespace().map(str::to_owned).collect();
    let words = "message content_block_start content_block_delta content_block_stop message_start message_delta tool_use \
                 function_call reasoning response.output_item.added response.output_item.done response.completed \
                 response.function_call_arguments.delta text thinking";
    let words: Vec<_> = words.split_whitespace().map(Json::from).collect();
    let leaf = prop_oneof![2 => prop::sample::select(words), 1 => Just(Json::Null), 1 => any::<u64>().prop_map(Json::from)];
    leaf.prop_recursive(5, 40, 5, move |inner| {
        let array = prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from);
        let object = prop::collection::btree_map(prop::sample::select(keys.clone()), inner, 0..6);
        prop_oneof![1 => array, 3 => object.prop_map(|members| Json::Object(members.into_iter().collect()))]
    })
}
