//! The protocol allow-list of a chat request: which member is what.
//!
//! Sources: OpenAI's `OpenAPI` description 2.3.0 (2026-08-21) and DeepSeek's API pages (2026-10). A member that is not
//! here, or whose value has not the shape that its row says, is inspected with its key and everything in it.

use crate::protocol::part::Place::{
    Assistant, Id, Metadata, Name, Other, Reasoning, ToolCall, ToolDefinition,
};
use crate::protocol::request::UninspectableKind::{Audio, File, Image};
use crate::protocol::request::table::Rule::{
    Content, Held, Label, Media, Model, NoText, Number, OneOf, Schema, Text, TokenBias, TokenIds,
    Turn, Typed, Within,
};
use crate::protocol::request::table::{Means, Row, State};
use std::sync::LazyLock;

/// The state of a whole chat request.
pub(super) fn request() -> &'static State {
    static ROOT: LazyLock<State> = LazyLock::new(|| {
        State::build(&[
            ("", ROWS),
            ("messages[].content[]", CONTENT_PART),
            ("prediction.content[]", CONTENT_PART),
        ])
    });
    &ROOT
}

/// Types of content parts.
const CONTENT_TYPES: &[(&str, Means)] = &[
    ("text", Means::Text),
    ("refusal", Means::Text),
    ("image_url", Means::Opaque(Image)),
    ("input_audio", Means::Opaque(Audio)),
    ("file", Means::Opaque(File)),
];

const ROWS: &[Row] = &[
    ("model", Model),
    // --- the conversation ---
    ("messages[]", Turn(&[])),
    (
        "messages[].role",
        OneOf(&[
            "system",
            "developer",
            "user",
            "assistant",
            "tool",
            "function",
        ]),
    ),
    ("messages[].content", Content),
    ("messages[].name", Text(Name)),
    ("messages[].refusal", Text(Assistant)),
    ("messages[].reasoning_content", Text(Reasoning)),
    ("messages[].reasoning", Text(Reasoning)),
    ("messages[].prefix", NoText),
    ("messages[].audio", Held(Audio)),
    ("messages[].audio.id", Text(Id)),
    ("messages[].tool_call_id", Text(Id)),
    ("messages[].tool_calls[].id", Text(Id)),
    ("messages[].tool_calls[].index", Number),
    (
        "messages[].tool_calls[].type",
        OneOf(&["function", "custom"]),
    ),
    ("messages[].tool_calls[].function.name", Label),
    ("messages[].tool_calls[].function.arguments", Text(ToolCall)),
    ("messages[].tool_calls[].custom.name", Label),
    ("messages[].tool_calls[].custom.input", Text(ToolCall)),
    ("messages[].function_call.name", Label),
    ("messages[].function_call.arguments", Text(ToolCall)),
    // --- tools ---
    ("tools[].type", OneOf(&["function", "custom"])),
    ("tools[].function.name", Label),
    ("tools[].function.description", Text(ToolDefinition)),
    ("tools[].function.parameters", Schema(ToolDefinition)),
    ("tools[].function.strict", NoText),
    ("tools[].custom.name", Label),
    ("tools[].custom.description", Text(ToolDefinition)),
    ("tools[].custom.format.type", OneOf(&["text", "grammar"])),
    (
        "tools[].custom.format.grammar.syntax",
        OneOf(&["lark", "regex"]),
    ),
    (
        "tools[].custom.format.grammar.definition",
        Text(ToolDefinition),
    ),
    ("functions[].name", Label),
    ("functions[].description", Text(ToolDefinition)),
    ("functions[].parameters", Schema(ToolDefinition)),
    ("function_call", OneOf(&["none", "auto"])),
    ("function_call.name", Label),
    ("tool_choice", OneOf(&["none", "auto", "required"])),
    (
        "tool_choice.type",
        OneOf(&["function", "custom", "allowed_tools"]),
    ),
    ("tool_choice.function.name", Label),
    ("tool_choice.custom.name", Label),
    (
        "tool_choice.allowed_tools.mode",
        OneOf(&["auto", "required"]),
    ),
    (
        "tool_choice.allowed_tools.tools[].type",
        OneOf(&["function", "custom"]),
    ),
    ("tool_choice.allowed_tools.tools[].function.name", Label),
    ("tool_choice.allowed_tools.tools[].custom.name", Label),
    ("parallel_tool_calls", NoText),
    // --- the answer's form ---
    (
        "response_format.type",
        OneOf(&["text", "json_object", "json_schema"]),
    ),
    ("response_format.json_schema.name", Label),
    ("response_format.json_schema.description", Text(Other)),
    ("response_format.json_schema.schema", Schema(Other)),
    ("response_format.json_schema.strict", NoText),
    ("prediction.type", OneOf(&["content"])),
    ("prediction.content", Within(Assistant)),
    ("stop", Text(Other)),
    ("stop[]", Text(Other)),
    ("stream", NoText),
    ("stream_options.include_usage", NoText),
    ("stream_options.include_obfuscation", NoText),
    ("modalities[]", OneOf(&["text", "audio"])),
    (
        "audio.format",
        OneOf(&["wav", "aac", "mp3", "flac", "opus", "pcm16"]),
    ),
    ("audio.voice", Text(Other)),
    ("audio.voice.id", Text(Id)),
    ("verbosity", OneOf(&["low", "medium", "high"])),
    // --- sampling and thinking ---
    ("temperature", Number),
    ("top_p", Number),
    ("top_k", Number),
    ("min_p", Number),
    ("frequency_penalty", Number),
    ("presence_penalty", Number),
    ("repetition_penalty", Number),
    ("max_tokens", Number),
    ("max_completion_tokens", Number),
    ("n", Number),
    ("seed", Number),
    ("logprobs", NoText),
    ("top_logprobs", Number),
    ("logit_bias", TokenBias),
    ("thinking.type", OneOf(&["enabled", "disabled", "auto"])),
    ("thinking.budget_tokens", Number),
    (
        "reasoning_effort",
        OneOf(&[
            "none", "minimal", "low", "medium", "high", "xhigh", "max", "ultra",
        ]),
    ),
    // --- whom it is for, and how it is run ---
    ("metadata", Text(Metadata)),
    ("user", Text(Metadata)),
    ("user_id", Text(Metadata)),
    ("safety_identifier", Text(Metadata)),
    ("prompt_cache_key", Text(Id)),
    (
        "prompt_cache_retention",
        OneOf(&["in_memory", "in-memory", "24h"]),
    ),
    (
        "prompt_cache_options.mode",
        OneOf(&["implicit", "explicit"]),
    ),
    ("prompt_cache_options.ttl", OneOf(&["30m"])),
    (
        "service_tier",
        OneOf(&["auto", "default", "flex", "scale", "priority", "fast"]),
    ),
    ("store", NoText),
    ("moderation.model", Text(Other)),
    ("moderation.policy.input.mode", OneOf(&["score", "block"])),
    ("moderation.policy.output.mode", OneOf(&["score", "block"])),
    (
        "web_search_options.search_context_size",
        OneOf(&["low", "medium", "high"]),
    ),
    (
        "web_search_options.user_location.type",
        OneOf(&["approximate"]),
    ),
    (
        "web_search_options.user_location.approximate.city",
        Text(Other),
    ),
    (
        "web_search_options.user_location.approximate.country",
        Text(Other),
    ),
    (
        "web_search_options.user_location.approximate.region",
        Text(Other),
    ),
    (
        "web_search_options.user_location.approximate.timezone",
        Text(Other),
    ),
    // --- not of this API, but text if an upstream takes it ---
    ("prompt", TokenIds(Other)),
    ("prompt_token_ids", TokenIds(Other)),
    ("input_ids", TokenIds(Other)),
];

