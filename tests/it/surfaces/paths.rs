//! Every place of a request that can hold text, from `tests/facts/request_paths.txt`: a planted value there does not
//! leave, or the request is refused with a reason.

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

use crate::client::call;
use crate::gateway::{Gateway, Setup, UPSTREAM};
use crate::planted::found_in;
use crate::replies::raw;

const FACTS: &str = include_str!("../../facts/request_paths.txt");
const MAIL: &str = "lena.fischer@example.org";
const MOBILE: &str = "13812345678";

/// A format of the facts, the path of its requests, and what every request has.
const FORMATS: [(&str, &str, &str); 5] = [
    (
        "chat",
        "/v1/chat/completions",
        r#"{"messages":[{"role":"user","content":"Hello."}]}"#,
    ),
    ("completions", "/v1/completions", r#"{"prompt":"Hello."}"#),
    ("embeddings", "/v1/embeddings", r#"{"input":"Hello."}"#),
    ("responses", "/v1/responses", r#"{"input":"Hello."}"#),
    (
        "messages",
        "/v1/messages",
        r#"{"messages":[{"role":"user","content":"Hello."}]}"#,
    ),
];

/// Which type an object has that has this member, so that it is one that clients send. The first that fits counts.
const TYPES: [(&str, &[(&str, &str)]); 5] = [
    (
        "input[]",
        &[
            ("content", "message"),
            ("arguments", "function_call"),
            ("output", "function_call_output"),
            ("summary", "reasoning"),
            ("encrypted_content", "reasoning"),
            ("input", "custom_tool_call"),
            ("action", "shell_call"),
            ("actions", "computer_call"),
            ("operation", "apply_patch_call"),
            ("code", "code_interpreter_call"),
            ("outputs", "code_interpreter_call"),
            ("queries", "file_search_call"),
            ("results", "file_search_call"),
            ("result", "image_generation_call"),
            ("tools", "mcp_list_tools"),
            ("reason", "mcp_approval_response"),
            ("error", "mcp_call"),
            ("", "function_call"),
        ],
    ),
    (
        "input[].content[]",
        &[
            ("refusal", "refusal"),
            ("image_url", "input_image"),
            ("file_data", "input_file"),
            ("file_id", "input_file"),
            ("file_url", "input_file"),
            ("filename", "input_file"),
            ("", "output_text"),
        ],
    ),
    (
        "messages[].content[]",
        &[
            ("refusal", "refusal"),
            ("image_url", "image_url"),
            ("input_audio", "input_audio"),
            ("file", "file"),
            ("file_id", "file"),
            ("file_data", "file"),
            ("filename", "file"),
            ("thinking", "thinking"),
            ("signature", "thinking"),
            ("data", "redacted_thinking"),
            ("input", "tool_use"),
            ("name", "tool_use"),
            ("id", "tool_use"),
            ("content", "tool_result"),
            ("tool_use_id", "tool_result"),
            ("source", "document"),
            ("title", "document"),
            ("context", "document"),
            ("", "text"),
        ],
    ),
    (
        "messages[].content[].content[]",
        &[
            ("source", "document"),
            ("content", "search_result"),
            ("", "text"),
        ],
    ),
    (
        "source",
        &[
            ("content", "content"),
            ("url", "url"),
            ("file_id", "file"),
            ("", "text"),
        ],
    ),
];

/// The type of an object at this place that has this member.
fn type_of(place: &str, member: &str) -> Option<&'static str> {
    let known =
        |(at, _): &&(&str, &[(&str, &str)])| *at == place || place.ends_with(&format!(".{at}"));
    let (_, types) = TYPES.iter().filter(known).max_by_key(|(at, _)| at.len())?;
    let fits = |(has, _): &&(&str, &'static str)| has.is_empty() || *has == member;
    types.iter().find(fits).map(|(_, kind)| *kind)
}

/// The value at the end of a path of steps.
fn value_at(place: &str, steps: &[&str], text: &str, typed: bool) -> Value {
    let Some((step, rest)) = steps.split_first() else {
        return json!(text);
    };
    match *step {
        "*" => return json!({"note": [text]}),
        "<key>" => return json!({text: "note"}),
        _ => {}
    }
    let key = step.trim_end_matches("[]");
    let below = if place.is_empty() {
        (*step).to_owned()
    } else {
        format!("{place}.{step}")
    };
    let mut value = value_at(&below, rest, text, typed);
    for _ in 0..step.matches("[]").count() {
        value = json!([value]);
    }
    let mut object = Map::new();
    if let Some(kind) = type_of(place, key).filter(|_| typed) {
        object.insert("type".to_owned(), json!(kind));
    }
    if place == "messages[]" || place == "input[]" && object.get("type") == Some(&json!("message"))
    {
        object.insert("role".to_owned(), json!("user"));
    }
    object.insert(key.to_owned(), value);
    Value::Object(object)
}

/// Lists of the facts, by format.
fn facts() -> BTreeMap<&'static str, Vec<&'static str>> {
    let mut facts: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut format = "";
    for line in FACTS.lines() {
        if let Some(name) = line.strip_prefix("## ") {
            format = name;
        } else if !line.is_empty() && !line.starts_with('#') {
            facts.entry(format).or_default().push(line);
        }
    }
    facts
}

#[derive(Debug, Default, Clone, Copy)]
struct Count {
    clean: usize,
    refused: usize,
}

/// Sends one request: whether it left without the value, was refused with a reason, or what else.
fn send(gateway: &Gateway, path: &str, case: &str, body: &Value) -> Result<Count, String> {
    UPSTREAM.play(case, |_| raw(200, "application/json", vec!["{}".into()]));
    let answer = call(gateway.data, "POST", path, &[], body.to_string().as_bytes());
    let seen = UPSTREAM.seen(case);
    match (&seen[..], answer.status) {
        ([seen], 200) => match [MAIL, MOBILE].iter().find_map(|v| found_in(&seen.body, v)) {
            Some(spelling) => Err(format!("left as {spelling}")),
            None => Ok(Count {
                clean: 1,
                refused: 0,
            }),
        },
        ([], 400..=599) if !answer.code().is_empty() => {
            let message = answer.json()["error"]["message"].clone();
            assert!(message.as_str().is_some_and(|message| message.len() > 20));
            Ok(Count {
                clean: 0,
                refused: 1,
            })
        }
        (seen, status) => Err(format!(
            "{} sent, status {status}: {}",
            seen.len(),
            answer.text()
        )),
    }
}

#[test]
fn every_place_that_can_hold_text_is_accounted_for() {
    let speaks = FORMATS.map(|(format, ..)| format);
    let setup = Setup {
        more: format!("speaks = {speaks:?}\n"),
        ..Setup::default()
    };
    let gateway = Gateway::start(&UPSTREAM, &setup);
    let text = format!("Call {MOBILE} or write to {MAIL} today");
    let facts = facts();
    let mut faults = Vec::new();
    println!("format       places  requests  clean  refused  unaccounted");
    for (format, path, base) in FORMATS {
        let (mut count, mut requests, before) = (Count::default(), 0, faults.len());
        for (number, place) in facts[format].iter().enumerate() {
            let steps: Vec<&str> = place.split('.').collect();
            for typed in [true, false] {
                let case = format!("place-{format}-{number}-{typed}");
                let mut body: Value = serde_json::from_str(base).unwrap();
                let members = value_at("", &steps, &text, typed);
                let all = body.as_object_mut().unwrap();
                all.extend(members.as_object().unwrap().clone());
                all.insert("case".to_owned(), json!(case));
                all.entry("model")
                    .or_insert_with(|| json!("deepseek-flash"));
                requests += 1;
                match send(&gateway, path, &case, &body) {
                    Ok(one) => {
                        count.clean += one.clean;
                        count.refused += one.refused;
                    }
                    Err(fault) => faults.push(format!("{format} {place}: {fault}")),
                }
            }
        }
        println!(
            "{format:<12} {:>6}  {requests:>8}  {:>5}  {:>7}  {:>11}",
            facts[format].len(),
            count.clean,
            count.refused,
            faults.len() - before
        );
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
