//! Errors, and streams that end too early.

use super::{FORMATS, chat_stream, data, translated, translator, whole};
use crate::protocol::Format::{Chat, Messages, Responses};
use crate::protocol::{Format, ProtocolError};
use serde_json::{Value as Json, json};

const DEEPSEEK: &str = r#"{"error":{"message":"Insufficient Balance","type":"unknown_error","param":null,"code":"invalid_request_error"}}"#;
const ANTHROPIC: &str = r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"r"}"#;

/// The wire format, the status and the body; then the message, and its type in OpenAI's words and in Anthropic's.
const BODIES: [(Format, u16, &str, &str, &str, &str); 12] = [
    (
        Chat,
        402,
        DEEPSEEK,
        "Insufficient Balance",
        "unknown_error",
        "billing_error",
    ),
    (
        Messages,
        529,
        ANTHROPIC,
        "Overloaded",
        "overloaded_error",
        "overloaded_error",
    ),
    (
        Chat,
        400,
        r#"{"error":{"code":400,"message":"too long","type":"exceed_context_size_error"}}"#,
        "too long",
        "exceed_context_size_error",
        "invalid_request_error",
    ),
    (
        Chat,
        422,
        r#"{"error":"Input validation error","error_type":"validation"}"#,
        "Input validation error",
        "validation",
        "invalid_request_error",
    ),
    (
        Chat,
        400,
        r#"{"object":"error","message":"longer","type":"BadRequestError","param":null,"code":400}"#,
        "longer",
        "BadRequestError",
        "invalid_request_error",
    ),
    (
        Chat,
        404,
        r#"{"detail":"Not Found"}"#,
        "Not Found",
        "not_found_error",
        "not_found_error",
    ),
    (
        Responses,
        429,
        r#"{"error":{"message":"slow","type":"requests","code":"rate_limit_exceeded"}}"#,
        "slow",
        "requests",
        "rate_limit_error",
    ),
    (
        Chat,
        503,
        "no healthy upstream\n",
        "no healthy upstream",
        "server_error",
        "overloaded_error",
    ),
    (
        Chat,
        502,
        "<html><body>Bad Gateway</body></html>",
        "the destination answered with status 502",
        "server_error",
        "api_error",
    ),
    (
        Chat,
        500,
        "",
        "the destination answered with status 500",
        "server_error",
        "api_error",
    ),
    (
        Chat,
        500,
        "{\"a\":",
        "the destination answered with status 500",
        "server_error",
        "api_error",
    ),
    (
        Chat,
        500,
        "\"\"",
        "the destination answered with status 500",
        "server_error",
        "api_error",
    ),
];

#[test]
fn an_error_body_has_the_shape_of_the_asked_format() {
    for (wire, status, body, message, kind, anthropic_kind) in BODIES {
        for asked in FORMATS {
            let out = translator(wire, asked).error(status, body.as_bytes());
            let out: Json = serde_json::from_slice(&out).unwrap();
            assert_eq!(out["error"]["message"], message, "{body}");
            let expected = if asked == Messages {
                anthropic_kind
            } else {
                kind
            };
            assert_eq!(out["error"]["type"], expected, "{body} {asked:?}");
            assert_eq!(out["type"] == "error", asked == Messages);
        }
    }
}

