use super::*;
use Format::{Chat, Messages, Responses};

/// Turns, from which format to which, and the turns that they become.
type Case = (Format, Value, Format, Value);

fn assert_turns(cases: &[Case]) {
    for (from, turns, to, expected) in cases {
        let name = |format: &Format| match format {
            Responses => "input",
            _ => "messages",
        };
        let body = json!({name(from): turns});
        let told = told(&body, *from, *to).unwrap_or_else(|what| panic!("{body}: {what}"));
        assert_eq!(told[name(to)], *expected, "{body}");
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is made for the call")]
fn turn(role: &str, content: Value) -> Value {
    json!({"role": role, "content": content})
}

fn text(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

#[test]
fn neighbours_and_roles() {
    assert_turns(&[
        (
            Chat,
            json!([
                turn("user", json!("a")),
                turn("developer", json!("b")),
                turn("user", json!("c"))
            ]),
            Messages,
            json!([
                turn("user", json!([text("a")])),
                turn("system", json!([text("b")])),
                turn("user", json!([text("c")]))
            ]),
        ),
        (
            Chat,
            json!([
                turn("user", json!("a")),
                turn("assistant", json!("")),
                turn("user", json!([text("b"), text("c")]))
            ]),
            Messages,
            json!([turn("user", json!([text("a"), text("b"), text("c")]))]),
        ),
        (
            Responses,
            json!([turn("user", json!("a")), turn("user", json!("b"))]),
            Chat,
            json!([turn("user", json!("a")), turn("user", json!("b"))]),
        ),
        (
            Messages,
            json!([turn("user", json!("a")), turn("user", json!([text("b")]))]),
            Chat,
            json!([turn("user", json!([text("a"), text("b")]))]),
        ),
    ]);
}

#[test]
fn results_documents_and_refusals() {
    assert_turns(&[
        (
            Messages,
            json!([
                turn("user", json!("a")),
                turn(
                    "assistant",
                    json!([{"type": "tool_use", "id": "i", "name": "t", "input": {"k": 1}}])
                ),
                turn(
                    "user",
                    json!([text("x"), {"type": "tool_result", "tool_use_id": "i", "is_error": true}])
                )
            ]),
            Chat,
            json!([turn("user", json!("a")),
                {"role": "assistant", "content": null, "tool_calls":
                    [{"id": "i", "type": "function", "function": {"name": "t", "arguments": "{\"k\":1}"}}]},
                {"role": "tool", "tool_call_id": "i", "content": ""}, turn("user", json!("x"))]),
        ),
        (
            Messages,
            json!([
                turn(
                    "user",
                    json!([{"type": "document", "title": "T", "source":
                {"type": "text", "media_type": "text/plain", "data": "D"}, "citations": {"enabled": false}}])
                ),
                turn(
                    "assistant",
                    json!([{"type": "redacted_thinking", "data": "x"}, text("b")])
                ),
                turn("user", json!("c"))
            ]),
            Chat,
            json!([
                turn("user", json!("T\n\nD")),
                turn("assistant", json!("b")),
                turn("user", json!("c"))
            ]),
        ),
        (
            Chat,
            json!([turn("user", json!("a")), {"role": "assistant", "content": null, "refusal": "no", "audio": null},
            turn("user", json!("b"))]),
            Responses,
            json!([
                turn("user", json!("a")),
                turn("assistant", json!("no")),
                turn("user", json!("b"))
            ]),
        ),
        (
            Responses,
            json!([turn("user", json!("a")), {"type": "reasoning", "summary": [{"type": "summary_text", "text": "s"}]},
            turn("assistant", json!([{"type": "refusal", "refusal": "no"}])), turn("user", json!("b"))]),
            Chat,
            json!([turn("user", json!("a")), {"role": "assistant", "content": "no", "reasoning_content": "s"},
                turn("user", json!("b"))]),
        ),
    ]);
}

#[test]
fn texts_that_were_inspected_one_by_one_do_not_grow_together() {
    let thought = |text: &str| json!({"type": "thinking", "thinking": text, "signature": "s"});
    assert_turns(&[(
        Messages,
        json!([
            turn("user", json!("a")),
            turn(
                "assistant",
                json!([thought("12"), thought("34"), text("56"), text("78")])
            ),
            turn("assistant", json!("90")),
            turn("user", json!("b"))
        ]),
        Chat,
        json!([
            turn("user", json!("a")),
            {"role": "assistant", "content": "56\n78\n90", "reasoning_content": "12\n34"},
            turn("user", json!("b"))
        ]),
    )]);
}
