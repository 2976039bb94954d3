use crate::protocol::reply::of;
use crate::protocol::{
    Field, Format, LEGACY_CALL, Limits, Reply, ReplyPart, Request, Usage, splice,
};
use bytes::Bytes;
use proptest::prelude::*;
use serde_json::Value as Json;

fn parse(body: &str) -> Reply {
    Reply::parse(
        Format::Chat,
        Bytes::from(body.to_owned()),
        &Limits::default(),
    )
    .unwrap()
}

/// Item, part of it, field and text.
type Told<T> = (u32, u32, Field, T);

fn parts(body: &str) -> Vec<Told<String>> {
    let reply = parse(body);
    let told = |part: &ReplyPart| {
        (
            part.channel.item,
            part.channel.part,
            part.channel.field,
            part.text(reply.body()).into_owned(),
        )
    };
    reply.parts().iter().map(told).collect()
}

/// The parts of a choice, as a chunk and as a whole reply.
fn check_message(message: &str, expected: &[(Field, u32, &str)]) {
    let expected: Vec<_> = expected
        .iter()
        .map(|(field, part, text)| (7, *part, *field, (*text).to_owned()))
        .collect();
    for key in ["delta", "message"] {
        let body = format!("{{\"choices\":[{{\"{key}\":{message},\"index\":7}}]}}");
        assert_eq!(parts(&body), expected, "{body}");
    }
}

