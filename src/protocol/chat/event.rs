//! Chunks of our own, and errors.

use crate::protocol::escape::escape;
use crate::protocol::format::{ErrorText, Held};
use crate::protocol::reply::{Channel, Field, LEGACY_CALL, Reply};
use serde_json::json;

/// A chunk that carries just the text, with the id, object, creation time and model of `like`.
pub(super) fn event(like: &Reply, held: &Held<'_>) -> Option<String> {
    let delta = delta(held.channel, &escape(held.text, 1))?;
    let choice = format!(
        "{{\"index\":{},\"delta\":{{{delta}}},\"finish_reason\":null}}",
        held.channel.item
    );
    Some(chunk(like, "\"chat.completion.chunk\"", &choice))
}

/// An event of one choice, in the head of `like`.
pub(in crate::protocol) fn chunk(like: &Reply, object: &str, choice: &str) -> String {
    let head = like.head();
    let members = [
        ("id", like.raw(head.id)),
        ("object", Some(like.raw(head.object).unwrap_or(object))),
        ("created", like.raw(head.created)),
        ("model", like.raw(head.model)),
    ];
    let mut event = String::from("data: {");
    for (name, value) in members {
        event.extend(
            value
                .iter()
                .flat_map(|value| ["\"", name, "\":", value, ","]),
        );
    }
    event.extend(["\"choices\":[", choice, "]}\n\n"]);
    event
}

/// The member of a delta that carries the text, which is escaped already.
fn delta(channel: Channel, text: &str) -> Option<String> {
    Some(match channel.field {
        Field::Content => format!("\"content\":\"{text}\""),
        Field::Reasoning => format!("\"reasoning_content\":\"{text}\""),
        Field::ReasoningPlain => format!("\"reasoning\":\"{text}\""),
        Field::Refusal => format!("\"refusal\":\"{text}\""),
        Field::ToolName => call(channel.part, "function", "name", text),
        Field::ToolArguments => call(channel.part, "function", "arguments", text),
        Field::ToolInput => call(channel.part, "custom", "input", text),
        _ => return None,
    })
}

fn call(index: u32, kind: &str, member: &str, text: &str) -> String {
    if index == LEGACY_CALL {
        format!("\"function_call\":{{\"{member}\":\"{text}\"}}")
    } else {
        format!("\"tool_calls\":[{{\"index\":{index},\"{kind}\":{{\"{member}\":\"{text}\"}}}}]")
    }
}

/// An error as DeepSeek and OpenAI write it; official clients read `message`, `type` and `code` from it.
pub(in crate::protocol) fn error(error: &ErrorText<'_>) -> serde_json::Value {
    let (message, kind, code) = (error.message, error.kind, error.code);
    json!({"error": {"message": message, "type": kind, "param": null, "code": code}})
}

/// The same as an event; no `[DONE]` follows it.
pub(in crate::protocol) fn error_event(told: &ErrorText<'_>) -> String {
    format!("data: {}\n\n", error(told))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Format, Limits};
    use bytes::Bytes;

    fn parse(body: &str) -> Reply {
        Reply::parse(Format::Chat, body.to_owned().into(), &Limits::default()).unwrap()
    }

    fn told(channel: Channel, text: &str, like: &Reply) -> Bytes {
        let held = Held {
            channel,
            text,
            origin: None,
            sequence: None,
        };
        Format::Chat.event(like, &held)
    }

    #[test]
    fn every_channel_comes_back_as_itself() {
        let like = parse(r#"{"id":"a","object":"o","created":7,"model":"m\"","choices":[]}"#);
        let text = "\"quoted\" \\ 张三\n";
        for (field, part) in [
            (Field::Content, 0),
            (Field::Reasoning, 0),
            (Field::ReasoningPlain, 0),
            (Field::Refusal, 0),
            (Field::ToolName, 0),
            (Field::ToolArguments, 3),
            (Field::ToolInput, 1),
            (Field::ToolName, LEGACY_CALL),
            (Field::ToolArguments, LEGACY_CALL),
        ] {
            let item = 2;
            let channel = Channel { item, part, field };
            let event = told(channel, text, &like);
            let json = event
                .strip_prefix(b"data: ")
                .unwrap()
                .strip_suffix(b"\n\n")
                .unwrap();
            let chunk = parse(std::str::from_utf8(json).unwrap());
            let parts: Vec<_> = chunk
                .parts()
                .iter()
                .map(|part| (part.channel, part.text(json)))
                .collect();
            assert_eq!(parts, [(channel, text.into())]);
            assert!(json.starts_with(br#"{"id":"a","object":"o","created":7,"model":"m\"","#));
        }
    }

    #[test]
    fn an_event_is_as_the_api_writes_it() {
        let like = parse(r#"{"id":"c1","choices":[]}"#);
        let channel = Channel {
            item: 0,
            part: 0,
            field: Field::Content,
        };
        assert_eq!(
            told(channel, "\"hi\"", &like),
            "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\
             \"delta\":{\"content\":\"\\\"hi\\\"\"},\"finish_reason\":null}]}\n\n"
        );
        for field in [Field::Error, Field::Other, Field::Json] {
            assert!(told(Channel { field, ..channel }, "x", &like).is_empty());
        }
    }
}
