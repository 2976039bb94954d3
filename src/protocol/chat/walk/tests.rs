use super::*;
use crate::protocol::ChatRequest;
use bytes::Bytes;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

fn parse(request: &Json) -> ChatRequest {
    ChatRequest::parse(Bytes::from(request.to_string()), &Limits::default()).unwrap()
}

/// Place, message and text of every part.
fn parts(request: &Json) -> Vec<(Place, Option<u32>, String)> {
    let request = parse(request);
    let parts = request.parts().iter();
    parts
        .map(|part| {
            (
                part.place,
                part.message,
                part.text(request.body()).into_owned(),
            )
        })
        .collect()
}

/// Place and text of every part of one top-level member.
fn member(name: &str, value: Json) -> Vec<(Place, String)> {
    let mut request = json!({"messages": []});
    request[name] = value;
    parts(&request)
        .into_iter()
        .map(|(place, _, text)| (place, text))
        .collect()
}

/// Place and text of every part of one message.
fn message(message: &Json) -> Vec<(Place, String)> {
    member("messages", json!([message]))
}

fn owned(expected: &[(Place, &str)]) -> Vec<(Place, String)> {
    expected
        .iter()
        .map(|(place, text)| (*place, (*text).to_owned()))
        .collect()
}

#[test]
fn content_has_the_place_of_its_role() {
    let roles = [
        ("system", Place::System),
        ("developer", Place::System),
        ("user", Place::User),
        ("assistant", Place::Assistant),
        ("tool", Place::ToolResult),
        ("function", Place::ToolResult),
    ];
    for (role, place) in roles {
        // The role may come after the content.
        assert_eq!(
            message(&json!({"content": "x", "role": role})),
            owned(&[(place, "x")])
        );
        let array = json!({"role": role, "content": ["x", {"type": "text", "text": "y"}]});
        assert_eq!(message(&array), owned(&[(place, "x"), (place, "y")]));
    }
    let strange = message(&json!({"role": "Lena", "content": "x"}));
    assert_eq!(
        strange,
        owned(&[(Place::Other, "Lena"), (Place::Other, "x")])
    );
}

#[test]
fn every_text_of_a_message_is_a_part() {
    let cases = [
        (json!({"role": "user", "content": null}), &[][..]),
        (json!({"role": "user", "content": ""}), &[]),
        (json!({"role": "user", "name": "n"}), &[(Place::Name, "n")]),
        (
            json!({"role": "assistant", "refusal": "r", "prefix": true}),
            &[(Place::Assistant, "r")],
        ),
        (
            json!({"role": "assistant", "reasoning_content": "a", "reasoning": "b"}),
            &[(Place::Reasoning, "a"), (Place::Reasoning, "b")],
        ),
        (
            json!({"role": "tool", "tool_call_id": "i"}),
            &[(Place::Id, "i")],
        ),
        (
            json!({"role": "assistant", "function_call": {"name": "f", "arguments": "x"}}),
            &[(Place::Name, "f"), (Place::ToolCall, "x")],
        ),
        (
            json!({"role": "assistant", "tool_calls": [
                {"id": "i", "type": "function", "index": 0, "function": {"name": "f", "arguments": "{\"k\":\"v\"}"}},
                {"id": "j", "type": "custom", "custom": {"name": "g", "input": "free"}}]}),
            &[
                (Place::Id, "i"),
                (Place::Name, "f"),
                (Place::Key, "k"),
                (Place::ToolCall, "v"),
                (Place::Id, "j"),
                (Place::Name, "g"),
                (Place::ToolCall, "free"),
            ],
        ),
        (
            json!({"role": "user", "content": [{"type": "refusal", "refusal": "r", "note": "n"}]}),
            &[
                (Place::User, "r"),
                (Place::Key, "note"),
                (Place::Other, "n"),
            ],
        ),
        // Wrong shapes are looked into.
        (
            json!({"role": {"role": "x"}}),
            &[(Place::Key, "role"), (Place::Other, "x")],
        ),
        (
            json!({"role": "user", "content": 13_812_345_678_u64}),
            &[(Place::User, "13812345678")],
        ),
        (
            json!({"role": "user", "content": {"a": "b"}}),
            &[(Place::Key, "a"), (Place::User, "b")],
        ),
        (
            json!({"role": "user", "content": [["deep", 1_234_567]]}),
            &[(Place::User, "deep"), (Place::User, "1234567")],
        ),
        (
            json!({"role": "user", "prefix": "x"}),
            &[(Place::Other, "x")],
        ),
        (
            json!({"role": "user", "unknown": "x"}),
            &[(Place::Key, "unknown"), (Place::Other, "x")],
        ),
    ];
    for (input, expected) in cases {
        assert_eq!(message(&input), owned(expected), "{input}");
    }
}