#[test]
fn texts_have_their_channels() {
    type Case = (&'static str, &'static [(Field, u32, &'static str)]);
    let cases: [Case; 12] = [
        (
            r#"{"role":"assistant","content":"a\u5f20"}"#,
            &[(Field::Content, 0, "a张")],
        ),
        (
            r#"{"role":"assistant","content":null,"reasoning_content":""}"#,
            &[(Field::Reasoning, 0, "")],
        ),
        (
            r#"{"reasoning":"r","refusal":"n"}"#,
            &[(Field::ReasoningPlain, 0, "r"), (Field::Refusal, 0, "n")],
        ),
        (
            r#"{"content":["x",{"type":"text","text":"y","note":"z"},{"type":"odd","text":"w"}]}"#,
            &[
                (Field::Content, 0, "x"),
                (Field::Content, 0, "y"),
                (Field::Other, 0, "z"),
                (Field::Other, 0, "w"),
            ],
        ),
        (
            r#"{"tool_calls":[{"function":{"arguments":"{","name":"f"},"index":4,"id":"i","type":"function"}]}"#,
            &[(Field::ToolArguments, 4, "{"), (Field::ToolName, 4, "f")],
        ),
        (
            r#"{"tool_calls":[{"id":"i"},{"function":{"name":"g"}},{"custom":{"name":"h","input":"x"}}]}"#,
            &[
                (Field::ToolName, 1, "g"),
                (Field::ToolName, 2, "h"),
                (Field::ToolInput, 2, "x"),
            ],
        ),
        (
            r#"{"function_call":{"name":"f","arguments":"a"}}"#,
            &[
                (Field::ToolName, LEGACY_CALL, "f"),
                (Field::ToolArguments, LEGACY_CALL, "a"),
            ],
        ),
        (
            r#"{"audio":{"id":"i","data":"QUJD","transcript":"t"}}"#,
            &[(Field::Other, 0, "t")],
        ),
        (
            r#"{"annotations":[{"url_citation":{"url":"u"}}]}"#,
            &[(Field::Other, 0, "u")],
        ),
        (r#"{"content":{"deep":["x"]}}"#, &[(Field::Other, 0, "x")]),
        (
            r#"{"tool_calls":[{"function":{"arguments":{"k":"v"}}},"odd"]}"#,
            &[(Field::Other, 0, "v"), (Field::Other, 0, "odd")],
        ),
        (
            r#"{"role":["x"],"tool_calls":"y"}"#,
            &[(Field::Other, 0, "x"), (Field::Other, 0, "y")],
        ),
    ];
    for (message, expected) in cases {
        check_message(message, expected);
    }
}

#[test]
fn choices_are_told_apart() {
    let body = r#"{"choices":[{"index":1,"delta":{"content":"b"}},{"delta":{"content":"a"},"stop_reason":"s"},"odd"]}"#;
    let expected = [
        (1, 0, Field::Content, "b".to_owned()),
        (1, 0, Field::Content, "a".to_owned()),
        (1, 0, Field::Other, "s".to_owned()),
        (2, 0, Field::Other, "odd".to_owned()),
    ];
    assert_eq!(parts(body), expected);
}

#[test]
fn protocol_members_are_no_parts_and_all_else_is() {
    let body = r#"{"id":"i","object":"o","created":1,"model":"m","system_fingerprint":"s","service_tier":"t",
        "usage":{"prompt_tokens":1,"note":"n"},"metadata":{"k":"v"},"choices":[{"finish_reason":"stop","index":0}]}"#;
    let got: Vec<_> = parts(body)
        .into_iter()
        .map(|(_, _, field, text)| (field, text))
        .collect();
    assert_eq!(
        got,
        [
            (Field::Other, "n".to_owned()),
            (Field::Other, "v".to_owned())
        ]
    );
    assert_eq!(parts(r#"{"id":{"x":"y"},"choices":"z"}"#).len(), 2);
    assert_eq!(parts(r#"["x"]"#), [(0, 0, Field::Other, "x".to_owned())]);
}

#[test]
fn errors_are_known_in_any_shape() {
    let cases = [
        (
            r#"{"error":{"message":"m","type":"t","code":"c","param":null}}"#,
            true,
            3,
        ),
        (r#"{"error":"m"}"#, true, 1),
        (r#"{"error":null,"choices":[]}"#, false, 0),
    ];
    for (body, is_error, count) in cases {
        assert_eq!(parse(body).is_error(), is_error);
        let errors = parts(body)
            .into_iter()
            .filter(|(_, _, field, _)| *field == Field::Error);
        assert_eq!(errors.count(), count, "{body}");
    }
}

#[test]
fn counts_tokens() {
    let usage = |prompt, completion, cached| {
        Some(Usage {
            prompt,
            completion,
            cached,
        })
    };
    let cases = [
        (
            r#"{"prompt_tokens":9,"completion_tokens":4,"prompt_cache_hit_tokens":3}"#,
            usage(9, 4, 3),
        ),
        (
            r#"{"prompt_tokens":9,"prompt_tokens_details":{"cached_tokens":2},"prompt_cache_hit_tokens":3}"#,
            usage(9, 0, 2),
        ),
        (
            r#"{"prompt_tokens":-1,"completion_tokens":"4","prompt_tokens_details":null}"#,
            usage(0, 0, 0),
        ),
        ("null", None),
    ];
    for (usage, expected) in cases {
        assert_eq!(parse(&format!("{{\"usage\":{usage}}}")).usage(), expected);
    }
    assert_eq!(parse("{}").usage(), None);
}

#[test]
fn knows_what_is_finished_and_where_log_probabilities_stand() {
    let body = r#"{"choices":[{"index":0,"finish_reason":null,"logprobs":null},
        {"index":2,"logprobs":{"content":[{"token":"secret"}]},"finish_reason":"stop"},
        {"index":3,"finish_reason":""},{"index":4,"finish_reason":"null"}]}"#;
    let reply = parse(body);
    let ended: Vec<u32> = (0..5)
        .filter(|item| reply.ends(of(*item, Field::Content)))
        .collect();
    assert_eq!(ended, [2]);
    let spans: Vec<_> = reply
        .dropped()
        .iter()
        .map(|(span, stands)| (span.slice(body).unwrap(), *stands))
        .collect();
    assert_eq!(spans, [(r#"{"content":[{"token":"secret"}]}"#, "null")]);
    assert!(reply.parts().is_empty());
}

#[test]
fn replaces_whole_values() {
    let body = "\r\n\n {\"choices\":[{\"message\":{\"content\":\"a \\u5f20 b\"}}]}\n";
    let reply = parse(body);
    let edit = reply.parts()[0].replace("\"张\"\n");
    let got = splice(reply.body(), &mut [edit]).unwrap();
    assert_eq!(
        got,
        "\r\n\n {\"choices\":[{\"message\":{\"content\":\"\\\"张\\\"\\n\"}}]}\n"
    );
}

#[test]
fn a_character_cut_in_two_by_the_server_does_not_end_the_stream() {
    for (content, text) in [
        (r"a\ud83d", "a\u{fffd}"),
        (r"\ude00b", "\u{fffd}b"),
        (r"\ud83d\ude00", "😀"),
        (r"\ud83d\u0041", "\u{fffd}A"),
    ] {
        let body = format!(r#"{{"choices":[{{"delta":{{"content":"{content}"}}}}]}}"#);
        assert_eq!(parts(&body), [(0, 0, Field::Content, text.to_owned())]);
        assert_eq!(parse(&body).body(), body.as_bytes());
    }
    let request = format!(r#"{{"messages":[{{"content":"{}"}}]}}"#, r"a\ud83d");
    assert!(Request::parse(Format::Chat, request.into(), &Limits::default()).is_err());
}

#[test]
fn debug_shows_no_text() {
    let reply = parse(r#"{"choices":[{"delta":{"content":"Lena"}}]}"#);
    assert!(!format!("{reply:?} {:?}", reply.parts()).contains("Lena"));
}

/// Strings under keys that may be anything but the protocol members of a reply.
fn tree() -> impl Strategy<Value = Json> {
    const KEYS: &str = "choices index delta message content text reasoning_content reasoning refusal \
                        tool_calls function custom name arguments input function_call error usage other";
    let keys: Vec<_> = KEYS.split_whitespace().collect();
    let text = "[a-z张\"\n]{0,4}".prop_map(Json::from);
    let leaf = prop_oneof![text, Just(Json::Null), any::<u8>().prop_map(Json::from)];
    leaf.prop_recursive(7, 60, 5, move |inner| {
        let key = prop::sample::select(keys.clone()).prop_map(str::to_owned);
        let object = prop::collection::btree_map(key, inner.clone(), 0..6);
        let array = prop::collection::vec(inner, 0..4);
        prop_oneof![
            array.prop_map(Json::from),
            object.prop_map(|map| Json::Object(map.into_iter().collect())),
        ]
    })
}

fn strings(value: &Json, found: &mut Vec<String>) {
    match value {
        Json::String(text) => found.push(text.clone()),
        Json::Array(values) => values.iter().for_each(|value| strings(value, found)),
        Json::Object(members) => members.values().for_each(|value| strings(value, found)),
        _ => {}
    }
}

proptest! {
    #[test]
    fn every_string_outside_of_the_protocol_members_is_a_part(choices in tree(), rest in tree()) {
        let body = serde_json::json!({"choices": choices, "rest": rest});
        let mut expected = Vec::new();
        strings(&body, &mut expected);
        let got: Vec<_> = parts(&body.to_string()).into_iter().map(|(_, _, _, text)| text).collect();
        prop_assert_eq!(got, expected);
    }
}
