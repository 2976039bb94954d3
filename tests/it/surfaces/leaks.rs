//! Nothing leaves: every planted value in the text positions of each format, seen in the raw bytes at the destination.

use serde_json::{Value, json};

use crate::client::call;
use crate::gateway::{Gateway, Setup, UPSTREAM, shared};
use crate::planted::{PLANTED, Planted, found_in};
use crate::replies::raw;

/// A name, the path that it is sent to, and how a text gets into a request.
type Position = (&'static str, &'static str, fn(&str) -> Value);

const COMPLETIONS: &str = "/completions";
const RESPONSES: &str = "/responses";
const MESSAGES: &str = "/anthropic/v1/messages";

fn message(content: Value) -> Value {
    json!({"messages": [{"role": "user", "content": content}]})
}

fn beside(mut members: Value) -> Value {
    members["messages"] = json!([{"role": "user", "content": "What next?"}]);
    members
}

fn input(item: Value) -> Value {
    json!({"input": [item, {"role": "user", "content": "What next?"}]})
}

fn with_input(mut members: Value) -> Value {
    members["input"] = json!("What next?");
    members
}

const POSITIONS: &[Position] = &[
    ("prompt", COMPLETIONS, |t| json!({ "prompt": t })),
    ("prompts", COMPLETIONS, |t| json!({"prompt": ["a", t]})),
    (
        "suffix",
        COMPLETIONS,
        |t| json!({"prompt": "a", "suffix": t}),
    ),
    ("stop", COMPLETIONS, |t| json!({"prompt": "a", "stop": [t]})),
    (
        "user of a prompt",
        COMPLETIONS,
        |t| json!({"prompt": "a", "user": t}),
    ),
    (
        "unknown beside a prompt",
        COMPLETIONS,
        |t| json!({"prompt": "a", "x": {t: [t]}}),
    ),
    ("input", RESPONSES, |t| json!({ "input": t })),
    ("instructions", RESPONSES, |t| {
        with_input(json!({ "instructions": t }))
    }),
    ("input text", RESPONSES, |t| {
        input(
            json!({"type": "message", "role": "user", "content": [{"type": "input_text", "text": t}]}),
        )
    }),
    ("output text", RESPONSES, |t| {
        let text = json!({"type": "output_text", "text": t, "annotations": [{"type": "url_citation", "title": t}]});
        input(json!({"type": "message", "role": "assistant", "content": [text]}))
    }),
    ("function call", RESPONSES, |t| {
        input(
            json!({"type": "function_call", "call_id": "c", "name": "send", "arguments": json!({"text": t}).to_string()}),
        )
    }),
    ("function output", RESPONSES, |t| {
        input(
            json!({"type": "function_call_output", "call_id": "c", "output": json!({"rows": [t]}).to_string()}),
        )
    }),
    ("function output parts", RESPONSES, |t| {
        input(
            json!({"type": "function_call_output", "call_id": "c", "output": [{"type": "input_text", "text": t}]}),
        )
    }),
    ("reasoning item", RESPONSES, |t| {
        input(
            json!({"type": "reasoning", "summary": [{"type": "summary_text", "text": t}],
            "content": [{"type": "reasoning_text", "text": t}]}),
        )
    }),
    ("custom tool", RESPONSES, |t| {
        input(json!({"type": "custom_tool_call", "call_id": "c", "name": "run", "input": t}))
    }),
    ("shell", RESPONSES, |t| {
        input(
            json!({"type": "shell_call", "call_id": "c", "action": {"commands": [t], "env": {"NOTE": t}}}),
        )
    }),
    ("response schema", RESPONSES, |t| {
        let schema = json!({"properties": {"to": {"description": t, "enum": [t]}}});
        with_input(
            json!({"text": {"format": {"type": "json_schema", "name": "x", "schema": schema}}}),
        )
    }),
    ("response tool", RESPONSES, |t| {
        let schema = json!({"type": "object", "properties": {t: {"default": t}}});
        with_input(
            json!({"tools": [{"type": "function", "name": "x", "description": t, "parameters": schema}]}),
        )
    }),
    ("response metadata", RESPONSES, |t| {
        with_input(json!({"metadata": {"note": t}, "user": t}))
    }),
    ("message", MESSAGES, |t| message(json!(t))),
    ("block", MESSAGES, |t| {
        message(json!([{"type": "text", "text": t}]))
    }),
    ("system", MESSAGES, |t| beside(json!({ "system": t }))),
    ("system block", MESSAGES, |t| {
        beside(json!({"system": [{"type": "text", "text": t}]}))
    }),
    ("thinking", MESSAGES, |t| {
        let content = json!([{"type": "thinking", "thinking": t, "signature": "c2lnbmVk"}]);
        json!({"messages": [{"role": "assistant", "content": content}]})
    }),
    ("tool use", MESSAGES, |t| {
        let content = json!([{"type": "tool_use", "id": "t", "name": "send", "input": {"deep": [{"text": t}], t: 1}}]);
        json!({"messages": [{"role": "assistant", "content": content}]})
    }),
    ("tool result", MESSAGES, |t| {
        message(
            json!([{"type": "tool_result", "tool_use_id": "t", "content": json!([t]).to_string()}]),
        )
    }),
    ("tool result block", MESSAGES, |t| {
        message(
            json!([{"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": t}]}]),
        )
    }),
    ("document", MESSAGES, |t| {
        let source = json!({"type": "text", "media_type": "text/plain", "data": t});
        message(json!([{"type": "document", "title": t, "context": t, "source": source}]))
    }),
    ("document of blocks", MESSAGES, |t| {
        let source = json!({"type": "content", "content": [{"type": "text", "text": t}]});
        message(json!([{"type": "document", "source": source}]))
    }),
    ("search result", MESSAGES, |t| {
        message(
            json!([{"type": "search_result", "source": t, "title": t, "content": [{"type": "text", "text": t}]}]),
        )
    }),
    ("citation", MESSAGES, |t| {
        let citation = json!({"type": "char_location", "cited_text": t, "document_title": t, "document_index": 0,
            "start_char_index": 0, "end_char_index": 5});
        message(json!([{"type": "text", "text": "a", "citations": [citation]}]))
    }),
    ("message tool", MESSAGES, |t| {
        let schema =
            json!({"type": "object", "properties": {"to": {"description": t, "enum": [t]}}});
        beside(
            json!({"tools": [{"name": "x", "description": t, "input_schema": schema, "input_examples": [{"to": t}]}]}),
        )
    }),
    ("message stop", MESSAGES, |t| {
        beside(json!({"stop_sequences": [t]}))
    }),
    ("message user", MESSAGES, |t| {
        beside(json!({"metadata": {"user_id": t}}))
    }),
    ("count", "/anthropic/v1/messages/count_tokens", |t| {
        message(json!(t))
    }),
];