#[test]
fn every_text_outside_of_messages_is_a_part() {
    let cases = [
        ("model", json!("deepseek-flash"), &[][..]),
        (
            "model",
            json!("张三 的 model"),
            &[(Place::Other, "张三 的 model")],
        ),
        ("temperature", json!(0.5), &[]),
        ("temperature", json!("0.5"), &[(Place::Other, "0.5")]),
        ("seed", json!(13_812_345_678_u64), &[]),
        ("stream", json!(true), &[]),
        (
            "stream",
            json!(13_812_345_678_u64),
            &[(Place::Other, "13812345678")],
        ),
        (
            "thinking",
            json!({"type": "enabled", "budget_tokens": 4096}),
            &[],
        ),
        (
            "thinking",
            json!({"type": "Lena"}),
            &[(Place::Other, "Lena")],
        ),
        ("reasoning_effort", json!("high"), &[]),
        ("stop", json!("s"), &[(Place::Other, "s")]),
        (
            "stop",
            json!(["s", "t"]),
            &[(Place::Other, "s"), (Place::Other, "t")],
        ),
        (
            "metadata",
            json!({"role": "user", "n": [1_234_567, 123_456]}),
            &[
                (Place::Key, "role"),
                (Place::Metadata, "user"),
                (Place::Key, "n"),
                (Place::Metadata, "1234567"),
            ],
        ),
        ("user", json!("u"), &[(Place::Metadata, "u")]),
        ("user_id", json!("u"), &[(Place::Metadata, "u")]),
        ("safety_identifier", json!("u"), &[(Place::Metadata, "u")]),
        ("prompt_cache_key", json!("k"), &[(Place::Id, "k")]),
        ("logit_bias", json!({"50256": -100}), &[]),
        (
            "logit_bias",
            json!({"13812345678": 1}),
            &[(Place::Key, "13812345678")],
        ),
        ("logit_bias", json!(["x"]), &[(Place::Other, "x")]),
        (
            "prediction",
            json!({"type": "content", "content": "p"}),
            &[(Place::Assistant, "p")],
        ),
        (
            "prediction",
            json!({"type": "content", "content": [{"type": "text", "text": "p"}]}),
            &[(Place::Assistant, "p")],
        ),
        (
            "response_format",
            json!({"type": "json_schema", "json_schema": {"name": "n", "strict": true, "schema": {"title": "t"}}}),
            &[(Place::Name, "n"), (Place::Other, "t")],
        ),
        ("tool_choice", json!("auto"), &[]),
        (
            "tool_choice",
            json!({"type": "function", "function": {"name": "f"}}),
            &[(Place::Name, "f")],
        ),
        ("function_call", json!({"name": "f"}), &[(Place::Name, "f")]),
        (
            "web_search_options",
            json!({"search_context_size": "low", "user_location": {"type": "approximate", "approximate": {"city": "c"}}}),
            &[(Place::Other, "c")],
        ),
        (
            "audio",
            json!({"voice": "alloy", "format": "mp3"}),
            &[(Place::Other, "alloy")],
        ),
        (
            "documents",
            json!([{"text": "d"}]),
            &[
                (Place::Key, "documents"),
                (Place::Key, "text"),
                (Place::Other, "d"),
            ],
        ),
    ];
    for (name, value, expected) in cases {
        assert_eq!(
            member(name, value.clone()),
            owned(expected),
            "{name}: {value}"
        );
    }
}

