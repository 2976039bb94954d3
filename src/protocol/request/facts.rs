//! Facts of a request that others decide by: cheap, and without its text but for model and end user.

use super::walk::Found;
use crate::base::Span;
use crate::protocol::format::{Asked, Path, Spec};
use crate::protocol::json::{Kind, Value};
use crate::protocol::part::Place;
use memchr::memmem;

/// The shape of a request, for routing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts, not states"
)]
pub struct Shape {
    /// Messages, all roles.
    pub messages: u32,
    /// Messages of the user.
    pub user_turns: u32,
    /// Tools and functions that are offered.
    pub tools: u32,
    /// Whether a tool or function message is there.
    pub has_tool_results: bool,
    /// Whether the answer is to be JSON.
    pub json_output: bool,
    /// The most tokens that the answer may have, if said.
    pub max_output: Option<u64>,
    /// Whether thinking is asked for in so many words (`thinking` enabled, or an effort above minimal).
    pub thinking: bool,
    /// Raw bytes of all texts, object keys left out.
    pub text_bytes: usize,
    /// Raw bytes of the texts of the last user message.
    pub last_user_bytes: usize,
    /// Code fences (three backticks) in the whole body.
    pub code_fences: u32,
    /// Whether log probabilities are asked for.
    pub logprobs: bool,
    /// Whether a chat's stream is to tell the counts of tokens.
    pub include_usage: bool,
    /// Whether a schema says by `pattern` or `format` how texts must look.
    pub patterns: bool,
}

/// What a request says of itself.
pub(super) struct Facts {
    pub(super) shape: Shape,
    pub(super) model: Option<String>,
    pub(super) model_span: Option<Span>,
    pub(super) stream: bool,
    pub(super) end_user: Option<String>,
    pub(super) first_user_message: Option<Span>,
}

impl Facts {
    /// Of a request whose model is asked `asked`.
    pub(super) fn of(
        root: Value<'_>,
        asked: Value<'_>,
        spec: &Spec,
        found: &Found,
        body: &[u8],
    ) -> Self {
        let model = root
            .get("model")
            .filter(|model| model.kind() == Kind::String);
        let end_user = spec
            .end_user
            .iter()
            .find_map(|path| at(root, path)?.string());
        Self {
            shape: shape(root, asked, found, body),
            model: model.map(|model| model.text().into_owned()),
            model_span: model.map(Value::span),
            stream: is_true(root, "stream"),
            end_user: end_user.map(std::borrow::Cow::into_owned),
            first_user_message: first_user_message(asked, spec.asked),
        }
    }
}

/// The value at a path of keys.
fn at<'d>(root: Value<'d>, path: &[&str]) -> Option<Value<'d>> {
    path.iter().try_fold(root, |value, key| value.get(key))
}

fn first_user_message(asked: Value<'_>, kind: Asked) -> Option<Span> {
    match (kind, asked.kind()) {
        (Asked::Texts(_), _) => None,
        (_, Kind::String) => Some(asked.outer_span()),
        _ => asked
            .elements()
            .find(|turn| has_role(*turn, &["user"]))
            .and_then(|turn| turn.get("content"))
            .map(Value::outer_span),
    }
}

const JSON_OUTPUT: [Path; 3] = [
    &["response_format", "type"],
    &["text", "format", "type"],
    &["output_config", "format", "type"],
];
const MAX_OUTPUT: [&str; 3] = ["max_completion_tokens", "max_tokens", "max_output_tokens"];
const EFFORT: [Path; 3] = [
    &["reasoning_effort"],
    &["reasoning", "effort"],
    &["output_config", "effort"],
];

/// How often three backticks stand together. Most bodies have none, so the first is sought before a searcher is built.
fn fences(body: &[u8]) -> u32 {
    let from = memchr::memchr(b'`', body).unwrap_or(body.len());
    let rest = body.get(from..).unwrap_or_default();
    if rest.is_empty() {
        return 0;
    }
    memmem::find_iter(rest, "```").count() as u32
}

fn shape(root: Value<'_>, asked: Value<'_>, found: &Found, body: &[u8]) -> Shape {
    let mut shape = Shape {
        tools: count(root, "tools") + count(root, "functions"),
        json_output: JSON_OUTPUT
            .iter()
            .any(|path| word_at(root, path, &["json_object", "json_schema"])),
        max_output: MAX_OUTPUT.iter().find_map(|name| root.get(name)?.integer()),
        thinking: thinks(root),
        code_fences: fences(body),
        logprobs: wants_logprobs(root),
        include_usage: at(root, &["stream_options", "include_usage"])
            .is_some_and(|value| value.kind() == Kind::True),
        patterns: found.patterns,
        ..Shape::default()
    };
    let mut last_user = None;
    if asked.kind() == Kind::String {
        (shape.messages, shape.user_turns) = (1, 1);
        shape.last_user_bytes = asked.span().len();
    }
    for (index, turn) in asked.elements().enumerate() {
        shape.messages += 1;
        shape.has_tool_results |= is_tool_result(turn);
        if has_role(turn, &["user"]) {
            shape.user_turns += 1;
            last_user = Some(index as u32);
        }
    }
    for part in found.parts.iter().filter(|part| part.place != Place::Key) {
        let bytes = part.raw_span().len();
        shape.text_bytes += bytes;
        if part.message.is_some() && part.message == last_user {
            shape.last_user_bytes += bytes;
        }
    }
    shape
}

/// A tool or function message, an item that is the output of a call, or a message with a block that is.
fn is_tool_result(turn: Value<'_>) -> bool {
    let type_ends = |value: Value<'_>, end: &str| {
        let word = value.get("type").and_then(Value::string);
        word.is_some_and(|word| word.ends_with(end))
    };
    has_role(turn, &["tool", "function"])
        || type_ends(turn, "_output")
        || turn.get("content").is_some_and(|content| {
            content
                .elements()
                .any(|block| type_ends(block, "tool_result"))
        })
}

fn wants_logprobs(root: Value<'_>) -> bool {
    let top = root.get("top_logprobs").and_then(Value::integer);
    let asked = root.get("logprobs").map(Value::kind);
    matches!(asked, Some(Kind::True | Kind::Number)) || top.is_some_and(|count| count > 0)
}

fn thinks(root: Value<'_>) -> bool {
    let effort = EFFORT.iter().find_map(|path| at(root, path)?.string());
    word_at(root, &["thinking", "type"], &["enabled", "adaptive"])
        || effort.is_some_and(|effort| !matches!(&*effort, "none" | "minimal"))
}

fn has_role(message: Value<'_>, roles: &[&str]) -> bool {
    message
        .get("role")
        .and_then(Value::string)
        .is_some_and(|role| roles.contains(&&*role))
}

fn word_at(root: Value<'_>, path: &[&str], words: &[&str]) -> bool {
    let text = at(root, path).and_then(Value::string);
    text.is_some_and(|text| words.contains(&&*text))
}

fn is_true(root: Value<'_>, name: &str) -> bool {
    root.get(name)
        .is_some_and(|value| value.kind() == Kind::True)
}

fn count(root: Value<'_>, name: &str) -> u32 {
    root.get(name)
        .map_or(0, |value| value.elements().count() as u32)
}
