//! Values that only their name gives away, from a request's bytes to a finding, wherever they stand in it.
#![expect(clippy::unwrap_used, reason = "a test reports by panicking")]

use bytes::Bytes;
use serde_json::{Value, json};
use vestibule::detect::{Detector, Hint};
use vestibule::protocol::{Format, Limits, Request};

/// Type and text of everything that is found in a request.
fn found(detector: &Detector, request: &Value) -> Vec<(&'static str, String)> {
    let body = Bytes::from(request.to_string());
    let request = Request::parse(Format::Chat, body, &Limits::default()).unwrap();
    let scan = |part: &vestibule::protocol::TextPart| -> Vec<_> {
        let (text, key) = (request.text(part), part.key(request.body()));
        let hint = Hint {
            key: key.as_deref(),
        };
        let findings = detector.scan(text, hint);
        let found = findings
            .iter()
            .map(|f| (f.entity.as_str(), f.span.slice(text).unwrap().to_owned()));
        found.collect()
    };
    request.parts().iter().flat_map(scan).collect()
}

/// The document in every place that takes one.
fn places(document: &Value) -> Vec<(&'static str, Value)> {
    let text = document.to_string();
    let message = |message: Value| json!({ "messages": [message] });
    let call = json!({"function": {"name": "f", "arguments": text}});
    vec![
        (
            "tool result",
            message(json!({"role": "tool", "content": text})),
        ),
        (
            "user text",
            message(json!({"role": "user", "content": text})),
        ),
        (
            "arguments",
            message(json!({"role": "assistant", "tool_calls": [call]})),
        ),
        ("metadata", json!({"messages": [], "metadata": document})),
        (
            "unknown field",
            json!({"messages": [], "unknown": document}),
        ),
    ]
}

#[test]
fn a_value_is_found_by_its_name_in_every_place() {
    let detector = Detector::built_in().unwrap();
    let number: Value = serde_json::from_str("1.3912345678e10").unwrap();
    let cases = [
        (json!({"cvv": 739}), "CVV", "739"),
        (json!({"pin": 4471}), "PIN", "4471"),
        (json!({"密码": 918_273}), "PASSWORD", "918273"),
        (json!({"phone": number}), "CN_MOBILE", "13912345678"),
        (
            json!({"password": {"value": "hunter2Xq"}}),
            "PASSWORD",
            "hunter2Xq",
        ),
        (json!({"cvv": {"code": "739"}}), "CVV", "739"),
        (
            json!({"name": "password", "value": "hunter2Xq"}),
            "PASSWORD",
            "hunter2Xq",
        ),
        (json!({"label": "CVV", "value": "739"}), "CVV", "739"),
        (
            json!({"name": "姓名", "value": "诸葛建国"}),
            "PERSON",
            "诸葛建国",
        ),
        (
            json!({"order_phone": "13912345678"}),
            "CN_MOBILE",
            "13912345678",
        ),
        (
            json!({"order_no": 4_111_111_111_111_111_u64}),
            "BANK_CARD",
            "4111111111111111",
        ),
    ];
    for (document, kind, value) in cases {
        for (place, request) in places(&document) {
            let expected = [(kind, value.to_owned())];
            assert_eq!(found(&detector, &request), expected, "{place}: {document}");
        }
    }
}

#[test]
fn a_value_in_a_schema_is_found_by_the_name_of_its_property() {
    let detector = Detector::built_in().unwrap();
    for (keyword, value) in [
        ("default", json!("hunter2Xq")),
        ("const", json!("hunter2Xq")),
        ("enum", json!(["hunter2Xq"])),
        ("examples", json!(["hunter2Xq"])),
    ] {
        let schema = json!({"properties": {"password": {"type": "string", (keyword): value}}});
        let tool = json!({"type": "function", "function": {"name": "f", "parameters": schema}});
        let request = json!({"messages": [], "tools": [tool]});
        let expected = [("PASSWORD", "hunter2Xq".to_owned())];
        assert_eq!(found(&detector, &request), expected, "{keyword}");
    }
    let schema = json!({"properties": {"pin": {"type": "integer", "default": 918_273}}});
    let tool = json!({"function": {"name": "f", "parameters": schema}});
    let request = json!({"messages": [], "tools": [tool]});
    assert_eq!(found(&detector, &request), [("PIN", "918273".to_owned())]);
}
