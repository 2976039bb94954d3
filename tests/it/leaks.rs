//! Nothing leaves: every planted value in every text position of a chat request, seen in the raw bytes at the destination.

use serde_json::{Value, json};

use crate::gateway::{Gateway, UPSTREAM, shared};
use crate::planted::{PLANTED, Planted, found_in};
use crate::replies::quoted;
use crate::requests::chat;
use crate::upstream::Seen;

/// A place in a request, and how a text gets there.
type Position = (&'static str, fn(&str) -> Value);

/// A request with one message before a harmless question.
fn before(message: Value) -> Value {
    json!({"messages": [message, {"role": "user", "content": "What next?"}]})
}

/// A harmless question with further members.
fn beside(mut members: Value) -> Value {
    members["messages"] = json!([{"role": "user", "content": "What next?"}]);
    members
}

/// A tool call in history, with its arguments as the raw text of a JSON string.
fn called(arguments: &str) -> Value {
    let call = json!({"id": "call_1", "type": "function", "function": {"name": "send", "arguments": arguments}});
    json!({"messages": [
        {"role": "user", "content": "Send it."},
        {"role": "assistant", "content": null, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "sent"},
    ]})
}

fn tool(parameters: Value) -> Value {
    beside(
        json!({"tools": [{"type": "function", "function": {"name": "send", "parameters": parameters}}]}),
    )
}

const POSITIONS: &[Position] = &[
    ("system", |t| {
        before(json!({"role": "system", "content": t}))
    }),
    ("developer", |t| {
        before(json!({"role": "developer", "content": t}))
    }),
    (
        "user",
        |t| json!({"messages": [{"role": "user", "content": t}]}),
    ),
    ("user, second part of an array", |t| {
        let parts = json!([{"type": "text", "text": "Look:"}, {"type": "text", "text": t}]);
        json!({"messages": [{"role": "user", "content": parts}]})
    }),
    ("system, part of an array", |t| {
        before(json!({"role": "system", "content": [{"type": "text", "text": t}]}))
    }),
    (
        "user, JSON in text",
        |t| json!({"messages": [{"role": "user", "content": json!({"note": [t]}).to_string()}]}),
    ),
    ("assistant", |t| {
        before(json!({"role": "assistant", "content": t}))
    }),
    ("refusal", |t| {
        before(json!({"role": "assistant", "content": null, "refusal": t}))
    }),
    ("reasoning_content", |t| {
        before(json!({"role": "assistant", "content": "Yes.", "reasoning_content": t}))
    }),
    ("tool call arguments", |t| {
        called(&json!({"text": t}).to_string())
    }),
    ("tool call arguments, escaped", |t| {
        called(&format!("{{\"text\": {}}}", quoted(t, true)))
    }),
    ("tool call arguments, nested JSON", |t| {
        let inner = json!({"deep": [{"text": t}]}).to_string();
        called(&json!({"body": json!({"inner": inner}).to_string()}).to_string())
    }),
    ("tool call arguments, key", |t| {
        called(&json!({t: true}).to_string())
    }),
    ("tool call arguments, no JSON", |t| {
        called(&format!("{{\"text\": \"{t}"))
    }),
    ("custom tool input", |t| {
        let call = json!({"id": "call_1", "type": "custom", "custom": {"name": "run", "input": t}});
        before(json!({"role": "assistant", "content": null, "tool_calls": [call]}))
    }),
    ("function_call arguments", |t| {
        let call = json!({"name": "send", "arguments": json!({"text": t}).to_string()});
        before(json!({"role": "assistant", "content": null, "function_call": call}))
    }),
    ("tool result, text", |t| {
        before(json!({"role": "tool", "tool_call_id": "call_1", "content": t}))
    }),
    ("tool result, JSON", |t| {
        let result = json!({"rows": [{"text": t, "ok": true}]}).to_string();
        before(json!({"role": "tool", "tool_call_id": "call_1", "content": result}))
    }),
    ("tool result, JSON in a part of an array", |t| {
        let result = json!([{"type": "text", "text": json!([t]).to_string()}]);
        before(json!({"role": "tool", "tool_call_id": "call_1", "content": result}))
    }),
    ("function result", |t| {
        before(json!({"role": "function", "name": "send", "content": t}))
    }),
    ("tool description", |t| {
        beside(
            json!({"tools": [{"type": "function", "function": {"name": "send", "description": t}}]}),
        )
    }),
    ("tool name", |t| {
        beside(json!({"tools": [{"type": "function", "function": {"name": t}}]}))
    }),
    ("tool parameters, description at depth", |t| {
        let inner = json!({"type": "array", "items": {"type": "object", "properties": {"to": {"description": t}}}});
        tool(json!({"type": "object", "properties": {"list": inner}}))
    }),
    ("tool parameters, enum", |t| {
        tool(
            json!({"type": "object", "properties": {"to": {"type": "string", "enum": ["nobody", t]}}}),
        )
    }),
    ("tool parameters, default", |t| {
        tool(json!({"type": "object", "properties": {"to": {"type": "string", "default": t}}}))
    }),
    ("tool parameters, examples and const", |t| {
        tool(json!({"anyOf": [{"const": t}, {"examples": [[t]]}], "$defs": {"x": {"title": t}}}))
    }),
    ("tool parameters, property name", |t| {
        tool(json!({"type": "object", "properties": {t: {"type": "string"}}, "required": [t]}))
    }),
    ("functions", |t| {
        beside(
            json!({"functions": [{"name": "send", "description": t, "parameters": {"description": t}}]}),
        )
    }),
    ("user id", |t| beside(json!({ "user": t }))),
    ("safety_identifier", |t| {
        beside(json!({ "safety_identifier": t }))
    }),
    ("message name", |t| {
        before(json!({"role": "user", "name": t, "content": "Hello."}))
    }),
    ("metadata value", |t| {
        beside(json!({"metadata": {"ticket": t}}))
    }),
    ("metadata key", |t| {
        beside(json!({"metadata": {t: "ticket"}}))
    }),
    ("metadata at depth", |t| {
        beside(json!({"metadata": {"a": [{"b": {"c": [t]}}]}}))
    }),
    ("stop", |t| beside(json!({ "stop": t }))),
    ("stop, array", |t| beside(json!({"stop": ["END", t]}))),
    ("response_format schema", |t| {
        let schema =
            json!({"type": "object", "properties": {"to": {"description": t, "enum": [t]}}});
        beside(
            json!({"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}}),
        )
    }),
    ("prediction", |t| {
        beside(json!({"prediction": {"type": "content", "content": t}}))
    }),
    ("prediction, array", |t| {
        beside(json!({"prediction": {"type": "content", "content": [{"type": "text", "text": t}]}}))
    }),
    ("web_search_options", |t| {
        let place = json!({"type": "approximate", "approximate": {"city": t}});
        beside(json!({"web_search_options": {"user_location": place}}))
    }),
    ("unknown field", |t| {
        beside(json!({"x_trace": {"notes": [t]}}))
    }),
    ("unknown field's key", |t| {
        beside(json!({"x_trace": {t: 1}}))
    }),
    ("unknown field of a message", |t| {
        before(json!({"role": "user", "content": "Hello.", "x_origin": {"note": t}}))
    }),
    ("a word where a protocol word should stand", |t| {
        beside(json!({ "reasoning_effort": t }))
    }),
    ("one part where a list of them should stand", |t| {
        before(json!({"role": "system", "content": {"type": "text", "text": t}}))
    }),
];

fn request(case: &str, members: Value) -> Value {
    let mut request = chat(case, &Value::Null);
    let all = request.as_object_mut().unwrap();
    all.extend(members.as_object().unwrap().clone());
    request
}

/// Whether anything of a planted value is in what the destination got.
fn leaked(seen: &Seen, planted: &Planted) -> Option<String> {
    let wanted = if planted.is_telling() {
        planted.value.to_owned()
    } else {
        planted.text()
    };
    found_in(&seen.body, &wanted).or_else(|| found_in(seen.headers.as_bytes(), &wanted))
}

/// Sends one value at one position; gives what went wrong.
fn fault(gateway: &Gateway, case: &str, position: &Position, planted: &Planted) -> Option<String> {
    let body = request(case, (position.1)(&planted.text())).to_string();
    let answer = gateway.chat(body.as_bytes());
    let told = |what: &str| Some(format!("{} in {}: {what}", planted.value, position.0));
    if answer.status != 200 {
        return told(answer.text());
    }
    let seen = UPSTREAM.seen(case);
    match &seen[..] {
        [seen] => leaked(seen, planted).and_then(|spelling| told(&format!("left as {spelling}"))),
        others => told(&format!("reached the destination {} times", others.len())),
    }
}

#[test]
fn no_planted_value_leaves_from_any_position() {
    let gateway = shared();
    let faults: Vec<String> = std::thread::scope(|scope| {
        let part = |first: usize| {
            let gateway = &gateway;
            scope.spawn(move || {
                let mut faults = Vec::new();
                for (p, position) in POSITIONS.iter().enumerate().skip(first).step_by(4) {
                    for (v, planted) in PLANTED.iter().enumerate() {
                        let case = format!("leak-{p}-{v}");
                        faults.extend(fault(gateway, &case, position, planted));
                    }
                }
                faults
            })
        };
        let parts: Vec<_> = (0..4).map(part).collect();
        let faults = parts.into_iter().flat_map(|part| part.join().unwrap());
        faults.collect()
    });
    let tried = POSITIONS.len() * PLANTED.len();
    println!(
        "{tried} requests ({} positions × {} values), {} faults",
        POSITIONS.len(),
        PLANTED.len(),
        faults.len()
    );
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn long_numbers_without_quotes_are_inspected() {
    let gateway = shared();
    let mobile = 13_812_345_678_u64;
    let cases = [
        ("metadata", beside(json!({"metadata": {"phone": mobile}}))),
        ("unknown field", beside(json!({"x": {"mobile": [mobile]}}))),
        (
            "tool default",
            tool(json!({"properties": {"mobile": {"default": mobile}}})),
        ),
        ("arguments", called(&json!({"mobile": mobile}).to_string())),
        (
            "tool result",
            before(
                json!({"role": "tool", "tool_call_id": "c", "content": json!({"手机": mobile}).to_string()}),
            ),
        ),
    ];
    for (name, members) in cases {
        let case = format!("leak-number-{}", name.replace(' ', "-"));
        let answer = gateway.chat(request(&case, members).to_string().as_bytes());
        assert_eq!(answer.status, 200, "{name}: {}", answer.text());
        let seen = UPSTREAM.seen(&case);
        assert_eq!(found_in(&seen[0].body, "13812345678"), None, "{name}");
    }
}

#[test]
fn a_value_in_an_id_that_cannot_be_rewritten_keeps_the_request_inside() {
    let gateway = shared();
    let id = "lena.fischer@example.org";
    let cases = [
        before(json!({"role": "tool", "tool_call_id": id, "content": "ok"})),
        beside(json!({ "prompt_cache_key": id })),
    ];
    for (number, members) in cases.into_iter().enumerate() {
        let case = format!("leak-id-{number}");
        let answer = gateway.chat(request(&case, members).to_string().as_bytes());
        assert!((400..=599).contains(&answer.status), "{}", answer.text());
        assert!(!answer.code().is_empty());
        assert!(UPSTREAM.seen(&case).is_empty());
    }
}

#[test]
fn no_header_of_the_app_goes_on() {
    let gateway = shared();
    let headers = [
        ("x-note", "lena.fischer@example.org"),
        ("cookie", "name=lena"),
        ("x-conversation-id", "conversation-13812345678"),
        ("user-agent", "app-of-lena"),
    ];
    let body = crate::requests::ask("leak-headers", "Hello.");
    assert_eq!(gateway.post(&headers, &body).status, 200);
    let seen = &UPSTREAM.seen("leak-headers")[0];
    for part in ["lena", "13812345678", "cookie", "conversation"] {
        assert!(!seen.headers.contains(part), "{part}: {}", seen.headers);
    }
    assert!(seen.headers.contains("authorization: Bearer no-real-key"));
    assert_eq!(seen.path, "/chat/completions");
    assert_eq!(
        seen.body,
        &body[..],
        "a body without findings leaves as it came"
    );
}
