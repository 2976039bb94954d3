//! Responses, as OpenAI and DeepSeek speak it.
//!
//! The gateway is stateless here: what is kept at the destination (`previous_response_id`, `conversation`, stored prompts,
//! references to items, background runs) is refused. An event stream names and numbers its events and has no `[DONE]`;
//! the same text comes several times in it, and all of them are restored alike. Refuses to know: other endpoints.

mod event;
mod reply;
mod stems;
mod table;
#[cfg(test)]
mod tests;

use super::chat;
use super::format::{Asked, Spec};

/// What is particular about Responses.
pub(super) const SPEC: Spec = Spec {
    table: table::request,
    asked: Asked::TurnsOrText("input"),
    end_user: &[&["user"], &["safety_identifier"]],
    reply: |found, root| found.responses(root),
    event: event::event,
    error: chat::error,
    error_event: event::error_event,
    numbers: false,
};
