//! A [`Conversation`](super::conversation::Conversation) told in the words of a format.

mod chat;
mod json;
mod messages;
mod responses;

pub(super) use chat::chat;
pub(super) use messages::messages;
pub(super) use responses::responses;

use super::conversation::{Conversation, Output};
use json::Members;

/// What a schema is called where the other format gives it no name.
const SCHEMA_NAME: &str = "answer";

/// The members of a schema, as Chat and Responses have them; none where the answer needs none.
fn schema(out: &mut Members<'_>, output: &Output<'_>) {
    let Output::Schema {
        name,
        description,
        schema,
        strict,
    } = output
    else {
        return;
    };
    out.text("name", name.as_deref().unwrap_or(SCHEMA_NAME));
    if let Some(description) = description {
        out.text("description", description);
    }
    out.json("schema", schema);
    out.flag("strict", *strict);
}

/// The members that all formats call the same.
fn shared(out: &mut Members<'_>, said: &Conversation<'_>) {
    if let Some(model) = &said.model {
        out.text("model", model);
    }
    if said.stream {
        out.flag("stream", true);
    }
    out.optional("temperature", said.temperature);
    out.optional("top_p", said.top_p);
}
