//! Facts of a request that others decide by: cheap, and without its text but for model and end user.

use crate::base::Span;
use crate::protocol::json::{Kind, Value};
use crate::protocol::part::{Place, TextPart};
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
    pub(super) fn of(
        root: Value<'_>,
        messages: Value<'_>,
        parts: &[TextPart],
        body: &[u8],
    ) -> Self {
        let model = root
            .get("model")
            .filter(|model| model.kind() == Kind::String);
        let end_user = ["user", "user_id", "safety_identifier"];
        let end_user = end_user.iter().find_map(|name| root.get(name)?.string());
        let first_user = messages
            .elements()
            .find(|message| has_role(*message, &["user"]));
        Self {
            shape: shape(root, messages, parts, body),
            model: model.map(|model| model.text().into_owned()),
            model_span: model.map(Value::span),
            stream: is_true(root, "stream"),
            end_user: end_user.map(std::borrow::Cow::into_owned),
            first_user_message: first_user
                .and_then(|message| message.get("content"))
                .map(Value::outer_span),
        }
    }
}

fn shape(root: Value<'_>, messages: Value<'_>, parts: &[TextPart], body: &[u8]) -> Shape {
    let mut shape = Shape {
        tools: count(root, "tools") + count(root, "functions"),
        json_output: member_is(
            root,
            "response_format",
            "type",
            &["json_object", "json_schema"],
        ),
        max_output: ["max_completion_tokens", "max_tokens"]
            .iter()
            .find_map(|name| root.get(name)?.integer()),
        thinking: thinks(root),
        code_fences: memmem::find_iter(body, "```").count() as u32,
        logprobs: is_true(root, "logprobs")
            || root
                .get("top_logprobs")
                .and_then(Value::integer)
                .is_some_and(|count| count > 0),
        ..Shape::default()
    };
    let mut last_user = None;
    for (index, message) in messages.elements().enumerate() {
        shape.messages += 1;
        shape.has_tool_results |= has_role(message, &["tool", "function"]);
        if has_role(message, &["user"]) {
            shape.user_turns += 1;
            last_user = Some(index as u32);
        }
    }
    for part in parts.iter().filter(|part| part.place != Place::Key) {
        let bytes = part.raw_span().len();
        shape.text_bytes += bytes;
        if part.message.is_some() && part.message == last_user {
            shape.last_user_bytes += bytes;
        }
    }
    shape
}

fn thinks(root: Value<'_>) -> bool {
    let effort = root.get("reasoning_effort").and_then(Value::string);
    member_is(root, "thinking", "type", &["enabled"])
        || effort.is_some_and(|effort| !matches!(&*effort, "none" | "minimal"))
}

fn has_role(message: Value<'_>, roles: &[&str]) -> bool {
    message
        .get("role")
        .and_then(Value::string)
        .is_some_and(|role| roles.contains(&&*role))
}

fn member_is(root: Value<'_>, name: &str, member: &str, words: &[&str]) -> bool {
    let text = root
        .get(name)
        .and_then(|value| value.get(member))
        .and_then(Value::string);
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