fn request(case: &str, members: &Value) -> Value {
    let mut request = json!({"case": case, "model": "deepseek-flash"});
    let all = request.as_object_mut().unwrap();
    all.extend(members.as_object().unwrap().clone());
    request
}

/// Sends one value at one position; gives what went wrong.
fn fault(gateway: &Gateway, case: &str, position: &Position, planted: &Planted) -> Option<String> {
    let (name, path, place) = position;
    let body = request(case, &place(&planted.text())).to_string();
    UPSTREAM.play(case, |_| raw(200, "application/json", vec!["{}".into()]));
    let answer = call(gateway.data, "POST", path, &[], body.as_bytes());
    let told = |what: &str| Some(format!("{} in {name}: {what}", planted.value));
    if answer.status != 200 {
        return told(answer.text());
    }
    let wanted = if planted.is_telling() {
        planted.value.to_owned()
    } else {
        planted.text()
    };
    match &UPSTREAM.seen(case)[..] {
        [seen] => found_in(&seen.body, &wanted)
            .or_else(|| found_in(seen.headers.as_bytes(), &wanted))
            .and_then(|spelling| told(&format!("left as {spelling}"))),
        others => told(&format!("reached the destination {} times", others.len())),
    }
}

#[test]
fn no_planted_value_leaves_from_any_position_of_any_format() {
    let gateway = shared();
    let mut faults = Vec::new();
    for (p, position) in POSITIONS.iter().enumerate() {
        for (v, planted) in PLANTED.iter().enumerate() {
            let case = format!("surface-leak-{p}-{v}");
            faults.extend(fault(&gateway, &case, position, planted));
        }
    }
    println!(
        "{} requests ({} positions × {} values), {} faults",
        POSITIONS.len() * PLANTED.len(),
        POSITIONS.len(),
        PLANTED.len(),
        faults.len()
    );
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn embeddings_go_where_they_are_spoken_and_vectors_pass() {
    let setup = Setup {
        more: "speaks = [\"chat\", \"embeddings\"]\n".to_owned(),
        ..Setup::default()
    };
    let gateway = Gateway::start(&UPSTREAM, &setup);
    let vectors = json!({"object": "list", "model": "m", "usage": {"prompt_tokens": 3, "total_tokens": 3},
        "data": [{"object": "embedding", "index": 0, "embedding": [0.25, -1.5e-3]}]});
    let mut sent = Vec::new();
    for (number, form) in [|t: &str| json!(t), |t: &str| json!(["a", t])]
        .iter()
        .enumerate()
    {
        for planted in PLANTED {
            let case = format!("embed-{number}-{}-{}", planted.entity, sent.len());
            let reply = vectors.to_string();
            UPSTREAM.play(&case, move |_| {
                raw(200, "application/json", vec![reply.clone().into()])
            });
            let body = request(&case, &json!({"input": form(&planted.text())})).to_string();
            let answer = call(gateway.data, "POST", "/v1/embeddings", &[], body.as_bytes());
            assert_eq!(answer.status, 200, "{}", answer.text());
            assert_eq!(answer.text(), vectors.to_string());
            let seen = &UPSTREAM.seen(&case)[0];
            assert_eq!(seen.path, "/embeddings");
            if planted.is_telling() {
                assert_eq!(found_in(&seen.body, planted.value), None);
            }
            sent.push(seen.json()["input"].clone());
        }
    }
    // The same value has the same surrogate in every text, or an index would not find it again.
    assert_eq!(sent[0], sent[PLANTED.len()][1]);
    gateway.stop();
}