#[test]
fn a_schema_gives_names_and_words_but_not_its_vocabulary() {
    let parameters = json!({
        "type": "object",
        "properties": {
            "type": {"type": ["string", "null"], "description": "d", "enum": ["e"], "default": "f", "maxLength": 9},
            "n": {"type": "integer", "minimum": -2_147_483_648_i64, "maximum": 13_812_345_678_u64},
            "list": {"type": "array", "items": {"anyOf": [{"const": "c"}, {"examples": ["x"]}]}},
        },
        "required": ["n"],
        "additionalProperties": false,
        "x-owner": "Lena",
    });
    let tools = json!([{"type": "function", "function": {
        "name": "f", "description": "what", "strict": true, "parameters": parameters}}]);
    let texts: Vec<_> = member("tools", tools);
    let expected = [
        (Place::Name, "f"),
        (Place::ToolDefinition, "what"),
        (Place::Key, "type"),
        (Place::ToolDefinition, "d"),
        (Place::ToolDefinition, "e"),
        (Place::ToolDefinition, "f"),
        (Place::Key, "n"),
        (Place::ToolDefinition, "13812345678"),
        (Place::Key, "list"),
        (Place::ToolDefinition, "c"),
        (Place::ToolDefinition, "x"),
        (Place::ToolDefinition, "n"),
        (Place::Key, "x-owner"),
        (Place::ToolDefinition, "Lena"),
    ];
    assert_eq!(texts, owned(&expected));
    let odd = member(
        "functions",
        json!([{"name": "f", "parameters": {"type": "Lena", "properties": ["p"]}}]),
    );
    let expected = [
        (Place::Name, "f"),
        (Place::ToolDefinition, "Lena"),
        (Place::ToolDefinition, "p"),
    ];
    assert_eq!(odd, owned(&expected));
}

#[test]
fn what_is_no_text_is_named_and_its_strings_are_parts() {
    let base64 = "QUJD".repeat(30);
    let data_uri = format!("data:image/png;base64,{base64}");
    let cases = [
        (json!({"type": "text", "text": "t"}), None, &["t"][..]),
        (
            json!({"type": "image_url", "image_url": {"url": "https://x.example/lena", "detail": "low"}}),
            Some("image"),
            &["https://x.example/lena"],
        ),
        (
            json!({"type": "image_url", "image_url": {"url": data_uri}}),
            Some("image"),
            &[],
        ),
        (
            json!({"type": "image_url", "image_url": "u"}),
            Some("image"),
            &["u"],
        ),
        (
            json!({"type": "text", "text": "t", "image_url": {"url": data_uri}}),
            Some("image"),
            &["t"],
        ),
        (
            json!({"type": "input_audio", "input_audio": {"data": base64, "format": "wav"}}),
            Some("audio"),
            &[],
        ),
        (
            json!({"type": "input_audio", "input_audio": {"data": "hello"}}),
            Some("audio"),
            &["hello"],
        ),
        (
            json!({"type": "file", "file": {"file_data": data_uri, "filename": "lena.pdf"}}),
            Some("file"),
            &["lena.pdf"],
        ),
        (
            json!({"type": "file", "file": {"file_id": "file-1"}}),
            Some("file"),
            &["file-1"],
        ),
        (
            json!({"type": "file", "file_data": base64, "filename": "lena.pdf"}),
            Some("file"),
            &["lena.pdf"],
        ),
        (
            json!({"type": "file", "file_id": "file-1"}),
            Some("file"),
            &["file-1"],
        ),
        (
            json!({"type": "video_url", "video_url": {"url": "v"}}),
            Some("unknown"),
            &["video_url", "video_url", "url", "v"],
        ),
        (json!({"text": "t"}), Some("unknown"), &["t"]),
        (json!({"type": 3, "text": "t"}), Some("unknown"), &["t"]),
    ];
    for (part, kind, texts) in cases {
        let messages = json!([{"role": "system"}, {"role": "user", "content": ["a", part]}]);
        let request = parse(&json!({"messages": messages}));
        let got: Vec<_> = request
            .parts()
            .iter()
            .skip(1)
            .map(|part| part.text(request.body()))
            .collect();
        assert_eq!(got, texts, "{messages}");
        let expected = kind.map(|kind| (kind, "messages[1].content[1]"));
        let got = request
            .uninspectable()
            .iter()
            .map(|found| (found.kind.as_str(), found.path.as_str()));
        assert_eq!(
            got.collect::<Vec<_>>(),
            Vec::from_iter(expected),
            "{messages}"
        );
    }
}

#[test]
fn token_ids_and_held_audio_are_named() {
    let request = json!({
        "messages": [{"role": "assistant", "audio": {"id": "a"}}, {"role": "assistant", "audio": null}],
        "prompt": [[15496, 995], "text"], "prompt_token_ids": ["only text"],
    });
    let request = parse(&request);
    let got: Vec<_> = request
        .uninspectable()
        .iter()
        .map(|found| (found.kind, found.path.as_str()))
        .collect();
    let expected = [
        (UninspectableKind::Audio, "messages[0].audio"),
        (UninspectableKind::TokenIds, "prompt"),
    ];
    assert_eq!(got, expected);
    let texts: Vec<_> = request
        .parts()
        .iter()
        .map(|part| part.text(request.body()))
        .collect();
    assert_eq!(texts, ["a", "text", "only text"]);
}

