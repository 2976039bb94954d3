//! Events of our own, and errors.

use super::stems::Stem;
use crate::protocol::escape::escape;
use crate::protocol::format::{ErrorText, Held};
use crate::protocol::reply::{Field, Reply};
use serde_json::json;

/// A delta of the text.
pub(super) fn event(_: &Reply, held: &Held<'_>) -> Option<String> {
    let (stem, part) = Stem::of(held.channel)?;
    let name = stem.name;
    let number = |member: &str, value: u64| format!(",\"{member}\":{value}");
    let members = [
        held.sequence.map(|value| number("sequence_number", value)),
        held.origin.map(|id| format!(",\"item_id\":{id}")),
        Some(number("output_index", held.channel.item.into())),
        stem.part.map(|member| number(member, part.into())),
        (stem.field == Field::Content).then(|| ",\"logprobs\":[]".to_owned()),
        Some(format!(",\"delta\":\"{}\"}}\n\n", escape(held.text, 1))),
    ];
    let mut event =
        format!("event: response.{name}.delta\ndata: {{\"type\":\"response.{name}.delta\"");
    event.extend(members.into_iter().flatten());
    Some(event)
}

/// An error as the last event of its stream.
pub(super) fn error_event(told: &ErrorText<'_>) -> String {
    let (code, message) = (told.code, told.message);
    let error = json!({"type": "error", "code": code, "message": message, "param": null});
    format!("event: error\ndata: {error}\n\n")
}
