//! The protocol allow-list of a Messages request: which member is what.
//!
//! Sources: the request types of Anthropic's official Python client 2.12.0 (2026-11) and DeepSeek's pages on its Anthropic
//! surface (2026-10). A member that is not here, or whose value has not the shape that its row says, is inspected with its
//! key and everything in it.

use crate::protocol::part::Place::{
    Id, Metadata, Other, Reasoning, System, ToolCall, ToolDefinition, ToolResult,
};
use crate::protocol::request::UninspectableKind::{File, Image};
use crate::protocol::request::table::Rule::{
    Content, Kept, Label, Media, Model, NoText, Number, OneOf, Schema, Sealed, Source, Text, Turn,
    Typed, Within,
};
use crate::protocol::request::table::{Means, Row, State};
use std::sync::LazyLock;

/// The state of a whole Messages request.
pub(super) fn request() -> &'static State {
    static ROOT: LazyLock<State> = LazyLock::new(|| {
        let blocks = BLOCKS.iter().map(|path| (*path, BLOCK));
        let groups: Vec<_> = std::iter::once(("", ROWS)).chain(blocks).collect();
        State::build(&groups)
    });
    &ROOT
}

/// Where blocks stand: results of tools and documents are made of blocks again.
///
/// Deeper ones are text in which what can't be read is found by itself.
const BLOCKS: [&str; 8] = [
    "system[]",
    "messages[].content[]",
    "messages[].content[].content[]",
    "messages[].content[].content[].content[]",
    "messages[].content[].source.content[]",
    "messages[].content[].source.content[].content[]",
    "messages[].content[].content[].source.content[]",
    "messages[].content[].content[].content[].source.content[]",
];

/// Types of blocks, and of what results of the provider's own tools are made of.
const BLOCK_TYPES: &[(&str, Means)] = &[
    ("text", Means::Text),
    ("image", Means::Opaque(Image)),
    ("document", Means::Text),
    ("search_result", Means::Text),
    ("thinking", Means::Text),
    ("redacted_thinking", Means::Text),
    ("tool_use", Means::Text),
    ("tool_result", Means::Text),
    ("tool_reference", Means::Text),
    ("server_tool_use", Means::Text),
    ("web_search_tool_result", Means::Text),
    ("web_search_result", Means::Text),
    ("web_search_tool_result_error", Means::Text),
    ("web_fetch_tool_result", Means::Text),
    ("web_fetch_result", Means::Text),
    ("web_fetch_tool_result_error", Means::Text),
    ("code_execution_tool_result", Means::Text),
    ("code_execution_result", Means::Text),
    ("encrypted_code_execution_result", Means::Text),
    ("code_execution_tool_result_error", Means::Text),
    ("code_execution_output", Means::Opaque(File)),
    ("bash_code_execution_tool_result", Means::Text),
    ("bash_code_execution_result", Means::Text),
    ("bash_code_execution_tool_result_error", Means::Text),
    ("bash_code_execution_output", Means::Opaque(File)),
    ("text_editor_code_execution_tool_result", Means::Text),
    ("text_editor_code_execution_tool_result_error", Means::Text),
    ("text_editor_code_execution_view_result", Means::Text),
    ("text_editor_code_execution_create_result", Means::Text),
    ("text_editor_code_execution_str_replace_result", Means::Text),
    ("tool_search_tool_result", Means::Text),
    ("tool_search_tool_search_result", Means::Text),
    ("tool_search_tool_result_error", Means::Text),
    ("mcp_tool_use", Means::Text),
    ("mcp_tool_result", Means::Text),
    ("container_upload", Means::Opaque(File)),
    ("compaction", Means::Text),
];

/// Where a document comes from.
const SOURCE_TYPES: &[(&str, Means)] = &[
    ("text", Means::Text),
    ("content", Means::Text),
    ("base64", Means::Opaque(File)),
    ("url", Means::Opaque(File)),
    ("file", Means::Opaque(File)),
];

