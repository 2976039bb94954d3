use super::*;
use Format::{Chat, Messages, Responses};

/// Members beside a question, from which format to which, and the members that they become.
type Case = (Format, Value, Format, Value);

fn assert_settings(cases: &[Case]) {
    for (from, more, to, expected) in cases {
        let case = format!("{from:?} {more} to {to:?}");
        let got =
            told(&ask(*from, more), *from, *to).unwrap_or_else(|what| panic!("{case}: {what}"));
        let mut plain = told(&ask(*from, &json!({})), *from, *to).unwrap();
        let members = plain.as_object_mut().unwrap();
        members.extend(expected.as_object().unwrap().clone());
        assert_eq!(got, plain, "{case}");
    }
}

#[test]
fn settings_of_a_chat() {
    assert_settings(&[
        (
            Chat,
            json!({"thinking": {"type": "disabled"}}),
            Messages,
            json!({"thinking": {"type": "disabled"}}),
        ),
        (
            Chat,
            json!({"thinking": {"type": "disabled"}}),
            Responses,
            json!({"reasoning": {"effort": "none"}}),
        ),
        (
            Chat,
            json!({"thinking": {"type": "enabled"}}),
            Responses,
            json!({"reasoning": {"effort": "medium"}}),
        ),
        (
            Chat,
            json!({"thinking": {"type": "enabled"}}),
            Messages,
            json!({"thinking": {"type": "enabled", "budget_tokens": 1024}}),
        ),
        (
            Chat,
            json!({"reasoning_effort": "ultra"}),
            Messages,
            json!({"output_config": {"effort": "max"}}),
        ),
        (
            Chat,
            json!({"reasoning_effort": "low"}),
            Responses,
            json!({"reasoning": {"effort": "low"}}),
        ),
    ]);
}

#[test]
fn more_settings_of_a_chat() {
    let schema = json!({"type": "object"});
    assert_settings(&[
        (
            Chat,
            json!({"stop": "x"}),
            Messages,
            json!({"stop_sequences": ["x"]}),
        ),
        (
            Chat,
            json!({"response_format": {"type": "json_object"}}),
            Responses,
            json!({"text": {"format": {"type": "json_object"}}}),
        ),
        (
            Chat,
            json!({"response_format": {"type": "json_schema", "json_schema": {"name": "n", "description": "d", "schema": schema}}}),
            Responses,
            json!({"text": {"format":
                {"type": "json_schema", "name": "n", "description": "d", "schema": schema, "strict": false}}}),
        ),
        (
            Chat,
            json!({"max_completion_tokens": 5, "max_tokens": 9}),
            Messages,
            json!({"max_tokens": 5}),
        ),
        (
            Chat,
            json!({"max_tokens": 9, "max_completion_tokens": 5}),
            Responses,
            json!({"max_output_tokens": 5}),
        ),
        (Chat, json!({"tool_choice": "none"}), Messages, json!({})),
        (
            Chat,
            json!({"seed": 1, "n": 1, "metadata": {"a": "b"}, "logprobs": false, "top_logprobs": 0, "logit_bias": {},
            "functions": [], "audio": null, "modalities": ["text"], "unknown": null}),
            Responses,
            json!({}),
        ),
    ]);
}

#[test]
fn settings_of_the_others() {
    let schema = json!({"type": "object"});
    assert_settings(&[
        (
            Responses,
            json!({"reasoning": {"effort": "none", "summary": "auto"}}),
            Chat,
            json!({"thinking": {"type": "disabled"}}),
        ),
        (
            Responses,
            json!({"reasoning": {"effort": "high"}}),
            Chat,
            json!({"reasoning_effort": "high"}),
        ),
        (
            Messages,
            json!({"thinking": {"type": "enabled", "budget_tokens": 5000}}),
            Chat,
            json!({"thinking": {"type": "enabled"}}),
        ),
        (
            Messages,
            json!({"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}}),
            Chat,
            json!({"reasoning_effort": "low"}),
        ),
        (
            Messages,
            json!({"stop_sequences": ["x", "y"]}),
            Chat,
            json!({"stop": ["x", "y"]}),
        ),
        (
            Responses,
            json!({"text": {"format": {"type": "text"}, "verbosity": "low"}}),
            Chat,
            json!({}),
        ),
        (
            Messages,
            json!({"output_config": {"format": {"type": "json_schema", "schema": schema}}}),
            Chat,
            json!({"response_format": {"type": "json_schema",
                "json_schema": {"name": "answer", "schema": schema, "strict": true}}}),
        ),
        (
            Responses,
            json!({"text": {"format": {"type": "json_schema", "name": "n", "schema": schema}}}),
            Messages,
            json!({"output_config": {"format": {"type": "json_schema", "schema": schema}}}),
        ),
        (
            Responses,
            json!({"store": true, "previous_response_id": null, "include": ["reasoning.encrypted_content"],
            "truncation": "auto"}),
            Chat,
            json!({}),
        ),
        (
            Messages,
            json!({"top_k": 3, "cache_control": {"type": "ephemeral"}, "mcp_servers": []}),
            Chat,
            json!({}),
        ),
    ]);
}

#[test]
fn choices_of_tools_have_their_words_in_each_format() {
    let chat = [
        json!("auto"),
        json!("none"),
        json!("required"),
        json!({"type": "function", "function": {"name": "t"}}),
    ];
    let responses = [
        json!("auto"),
        json!("none"),
        json!("required"),
        json!({"type": "function", "name": "t"}),
    ];
    let messages = ["auto", "none", "any", "tool"].map(|word| json!({"type": word}));
    let all = [(Chat, chat), (Responses, responses), (Messages, messages)];
    let tools = |format| match format {
        Chat => json!([{"type": "function", "function": {"name": "t", "strict": true}}]),
        Responses => {
            json!([{"type": "function", "name": "t", "strict": true, "parameters": null}])
        }
        _ => {
            json!([{"type": "custom", "name": "t", "strict": true, "input_schema": {"type": "object"}}])
        }
    };
    let named = |choice: &Value| {
        let mut choice = choice.clone();
        if choice["type"] == "tool" {
            choice["name"] = json!("t");
        }
        choice
    };
    for (from, words) in &all {
        for (to, same) in &all {
            for (word, expected) in words.iter().zip(same) {
                let more = json!({"tools": tools(*from), "tool_choice": named(word)});
                let told = told(&ask(*from, &more), *from, *to).unwrap();
                assert_eq!(told["tool_choice"], named(expected), "{from:?} to {to:?}");
                assert_eq!(told["tools"].as_array().unwrap().len(), 1);
                assert!(told["tools"].to_string().contains("\"strict\":true"));
            }
        }
    }
}

#[test]
fn a_messages_request_always_says_how_long_the_answer_may_be() {
    let told = told(&ask(Chat, &json!({})), Chat, Messages).unwrap();
    assert_eq!(told["max_tokens"], 32_000);
    assert_eq!(
        told["messages"],
        json!([{"role": "user", "content": [{"type": "text", "text": "问"}]}])
    );
}
