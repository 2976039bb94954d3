//! What values are called: context for detection.

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

/// The parts of one tool result, as `key=text`, keys left out.
fn called(content: &str) -> String {
    let request =
        parse(&serde_json::json!({"messages":[{"role":"tool","content":content}]}).to_string());
    let told = |part: &TextPart| {
        let key = part.key(request.body())?;
        Some(format!("{key}={}", request.text(part)))
    };
    let told: Vec<_> = request.parts().iter().filter_map(told).collect();
    told.join("|")
}

#[test]
fn a_value_one_level_down_keeps_the_key_that_tells_what_it_is() {
    let cases = [
        (r#"{"password":{"value":"x"}}"#, "password=x"),
        (r#"{"cvv":{"code":"739"}}"#, "cvv=739"),
        (
            r#"{"phone":{"data":[{"0":{"@Value":1.39e10}}]}}"#,
            "phone=13900000000",
        ),
        (r#"{"password":"{\"value\":\"x\"}"}"#, "password=x"),
        (
            r#"{"name":"password","value":"x"}"#,
            "name=password|password=x",
        ),
        (r#"{"value":739,"label":"CVV"}"#, "CVV=739|label=CVV"),
        (
            r#"[{"id":"f1","type":"input","label":"CVV","data":{"value":"739"}}]"#,
            "id=f1|type=input|label=CVV|CVV f1=739",
        ),
        (
            r#"{"phone":{"type":"work","text":"x"}}"#,
            "type=work|work phone=x",
        ),
        (r#"{"note":{"name":"n","reply":"x"}}"#, "name=n|reply=x"),
        (r#"{"value":"x"}"#, "content=x"),
        (
            r#"{"columns":["who","cvv"],"rows":[["x","739"],["y",740]]}"#,
            "columns=who|columns=cvv|who rows=x|cvv rows=739|who rows=y|cvv rows=740",
        ),
        (
            r#"{"pins":[["a","b"],["c","d"]]}"#,
            "pins=a|pins=b|a pins=c|b pins=d",
        ),
        (
            r#"[[["a"],["b"]],[["c"]]]"#,
            "content=a|a content=b|content=c",
        ),
    ];
    for (content, expected) in cases {
        assert_eq!(called(content), expected, "{content}");
    }
}

#[test]
fn a_value_in_a_schema_keeps_the_name_of_its_property() {
    let request = parse(
        r#"{"messages":[],"tools":[{"function":{"parameters":{"properties":{"pin":{"description":"d",
            "default":4471,"const":"a","enum":["b"],"anyOf":[{"examples":["c"]}]}}}}}]}"#,
    );
    let got: Vec<_> = request
        .parts()
        .iter()
        .filter_map(|part| part.key(request.body()))
        .collect();
    assert_eq!(got, ["description", "pin", "pin", "pin", "pin"]);
}

#[test]
fn the_author_of_a_message_does_not_name_its_content() {
    let request = parse(
        r#"{"messages":[{"role":"user","name":"hash","content":"x"},
            {"role":"user","name":"hash","content":{"value":"y"}}]}"#,
    );
    let keys: Vec<_> = request
        .parts()
        .iter()
        .filter_map(|part| part.key(request.body()))
        .collect();
    assert_eq!(keys, ["name", "content", "name", "value"]);
}

#[test]
fn many_elements_among_many_members_are_read_in_no_time() {
    let members: Vec<_> = (0..40_000).map(|i| format!("\"m{i}\":0")).collect();
    let elements = "\"x\",".repeat(40_000);
    let content = format!("{{{},\"value\":[{elements}\"x\"]}}", members.join(","));
    let start = std::time::Instant::now();
    let body = serde_json::json!({"messages":[{"role":"user","content":content}]}).to_string();
    assert_eq!(parse(&body).parts().len(), 80_002);
    // Each element looking through all members would take minutes.
    assert!(start.elapsed().as_secs() < 20);
}
