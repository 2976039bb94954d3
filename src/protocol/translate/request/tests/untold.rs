use super::*;
use Format::{Chat, Messages, Responses};

/// A body, from which format to which, and what is said of it.
type Case = (Format, Value, Format, &'static str);

fn assert_untold(cases: &[Case]) {
    for (from, body, to, what) in cases {
        assert_eq!(told(body, *from, *to), Err(*what), "{body}");
        assert!(!what.contains("private"));
    }
}

/// What a user says.
#[expect(clippy::needless_pass_by_value, reason = "it is made for the call")]
fn said(content: Value) -> Value {
    json!([{"role": "user", "content": content}])
}

#[test]
fn turns_of_a_chat() {
    let image = json!([{"type": "image_url", "image_url": {"url": "private"}}]);
    let call = |arguments: &str| {
        json!([{"role": "assistant", "tool_calls": [{"id": "i", "type": "function",
        "function": {"name": "t", "arguments": arguments}}]}, {"role": "tool", "tool_call_id": "i", "content": "r"}])
    };
    assert_untold(&[
        (
            Chat,
            json!({"messages": said(image)}),
            Responses,
            "an image",
        ),
        (
            Chat,
            json!({"messages": said(json!([{"type": "input_audio"}]))}),
            Messages,
            "a sound",
        ),
        (
            Chat,
            json!({"messages": said(json!([{"type": "private"}]))}),
            Messages,
            "a part of an unknown type",
        ),
        (
            Chat,
            json!({"messages": said(json!(5))}),
            Messages,
            "a content that is neither text nor parts",
        ),
        (
            Chat,
            json!({"messages": [{"role": "private", "content": "a"}]}),
            Messages,
            "a message of an unknown role",
        ),
        (
            Chat,
            json!({"messages": [{"role": "user", "name": "private", "content": "a"}]}),
            Messages,
            "a name of who speaks",
        ),
        (
            Chat,
            json!({"messages": [{"role": "assistant", "prefix": true, "content": "a"}]}),
            Responses,
            "an answer that is begun",
        ),
        (
            Chat,
            json!({"messages": [{"role": "assistant", "content": "a"}]}),
            Messages,
            "a conversation that ends with the assistant",
        ),
        (
            Chat,
            json!({"messages": call("[1]")}),
            Messages,
            "a tool call whose arguments aren't a JSON object",
        ),
        (
            Chat,
            json!({"messages": call("{\"private")}),
            Messages,
            "a tool call whose arguments aren't a JSON object",
        ),
        (
            Chat,
            ask(
                Chat,
                &json!({"tools": [{"type": "custom", "custom": {"name": "a"}}]}),
            ),
            Responses,
            "a tool with free input",
        ),
        (Chat, json!([]), Messages, "a body that isn't an object"),
    ]);
}

#[test]
fn settings_of_a_chat() {
    assert_untold(&[
        (Chat, ask(Chat, &json!({"n": 2})), Messages, "`n`"),
        (
            Chat,
            ask(Chat, &json!({"logprobs": true})),
            Responses,
            "`logprobs`",
        ),
        (
            Chat,
            ask(Chat, &json!({"logit_bias": {"1": 2}})),
            Responses,
            "`logit_bias`",
        ),
        (
            Chat,
            ask(Chat, &json!({"stop": ["private"]})),
            Responses,
            "a stop string",
        ),
        (
            Chat,
            ask(Chat, &json!({"response_format": {"type": "json_object"}})),
            Messages,
            "an answer that is any JSON object",
        ),
        (
            Chat,
            ask(Chat, &json!({"functions": [{"name": "private"}]})),
            Messages,
            "`functions`",
        ),
        (
            Chat,
            ask(Chat, &json!({"tool_choice": {"type": "allowed_tools"}})),
            Responses,
            "a choice among some of the tools",
        ),
        (
            Chat,
            ask(Chat, &json!({"private": 1})),
            Responses,
            read::UNKNOWN,
        ),
        (
            Chat,
            ask(Chat, &json!({"temperature": "private"})),
            Responses,
            "a value where a number belongs",
        ),
    ]);
}

#[test]
fn of_responses() {
    assert_untold(&[
        (
            Responses,
            json!({"input": [{"type": "web_search_call"}]}),
            Chat,
            "a tool of the provider",
        ),
        (
            Responses,
            json!({"input": said(json!([{"type": "input_image"}]))}),
            Chat,
            "an image",
        ),
        (
            Responses,
            json!({"input": "a", "tools": [{"type": "web_search"}]}),
            Chat,
            "a tool of the provider",
        ),
        (
            Responses,
            json!({"input": "a", "include": ["message.output_text.logprobs"]}),
            Chat,
            "log probabilities",
        ),
        (
            Responses,
            json!({"input": "a", "conversation": "private"}),
            Chat,
            "something that is kept at the destination",
        ),
    ]);
}

#[test]
fn of_messages() {
    assert_untold(&[
        (
            Messages,
            json!({"messages": said(json!([{"type": "image"}]))}),
            Chat,
            "an image",
        ),
        (
            Messages,
            json!({"messages": said(json!([{"type": "document", "source": {"type": "base64"}}]))}),
            Chat,
            "a file",
        ),
        (
            Messages,
            json!({"messages": said(json!([{"type": "search_result"}]))}),
            Chat,
            "a search result",
        ),
        (
            Messages,
            json!({"messages": [{"role": "assistant", "content": "a"}]}),
            Chat,
            "an answer that is begun",
        ),
        (
            Messages,
            ask(
                Messages,
                &json!({"tools": [{"type": "web_search_20250305", "name": "web_search"}]}),
            ),
            Chat,
            "a tool of the provider",
        ),
        (
            Messages,
            ask(Messages, &json!({"inference_geo": "eu"})),
            Chat,
            "`inference_geo`",
        ),
        (
            Messages,
            ask(Messages, &json!({"output_config": {"private": 1}})),
            Chat,
            read::UNKNOWN,
        ),
        (
            Messages,
            ask(Messages, &json!({})),
            Format::Embeddings,
            "a conversation",
        ),
        (
            Format::CountTokens,
            ask(Messages, &json!({})),
            Chat,
            "a request that is no conversation",
        ),
    ]);
}

#[test]
fn what_is_not_strict_json() {
    assert!(request(b"{\"a\":1,\"a\":2}", Chat, Messages).is_err());
}
