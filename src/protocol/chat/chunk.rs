//! Chunks of our own: a text that was held back goes out as if the upstream had sent it.

use super::reply::{Channel, ChatReply, Field, LEGACY_CALL};
use crate::base::Span;
use crate::protocol::escape::escape;
use bytes::Bytes;

/// An event (`data: {…}` and its blank line) that carries just `text` in that channel, with the id, object, creation time
/// and model of `like`. Empty for [`Field::Error`] and [`Field::Other`], whose texts are never in pieces.
///
/// ```
/// use vestibule::protocol::{Channel, ChatReply, Field, Limits, synthetic_chunk};
/// let like = ChatReply::parse(r#"{"id":"c1","choices":[]}"#.into(), &Limits::default())?;
/// let event = synthetic_chunk(&like, Channel { choice: 0, field: Field::Content }, "\"hi\"");
/// assert_eq!(
///     event,
///     "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\
///      \"delta\":{\"content\":\"\\\"hi\\\"\"},\"finish_reason\":null}]}\n\n"
/// );
/// # Ok::<(), vestibule::protocol::ProtocolError>(())
/// ```
pub fn synthetic_chunk(like: &ChatReply, channel: Channel, text: &str) -> Bytes {
    let Some(delta) = delta(channel.field, &escape(text, 1)) else {
        return Bytes::new();
    };
    let head = like.head();
    let object = raw(like, head.object).unwrap_or("\"chat.completion.chunk\"");
    let members = [
        ("id", raw(like, head.id)),
        ("object", Some(object)),
        ("created", raw(like, head.created)),
        ("model", raw(like, head.model)),
    ];
    let mut event = String::from("data: {");
    for (name, value) in members {
        event.extend(
            value
                .iter()
                .flat_map(|value| ["\"", name, "\":", value, ","]),
        );
    }
    let choice = format!("\"choices\":[{{\"index\":{},\"delta\":{{", channel.choice);
    event.extend([
        choice.as_str(),
        delta.as_str(),
        "},\"finish_reason\":null}]}\n\n",
    ]);
    event.into()
}

fn raw(like: &ChatReply, span: Option<Span>) -> Option<&str> {
    std::str::from_utf8(span?.bytes(like.body())?).ok()
}

/// The member of a delta that carries the text, which is escaped already.
fn delta(field: Field, text: &str) -> Option<String> {
    Some(match field {
        Field::Content => format!("\"content\":\"{text}\""),
        Field::Reasoning => format!("\"reasoning_content\":\"{text}\""),
        Field::ReasoningPlain => format!("\"reasoning\":\"{text}\""),
        Field::Refusal => format!("\"refusal\":\"{text}\""),
        Field::ToolName(index) => call(index, "function", "name", text),
        Field::ToolArguments(index) => call(index, "function", "arguments", text),
        Field::ToolInput(index) => call(index, "custom", "input", text),
        Field::Error | Field::Other => return None,
    })
}

fn call(index: u32, kind: &str, member: &str, text: &str) -> String {
    if index == LEGACY_CALL {
        format!("\"function_call\":{{\"{member}\":\"{text}\"}}")
    } else {
        format!("\"tool_calls\":[{{\"index\":{index},\"{kind}\":{{\"{member}\":\"{text}\"}}}}]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Limits;

    #[test]
    fn every_channel_comes_back_as_itself() {
        let body = r#"{"id":"a","object":"o","created":7,"model":"m\"","choices":[]}"#;
        let like = ChatReply::parse(body.into(), &Limits::default()).unwrap();
        let text = "\"quoted\" \\ 张三\n";
        for field in [
            Field::Content,
            Field::Reasoning,
            Field::ReasoningPlain,
            Field::Refusal,
            Field::ToolName(0),
            Field::ToolArguments(3),
            Field::ToolInput(1),
            Field::ToolName(LEGACY_CALL),
            Field::ToolArguments(LEGACY_CALL),
        ] {
            let channel = Channel { choice: 2, field };
            let event = synthetic_chunk(&like, channel, text);
            let json = event
                .strip_prefix(b"data: ")
                .unwrap()
                .strip_suffix(b"\n\n")
                .unwrap();
            let chunk = ChatReply::parse(Bytes::copy_from_slice(json), &Limits::default()).unwrap();
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
    fn whole_texts_have_no_chunk() {
        let like = ChatReply::parse("{}".into(), &Limits::default()).unwrap();
        for field in [Field::Error, Field::Other] {
            assert!(synthetic_chunk(&like, Channel { choice: 0, field }, "x").is_empty());
        }
    }
}
