use super::*;
use serde_json::{Value, json};

const CONVERSATIONS: [Format; 3] = [Format::Chat, Format::Responses, Format::Messages];

fn told(body: &Value, from: Format, to: Format) -> Result<Value, &'static str> {
    let bytes = request(body.to_string().as_bytes(), from, to).map_err(|untold| untold.what)?;
    Ok(serde_json::from_slice(&bytes).unwrap())
}

/// A user's turn in each format, with further members.
fn ask(format: Format, more: &Value) -> Value {
    let turns = json!([{"role": "user", "content": "问"}]);
    let name = if format == Format::Responses {
        "input"
    } else {
        "messages"
    };
    let mut body = json!({ name: turns });
    let members = body.as_object_mut().unwrap();
    members.extend(more.as_object().unwrap().clone());
    body
}

/// A whole agent's conversation as each format has it: what is read of one is told in another's words.
fn agents(format: Format) -> Value {
    let schema =
        json!({"type": "object", "properties": {"城市": {"type": "string", "case": 1.50}}});
    match format {
        Format::Chat => json!({"model": "m", "max_tokens": 7, "stream": true, "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "天气?"},
            {"role": "assistant", "content": "Let me see.", "reasoning_content": "Two calls.", "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{\"城市\": \"杭州\"}"}},
                {"id": "c2", "type": "function", "function": {"name": "weather", "arguments": "{}"}}]},
            {"role": "tool", "tool_call_id": "c1", "content": "晴 \"26\""},
            {"role": "tool", "tool_call_id": "c2", "content": "?"},
            {"role": "user", "content": "And?"}],
            "tools": [{"type": "function", "function": {"name": "weather", "description": "d", "parameters": schema}}],
            "tool_choice": "auto", "temperature": 0.5, "top_p": 1.0, "user": "u1", "parallel_tool_calls": false}),
        Format::Responses => {
            json!({"model": "m", "max_output_tokens": 7, "stream": true, "instructions": "Be brief.",
            "input": [
            {"role": "user", "content": [{"type": "input_text", "text": "天气?"}]},
            {"type": "reasoning", "id": "r", "summary": [], "encrypted_content": "AAAA",
                "content": [{"type": "reasoning_text", "text": "Two calls."}]},
            {"type": "message", "id": "i", "status": "completed", "role": "assistant",
                "content": [{"type": "output_text", "text": "Let me see.", "annotations": []}]},
            {"type": "function_call", "id": "f", "call_id": "c1", "name": "weather", "arguments": "{\"城市\": \"杭州\"}"},
            {"type": "function_call", "id": "g", "call_id": "c2", "name": "weather", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c1", "output": "晴 \"26\""},
            {"type": "function_call_output", "call_id": "c2", "output": [{"type": "input_text", "text": "?"}]},
            {"role": "user", "content": "And?"}],
            "tools": [{"type": "function", "name": "weather", "description": "d", "parameters": schema, "strict": false}],
            "tool_choice": "auto", "temperature": 0.5, "top_p": 1.0, "user": "u1", "parallel_tool_calls": false})
        }
        _ => {
            json!({"model": "m", "max_tokens": 7, "stream": true, "system": [{"type": "text", "text": "Be brief."}],
            "messages": [
            {"role": "user", "content": "天气?"},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "Two calls.", "signature": "AAAA"},
                {"type": "text", "text": "Let me see."},
                {"type": "tool_use", "id": "c1", "name": "weather", "input": {"城市": "杭州"}},
                {"type": "tool_use", "id": "c2", "name": "weather", "input": {}}]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "c1", "content": "晴 \"26\""},
                {"type": "tool_result", "tool_use_id": "c2", "content": [{"type": "text", "text": "?"}]},
                {"type": "text", "text": "And?"}]}],
            "tools": [{"name": "weather", "description": "d", "input_schema": schema}],
            "tool_choice": {"type": "auto", "disable_parallel_tool_use": true},
            "temperature": 0.5, "top_p": 1.0, "metadata": {"user_id": "u1"}})
        }
    }
}