const ROWS: &[Row] = &[
    ("model", Model),
    // --- the conversation ---
    ("system", Within(System)),
    ("messages[]", Turn(&[])),
    ("messages[].role", OneOf(&["user", "assistant", "system"])),
    ("messages[].content", Content),
    // --- tools ---
    ("tools[].type", OneOf(&["custom"])),
    ("tools[].name", Label),
    ("tools[].description", Text(ToolDefinition)),
    ("tools[].input_schema", Schema(ToolDefinition)),
    ("tools[].input_examples", Text(ToolDefinition)),
    ("tools[].strict", NoText),
    ("tools[].defer_loading", NoText),
    ("tools[].eager_input_streaming", NoText),
    ("tools[].max_uses", Number),
    ("tools[].cache_control.type", OneOf(&["ephemeral"])),
    ("tools[].cache_control.ttl", OneOf(&["5m", "1h"])),
    ("tools[].user_location.type", OneOf(&["approximate"])),
    ("tools[].user_location.city", Text(Other)),
    ("tools[].user_location.country", Text(Other)),
    ("tools[].user_location.region", Text(Other)),
    ("tools[].user_location.timezone", Text(Other)),
    ("tool_choice.type", OneOf(&["auto", "any", "tool", "none"])),
    ("tool_choice.name", Label),
    ("tool_choice.disable_parallel_tool_use", NoText),
    // --- the answer's form, sampling and thinking ---
    ("max_tokens", Number),
    ("stop_sequences[]", Text(Other)),
    ("stream", NoText),
    ("temperature", Number),
    ("top_p", Number),
    ("top_k", Number),
    ("thinking.type", OneOf(&["enabled", "disabled", "adaptive"])),
    ("thinking.budget_tokens", Number),
    (
        "thinking.display",
        OneOf(&["summarized", "omitted", "full"]),
    ),
    (
        "output_config.effort",
        OneOf(&["none", "minimal", "low", "medium", "high", "xhigh", "max"]),
    ),
    ("output_config.format.type", OneOf(&["json_schema"])),
    ("output_config.format.schema", Schema(Other)),
    // --- whom it is for, and how it is run ---
    ("metadata", Text(Metadata)),
    ("user_profile_id", Text(Id)),
    ("workspace_id", Text(Id)),
    ("diagnostics.previous_message_id", Text(Id)),
    ("container", Kept),
    ("service_tier", OneOf(&["auto", "standard_only"])),
    ("inference_geo", Text(Other)),
    ("cache_control.type", OneOf(&["ephemeral"])),
    ("cache_control.ttl", OneOf(&["5m", "1h"])),
];

/// A block. What the provider signed or sealed must come back to it byte for byte: inspected, never rewritten.
const BLOCK: &[Row] = &[
    ("", Typed(BLOCK_TYPES)),
    (".text", Content),
    (".thinking", Text(Reasoning)),
    (".signature", Sealed),
    (".data", Sealed),
    (".id", Text(Id)),
    (".name", Label),
    (".server_name", Label),
    (".input", Text(ToolCall)),
    (".tool_use_id", Text(Id)),
    (".file_id", Text(Id)),
    (".caller.tool_id", Text(Id)),
    (".is_error", NoText),
    (".content", Within(ToolResult)),
    (".encrypted_stdout", Sealed),
    (".encrypted_content", Sealed),
    (".title", Content),
    (".context", Content),
    (".source", Source(SOURCE_TYPES)),
    (
        ".source.type",
        OneOf(&["text", "content", "base64", "url", "file"]),
    ),
    (
        ".source.media_type",
        OneOf(&[
            "text/plain",
            "application/pdf",
            "image/jpeg",
            "image/png",
            "image/gif",
            "image/webp",
        ]),
    ),
    (".source.data", Media(File)),
    (".source.url", Text(Other)),
    (".source.file_id", Text(Id)),
    (".source.content", Content),
    (".citations.enabled", NoText),
    (".citations[].cited_text", Content),
    (".citations[].document_title", Content),
    (".citations[].title", Content),
    (".citations[].encrypted_index", Sealed),
    (".citations[].file_id", Text(Id)),
    (".cache_control.type", OneOf(&["ephemeral"])),
    (".cache_control.ttl", OneOf(&["5m", "1h"])),
];
