//! What a model writes between tags: reasoning in `<think>…</think>`, tool calls in `<tool_call>{…}</tool_call>`.
//!
//! The tags are those of the Qwen and DeepSeek-R1 families. Anything else, and a tool call that isn't a JSON object
//! with a `name`, stays text.

use super::search::{Seen, look};
use serde_json::Value;

const THINK: &str = "<think>";
const THINK_END: &str = "</think>";
const TOOL: &str = "<tool_call>";
const TOOL_END: &str = "</tool_call>";

/// A piece of the reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Delta {
    /// More of the answer.
    Content(String),
    /// More of the reasoning before it.
    Reasoning(String),
    /// A whole tool call.
    ToolCall {
        /// The function's name.
        name: String,
        /// Its arguments: a JSON object.
        arguments: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Nothing but white space yet: `<think>` may come.
    Start,
    /// Behind `<think>`: line ends are dropped.
    BeforeReasoning,
    Reasoning,
    /// Behind `</think>`: line ends are dropped.
    BeforeContent,
    Content,
    ToolCall,
}

/// Sorts the text of a reply into its channels.
#[derive(Debug)]
pub(super) struct Tags {
    mode: Mode,
    tools: bool,
    held: String,
}

impl Tags {
    /// `thinking`: the prompt itself ends with `<think>`; `tools`: the request has tools to call.
    pub(super) const fn new(thinking: bool, tools: bool) -> Self {
        let mode = if thinking {
            Mode::Reasoning
        } else {
            Mode::Start
        };
        Self {
            mode,
            tools,
            held: String::new(),
        }
    }

    /// Takes more text; what may be the beginning of a tag is held back.
    pub(super) fn push(&mut self, text: &str, out: &mut Vec<Delta>) {
        self.held.push_str(text);
        while self.advance(out) {}
    }

    /// The reply is over: gives what was held back.
    pub(super) fn finish(&mut self, out: &mut Vec<Delta>) {
        let rest = std::mem::take(&mut self.held);
        match self.mode {
            Mode::ToolCall => {
                out.push(tool_call(&rest).unwrap_or_else(|| Delta::Content(rest_of(&rest))));
            }
            mode => emit(mode, rest, out),
        }
    }

    /// One change of mode; false where nothing more can be said yet.
    fn advance(&mut self, out: &mut Vec<Delta>) -> bool {
        match self.mode {
            Mode::Start => self.start(),
            Mode::BeforeReasoning => self.skip_line_ends(Mode::Reasoning),
            Mode::BeforeContent => self.skip_line_ends(Mode::Content),
            Mode::Reasoning => self.until(THINK_END, Mode::BeforeContent, out),
            Mode::Content if self.tools => self.until(TOOL, Mode::ToolCall, out),
            Mode::Content => {
                emit(Mode::Content, std::mem::take(&mut self.held), out);
                false
            }
            Mode::ToolCall => self.call(out),
        }
    }

    fn start(&mut self) -> bool {
        let begun = self.held.trim_start();
        if let Some(rest) = begun.strip_prefix(THINK) {
            self.held = rest.to_owned();
            self.mode = Mode::BeforeReasoning;
            return true;
        }
        if THINK.starts_with(begun) {
            return false;
        }
        self.mode = Mode::Content;
        true
    }

    fn skip_line_ends(&mut self, next: Mode) -> bool {
        self.held = self.held.trim_start_matches(['\r', '\n']).to_owned();
        if self.held.is_empty() {
            return false;
        }
        self.mode = next;
        true
    }

    fn until(&mut self, tag: &str, next: Mode, out: &mut Vec<Delta>) -> bool {
        let (end, rest) = match look(&self.held, &[tag]) {
            Seen::Word { start, end } => (start, Some(end)),
            Seen::Open { from } => (from, None),
        };
        let tail = self.held.split_off(rest.unwrap_or(end));
        let mut text = std::mem::replace(&mut self.held, tail);
        text.truncate(end);
        emit(self.mode, text, out);
        if rest.is_some() {
            self.mode = next;
        }
        rest.is_some()
    }

