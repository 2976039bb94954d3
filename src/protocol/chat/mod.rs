//! Chat Completions, as DeepSeek and OpenAI speak it: requests, replies and stream chunks.
//!
//! What a member of a request means is one table, [`table`]. Refuses to know: other endpoints.

mod event;
mod reply;
mod table;

pub(super) use event::{chunk, error, error_event};

use super::format::{Asked, Spec};

/// What is particular about Chat.
pub(super) const SPEC: Spec = Spec {
    table: table::request,
    asked: Asked::Turns("messages"),
    end_user: &[&["user"], &["user_id"], &["safety_identifier"]],
    reply: |found, root| found.chat(root),
    event: event::event,
    error,
    error_event,
    numbers: false,
};

#[cfg(test)]
#[path = "reply_tests.rs"]
mod tests;