/// What Chat makes of the conversation.
fn chat_of_agents(arguments: &str) -> Value {
    let mut chat = agents(Format::Chat);
    chat["stream_options"] = json!({"include_usage": true});
    chat["messages"][2]["tool_calls"][0]["function"]["arguments"] = json!(arguments);
    chat
}

#[test]
fn a_whole_conversation_is_told_in_chat() {
    for (from, arguments) in [
        (Format::Responses, "{\"城市\": \"杭州\"}"),
        (Format::Messages, "{\"城市\":\"杭州\"}"),
    ] {
        let chat = told(&agents(from), from, Format::Chat).unwrap();
        assert_eq!(chat, chat_of_agents(arguments), "{from:?}");
    }
}

#[test]
fn a_whole_conversation_is_told_in_messages() {
    let mut expected = agents(Format::Messages);
    let turns = &mut expected["messages"];
    // Without the signature it can't be told, and a content of one text stands in a block.
    turns[1]["content"].as_array_mut().unwrap().remove(0);
    turns[0]["content"] = json!([{"type": "text", "text": "天气?"}]);
    turns[2]["content"][1]["content"] = json!("?");
    for from in [Format::Chat, Format::Responses] {
        let messages = told(&agents(from), from, Format::Messages).unwrap();
        assert_eq!(messages, expected, "{from:?}");
    }
}

#[test]
fn a_whole_conversation_is_told_in_responses() {
    let expected = json!([
        {"role": "user", "content": "天气?"},
        {"role": "assistant", "content": "Let me see."},
        {"type": "function_call", "call_id": "c1", "name": "weather", "arguments": "{\"城市\": \"杭州\"}"},
        {"type": "function_call", "call_id": "c2", "name": "weather", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": "晴 \"26\""},
        {"type": "function_call_output", "call_id": "c2", "output": "?"},
        {"role": "user", "content": "And?"},
    ]);
    for from in [Format::Chat, Format::Messages] {
        let mut told = told(&agents(from), from, Format::Responses).unwrap();
        let arguments = &mut told["input"][2]["arguments"];
        let same: Value = serde_json::from_str(arguments.as_str().unwrap()).unwrap();
        assert_eq!(same, json!({"城市": "杭州"}), "{from:?}");
        *arguments = expected[2]["arguments"].clone();
        assert_eq!(told["input"], expected, "{from:?}");
        assert_eq!(told["store"], false);
        let mut rest = agents(Format::Responses);
        rest["input"] = expected.clone();
        rest["store"] = json!(false);
        assert_eq!(told, rest, "{from:?}");
    }
}

