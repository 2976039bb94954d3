//! A [`Conversation`](super::conversation::Conversation) told in the words of a format.

mod chat;
mod json;
mod messages;
mod responses;

pub(super) use chat::chat;
pub(super) use messages::messages;
pub(super) use responses::responses;

use super::conversation::Conversation;
use json::Members;

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
