//! A conversation that the client resends is de-identified to the same bytes, so that the provider's prefix cache holds.

use serde_json::{Value, json};

use crate::gateway::{UPSTREAM, shared};
use crate::planted::PLANTED;
use crate::replies::{Field, Said, heard, told};
use crate::requests::{everything, last_user_text};
use crate::upstream::Seen;

/// What the destination says in each turn: thoughts, a text and a tool call about what it was told.
fn reply(seen: &Seen) -> Said {
    let told = last_user_text(&seen.json());
    let lines: Vec<&str> = told.lines().collect();
    let nested = json!({"lines": lines}).to_string();
    Said::from([
        ((0, Field::Content), format!("好的：\n{told}")),
        ((0, Field::Reasoning), format!("The user says: {told}")),
        (
            (0, Field::Tool(0)),
            json!({"all": told, "inner": nested}).to_string(),
        ),
    ])
}

/// A turn's request; its messages come last, so that the next turn's bytes can begin with all of it.
fn request(case: &str, stream: bool, messages: &[Value]) -> Vec<u8> {
    let parameters =
        json!({"type": "object", "properties": {"all": {"description": "如13812345678"}}});
    let tools =
        json!([{"type": "function", "function": {"name": "tool_0", "parameters": parameters}}]);
    let request = json!({"case": case, "model": "deepseek-flash", "user": "crm-lena.fischer@example.org",
        "stream": stream, "tools": tools, "messages": messages});
    request.to_string().into_bytes()
}

/// The assistant's message as a client keeps it.
fn resent(said: &Said) -> Value {
    let call = json!({"id": "call_0", "type": "function",
        "function": {"name": "tool_0", "arguments": said[&(0, Field::Tool(0))]}});
    json!({"role": "assistant", "content": said[&(0, Field::Content)],
        "reasoning_content": said[&(0, Field::Reasoning)], "tool_calls": [call]})
}

/// Four turns; each time everything before comes again, and something new.
fn converse(case: &str, stream: bool) -> Vec<Seen> {
    let gateway = shared();
    UPSTREAM.play(case, move |seen| told(&reply(seen), stream));
    let mut messages = vec![
        json!({"role": "system", "content": "You work for 王建国, wang.jianguo@example.cn."}),
        json!({"role": "user", "content": everything()}),
    ];
    for (turn, planted) in PLANTED.iter().enumerate().take(4) {
        let answer = gateway.chat(&request(case, stream, &messages));
        messages.push(resent(&heard(&answer)));
        messages.push(json!({"role": "tool", "tool_call_id": "call_0",
            "content": json!({"sent_to": planted.value, "new": format!("turn{turn}@example.net")}).to_string()}));
        messages.push(json!({"role": "user",
            "content": format!("再发给第{turn}位：1390000000{turn}，谢谢。 {}", planted.text())}));
    }
    UPSTREAM.seen(case)
}

#[test]
fn each_turn_begins_with_the_bytes_of_the_one_before() {
    for stream in [false, true] {
        let seen = converse(&format!("turns-{stream}"), stream);
        assert_eq!(seen.len(), 4);
        for (turn, pair) in seen.windows(2).enumerate() {
            let first = pair[0].body.strip_suffix(b"]}").unwrap();
            let same = pair[1]
                .body
                .iter()
                .zip(first)
                .take_while(|(a, b)| a == b)
                .count();
            let rest = String::from_utf8_lossy(&first[same.saturating_sub(40)..]);
            assert_eq!(same, first.len(), "turn {turn} differs after {rest:.90}");
            assert_eq!(pair[1].body[same], b',');
        }
    }
}

#[test]
fn what_the_model_said_reaches_it_again_as_it_said_it() {
    for stream in [false, true] {
        let seen = converse(&format!("turns-said-{stream}"), stream);
        let said = reply(&seen[0]);
        let again = &seen[1].json()["messages"][2];
        assert_eq!(again["content"], said[&(0, Field::Content)]);
        assert_eq!(again["reasoning_content"], said[&(0, Field::Reasoning)]);
        let arguments = &again["tool_calls"][0]["function"]["arguments"];
        assert_eq!(arguments, &said[&(0, Field::Tool(0))]);
    }
}

#[test]
fn the_same_value_has_another_surrogate_in_another_conversation_and_for_another_user() {
    let gateway = shared();
    let sent = |case: &str, first: &str, user: &str| {
        let messages = json!([{"role": "user", "content": first},
            {"role": "assistant", "content": "Yes?"}, {"role": "user", "content": "to lena.fischer@example.org"}]);
        let body =
            json!({"case": case, "model": "deepseek-flash", "user": user, "messages": messages});
        assert_eq!(gateway.chat(body.to_string().as_bytes()).status, 200);
        last_user_text(&UPSTREAM.seen(case)[0].json())
    };
    let one = sent("scope-1", "Hello", "u1");
    assert_eq!(sent("scope-2", "Hello", "u1"), one);
    assert_ne!(sent("scope-3", "Good morning", "u1"), one);
    assert_ne!(sent("scope-4", "Hello", "u2"), one);
}