#[test]
fn parts_know_their_message_and_key() {
    let request = json!({
        "user": "u",
        "messages": [
            {"role": "user", "content": "a"},
            {"role": "tool", "content": "{\"phones\":[{\"n\":1},\"138\"],\"t\":\"[\\\"x\\\"]\"}"},
        ],
        "metadata": {"k": "v"},
    });
    let request = parse(&request);
    let key = |part: &TextPart| part.key(request.body()).map(std::borrow::Cow::into_owned);
    let got: Vec<_> = request
        .parts()
        .iter()
        .map(|part| {
            (
                part.text(request.body()).into_owned(),
                part.message,
                key(part),
            )
        })
        .collect();
    let expected = [
        ("u", None, Some("user")),
        ("a", Some(0), Some("content")),
        ("phones", Some(1), None),
        ("n", Some(1), None),
        ("138", Some(1), Some("phones")),
        ("t", Some(1), None),
        ("x", Some(1), Some("t")),
        ("k", None, None),
        ("v", None, Some("k")),
    ];
    let expected =
        expected.map(|(text, message, key)| (text.to_owned(), message, key.map(str::to_owned)));
    assert_eq!(got, expected);
}

#[test]
fn json_in_strings_is_taken_apart_three_levels_deep() {
    let wrap = |value: &Json| json!([value.to_string()]);
    let one = json!(["leaf"]).to_string();
    let two = wrap(&json!(["leaf"])).to_string();
    let three = wrap(&wrap(&json!(["leaf"]))).to_string();
    let four = wrap(&wrap(&wrap(&json!(["leaf"])))).to_string();
    let cases = [
        ("user", one.as_str(), "leaf"),
        ("user", &two, "leaf"),
        ("user", &three, "leaf"),
        ("user", &four, "[\"leaf\"]"),
        ("user", " \n\t{\"a\":1, \"b\":\"x\"}", "a b x"),
        ("user", "{\"a\":\"x\",}", "{\"a\":\"x\",}"),
        ("user", "{\"a\":1,\"a\":\"x\"}", "{\"a\":1,\"a\":\"x\"}"),
        ("user", "[note] text", "[note] text"),
        ("user", "\"x\"", "\"x\""),
        ("tool", "\"\\u5f20\"", "张"),
        ("tool", "13812345678", "13812345678"),
        ("user", "[13812345678, 42]", "13812345678"),
        ("user", "[", "["),
    ];
    for (role, content, expected) in cases {
        let got = message(&json!({"role": role, "content": content}));
        let texts: Vec<_> = got.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(texts.join(" "), expected, "{content}");
    }
}

#[test]
fn more_parts_than_allowed_are_refused() {
    let inner = json!(["a", "b", "c"]).to_string();
    let body =
        json!({"messages": [{"role": "user", "content": inner}, {"role": "user", "content": "x"}]});
    let check = |max_strings| {
        let limits = Limits {
            max_strings,
            ..Limits::default()
        };
        ChatRequest::parse(Bytes::from(body.to_string()), &limits)
            .map(|request| request.parts().len())
            .ok()
    };
    // The body has nine strings itself.
    assert_eq!((check(8), check(9)), (None, Some(4)));
}

/// Marked strings stand for what a person wrote; nothing in the protocol has the mark.
const MARK: char = '§';

fn marked() -> impl Strategy<Value = String> {
    "[a-z张\"\\\\\n😀]{0,6}".prop_map(|text| format!("{MARK}{text}"))
}

fn key() -> impl Strategy<Value = String> {
    const KNOWN: [&str; 28] = [
        "model",
        "messages",
        "role",
        "content",
        "type",
        "text",
        "tools",
        "function",
        "parameters",
        "properties",
        "items",
        "name",
        "arguments",
        "tool_calls",
        "metadata",
        "stop",
        "image_url",
        "url",
        "logit_bias",
        "prediction",
        "response_format",
        "json_schema",
        "schema",
        "tool_choice",
        "audio",
        "id",
        "prompt",
        "minimum",
    ];
    prop_oneof![3 => prop::sample::select(KNOWN.to_vec()).prop_map(str::to_owned), 1 => marked()]
}

