mod settings;
mod turns;
mod untold;
mod whole;

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
