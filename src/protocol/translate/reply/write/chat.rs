//! Chat Completions: chunks of one choice, the role first, `[DONE]` last.

use super::{quoted, quoted_or_null};
use crate::protocol::Format;
use crate::protocol::translate::reply::happening::{
    Ending, Head, Opening, Speech, Step, Stop, Tokens,
};
use crate::protocol::translate::reply::whole::{Block, Whole};

/// What is known of the stream.
pub(in super::super) struct Chat {
    include_usage: bool,
    /// All of a chunk up to its choices.
    head: String,
    /// The open block.
    open: Option<Opening>,
    /// How many calls began.
    calls: usize,
}

impl Chat {
    pub(super) const fn new(include_usage: bool) -> Self {
        Self {
            include_usage,
            head: String::new(),
            open: None,
            calls: 0,
        }
    }

    pub(super) fn step(&mut self, step: Step, out: &mut String) {
        match step {
            Step::Start(head) => {
                self.head = members(&head, "chat.completion.chunk");
                self.delta("\"role\":\"assistant\",\"content\":\"\"", out);
            }
            Step::Open(opening) => self.open(opening, out),
            Step::Piece(text) => self.piece(&text, out),
            Step::Close => self.open = None,
            Step::End(ending) => self.end(&ending, out),
            Step::Error(fault) => out.push_str(&fault.event(Format::Chat)),
            Step::Alive => {}
        }
    }

    fn open(&mut self, opening: Opening, out: &mut String) {
        if let Opening::Call { id, name } = &opening {
            let call = call(id, name, "");
            let delta = format!("\"tool_calls\":[{{\"index\":{},{call}}}]", self.calls);
            self.calls += 1;
            self.delta(&delta, out);
        }
        self.open = Some(opening);
    }

    fn piece(&mut self, text: &str, out: &mut String) {
        let text = quoted(text);
        let delta = match &self.open {
            Some(Opening::Says(speech)) => format!("\"{}\":{text}", member(*speech)),
            Some(Opening::Call { .. }) => format!(
                "\"tool_calls\":[{{\"index\":{},\"function\":{{\"arguments\":{text}}}}}]",
                self.calls.saturating_sub(1)
            ),
            None => return,
        };
        self.delta(&delta, out);
    }

    fn end(&self, ending: &Ending, out: &mut String) {
        self.choice("", finish_reason(&ending.stop), out);
        if let (true, Some(usage)) = (self.include_usage, ending.usage) {
            let usage = tokens(usage);
            out.extend(["data: {", &self.head, ",\"choices\":[],", &usage, "}\n\n"]);
        }
        out.push_str("data: [DONE]\n\n");
    }

    fn delta(&self, delta: &str, out: &mut String) {
        self.choice(delta, "null", out);
    }

    /// A chunk. `finish_reason` is raw JSON.
    fn choice(&self, delta: &str, finish_reason: &str, out: &mut String) {
        out.extend([
            "data: {",
            &self.head,
            ",\"choices\":[{\"index\":0,\"delta\":{",
            delta,
            "},\"logprobs\":null,\"finish_reason\":",
            finish_reason,
            "}]}\n\n",
        ]);
    }
}

/// The body of a whole reply.
pub(super) fn whole(whole: &Whole) -> String {
    let said = |speech| {
        let blocks = whole.blocks.iter();
        let said =
            blocks.filter(|block| matches!(block.opening, Opening::Says(of) if of == speech));
        let texts: Vec<_> = said.map(|block| block.text.as_str()).collect();
        texts.concat()
    };
    let calls: Vec<_> = whole.blocks.iter().filter_map(whole_call).collect();
    let mut message = format!(
        "\"role\":\"assistant\",\"content\":{},\"refusal\":{}",
        quoted_or_null(&said(Speech::Answer)),
        quoted_or_null(&said(Speech::Refusal))
    );
    let thinking = said(Speech::Thinking);
    if !thinking.is_empty() {
        message.extend([",\"reasoning_content\":", &quoted(&thinking)]);
    }
    if !calls.is_empty() {
        message.extend([",\"tool_calls\":[", &calls.join(","), "]"]);
    }
    let usage = whole.ending.usage.map(tokens);
    format!(
        "{{{},\"choices\":[{{\"index\":0,\"message\":{{{message}}},\"logprobs\":null,\"finish_reason\":{}}}]{}{}}}",
        members(&whole.head, "chat.completion"),
        finish_reason(&whole.ending.stop),
        if usage.is_some() { "," } else { "" },
        usage.unwrap_or_default()
    )
}

fn whole_call(block: &Block) -> Option<String> {
    match &block.opening {
        Opening::Call { id, name } => Some(format!("{{{}}}", call(id, name, &block.text))),
        Opening::Says(_) => None,
    }
}

/// The members of a call.
fn call(id: &str, name: &str, arguments: &str) -> String {
    let (id, name, arguments) = (quoted(id), quoted(name), quoted(arguments));
    format!(
        "\"id\":{id},\"type\":\"function\",\"function\":{{\"name\":{name},\"arguments\":{arguments}}}"
    )
}

const fn member(speech: Speech) -> &'static str {
    match speech {
        Speech::Thinking => "reasoning_content",
        Speech::Answer => "content",
        Speech::Refusal => "refusal",
    }
}

fn members(head: &Head, object: &str) -> String {
    format!(
        "\"id\":\"chatcmpl-{}\",\"object\":\"{object}\",\"created\":{},\"model\":{}",
        head.id,
        head.created,
        quoted(&head.model)
    )
}

/// As raw JSON.
const fn finish_reason(stop: &Stop) -> &'static str {
    match stop {
        Stop::Done | Stop::Sequence(_) => "\"stop\"",
        Stop::Length => "\"length\"",
        Stop::Calls => "\"tool_calls\"",
        Stop::Filtered => "\"content_filter\"",
        Stop::Starved => "\"insufficient_system_resource\"",
    }
}

fn tokens(usage: Tokens) -> String {
    let Tokens { input, output, .. } = usage;
    format!(
        "\"usage\":{{\"prompt_tokens\":{input},\"completion_tokens\":{output},\"total_tokens\":{},\
         \"prompt_tokens_details\":{{\"cached_tokens\":{},\"cache_write_tokens\":{}}},\"completion_tokens_details\":{{\"reasoning_tokens\":{}}}}}",
        input.saturating_add(output),
        usage.cached,
        usage.written,
        usage.reasoning
    )
}