#[test]
fn bytes_of_the_app_stay_as_they_are() {
    let body = br#"{"messages":[{"role":"user","content":"a"}],"tools":[{"name":"t","input_schema": {"b" : 1.50, "a":[ 1e3 ]}}]}"#;
    let chat = request(body, Format::Messages, Format::Chat).unwrap();
    let chat = std::str::from_utf8(&chat).unwrap();
    assert!(
        chat.contains(r#""parameters":{"b" : 1.50, "a":[ 1e3 ]}"#),
        "{chat}"
    );
}

#[test]
fn a_conversation_that_goes_on_begins_with_the_same_bytes() {
    for from in CONVERSATIONS {
        for to in CONVERSATIONS {
            let shorter = agents(from);
            let mut longer = shorter.clone();
            let name = if from == Format::Responses {
                "input"
            } else {
                "messages"
            };
            let turns = longer[name].as_array_mut().unwrap();
            turns.push(json!({"role": "assistant", "content": "还有"}));
            turns.push(json!({"role": "user", "content": "更多"}));
            let [shorter, longer] = [shorter, longer]
                .map(|body| request(body.to_string().as_bytes(), from, to).unwrap());
            let same = shorter.strip_suffix(b"]}").unwrap();
            assert!(longer.starts_with(same), "{from:?} to {to:?}");
        }
    }
}

#[test]
fn settings_have_their_words_in_each_format() {
    use Format::{Chat, Messages, Responses};
    let schema = json!({"type": "object"});
    let cases = [
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
            Chat,
            json!({"stop": "x"}),
            Messages,
            json!({"stop_sequences": ["x"]}),
        ),
        (
            Messages,
            json!({"stop_sequences": ["x", "y"]}),
            Chat,
            json!({"stop": ["x", "y"]}),
        ),
        (
            Chat,
            json!({"response_format": {"type": "json_object"}}),
            Responses,
            json!({"text": {"format": {"type": "json_object"}}}),
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
        // No tools: nothing to choose among.
        (Chat, json!({"tool_choice": "none"}), Messages, json!({})),
        // Changes nothing in what is asked.
        (
            Chat,
            json!({"seed": 1, "n": 1, "metadata": {"a": "b"}, "logprobs": false, "top_logprobs": 0, "logit_bias": {},
            "functions": [], "audio": null, "modalities": ["text"], "unknown": null}),
            Responses,
            json!({}),
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
    ];
    for (from, more, to, expected) in cases {
        let case = format!("{from:?} {more} to {to:?}");
        let got = told(&ask(from, &more), from, to).unwrap_or_else(|what| panic!("{case}: {what}"));
        let mut plain = told(&ask(from, &json!({})), from, to).unwrap();
        plain
            .as_object_mut()
            .unwrap()
            .extend(expected.as_object().unwrap().clone());
        assert_eq!(got, plain, "{case}");
    }
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
    let all = [
        (Format::Chat, chat),
        (Format::Responses, responses),
        (Format::Messages, messages),
    ];
    let tools = |format| match format {
        Format::Chat => json!([{"type": "function", "function": {"name": "t", "strict": true}}]),
        Format::Responses => {
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
fn turns_of_every_kind_find_their_place() {
    use Format::{Chat, Messages, Responses};
    let turn = |role: &str, content: Value| json!({"role": role, "content": content});
    let text = |text: &str| json!({"type": "text", "text": text});
    let cases = [
        // The app may speak in the middle.
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
        // Neighbours become one; what is empty is none.
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
        // Results go before what else the user says.
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
        // Documents of text are text; what is sealed is not told.
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
        // A refusal is what the model said.
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
    ];
    for (from, turns, to, expected) in cases {
        let name = |format| {
            if format == Responses {
                "input"
            } else {
                "messages"
            }
        };
        let body = json!({name(from): turns});
        let told = told(&body, from, to).unwrap_or_else(|what| panic!("{body}: {what}"));
        assert_eq!(told[name(to)], expected, "{body}");
    }
}

#[test]
fn what_has_no_counterpart_is_named() {
    use Format::{Chat, Messages, Responses};
    let said = |content: Value| json!([{"role": "user", "content": content}]);
    let image = json!([{"type": "image_url", "image_url": {"url": "private"}}]);
    let call = |arguments: &str| {
        json!([{"role": "assistant", "tool_calls": [{"id": "i", "type": "function",
        "function": {"name": "t", "arguments": arguments}}]}, {"role": "tool", "tool_call_id": "i", "content": "r"}])
    };
    let cases = [
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
            ask(
                Chat,
                &json!({"tools": [{"type": "custom", "custom": {"name": "a"}}]}),
            ),
            Responses,
            "a tool with free input",
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
        (Chat, json!([]), Messages, "a body that isn't an object"),
    ];
    for (from, body, to, what) in cases {
        assert_eq!(told(&body, from, to), Err(what), "{body}");
        assert!(!what.contains("private"));
    }
    assert!(request(b"{\"a\":1,\"a\":2}", Chat, Messages).is_err());
}

#[test]
fn a_messages_request_always_says_how_long_the_answer_may_be() {
    let told = told(
        &ask(Format::Chat, &json!({})),
        Format::Chat,
        Format::Messages,
    )
    .unwrap();
    assert_eq!(told["max_tokens"], 32_000);
    assert_eq!(
        told["messages"],
        json!([{"role": "user", "content": [{"type": "text", "text": "问"}]}])
    );
}