    fn call(&mut self, out: &mut Vec<Delta>) -> bool {
        let Seen::Word { start, end } = look(&self.held, &[TOOL_END]) else {
            return false;
        };
        let tail = self.held.split_off(end);
        let mut inner = std::mem::replace(&mut self.held, tail);
        let raw = rest_of(&inner);
        inner.truncate(start);
        out.push(tool_call(&inner).unwrap_or(Delta::Content(raw)));
        self.mode = Mode::Content;
        true
    }
}

/// The text of a tool call that is none, with its tag.
fn rest_of(inner: &str) -> String {
    format!("{TOOL}{inner}")
}

fn emit(mode: Mode, text: String, out: &mut Vec<Delta>) {
    if text.is_empty() {
        return;
    }
    out.push(if mode == Mode::Reasoning {
        Delta::Reasoning(text)
    } else {
        Delta::Content(text)
    });
}

/// `{"name": …, "arguments": {…}}`; some models say `parameters`.
fn tool_call(inner: &str) -> Option<Delta> {
    let value: Value = serde_json::from_str(inner.trim()).ok()?;
    let name = value.get("name")?.as_str()?.to_owned();
    let arguments = match value.get("arguments").or_else(|| value.get("parameters")) {
        None | Some(Value::Null) => "{}".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(object @ Value::Object(_)) => object.to_string(),
        Some(_) => return None,
    };
    Some(Delta::ToolCall { name, arguments })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Content, reasoning and tool calls of a reply that arrives in pieces of `size` characters.
    fn sorted(
        text: &str,
        size: usize,
        thinking: bool,
        tools: bool,
    ) -> (String, String, Vec<String>) {
        let mut tags = Tags::new(thinking, tools);
        let mut out = Vec::new();
        let chars: Vec<char> = text.chars().collect();
        for piece in chars.chunks(size) {
            tags.push(&piece.iter().collect::<String>(), &mut out);
        }
        tags.finish(&mut out);
        let mut all = (String::new(), String::new(), Vec::new());
        for delta in out {
            match delta {
                Delta::Content(text) => all.0.push_str(&text),
                Delta::Reasoning(text) => all.1.push_str(&text),
                Delta::ToolCall { name, arguments } => all.2.push(format!("{name}({arguments})")),
            }
        }
        all
    }

    /// Text, whether the prompt began to think, whether there are tools; content, reasoning, calls.
    type Case<'a> = (&'a str, bool, bool, (&'a str, &'a str, &'a [&'a str]));

    #[test]
    fn replies_are_sorted_the_same_however_they_arrive() {
        let call = r#"<tool_call>{"name": "f", "arguments": {"x": 1}}</tool_call>"#;
        let two = format!("ok\n{call}\n{call}");
        let bad = "<tool_call>no json</tool_call> end";
        let open = r#"<tool_call>{"name": "g"}"#;
        let cases: &[Case<'_>] = &[
            ("plain", false, false, ("plain", "", &[])),
            ("  <b>", false, false, ("  <b>", "", &[])),
            (
                "<think>\nwhy</think>\n\nso",
                false,
                false,
                ("so", "why", &[]),
            ),
            ("why</think>\nso", true, false, ("so", "why", &[])),
            ("a <think> b", false, false, ("a <think> b", "", &[])),
            ("<think>cut", false, false, ("", "cut", &[])),
            ("<thi", false, false, ("<thi", "", &[])),
            (
                &two,
                false,
                true,
                ("ok\n\n", "", &[r#"f({"x":1})"#, r#"f({"x":1})"#]),
            ),
            (call, false, false, (call, "", &[])),
            (bad, false, true, (bad, "", &[])),
            (open, false, true, ("", "", &["g({})"])),
            ("<tool_call>{", false, true, ("<tool_call>{", "", &[])),
            ("x <tool_ca", false, true, ("x <tool_ca", "", &[])),
        ];
        for (text, thinking, tools, (content, reasoning, calls)) in cases {
            for size in [1, 2, 3, 7, 1000] {
                let all = sorted(text, size, *thinking, *tools);
                let calls: Vec<String> = calls.iter().map(|&call| call.to_owned()).collect();
                let expected = ((*content).to_owned(), (*reasoning).to_owned(), calls);
                assert_eq!(all, expected, "{text:?} in pieces of {size}");
            }
        }
    }
}
