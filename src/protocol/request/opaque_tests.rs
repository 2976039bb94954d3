//! What can't be read is told wherever a client puts it.

use crate::protocol::{Format, Limits, Request};

/// What can't be inspected, as `kind@path`.
fn told(format: Format, body: &str) -> String {
    let request = Request::parse(format, body.to_owned().into(), &Limits::default()).unwrap();
    let found = request.uninspectable().iter();
    let found = found.map(|found| format!("{}@{}", found.kind.as_str(), found.path));
    found.collect::<Vec<_>>().join(" ")
}

/// Base64 of bytes that are no text, 400 characters.
fn bytes() -> String {
    let bytes: Vec<u8> = (0..300_u32).map(|n| (n * 167 + n / 7) as u8).collect();
    data_encoding::BASE64.encode(&bytes)
}

fn check(format: Format, cases: &[(&str, &str)]) {
    for (body, expected) in cases {
        let body = body
            .replace("URI", "data:image/png;base64,BYTES")
            .replace("BYTES", &bytes());
        assert_eq!(told(format, &body), *expected, "{body}");
    }
}

#[test]
fn a_part_that_stands_alone_is_a_part() {
    let chat = [
        (
            r#"{"messages":[{"role":"user","content":{"type":"image_url","image_url":{"url":"https://x"}}}]}"#,
            "image@messages[0].content",
        ),
        (
            r#"{"messages":[{"role":"user","content":{"type":"text","text":"t"}}]}"#,
            "",
        ),
        (
            r#"{"messages":[{"role":"user","content":{"a":"b"}}]}"#,
            "unknown@messages[0].content",
        ),
        (
            r#"{"messages":[],"prediction":{"type":"content","content":{"type":"file","file":{"file_id":"f"}}}}"#,
            "file@prediction.content",
        ),
    ];
    check(Format::Chat, &chat);
    let messages = [
        (
            r#"{"messages":[{"role":"user","content":{"type":"image","source":{"type":"url","url":"u"}}}]}"#,
            "image@messages[0].content",
        ),
        (
            r#"{"messages":[],"system":{"type":"image","source":{"type":"url","url":"u"}}}"#,
            "image@system",
        ),
        (
            r#"{"messages":[{"content":[{"type":"tool_result","content":{"type":"image","source":{"type":"file","file_id":"f"}}}]}]}"#,
            "image@messages[0].content[0].content",
        ),
    ];
    check(Format::Messages, &messages);
    let responses = [
        (
            r#"{"input":[{"role":"user","content":{"type":"input_image","file_id":"f"}}]}"#,
            "image@input[0].content",
        ),
        (
            r#"{"input":[{"type":"function_call_output","output":{"type":"input_image","image_url":"u"}}]}"#,
            "image@input[0].output",
        ),
    ];
    check(Format::Responses, &responses);
}