/// A part of content. OpenAI nests a file, DeepSeek does not.
const CONTENT_PART: &[Row] = &[
    ("", Typed(CONTENT_TYPES)),
    (
        ".type",
        OneOf(&["text", "refusal", "image_url", "input_audio", "file"]),
    ),
    (".text", Content),
    (".refusal", Content),
    (".image_url", Media(Image)),
    (".image_url.url", Media(Image)),
    (
        ".image_url.detail",
        OneOf(&["auto", "low", "high", "original"]),
    ),
    (".input_audio.data", Media(Audio)),
    (".input_audio.format", OneOf(&["wav", "mp3"])),
    (".file.file_data", Media(File)),
    (".file.file_id", Text(Id)),
    (".file.filename", Text(Other)),
    (".file_data", Media(File)),
    (".file_id", Text(Id)),
    (".filename", Text(Other)),
    (".prompt_cache_breakpoint.mode", OneOf(&["explicit"])),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_where_they_say() {
        let root = request();
        let message = root.member("messages").unwrap().1.element().unwrap();
        assert_eq!(message.rule, Turn(&[]));
        let content = message.member("content").unwrap().1;
        assert_eq!(content.rule, Content);
        let part = content.element().unwrap();
        assert_eq!(part.rule, Typed(CONTENT_TYPES));
        assert_eq!(part.member("filename").unwrap().1.rule, Text(Other));
        assert!(root.member("role").is_none());
        assert_eq!(
            root.member("stop").unwrap().1.element().unwrap().rule,
            Text(Other)
        );
    }
}
