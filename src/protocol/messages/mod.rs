//! Messages, as Anthropic and DeepSeek speak it, and the count of a request's tokens.
//!
//! An event stream names its events and numbers its blocks; it has no `[DONE]`. Refuses to know: other endpoints.

mod event;
mod reply;
mod table;
#[cfg(test)]
mod tests;

use super::format::{Asked, Spec};

/// What is particular about Messages.
pub(super) const SPEC: Spec = Spec {
    table: table::request,
    asked: Asked::Turns("messages"),
    end_user: &[&["metadata", "user_id"], &["user_profile_id"]],
    reply: |found, root| found.messages(root),
    event: event::event,
    error: event::error,
    error_event: event::error_event,
    numbers: false,
};

/// The same for counting tokens: the reply is a number.
pub(super) const COUNT_SPEC: Spec = Spec {
    event: |_, _| None,
    ..SPEC
};