#[test]
fn what_says_that_it_is_no_text_is_told_at_any_depth() {
    let messages = [
        (
            r#"{"messages":[{"content":[{"type":"tool_result","content":[{"type":"tool_result","content":[{"type":"tool_result","content":[{"type":"image","source":{"type":"file","file_id":"f"}}]}]}]}]}]}"#,
            "image@messages[0].content[0].content[0].content[0].content",
        ),
        (
            r#"{"messages":[{"content":[{"type":"tool_result","content":[{"type":"document","source":{"type":"content","content":[{"type":"tool_result","content":[{"type":"image","source":{"type":"url","url":"u"}}]}]}}]}]}]}"#,
            "image@messages[0].content[0].content[0].source.content[0].content",
        ),
        (
            r#"{"messages":[{"content":[{"type":"tool_use","name":"f","input":{"image":"URI"}}]}]}"#,
            "image@messages[0].content[0]",
        ),
        (
            r#"{"messages":[{"content":[{"type":"tool_use","name":"f","input":{"a":{"type":"document","source":{"type":"text","data":"x"}},"b":{"type":"file"},"c":{"type":"image","url":null}}}]}]}"#,
            "",
        ),
        (
            r#"{"messages":[],"tools":[{"name":"f","input_examples":[{"img":"BYTES"}]}]}"#,
            "unknown@tools[0].input_examples",
        ),
        // Signed or sealed by the provider.
        (
            r#"{"messages":[{"content":[{"type":"thinking","thinking":"x","signature":"BYTES"},{"type":"redacted_thinking","data":"BYTES"}]}]}"#,
            "",
        ),
    ];
    check(Format::Messages, &messages);
    let responses = [
        (
            r#"{"input":[{"type":"reasoning","summary":[],"encrypted_content":"BYTES"}]}"#,
            "",
        ),
        (
            r#"{"input":[{"type":"web_search_call","results":[{"image":"URI"}]}]}"#,
            "image@input[0].results",
        ),
        (
            r#"{"input":[{"type":"computer_call","action":{"type":"screenshot","image_url":"URI"}}]}"#,
            "image@input[0].action",
        ),
    ];
    check(Format::Responses, &responses);
    let chat = [
        (
            r#"{"messages":[{"role":"user","content":"x","images":["BYTES"]}]}"#,
            "unknown@messages[0]",
        ),
        (
            r#"{"messages":[{"role":"user","content":[[{"type":"image_url","image_url":"u"}]]}]}"#,
            "image@messages[0].content[0]",
        ),
        (r#"{"messages":[],"BYTES":1}"#, "unknown@"),
    ];
    check(Format::Chat, &chat);
    check(
        Format::Completions,
        &[(r#"{"prompt":"x","images":["BYTES"]}"#, "unknown@")],
    );
}

#[test]
fn files_that_the_upstream_holds_are_told_without_a_type() {
    let responses = [
        (
            r#"{"input":"a","tools":[{"type":"file_search","vector_store_ids":["v"]}]}"#,
            "file@tools[0].vector_store_ids",
        ),
        (
            r#"{"input":[{"role":"user","content":[{"file_id":"f"}]}]}"#,
            "file@input[0].content[0]",
        ),
        (
            r#"{"input":[{"role":"user","content":[{"type":"input_text","text":"x","file_id":"f"}]}]}"#,
            "file@input[0].content[0]",
        ),
        (
            r#"{"input":[{"type":"function_call_output","output":[{"file_id":"f"}]}]}"#,
            "file@input[0].output[0]",
        ),
        (
            r#"{"input":[{"type":"function_call_output","output":{"file_id":"f"}}]}"#,
            "file@input[0].output",
        ),
        (
            r#"{"input":[{"role":"user","content":[{"image_url":"https://x"}]}]}"#,
            "image@input[0].content[0]",
        ),
        // An item with an id that says something is no reference.
        (r#"{"input":[{"id":"i","role":"user","content":"a"}]}"#, ""),
    ];
    check(Format::Responses, &responses);
    let messages = [
        (
            r#"{"messages":[{"content":[{"type":"document","source":[{"type":"file","file_id":"f"}]}]}]}"#,
            "file@messages[0].content[0]",
        ),
        (
            r#"{"messages":[{"content":[{"type":"document","source":[{"type":"text","data":"x"}]}]}]}"#,
            "",
        ),
    ];
    check(Format::Messages, &messages);
}

#[test]
fn only_a_prompt_may_be_null() {
    let cases = [
        (Format::Completions, r#"{"prompt":null}"#, true),
        (Format::Completions, r#"{"prompt":true}"#, false),
        (Format::Embeddings, r#"{"input":null}"#, false),
        (Format::Chat, r#"{"messages":null}"#, false),
    ];
    for (format, body, expected) in cases {
        let request = Request::parse(format, body.to_owned().into(), &Limits::default());
        assert_eq!(request.is_ok(), expected, "{body}");
    }
}
