use super::*;
use crate::protocol::{Format, Request};
use bytes::Bytes;

fn parse(request: &str) -> Request {
    Request::parse(
        Format::Chat,
        Bytes::from(request.to_owned()),
        &Limits::default(),
    )
    .unwrap()
}

/// The parts as `Place=text`, in order.
fn told(request: &str) -> String {
    let request = parse(request);
    let told = |part: &TextPart| format!("{:?}={}", part.place, request.text(part));
    request
        .parts()
        .iter()
        .map(told)
        .collect::<Vec<_>>()
        .join(" ")
}

/// The parts of one message.
fn message(message: &str) -> String {
    told(&format!("{{\"messages\":[{message}]}}"))
}

/// The parts of a request with that member.
fn member(member: &str) -> String {
    told(&format!("{{\"messages\":[],{member}}}"))
}

#[test]
fn content_has_the_place_of_its_role() {
    let roles = [
        ("system", "System"),
        ("developer", "System"),
        ("user", "User"),
        ("assistant", "Assistant"),
        ("tool", "ToolResult"),
        ("function", "ToolResult"),
        ("Lena", "Other=Lena Other"),
    ];
    for (role, place) in roles {
        let got = message(&format!(r#"{{"role":"{role}","content":"x"}}"#));
        assert_eq!(got, format!("{place}=x"));
    }
    // The role may come after the content.
    let parts = r#"{"content":["x",{"type":"text","text":"y"}],"role":"user"}"#;
    assert_eq!(message(parts), "User=x User=y");
}

#[test]
fn every_text_of_a_message_is_a_part() {
    let cases = [
        (r#"{"role":"user","content":null}"#, ""),
        (r#"{"role":"user","content":""}"#, ""),
        (r#"{"role":"user","name":"n"}"#, "Name=n"),
        (
            r#"{"role":"assistant","refusal":"r","prefix":true}"#,
            "Assistant=r",
        ),
        (
            r#"{"reasoning_content":"a","reasoning":"b"}"#,
            "Reasoning=a Reasoning=b",
        ),
        (r#"{"role":"tool","tool_call_id":"i"}"#, "Id=i"),
        (
            r#"{"function_call":{"name":"f","arguments":"x"}}"#,
            "Name=f ToolCall=x",
        ),
        (
            r#"{"tool_calls":[{"id":"i","type":"function","index":0,
                "function":{"name":"f","arguments":"{\"k\":\"v\"}"}}]}"#,
            "Id=i Name=f Key=k ToolCall=v",
        ),
        (
            r#"{"tool_calls":[{"type":"custom","custom":{"name":"g","input":"free"}}]}"#,
            "Name=g ToolCall=free",
        ),
        (
            r#"{"role":"user","content":[{"type":"refusal","refusal":"r","note":"n"}]}"#,
            "User=r Key=note Other=n",
        ),
    ];
    for (input, expected) in cases {
        assert_eq!(message(input), expected, "{input}");
    }
}

#[test]
fn protocol_members_of_another_shape_are_looked_into() {
    let messages = [
        (r#"{"role":{"role":"x"}}"#, "Key=role Other=x"),
        (r#"{"role":13812345678}"#, "Other=13812345678"),
        (
            r#"{"role":"user","content":13812345678}"#,
            "User=13812345678",
        ),
        (r#"{"role":"user","content":{"a":"b"}}"#, "Key=a User=b"),
        (
            r#"{"role":"user","content":[["deep",1234567]]}"#,
            "User=deep User=1234567",
        ),
        (r#"{"prefix":"x"}"#, "Other=x"),
        (r#"{"unknown":"x"}"#, "Key=unknown Other=x"),
        (r#"{"tool_calls":"x","audio":["y"]}"#, "Other=x Other=y"),
        (
            r#"{"tool_calls":[{"type":"Lena","function":"f"}]}"#,
            "Other=Lena Other=f",
        ),
    ];
    for (input, expected) in messages {
        assert_eq!(message(input), expected, "{input}");
    }
    let members = [
        (r#""model":"张三 的 model""#, "Other=张三 的 model"),
        (r#""temperature":"0.5""#, "Other=0.5"),
        (r#""temperature":[1234567]"#, "Other=1234567"),
        (r#""stream":13812345678"#, "Other=13812345678"),
        (r#""thinking":{"type":"Lena"}"#, "Other=Lena"),
        (r#""thinking":{"messages":"x"}"#, "Key=messages Other=x"),
        (r#""logit_bias":{"13812345678":1}"#, "Key=13812345678"),
        (r#""logit_bias":{"1":12345678}"#, "Other=12345678"),
        (r#""logit_bias":["x"]"#, "Other=x"),
        (r#""tools":{"type":"function"}"#, "Key=type Other=function"),
    ];
    for (input, expected) in members {
        assert_eq!(member(input), expected, "{input}");
    }
}

#[test]
fn every_text_outside_of_messages_is_a_part() {
    let cases = [
        (
            r#""model":"deepseek-flash","stream":true,"seed":4294967"#,
            "",
        ),
        (
            r#""thinking":{"type":"enabled","budget_tokens":4096},"reasoning_effort":"high""#,
            "",
        ),
        (r#""logit_bias":{"50256":-100},"temperature":0.5"#, ""),
        (r#""stop":"s""#, "Other=s"),
        (r#""stop":["s","t"]"#, "Other=s Other=t"),
        (
            r#""metadata":{"role":"user","n":[1234567,12]}"#,
            "Key=role Metadata=user Key=n Metadata=1234567",
        ),
        (
            r#""user":"u","user_id":"v","safety_identifier":"w""#,
            "Metadata=u Metadata=v Metadata=w",
        ),
        (r#""prompt_cache_key":"k""#, "Id=k"),
        (
            r#""prediction":{"type":"content","content":"p"}"#,
            "Assistant=p",
        ),
        (
            r#""prediction":{"type":"content","content":[{"type":"text","text":"p"}]}"#,
            "Assistant=p",
        ),
        (
            r#""response_format":{"type":"json_schema","json_schema":
                {"name":"n","description":"d","strict":true,"schema":{"title":"t"}}}"#,
            "Name=n Other=d Other=t",
        ),
        (r#""tool_choice":"auto","function_call":"none""#, ""),
        (
            r#""tool_choice":{"type":"function","function":{"name":"f"}}"#,
            "Name=f",
        ),
        (r#""function_call":{"name":"f"}"#, "Name=f"),
        (
            r#""web_search_options":{"search_context_size":"low","user_location":
                {"type":"approximate","approximate":{"city":"c"}}}"#,
            "Other=c",
        ),
        (r#""audio":{"voice":"alloy","format":"mp3"}"#, "Other=alloy"),
        (
            r#""documents":[{"text":"d"}]"#,
            "Key=documents Key=text Other=d",
        ),
    ];
    for (input, expected) in cases {
        assert_eq!(member(input), expected, "{input}");
    }
}

#[test]
fn long_numbers_and_names_in_protocol_fields_are_inspected() {
    let cases = [
        (r#""seed":13812345678"#, "Id=13812345678"),
        (r#""max_tokens":4111111111111111"#, "Id=4111111111111111"),
        (r#""thinking":{"budget_tokens":219099999}"#, "Id=219099999"),
        (r#""temperature":0.5,"top_p":0.95,"seed":42424242"#, ""),
        (
            r#""moderation":{"model":"li.na@example.com"}"#,
            "Other=li.na@example.com",
        ),
    ];
    for (input, expected) in cases {
        assert_eq!(member(input), expected, "{input}");
    }
    let call = r#"{"tool_calls":[{"index":13812345678}]}"#;
    assert_eq!(message(call), "Id=13812345678");
}

#[test]
fn a_schema_gives_names_and_words_but_not_its_vocabulary() {
    let parameters = r#"{
        "type": "object",
        "properties": {
            "type": {"type": ["string", "null"], "description": "d", "enum": ["e"], "maxLength": 9},
            "n": {"type": "integer", "minimum": -2147483648, "maximum": 13812345678},
            "list": {"items": {"anyOf": [{"const": "c"}, {"examples": ["x"], "default": "f"}]}}
        },
        "required": ["n"],
        "additionalProperties": false,
        "x-owner": "Lena"
    }"#;
    let expected = "Key=type ToolDefinition=d ToolDefinition=e Key=n ToolDefinition=13812345678 \
                    Key=list ToolDefinition=c ToolDefinition=x ToolDefinition=f ToolDefinition=n \
                    Key=x-owner ToolDefinition=Lena";
    let tool = r#""type":"function","function":{"name":"f","description":"w","strict":true"#;
    let got = member(&format!(
        "\"tools\":[{{{tool},\"parameters\":{parameters}}}}}]"
    ));
    assert_eq!(got, format!("Name=f ToolDefinition=w {expected}"));
    let got = member(&format!("\"functions\":[{{\"parameters\":{parameters}}}]"));
    assert_eq!(got, expected);
    let odd = r#""functions":[{"parameters":{"type":"Lena","properties":["p"],"not":"q"}}]"#;
    assert_eq!(
        member(odd),
        "ToolDefinition=Lena ToolDefinition=p ToolDefinition=q"
    );
}

/// Texts and uninspectable things of the second part of the second message.
fn content_part(part: &str) -> (String, Vec<(&'static str, String)>) {
    let request = parse(&format!(
        "{{\"messages\":[{{}},{{\"role\":\"user\",\"content\":[\"a\",{part}]}}]}}"
    ));
    let texts = request
        .parts()
        .iter()
        .skip(1)
        .map(|part| request.text(part));
    let texts = texts.collect::<Vec<_>>().join(" ");
    let found = request.uninspectable().iter();
    (
        texts,
        found
            .map(|found| (found.kind.as_str(), found.path.clone()))
            .collect(),
    )
}

#[test]
fn what_is_no_text_is_named_and_its_strings_are_parts() {
    let cases = [
        (r#"{"type":"text","text":"t"}"#, "", "t"),
        (
            r#"{"type":"image_url","image_url":{"url":"https://x","detail":"low"}}"#,
            "image",
            "https://x",
        ),
        (
            r#"{"type":"image_url","image_url":{"url":"URI"}}"#,
            "image",
            "",
        ),
        (
            r#"{"type":"image_url","image_url":{"url":"data:image\/png;base64,BYTES"}}"#,
            "image",
            "",
        ),
        (r#"{"type":"image_url","image_url":"u"}"#, "image", "u"),
        (
            r#"{"type":"text","text":"t","image_url":{"url":"URI"}}"#,
            "image",
            "t",
        ),
        (
            r#"{"type":"input_audio","input_audio":{"data":"BYTES","format":"wav"}}"#,
            "audio",
            "",
        ),
        (
            r#"{"type":"input_audio","input_audio":{"data":"hello"}}"#,
            "audio",
            "hello",
        ),
        (
            r#"{"type":"file","file":{"file_data":"URI","filename":"l.pdf"}}"#,
            "file",
            "l.pdf",
        ),
        (r#"{"type":"file","file":{"file_id":"f-1"}}"#, "file", "f-1"),
        (
            r#"{"type":"file","file_data":"BYTES","filename":"l.pdf"}"#,
            "file",
            "l.pdf",
        ),
        (r#"{"type":"file","file_id":"f-1"}"#, "file", "f-1"),
        (
            r#"{"type":"video_url","video_url":"v"}"#,
            "unknown",
            "video_url video_url v",
        ),
        (r#"{"type":"text","text":"BYTES"}"#, "", "BYTES"),
        (r#"{"text":"t"}"#, "unknown", "t"),
        (r#"{"type":3,"text":"t"}"#, "unknown", "t"),
    ];
    let bytes = "QUJD".repeat(30);
    for (part, kind, texts) in cases {
        let fill = |text: &str| {
            text.replace("URI", "data:image/png;base64,BYTES")
                .replace("BYTES", &bytes)
        };
        let path = || "messages[1].content[1]".to_owned();
        let found: Vec<_> = Some(kind)
            .filter(|kind| !kind.is_empty())
            .map(|kind| (kind, path()))
            .into_iter()
            .collect();
        assert_eq!(content_part(&fill(part)), (fill(texts), found), "{part}");
    }
}

#[test]
fn token_ids_and_held_audio_are_named() {
    let request = parse(
        r#"{"messages":[{"audio":{"id":"a"}},{"audio":null}],
            "prompt":[[15496,995],"text"],"prompt_token_ids":["only text"]}"#,
    );
    let found = request.uninspectable().iter();
    let got: Vec<_> = found
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
        .map(|part| request.text(part))
        .collect();
    assert_eq!(texts, ["a", "text", "only text"]);
}

#[test]
fn parts_know_their_message_and_key() {
    let request = parse(
        r#"{"user":"u","messages":[{"role":"user","content":"a"},
            {"role":"tool","content":"{\"phones\":[{\"n\":1},\"138\"],\"t\":\"[\\\"x\\\"]\"}"}],
            "metadata":{"k":"v"},"tools":[{"function":{"name":"f"}}]}"#,
    );
    let told = |part: &TextPart| {
        let key = part.key(request.body()).unwrap_or_default();
        let message = part
            .message
            .map_or_else(|| "-".to_owned(), |index| index.to_string());
        format!("{message} {key}={}", request.text(part))
    };
    let got: Vec<_> = request.parts().iter().map(told).collect();
    let expected = [
        "- user=u",
        "0 content=a",
        "1 =phones",
        "1 =n",
        "1 phones=138",
        "1 =t",
        "1 t=x",
        "- =k",
        "- k=v",
        "- =f",
    ];
    assert_eq!(got, expected);
}

#[test]
fn json_in_strings_is_taken_apart_three_levels_deep() {
    let wrap = |json: &str| serde_json::json!([json]).to_string();
    let one = wrap("leaf");
    let (two, three) = (wrap(&one), wrap(&wrap(&one)));
    let four = wrap(&three);
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
        let message = serde_json::json!({"role": role, "content": content});
        let request = parse(&serde_json::json!({"messages": [message]}).to_string());
        let texts: Vec<_> = request
            .parts()
            .iter()
            .map(|part| request.text(part))
            .collect();
        assert_eq!(texts.join(" "), expected, "{content}");
    }
}

#[test]
fn more_parts_than_allowed_are_refused() {
    let body = r#"{"messages":[{"role":"user","content":"[\"a\",\"b\",\"c\"]"},
        {"role":"user","content":"x"}]}"#;
    let check = |max_strings| {
        let limits = Limits {
            max_strings,
            ..Limits::default()
        };
        let request = Request::parse(Format::Chat, Bytes::from_static(body.as_bytes()), &limits);
        request.map(|request| request.parts().len()).ok()
    };
    // The body has nine strings itself.
    assert_eq!((check(8), check(9)), (None, Some(4)));
}

/// A file is alone in its part only where nothing else that can't be read stands there, in whatever member.
#[test]
fn a_file_beside_what_cannot_be_read_is_not_alone() {
    let file = r#""file":{"filename":"a.txt","file_data":"data:text/plain;base64,aGVsbG8gd29ybGQsIGhlbGxv"}"#;
    let picture = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ";
    for (beside, alone) in [
        (String::new(), true),
        (r#","note":"a plain note""#.to_owned(), true),
        (format!(r#","note":"{picture}""#), false),
        (format!(r#","note":{{"deep":["{picture}"]}}"#), false),
        (format!(r#","{picture}":1"#), false),
        (r#","note":{"type":"input_audio","input_audio":{"data":"aGVsbG8gd29ybGQsIGhlbGxv","format":"wav"}}"#.to_owned(), false),
    ] {
        let part = format!(r#"{{"type":"file",{file}{beside}}}"#);
        let body = format!(r#"{{"messages":[{{"role":"user","content":[{part}]}}]}}"#);
        let request = parse(&body);
        let told: Vec<bool> = request.embedded().iter().map(|file| file.alone).collect();
        assert_eq!(told, [alone], "{beside}");
    }
}