fn tree() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        marked().prop_map(Json::from),
        Just(Json::Null),
        any::<u16>().prop_map(Json::from)
    ];
    leaf.prop_recursive(6, 60, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
            prop::collection::btree_map(key(), inner, 0..6)
                .prop_map(|map| Json::Object(map.into_iter().collect())),
        ]
    })
}

fn request() -> impl Strategy<Value = Json> {
    let object = |max| prop::collection::btree_map(key(), tree(), 0..max);
    (object(6), prop::collection::vec(object(5), 0..4)).prop_map(|(top, messages)| {
        let mut request: serde_json::Map<_, _> = top.into_iter().collect();
        let messages: Vec<_> = messages
            .into_iter()
            .map(|message| Json::Object(message.into_iter().collect()))
            .collect();
        request.insert("messages".to_owned(), messages.into());
        Json::Object(request)
    })
}

/// Every marked string and key.
fn marked_leaves(value: &Json, found: &mut Vec<String>) {
    match value {
        Json::String(text) if text.starts_with(MARK) => found.push(text.clone()),
        Json::Array(values) => values.iter().for_each(|value| marked_leaves(value, found)),
        Json::Object(members) => {
            for (key, value) in members {
                found.extend(key.starts_with(MARK).then(|| key.clone()));
                marked_leaves(value, found);
            }
        }
        _ => {}
    }
}

/// What a nested document must give: keys, strings and long numbers.
fn leaves(value: &Json, found: &mut Vec<String>) {
    match value {
        Json::String(text) if !text.is_empty() => found.push(text.clone()),
        Json::Number(number) if number.to_string().len() >= LONG_NUMBER_DIGITS => {
            found.push(number.to_string())
        }
        Json::Array(values) => values.iter().for_each(|value| leaves(value, found)),
        Json::Object(members) => {
            for (key, value) in members {
                found.push(key.clone());
                leaves(value, found);
            }
        }
        _ => {}
    }
}

proptest! {
    #[test]
    fn whatever_a_person_wrote_is_a_part_wherever_it_stands(request in request()) {
        let mut expected = Vec::new();
        marked_leaves(&request, &mut expected);
        let got: Vec<_> =
            parts(&request).into_iter().map(|(_, _, text)| text).filter(|text| text.starts_with(MARK)).collect();
        prop_assert_eq!(got, expected);
    }

    #[test]
    fn json_in_strings_gives_its_leaves(value in tree(), number: u64, levels in 1..=3) {
        let value = json!([value, number]);
        let mut expected = Vec::new();
        leaves(&value, &mut expected);
        let mut content = value;
        for level in 0..levels {
            content = if level == 0 { content } else { json!([content]) };
            content = Json::String(content.to_string());
        }
        let got: Vec<_> = message(&json!({"content": content})).into_iter().map(|(_, text)| text).collect();
        prop_assert_eq!(got, expected);
    }

    #[test]
    fn an_edit_changes_its_text_and_nothing_else(
        mut request in request(),
        nested in tree(),
        which: prop::sample::Index,
        ends: (prop::sample::Index, prop::sample::Index),
        replacement in "[a-z张\"\\\\\n😀\u{1}]{0,6}",
    ) {
        let twice = json!([nested.to_string(), 13_812_345_678_u64]).to_string();
        request["metadata"] = json!([nested.to_string(), twice, 13_812_345_678_u64]);
        // The mark keeps an edited key from becoming one that is there.
        let replacement = format!("¤{replacement}");
        let before = parse(&request);
        let texts = texts_of(&before);
        let which = which.index(texts.len());
        let part = &before.parts()[which];
        let text = &texts[which];
        let boundaries: Vec<_> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let (one, other) = (*ends.0.get(&boundaries), *ends.1.get(&boundaries));
        let span = crate::base::Span::new(one.min(other), one.max(other));
        let edit = part.edit(before.body(), span, &replacement).unwrap();
        let after = crate::protocol::splice(before.body(), &mut [edit]).unwrap();
        prop_assert!(serde_json::from_slice::<Json>(&after).is_ok());
        let after = ChatRequest::parse(after, &Limits::default()).unwrap();
        let mut expected = texts.clone();
        expected[which].replace_range(span.start..span.end, &replacement);
        prop_assert_eq!(texts_of(&after), expected);
    }
}

fn texts_of(request: &ChatRequest) -> Vec<String> {
    request
        .parts()
        .iter()
        .map(|part| part.text(request.body()).into_owned())
        .collect()
}
