//! The protocol allow-list of a Responses request: which member is what.
//!
//! Sources: OpenAI's `OpenAPI` description 2.3.0 (2026-08-21) and DeepSeek's page on Responses (2026-10). A member that is
//! not here, or whose value has not the shape that its row says, is inspected with its key and everything in it.

use crate::protocol::part::Place::{
    Assistant, Id, Metadata, Other, Reasoning, System, ToolCall, ToolDefinition, ToolResult, User,
};
use crate::protocol::request::UninspectableKind::{Audio, File, Image};
use crate::protocol::request::table::Rule::{
    Content, Held, Kept, KeptText, Label, Media, Model, NoText, Number, OneOf, Schema, Sealed,
    Text, Turn, Typed, Within,
};
use crate::protocol::request::table::{Means, Row, State};
use std::sync::LazyLock;

/// The state of a whole Responses request.
pub(super) fn request() -> &'static State {
    static ROOT: LazyLock<State> = LazyLock::new(|| {
        State::build(&[
            ("", ROWS),
            ("input[]", ITEM),
            ("input[].content[]", PART),
            ("input[].summary[]", PART),
            ("input[].output[]", PART),
            ("input[].outputs[]", OUTPUT),
            ("tools[]", TOOL),
            ("tools[].tools[]", TOOL),
            ("input[].tools[]", TOOL),
            ("input[].tools[].tools[]", TOOL),
        ])
    });
    &ROOT
}

/// Types of items. One without a type is a message.
const ITEM_TYPES: &[(&str, Means)] = &[
    ("message", Means::Text),
    ("reasoning", Means::Text),
    ("function_call", Means::Text),
    ("function_call_output", Means::Text),
    ("custom_tool_call", Means::Text),
    ("custom_tool_call_output", Means::Text),
    ("tool_search_call", Means::Text),
    ("tool_search_output", Means::Text),
    ("additional_tools", Means::Text),
    ("web_search_call", Means::Text),
    ("file_search_call", Means::Text),
    ("computer_call", Means::Text),
    ("computer_call_output", Means::Opaque(Image)),
    ("image_generation_call", Means::Opaque(Image)),
    ("code_interpreter_call", Means::Text),
    ("local_shell_call", Means::Text),
    ("local_shell_call_output", Means::Text),
    ("shell_call", Means::Text),
    ("shell_call_output", Means::Text),
    ("apply_patch_call", Means::Text),
    ("apply_patch_call_output", Means::Text),
    ("mcp_list_tools", Means::Text),
    ("mcp_approval_request", Means::Text),
    ("mcp_approval_response", Means::Text),
    ("mcp_call", Means::Text),
    ("program", Means::Text),
    ("program_output", Means::Text),
    ("compaction", Means::Text),
    ("item_reference", Means::Kept),
];

/// Types of content parts. What a shell gave out has none.
const PART_TYPES: &[(&str, Means)] = &[
    ("", Means::Text),
    ("input_text", Means::Text),
    ("output_text", Means::Text),
    ("text", Means::Text),
    ("summary_text", Means::Text),
    ("reasoning_text", Means::Text),
    ("refusal", Means::Text),
    ("input_image", Means::Opaque(Image)),
    // Stands alone, not in an array.
    ("computer_screenshot", Means::Opaque(Image)),
    ("input_file", Means::Opaque(File)),
    ("input_audio", Means::Opaque(Audio)),
];

/// Types of what a code interpreter gave out.
const OUTPUT_TYPES: &[(&str, Means)] = &[("logs", Means::Text), ("image", Means::Opaque(Image))];

const ROWS: &[Row] = &[
    ("model", Model),
    // --- the conversation ---
    ("instructions", Text(System)),
    ("input", Text(User)),
    ("previous_response_id", Kept),
    ("conversation", Kept),
    ("prompt", Kept),
    ("background", Kept),
    // --- tools ---
    ("tool_choice", OneOf(&["none", "auto", "required"])),
    (
        "tool_choice.type",
        OneOf(&["function", "custom", "allowed_tools", "mcp"]),
    ),
    ("tool_choice.name", Label),
    ("tool_choice.mode", OneOf(&["auto", "required"])),
    ("tool_choice.tools[].type", OneOf(&["function", "custom"])),
    ("tool_choice.tools[].name", Label),
    ("parallel_tool_calls", NoText),
    ("max_tool_calls", Number),
    // --- the answer's form ---
    (
        "text.format.type",
        OneOf(&["text", "json_object", "json_schema"]),
    ),
    ("text.format.name", Label),
    ("text.format.description", Text(Other)),
    ("text.format.schema", Schema(Other)),
    ("text.format.strict", NoText),
    ("text.verbosity", OneOf(&["low", "medium", "high"])),
    ("max_output_tokens", Number),
    ("truncation", OneOf(&["auto", "disabled"])),
    ("stream", NoText),
    ("stream_options.include_obfuscation", NoText),
    (
        "include[]",
        OneOf(&[
            "code_interpreter_call.outputs",
            "computer_call_output.output.image_url",
            "file_search_call.results",
            "message.input_image.image_url",
            "message.output_text.logprobs",
            "reasoning.encrypted_content",
            "web_search_call.action.sources",
            "web_search_call.results",
        ]),
    ),
    // --- sampling and thinking ---
    ("temperature", Number),
    ("top_p", Number),
    ("top_logprobs", Number),
    (
        "reasoning.effort",
        OneOf(&[
            "none", "minimal", "low", "medium", "high", "xhigh", "max", "ultra",
        ]),
    ),
    ("reasoning.summary", OneOf(&["auto", "concise", "detailed"])),
    (
        "reasoning.generate_summary",
        OneOf(&["auto", "concise", "detailed"]),
    ),
    // --- whom it is for, and how it is run ---
    ("metadata", Text(Metadata)),
    ("user", Text(Metadata)),
    ("safety_identifier", Text(Metadata)),
    ("prompt_cache_key", Text(Id)),
    (
        "prompt_cache_retention",
        OneOf(&["in_memory", "in-memory", "24h"]),
    ),
    (
        "service_tier",
        OneOf(&["auto", "default", "flex", "scale", "priority", "fast"]),
    ),
    ("store", NoText),
];