#[test]
fn an_error_in_the_middle_is_the_last_thing_told() {
    let chat = |error: &str| {
        let begun = chat_stream(&[json!({"content": "Hi"})], "stop", None);
        let (begun, rest) = begun.split_at(begun.find("\n\n").unwrap() + 2);
        format!("{begun}data: {error}\n\n{rest}")
    };
    let cases = [
        (Chat, chat(r#"{"error":{"message":"told","http_status_code":422}}"#), "invalid_request_error"),
        (Chat, chat(r#"{"error":{"message":"told","code":429}}"#), "rate_limit_error"),
        (Chat, chat(r#"{"error":"told","error_type":"overloaded"}"#), "overloaded_error"),
        (Chat, chat(r#"{"object":"error","message":"told","type":"InternalServerError"}"#), "api_error"),
        (Chat, chat(r#"{"error":{"message":"told"},"choices":[]}"#), "api_error"),
        (Messages, "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"told\"}}\n\n".to_owned(), "overloaded_error"),
        (Responses, "event: error\ndata: {\"type\":\"error\",\"code\":\"rate_limit_exceeded\",\"message\":\"told\",\"param\":null}\n\n".to_owned(), "rate_limit_error"),
        (Responses, "event: response.failed\ndata: {\"type\":\"response.failed\",\"response\":{\"id\":\"r\",\"status\":\"failed\",\"error\":{\"code\":\"server_error\",\"message\":\"told\"},\"output\":[]}}\n\n".to_owned(), "api_error"),
    ];
    for (wire, stream, kind) in cases {
        for asked in FORMATS {
            let out = translated(wire, asked, &[stream.as_bytes()]);
            let last = data(asked, &out).pop().unwrap();
            match asked {
                Responses => assert_eq!(
                    (&last["type"], &last["message"]),
                    (&json!("error"), &json!("told"))
                ),
                Messages => assert_eq!(last["error"]["type"], kind, "{stream}"),
                _ => {}
            }
            if asked != Responses {
                assert_eq!(last["error"]["message"], "told", "{stream}");
            }
            assert_eq!(out.matches("told").count(), 1);
        }
    }
}

#[test]
fn a_stream_that_breaks_off_ends_with_an_error() {
    let chat = chat_stream(&[json!({"content": "Hi"})], "stop", None);
    for cut in 0..chat.trim_end().len() {
        let (stream, _) = chat.split_at(cut);
        for asked in FORMATS {
            let out = translated(Chat, asked, &[stream.as_bytes()]);
            let told = data(asked, &out);
            let errors = told
                .iter()
                .filter(|event| event.to_string().contains("\"code\":\""));
            assert_eq!(errors.count(), 1, "cut at {cut}");
            let last = told.last().unwrap();
            let code = if asked == Responses {
                &last["code"]
            } else {
                &last["error"]["code"]
            };
            assert_eq!(code, "upstream_cut", "cut at {cut}");
            assert!(
                !out.contains("[DONE]")
                    && !out.contains("message_stop")
                    && !out.contains("response.completed")
            );
        }
    }
    for end in ["data: [DONE]", "data: [DONE]\n", "data:[DONE]\r\n\r"] {
        let stream = format!("{}{end}", chat.strip_suffix("data: [DONE]\n\n").unwrap());
        assert!(
            translated(Chat, Messages, &[stream.as_bytes()])
                .ends_with("{\"type\":\"message_stop\"}\n\n")
        );
    }
}

#[test]
fn what_is_no_reply_is_refused() {
    for (wire, member) in [
        (Chat, "choices"),
        (Messages, "content"),
        (Responses, "output"),
    ] {
        for body in [json!({}), json!([]), json!("x")] {
            let out = translator(wire, Chat).whole(body.to_string().as_bytes());
            assert_eq!(
                out,
                Err(ProtocolError::MissingField {
                    path: member.to_owned()
                })
            );
        }
        let out = translator(wire, Chat).whole(json!({member: {}}).to_string().as_bytes());
        assert!(matches!(out, Err(ProtocolError::WrongType { .. })));
        assert!(translator(wire, Chat).whole(b"{\"a\":").is_err());
        assert!(translator(wire, Chat).push(b"data: {\"a\":\n\n").is_err());
    }
    for other in [Format::Completions, Format::Embeddings, Format::CountTokens] {
        assert!(super::ReplyTranslator::new(other, Chat, super::about()).is_none());
        assert!(super::ReplyTranslator::new(Chat, other, super::about()).is_none());
    }
}

#[test]
fn an_error_that_comes_as_a_reply_is_told_as_one() {
    for (wire, body) in [
        (
            Chat,
            json!({"error": {"message": "told", "type": "server_error"}}),
        ),
        (
            Chat,
            json!({"object": "error", "message": "told", "code": 500}),
        ),
        (
            Messages,
            json!({"type": "error", "error": {"type": "api_error", "message": "told"}}),
        ),
        (
            Responses,
            json!({"id": "r", "status": "failed", "error": {"code": "server_error", "message": "told"}, "output": []}),
        ),
    ] {
        for asked in FORMATS {
            assert_eq!(whole(wire, asked, &body)["error"]["message"], "told");
        }
    }
}

#[test]
fn a_reply_that_must_be_kept_has_a_limit() {
    let piece = chat_stream(&[json!({"content": "x".repeat(1 << 20)})], "stop", None);
    let piece = piece.split_once("\n\n").unwrap().0.to_owned() + "\n\n";
    let run = |asked| {
        let mut translator = translator(Chat, asked);
        (0..6).find(|_| translator.push(piece.as_bytes()).is_err())
    };
    assert_eq!(run(Responses), Some(4));
    assert_eq!(run(Messages), None);
    // A call that waits for another one.
    let call = |index: u32, arguments: &str| json!({"tool_calls": [{"index": index, "id": format!("c{index}"), "function": {"name": "f", "arguments": arguments}}]});
    let mut deltas = vec![call(0, "{")];
    deltas.extend((0..6).map(|_| call(1, &"x".repeat(1 << 20))));
    let stream = chat_stream(&deltas, "tool_calls", None);
    assert!(translator(Chat, Messages).push(stream.as_bytes()).is_err());
}

#[test]
fn more_calls_or_items_than_a_reply_has_are_refused() {
    let calls = |range: std::ops::Range<u32>| {
        let calls: Vec<_> = range
            .map(|index| json!({"index": index, "function": {}}))
            .collect();
        json!({"choices": [{"index": 0, "message": {"tool_calls": calls}}]}).to_string()
    };
    assert!(
        translator(Chat, Messages)
            .whole(calls(0..1024).as_bytes())
            .is_ok()
    );
    assert!(
        translator(Chat, Messages)
            .whole(calls(0..1025).as_bytes())
            .is_err()
    );
    let mut stream = translator(Chat, Messages);
    let mut push = |range| stream.push(format!("data: {}\n\n", calls(range)).as_bytes());
    assert!(push(0..1000).is_ok());
    assert!(push(1000..2000).is_err());
    let mut stream = translator(Responses, Messages);
    let mut push = |at: u32| {
        stream.push(format!("data: {{\"type\":\"x\",\"output_index\":{at}}}\n\n").as_bytes())
    };
    assert!((0..1024).all(|at| push(at).is_ok()));
    assert!(push(1024).is_err());
}
