use super::*;
use proptest::prelude::*;

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

/// Every string in a body, those of JSON inside arguments too.
fn strings(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => {
            found.push(text.clone());
            if let Ok(inner @ Value::Object(_)) = serde_json::from_str(text) {
                strings(&inner, found);
            }
        }
        Value::Array(elements) => elements.iter().for_each(|one| strings(one, found)),
        Value::Object(members) => members.values().for_each(|one| strings(one, found)),
        _ => {}
    }
}

proptest! {
    #[test]
    fn texts_come_through_as_they_are(texts in prop::array::uniform3(".{1,20}")) {
        let [asked, argument, result] = &texts;
        for from in CONVERSATIONS {
            let mut body = agents(from).to_string();
            let arguments = json!({"城市": argument}).to_string();
            let quoted = |text: &str| Value::from(text).to_string();
            for (old, new) in [
                (quoted("天气?"), quoted(asked)),
                (quoted("{\"城市\": \"杭州\"}"), quoted(&arguments)),
                ("{\"城市\":\"杭州\"}".to_owned(), arguments),
                (quoted("晴 \"26\""), quoted(result)),
            ] {
                body = body.replace(&old, &new);
            }
            for to in CONVERSATIONS {
                let told = request(body.as_bytes(), from, to).unwrap();
                let mut found = Vec::new();
                strings(&serde_json::from_slice(&told).unwrap(), &mut found);
                for text in &texts {
                    prop_assert!(found.contains(text), "{from:?} to {to:?}: {text:?} is missing");
                }
            }
        }
    }
}
