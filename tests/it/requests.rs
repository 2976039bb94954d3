//! Chat requests, and what is read from them at the destination.

use serde_json::{Value, json};

use crate::planted::PLANTED;

/// A chat request of this case.
pub(crate) fn chat(case: &str, messages: &Value) -> Value {
    json!({"case": case, "model": "deepseek-flash", "messages": messages})
}

/// A chat request of one user message, as bytes.
pub(crate) fn ask(case: &str, text: &str) -> Vec<u8> {
    let request = chat(case, &json!([{"role": "user", "content": text}]));
    request.to_string().into_bytes()
}

/// The same, streamed.
pub(crate) fn ask_streamed(case: &str, text: &str) -> Vec<u8> {
    let mut request = chat(case, &json!([{"role": "user", "content": text}]));
    request["stream"] = json!(true);
    request.to_string().into_bytes()
}

/// The text of the last user message.
pub(crate) fn last_user_text(request: &Value) -> String {
    let messages = request["messages"].as_array().unwrap();
    let last = messages.iter().rfind(|message| message["role"] == "user");
    match last.map(|message| &message["content"]) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => {
            let texts = parts.iter().filter_map(|part| part["text"].as_str());
            texts.collect::<Vec<_>>().join("\n")
        }
        _ => "nothing was asked".to_owned(),
    }
}

/// A text with every planted value that comes back.
pub(crate) fn everything() -> String {
    let texts = PLANTED.iter().filter(|planted| planted.comes_back());
    texts
        .map(crate::planted::Planted::text)
        .collect::<Vec<_>>()
        .join("\n")
}
