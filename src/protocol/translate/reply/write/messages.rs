//! Messages: blocks one after another, each started and stopped, then why it stopped and the counts.

use super::{event, quoted};
use crate::protocol::Format;
use crate::protocol::json::{Document, Kind, Limits, scan_text};
use crate::protocol::translate::reply::happening::{
    Ending, Head, Opening, Speech, Step, Stop, Tokens,
};
use crate::protocol::translate::reply::whole::{Block, Whole};

/// The member under which arguments stand that are no JSON object: an input must be one.
const MALFORMED: &str = "malformed_arguments";

/// What is known of the stream.
#[derive(Default)]
pub(in super::super) struct Messages {
    /// The number of the open block, or of the next one.
    block: u32,
    open: Option<Opening>,
    refused: bool,
}

impl Messages {
    pub(super) fn step(&mut self, step: Step, out: &mut String) {
        match step {
            Step::Start(head) => {
                let unknown = "null,\"stop_sequence\":null";
                let message = message(&head, "", unknown, &Ending::default());
                let data = format!("{{\"type\":\"message_start\",\"message\":{message}}}");
                event("message_start", &data, out);
            }
            Step::Open(opening) => {
                self.refused |= matches!(opening, Opening::Says(Speech::Refusal));
                self.block_event(
                    "content_block_start",
                    "content_block",
                    &first(&opening),
                    out,
                );
                self.open = Some(opening);
            }
            Step::Piece(text) => self.piece(&text, out),
            Step::Close => {
                let data = format!(
                    "{{\"type\":\"content_block_stop\",\"index\":{}}}",
                    self.block
                );
                event("content_block_stop", &data, out);
                self.open = None;
                self.block += 1;
            }
            Step::End(ending) => self.end(&ending, out),
            Step::Error(fault) => out.push_str(&fault.event(Format::Messages)),
            Step::Alive => {}
        }
    }

    fn piece(&self, text: &str, out: &mut String) {
        let (kind, member) = match &self.open {
            Some(Opening::Says(Speech::Thinking)) => ("thinking_delta", "thinking"),
            Some(Opening::Says(_)) => ("text_delta", "text"),
            Some(Opening::Call { .. }) => ("input_json_delta", "partial_json"),
            None => return,
        };
        let delta = format!("{{\"type\":\"{kind}\",\"{member}\":{}}}", quoted(text));
        self.block_event("content_block_delta", "delta", &delta, out);
    }

    fn block_event(&self, name: &str, member: &str, value: &str, out: &mut String) {
        let index = self.block;
        let data = format!("{{\"type\":\"{name}\",\"index\":{index},\"{member}\":{value}}}");
        event(name, &data, out);
    }

    fn end(&self, ending: &Ending, out: &mut String) {
        let (reason, sequence) = stop(&ending.stop, self.refused);
        let usage = tokens(ending.usage.unwrap_or_default());
        let data = format!(
            "{{\"type\":\"message_delta\",\"delta\":{{\"stop_reason\":\"{reason}\",\"stop_sequence\":{sequence}}},\"usage\":{usage}}}"
        );
        event("message_delta", &data, out);
        event("message_stop", "{\"type\":\"message_stop\"}", out);
    }
}

/// The body of a whole reply.
pub(super) fn whole(whole: &Whole) -> String {
    let blocks: Vec<_> = whole.blocks.iter().map(block).collect();
    let refusal = |block: &Block| matches!(block.opening, Opening::Says(Speech::Refusal));
    let (reason, sequence) = stop(&whole.ending.stop, whole.blocks.iter().any(refusal));
    let stop = format!("\"{reason}\",\"stop_sequence\":{sequence}");
    message(&whole.head, &blocks.join(","), &stop, &whole.ending)
}

/// `stop` is the value of `stop_reason` and what follows it.
fn message(head: &Head, content: &str, stop: &str, ending: &Ending) -> String {
    format!(
        "{{\"id\":\"msg_{}\",\"type\":\"message\",\"role\":\"assistant\",\"model\":{},\"content\":[{content}],\
         \"stop_reason\":{stop},\"usage\":{}}}",
        head.id,
        quoted(&head.model),
        tokens(ending.usage.unwrap_or_default())
    )
}

/// A block as it starts.
fn first(opening: &Opening) -> String {
    block_of(opening, "", "{}")
}

fn block(block: &Block) -> String {
    block_of(&block.opening, &block.text, &input(&block.text))
}

/// A block with its text or its input, which is raw JSON. Thinking that another provider did has no signature.
fn block_of(opening: &Opening, text: &str, input: &str) -> String {
    match opening {
        Opening::Says(Speech::Thinking) => format!(
            "{{\"type\":\"thinking\",\"thinking\":{},\"signature\":\"\"}}",
            quoted(text)
        ),
        Opening::Says(_) => format!("{{\"type\":\"text\",\"text\":{}}}", quoted(text)),
        Opening::Call { id, name } => format!(
            "{{\"type\":\"tool_use\",\"id\":{},\"name\":{},\"input\":{input}}}",
            quoted(id),
            quoted(name)
        ),
    }
}

/// Arguments as an input.
fn input(arguments: &str) -> String {
    let document = scan_text(arguments, &Limits::default());
    let root = document.as_ref().ok().and_then(Document::root);
    match root.filter(|root| root.kind() == Kind::Object) {
        Some(root) => root.raw().to_owned(),
        None if arguments.trim().is_empty() => "{}".to_owned(),
        None => format!("{{\"{MALFORMED}\":{}}}", quoted(arguments)),
    }
}

/// The reason, and the sequence as raw JSON.
fn stop(stop: &Stop, refused: bool) -> (&'static str, String) {
    let reason = match stop {
        Stop::Done if refused => "refusal",
        Stop::Done => "end_turn",
        Stop::Sequence(sequence) => return ("stop_sequence", quoted(sequence)),
        Stop::Length | Stop::Starved => "max_tokens",
        Stop::Calls => "tool_use",
        Stop::Filtered => "refusal",
    };
    (reason, "null".to_owned())
}

/// Tokens read from a cache or written to one are not among `input_tokens`.
fn tokens(usage: Tokens) -> String {
    let apart = usage.cached.saturating_add(usage.written);
    let details = match usage.reasoning {
        0 => String::new(),
        count => format!(",\"output_tokens_details\":{{\"thinking_tokens\":{count}}}"),
    };
    format!(
        "{{\"input_tokens\":{},\"cache_creation_input_tokens\":{},\"cache_read_input_tokens\":{},\"output_tokens\":{}{details}}}",
        usage.input.saturating_sub(apart),
        usage.written,
        usage.cached,
        usage.output
    )
}
