use super::*;
use crate::protocol::{Edit, splice};

fn parse(body: &str) -> Result<Request, ProtocolError> {
    Request::parse(
        Format::Chat,
        Bytes::from(body.to_owned()),
        &Limits::default(),
    )
}

fn with_messages(messages: &str) -> Request {
    parse(&format!("{{\"messages\":{messages}}}")).unwrap()
}

/// The body after the first finding of `find` was replaced in each part that has it.
fn replaced(body: &str, find: &str, with: &str) -> String {
    let request = parse(body).unwrap();
    let mut edits: Vec<Edit> = Vec::new();
    for part in request.parts() {
        if let Some(at) = request.text(part).find(find) {
            edits.push(
                request
                    .edit(part, Span::new(at, at + find.len()), with)
                    .unwrap(),
            );
        }
    }
    assert!(!edits.is_empty(), "{body}");
    String::from_utf8(splice(request.body(), &mut edits).unwrap().to_vec()).unwrap()
}

#[test]
fn patterns_in_schemas_are_known() {
    for (schema, expected) in [
        (
            r#"{"properties":{"p":{"type":"string","pattern":"^1"}}}"#,
            true,
        ),
        (r#"{"properties":{"p":{"format":"email"}}}"#, true),
        (r#"{"properties":{"pattern":{"type":"string"}}}"#, false),
    ] {
        let tools = format!(r#"[{{"function":{{"parameters":{schema}}}}}]"#);
        let request = parse(&format!(r#"{{"messages":[],"tools":{tools}}}"#)).unwrap();
        assert_eq!(request.shape().patterns, expected, "{schema}");
    }
}

#[test]
fn refuses_what_is_no_chat_request() {
    let missing = ProtocolError::MissingField {
        path: "messages".to_owned(),
    };
    let cases = [
        ("[]", wrong_type("body", "an object")),
        ("\"x\"", wrong_type("body", "an object")),
        ("{}", missing),
        ("{\"messages\":null}", wrong_type("messages", "an array")),
        ("{\"messages\":\"x\"}", wrong_type("messages", "an array")),
        (
            "{\"messages\":[{},\"x\"]}",
            wrong_type("messages[1]", "an object"),
        ),
        (
            "{\"messages\":[],\"messages\":[]}",
            ProtocolError::DuplicateKey { at: 16 },
        ),
        (
            "{\"messages\":[],\"messag\\u0065s\":[]}",
            ProtocolError::DuplicateKey { at: 16 },
        ),
        (
            "{\"messages\":[]} x",
            ProtocolError::Syntax {
                at: 16,
                expected: "the end",
            },
        ),
    ];
    for (body, expected) in cases {
        assert_eq!(parse(body).err(), Some(expected), "{body}");
    }
}

#[test]
fn keys_are_known_however_they_are_written() {
    let request =
        parse(r#"{"messages":[{"rol\u0065":"user","\u0063ontent":"x"}],"m\u006fdel":"m"}"#)
            .unwrap();
    assert_eq!(request.parts().len(), 1);
    assert_eq!(request.shape().user_turns, 1);
    assert_eq!(request.model(), Some("m"));
}

#[test]
fn edits_are_escaped_for_where_they_stand() {
    let cases = [
        (
            r#"{"messages":[{"role":"user","content":"I am \u5f20\u4e09, \ud83d\ude00"}]}"#,
            "张三",
            "\"A\"\n",
            r#"{"messages":[{"role":"user","content":"I am \"A\"\n, \ud83d\ude00"}]}"#,
        ),
        (
            r#"{"messages":[{"role":"user","content":"a\ud83d\ude00b"}]}"#,
            "😀",
            "-",
            r#"{"messages":[{"role":"user","content":"a-b"}]}"#,
        ),
        // Tool-call arguments, escaped once and twice.
        (
            r#"{"messages":[{"role":"assistant","tool_calls":[{"function":{"arguments":"{\"name\":\"\\u5f20\\u4e09\"}"}}]}]}"#,
            "张三",
            "a\"b",
            r#"{"messages":[{"role":"assistant","tool_calls":[{"function":{"arguments":"{\"name\":\"a\\\"b\"}"}}]}]}"#,
        ),
        (
            r#"{"messages":[{"role":"tool","content":"{\"a\":\"[\\\"x 张三 y\\\"]\"}"}]}"#,
            "张三",
            "\\",
            r#"{"messages":[{"role":"tool","content":"{\"a\":\"[\\\"x \\\\\\\\ y\\\"]\"}"}]}"#,
        ),
        // A digit of an inner number that the outer string escapes.
        (
            r#"{"messages":[{"role":"tool","content":"{\"a\":\u00313812345678}"}]}"#,
            "13812345678",
            "PHONE_1",
            r#"{"messages":[{"role":"tool","content":"{\"a\":\"PHONE_1\"}"}]}"#,
        ),
        (
            r#"{"messages":[],"metadata":{"phone": 13812345678 }}"#,
            "13812345678",
            "PHONE_1",
            r#"{"messages":[],"metadata":{"phone": "PHONE_1" }}"#,
        ),
        (
            r#"{"messages":[],"metadata":{"n":-13812345678.5}}"#,
            "13812345678",
            "P",
            r#"{"messages":[],"metadata":{"n":"-P.5"}}"#,
        ),
        (
            r#"{"messages":[],"metadata":{"Lena\t":1}}"#,
            "Lena",
            "P",
            r#"{"messages":[],"metadata":{"P\t":1}}"#,
        ),
    ];
    for (body, find, with, expected) in cases {
        assert_eq!(replaced(body, find, with), expected);
    }
}

#[test]
fn several_findings_of_a_part_are_edited_at_once() {
    let body = r#"{"messages":[{"role":"user","content":"\u5f20 and\n\u4e09"}],"metadata":[12345678.12345678]}"#;
    let request = parse(body).unwrap();
    let mut edits = Vec::new();
    for part in request.parts() {
        let end = request.text(part).len();
        let first = Span::new(0, 3);
        let both = [(first, "A"), (Span::new(end - 3, end), "B\"")];
        edits.extend(request.edits(part, &both).unwrap());
    }
    let got = splice(request.body(), &mut edits).unwrap();
    let expected =
        r#"{"messages":[{"role":"user","content":"A and\nB\""}],"metadata":["A45678.12345B\""]}"#;
    assert_eq!(got, expected);
}

#[test]
fn spans_outside_or_within_a_character_have_no_edit() {
    let request =
        parse(r#"{"messages":[{"role":"user","content":"张\u5f20"}],"metadata":[1234567]}"#)
            .unwrap();
    let (text, number) = (&request.parts()[0], &request.parts()[1]);
    for (start, end) in [(0, 1), (1, 3), (3, 5), (0, 7), (7, 8)] {
        assert_eq!(
            request.edit(text, Span::new(start, end), "x"),
            None,
            "{start}..{end}"
        );
    }
    assert_eq!(request.edit(number, Span::new(3, 8), "x"), None);
    let backwards = [(Span::new(3, 5), "x"), (Span::new(0, 2), "y")];
    assert_eq!(request.edits(number, &backwards), None);
}

#[test]
fn tells_the_facts() {
    let body = r#"{"model":"deepseek-fl\u0061sh","stream":true,"stream_options":{"include_usage":true},"user":"u1","max_tokens":100,"logprobs":true,
        "thinking":{"type":"enabled"},"response_format":{"type":"json_object"},
        "tools":[{"type":"function","function":{"name":"f"}}],"functions":[{"name":"g"}],
        "messages":[{"role":"system","content":"s"},{"role":"user","content":"```a```"},
        {"role":"assistant","content":null},{"role":"tool","content":"t"},
        {"role":"user","content":[{"type":"text","text":"abc"},{"type":"text","text":"de"}]}]}"#;
    let request = parse(body).unwrap();
    let expected = Shape {
        messages: 5,
        user_turns: 2,
        tools: 2,
        has_tool_results: true,
        json_output: true,
        max_output: Some(100),
        thinking: true,
        text_bytes: 18,
        last_user_bytes: 5,
        code_fences: 2,
        logprobs: true,
        include_usage: true,
        patterns: false,
    };
    assert_eq!(*request.shape(), expected);
    assert_eq!(request.model(), Some("deepseek-flash"));
    assert_eq!(
        request.model_span().unwrap().slice(body),
        Some(r"deepseek-fl\u0061sh")
    );
    assert!(request.stream());
    assert_eq!(request.end_user(), Some("u1"));
    assert_eq!(
        request.first_user_message().unwrap().slice(body),
        Some("\"```a```\"")
    );
}

#[test]
fn has_modest_facts_when_nothing_is_said() {
    let request = with_messages(r#"[{"role":"user","content":["x"]}]"#);
    let expected = Shape {
        messages: 1,
        user_turns: 1,
        text_bytes: 1,
        last_user_bytes: 1,
        ..Shape::default()
    };
    assert_eq!(*request.shape(), expected);
    assert_eq!(
        (request.model(), request.stream(), request.end_user()),
        (None, false, None)
    );
    assert_eq!(
        request
            .first_user_message()
            .unwrap()
            .slice(r#"{"messages":[{"role":"user","content":["x"]}]}"#),
        Some("[\"x\"]")
    );
}

#[test]
fn the_end_user_is_the_first_field_that_names_one() {
    let cases = [
        (r#""safety_identifier":"c""#, "c"),
        (r#""safety_identifier":"c","user_id":"b""#, "b"),
        (
            r#""safety_identifier":"c","user":"\u0061","user_id":"b""#,
            "a",
        ),
        (r#""user":null,"user_id":"b""#, "b"),
    ];
    for (members, expected) in cases {
        let request = parse(&format!("{{\"messages\":[],{members}}}")).unwrap();
        assert_eq!(request.end_user(), Some(expected));
    }
}

#[test]
fn debug_shows_no_text() {
    let request = with_messages(r#"[{"role":"user","content":"Lena"}]"#);
    assert_eq!(format!("{request:?}"), "Request(47 bytes, 1 parts)");
    assert!(!format!("{:?}", request.parts()).contains("Lena"));
}