/// An item. What the provider sealed must come back to it byte for byte: inspected, never rewritten.
const ITEM: &[Row] = &[
    ("", Turn(ITEM_TYPES)),
    (
        ".role",
        OneOf(&["system", "developer", "user", "assistant", "tool"]),
    ),
    (
        ".status",
        OneOf(&[
            "in_progress",
            "completed",
            "incomplete",
            "searching",
            "interpreting",
            "generating",
            "calling",
            "failed",
        ]),
    ),
    (".phase", OneOf(&["commentary", "final_answer"])),
    (".id", Text(Id)),
    (".call_id", Text(Id)),
    (".caller.caller_id", Text(Id)),
    (".approval_request_id", Text(Id)),
    (".container_id", Text(Id)),
    (".environment.container_id", Kept),
    (".fingerprint", Text(Id)),
    (".encrypted_content", Sealed),
    (".name", Label),
    (".namespace", Label),
    (".server_label", Label),
    (".content", Content),
    (".summary", Within(Reasoning)),
    (".arguments", Text(ToolCall)),
    (".input", Text(ToolCall)),
    (".code", Text(ToolCall)),
    (".action", Text(ToolCall)),
    (".actions", Text(ToolCall)),
    (".operation", Text(ToolCall)),
    (".queries", Text(ToolCall)),
    (".output", Within(ToolResult)),
    (".outputs", Within(ToolResult)),
    (".results", Text(ToolResult)),
    (".result", Media(Image)),
    (".error", Text(ToolResult)),
    (".reason", Text(Other)),
];

/// A content part, of a message or of what a tool gave out.
const PART: &[Row] = &[
    ("", Typed(PART_TYPES)),
    (".text", Content),
    (".refusal", Text(Assistant)),
    (".image_url", Media(Image)),
    (".detail", OneOf(&["auto", "low", "high", "original"])),
    (".file_data", Media(File)),
    (".file_url", Text(Other)),
    (".file_id", Text(Id)),
    (".filename", Text(Other)),
    (".input_audio.data", Media(Audio)),
    (".input_audio.format", OneOf(&["wav", "mp3"])),
    (".annotations[].type", Text(Other)),
    (".annotations[].file_id", Text(Id)),
    (".annotations[].container_id", Text(Id)),
    (".annotations[].start_index", Number),
    (".annotations[].end_index", Number),
    (".annotations[].index", Number),
];

const OUTPUT: &[Row] = &[
    ("", Typed(OUTPUT_TYPES)),
    (".logs", Content),
    (".url", Media(Image)),
];

const TOOL: &[Row] = &[
    (".type", Text(Other)),
    (".name", Label),
    (".description", Text(ToolDefinition)),
    (".parameters", Schema(ToolDefinition)),
    (".input_schema", Schema(ToolDefinition)),
    (".output_schema", Schema(ToolDefinition)),
    (".strict", NoText),
    (".defer_loading", NoText),
    (".format.type", OneOf(&["text", "grammar"])),
    (".format.syntax", OneOf(&["lark", "regex"])),
    (".format.definition", Text(ToolDefinition)),
    (".server_label", Label),
    (".container", KeptText),
    (".container.type", OneOf(&["auto"])),
    (".container.file_ids", Held(File)),
    (".environment.container_id", Kept),
    (".vector_store_ids", Held(File)),
    (".environment.file_ids", Held(File)),
    (".input_image_mask", Held(Image)),
    (".user_location.type", OneOf(&["approximate"])),
    (".search_context_size", OneOf(&["low", "medium", "high"])),
    (".max_num_results", Number),
];
