//! Events of our own, and errors.

use crate::protocol::escape::escape;
use crate::protocol::format::{ErrorText, Held};
use crate::protocol::reply::{Field, Reply};
use serde_json::json;

/// A delta of the block.
pub(super) fn event(_: &Reply, held: &Held<'_>) -> Option<String> {
    let (kind, member) = match held.channel.field {
        Field::Content => ("text_delta", "text"),
        Field::Reasoning => ("thinking_delta", "thinking"),
        Field::ToolArguments => ("input_json_delta", "partial_json"),
        _ => return None,
    };
    Some(format!(
        "event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\"index\":{},\"delta\":{{\"type\":\"{kind}\",\"{member}\":\"{}\"}}}}\n\n",
        held.channel.item,
        escape(held.text, 1)
    ))
}

/// An error as Anthropic writes it, with the gateway's reason code beside the type.
pub(super) fn error(error: &ErrorText<'_>) -> serde_json::Value {
    let kind = match error.status {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 | 405 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        503 | 529 => "overloaded_error",
        504 => "timeout_error",
        500.. => "api_error",
        _ => "invalid_request_error",
    };
    let (message, code) = (error.message, error.code);
    json!({"type": "error", "error": {"type": kind, "message": message, "code": code}})
}

/// The same as an event, the last one of its stream.
pub(super) fn error_event(told: &ErrorText<'_>) -> String {
    format!("event: error\ndata: {}\n\n", error(told))
}
