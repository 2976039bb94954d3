//! Events that carry pieces of a text: `response.STEM.delta`, and `response.STEM.done` with all of it.

use crate::protocol::reply::{Channel, Field};

/// One kind of such events.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stem {
    pub(super) name: &'static str,
    pub(super) field: Field,
    /// The member of `done` that holds the whole text.
    pub(super) whole: &'static str,
    /// The member that says which part of the item it is; where there is none, parts of one field are told apart by
    /// `first_part`.
    pub(super) part: Option<&'static str>,
    /// What is added to that, so that no two kinds share a channel.
    pub(super) first_part: u32,
}

/// Parts that another kind of the same field has for itself.
const APART: u32 = 1 << 16;

/// Every kind. Source: the stream events of OpenAI's `OpenAPI` description 2.3.0 (2026-08-21); the dotted spellings are
/// older.
pub(super) const STEMS: &[Stem] = &[
    stem(
        "output_text",
        Field::Content,
        "text",
        Some("content_index"),
        0,
    ),
    stem(
        "refusal",
        Field::Refusal,
        "refusal",
        Some("content_index"),
        0,
    ),
    stem(
        "reasoning_text",
        Field::Reasoning,
        "text",
        Some("content_index"),
        0,
    ),
    stem(
        "reasoning_summary_text",
        Field::Summary,
        "text",
        Some("summary_index"),
        0,
    ),
    stem(
        "function_call_arguments",
        Field::ToolArguments,
        "arguments",
        None,
        0,
    ),
    stem(
        "mcp_call_arguments",
        Field::ToolArguments,
        "arguments",
        None,
        APART,
    ),
    stem("custom_tool_call_input", Field::ToolInput, "input", None, 0),
    stem("code_interpreter_call_code", Field::Code, "code", None, 0),
    stem(
        "shell_call_command",
        Field::Code,
        "command",
        Some("command_index"),
        APART,
    ),
    stem(
        "mcp_call.arguments",
        Field::ToolArguments,
        "arguments",
        None,
        2 * APART,
    ),
    stem(
        "code_interpreter_call.code",
        Field::Code,
        "code",
        None,
        2 * APART,
    ),
];

const fn stem(
    name: &'static str,
    field: Field,
    whole: &'static str,
    part: Option<&'static str>,
    first_part: u32,
) -> Stem {
    Stem {
        name,
        field,
        whole,
        part,
        first_part,
    }
}

impl Stem {
    /// The kind of that name.
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        STEMS.iter().find(|stem| stem.name == name)
    }

    /// The kind whose pieces make up that channel, and the part of the item in its own count.
    pub(super) fn of(channel: Channel) -> Option<(&'static Self, u32)> {
        let kinds = STEMS.iter().filter(|stem| stem.field == channel.field);
        let stem = kinds
            .filter(|stem| stem.first_part <= channel.part)
            .max_by_key(|stem| stem.first_part)?;
        Some((stem, channel.part - stem.first_part))
    }
}
