//! Responses: numbered events, every text told again when it is done, and everything once more at the end.
//!
//! Each block is an output item with one part. What the request said (instructions, tools and others) is not known here, and
//! the members that the API requires say that nothing was asked.

use super::{event, quoted};
use crate::protocol::ProtocolError;
use crate::protocol::translate::reply::MAX_KEPT_BYTES;
use crate::protocol::translate::reply::fault::Fault;
use crate::protocol::translate::reply::happening::{
    Ending, Head, Opening, Speech, Step, Stop, Tokens,
};
use crate::protocol::translate::reply::whole::{Block, Whole};

/// What is known of the stream.
#[derive(Default)]
pub(in super::super) struct Responses {
    head: Head,
    /// The number of the next event.
    sequence: u64,
    open: Option<Block>,
    /// The items that are complete, as JSON.
    items: Vec<String>,
    /// Bytes of all texts.
    kept: usize,
}

impl Responses {
    pub(super) fn step(&mut self, step: Step, out: &mut String) -> Result<(), ProtocolError> {
        match step {
            Step::Start(head) => {
                self.head = head;
                let response = response(&self.head, "", None);
                for name in ["created", "in_progress"] {
                    self.event(name, &format!("\"response\":{response}"), out);
                }
            }
            Step::Open(opening) => self.open(opening, out),
            Step::Piece(text) => self.piece(&text, out)?,
            Step::Close => self.close(out),
            Step::End(ending) => {
                let response = response(&self.head, &self.items.join(","), Some(&ending));
                let (status, _) = status(&ending.stop);
                self.event(status, &format!("\"response\":{response}"), out);
            }
            Step::Error(fault) => self.error(&fault, out),
            Step::Alive => {}
        }
        Ok(())
    }

    fn open(&mut self, opening: Opening, out: &mut String) {
        let block = Block {
            opening,
            text: String::new(),
        };
        let item = item(&block, &self.id(&block.opening), "in_progress");
        let at = self.items.len();
        self.event(
            "output_item.added",
            &format!("\"output_index\":{at},\"item\":{item}"),
            out,
        );
        if let Opening::Says(speech) = block.opening {
            let part = part(speech, "");
            self.piece_event(
                "content_part.added",
                &block.opening,
                &format!("\"part\":{part}"),
                out,
            );
        }
        self.open = Some(block);
    }

    fn piece(&mut self, text: &str, out: &mut String) -> Result<(), ProtocolError> {
        let Some(mut block) = self.open.take() else {
            return Ok(());
        };
        self.kept += text.len();
        if self.kept > MAX_KEPT_BYTES {
            let max = MAX_KEPT_BYTES;
            return Err(ProtocolError::EventTooLarge { max });
        }
        block.text.push_str(text);
        let name = format!("{}.delta", stem(&block.opening));
        let members = format!(
            "\"delta\":{}{}",
            quoted(text),
            probabilities(&block.opening)
        );
        self.piece_event(&name, &block.opening, &members, out);
        self.open = Some(block);
        Ok(())
    }

    fn close(&mut self, out: &mut String) {
        let Some(block) = self.open.take() else {
            return;
        };
        let opening = &block.opening;
        let text = quoted(&block.text);
        let name = format!("{}.done", stem(opening));
        let members = match opening {
            Opening::Says(Speech::Refusal) => format!("\"refusal\":{text}"),
            Opening::Says(_) => format!("\"text\":{text}{}", probabilities(opening)),
            Opening::Call { name, .. } => format!("\"name\":{},\"arguments\":{text}", quoted(name)),
        };
        self.piece_event(&name, opening, &members, out);
        if let Opening::Says(speech) = opening {
            let part = part(*speech, &block.text);
            self.piece_event(
                "content_part.done",
                opening,
                &format!("\"part\":{part}"),
                out,
            );
        }
        let item = item(&block, &self.id(opening), "completed");
        let at = self.items.len();
        let members = format!("\"output_index\":{at},\"item\":{item}");
        self.event("output_item.done", &members, out);
        self.items.push(item);
    }

    fn error(&mut self, fault: &Fault, out: &mut String) {
        let data = format!(
            "{{\"type\":\"error\",\"sequence_number\":{},\"code\":{},\"message\":{},\"param\":null}}",
            self.sequence,
            quoted(fault.code()),
            quoted(fault.message())
        );
        event("error", &data, out);
    }

    /// An event of the open item's text.
    fn piece_event(&mut self, name: &str, opening: &Opening, members: &str, out: &mut String) {
        let (id, at) = (self.id(opening), self.items.len());
        let part = match opening {
            Opening::Says(_) => "\"content_index\":0,",
            Opening::Call { .. } => "",
        };
        let members = format!("\"item_id\":\"{id}\",\"output_index\":{at},{part}{members}");
        self.event(name, &members, out);
    }

    fn event(&mut self, name: &str, members: &str, out: &mut String) {
        let name = format!("response.{name}");
        let number = self.sequence;
        let data = format!("{{\"type\":\"{name}\",\"sequence_number\":{number},{members}}}");
        event(&name, &data, out);
        self.sequence += 1;
    }

    fn id(&self, opening: &Opening) -> String {
        item_id(&self.head, opening, self.items.len())
    }
}

/// The body of a whole reply.
pub(super) fn whole(whole: &Whole) -> String {
    let items = whole.blocks.iter().enumerate().map(|(at, block)| {
        let id = item_id(&whole.head, &block.opening, at);
        item(block, &id, "completed")
    });
    let items: Vec<_> = items.collect();
    response(&whole.head, &items.join(","), Some(&whole.ending))
}

/// The id of an item: that of the response with the item's number.
fn item_id(head: &Head, opening: &Opening, at: usize) -> String {
    let prefix = match opening {
        Opening::Says(Speech::Thinking) => "rs",
        Opening::Says(_) => "msg",
        Opening::Call { .. } => "fc",
    };
    format!("{prefix}_{}_{at}", head.id)
}

/// The name of the events of a block's text, without `.delta` and `.done`.
const fn stem(opening: &Opening) -> &'static str {
    match opening {
        Opening::Says(Speech::Thinking) => "reasoning_text",
        Opening::Says(Speech::Answer) => "output_text",
        Opening::Says(Speech::Refusal) => "refusal",
        Opening::Call { .. } => "function_call_arguments",
    }
}

/// The member that events of an answer have.
const fn probabilities(opening: &Opening) -> &'static str {
    match opening {
        Opening::Says(Speech::Answer) => ",\"logprobs\":[]",
        _ => "",
    }
}

fn item(block: &Block, id: &str, status: &str) -> String {
    // An item that has only been added has no part yet.
    let is_new = status == "in_progress";
    let part = |speech| {
        if is_new {
            String::new()
        } else {
            part(speech, &block.text)
        }
    };
    match &block.opening {
        Opening::Says(speech @ Speech::Thinking) => format!(
            "{{\"id\":\"{id}\",\"type\":\"reasoning\",\"status\":\"{status}\",\"summary\":[],\"content\":[{}]}}",
            part(*speech)
        ),
        Opening::Says(speech) => format!(
            "{{\"id\":\"{id}\",\"type\":\"message\",\"status\":\"{status}\",\"role\":\"assistant\",\"content\":[{}]}}",
            part(*speech)
        ),
        Opening::Call { id: call, name } => format!(
            "{{\"id\":\"{id}\",\"type\":\"function_call\",\"status\":\"{status}\",\"call_id\":{},\"name\":{},\"arguments\":{}}}",
            quoted(call),
            quoted(name),
            quoted(&block.text)
        ),
    }
}

fn part(speech: Speech, text: &str) -> String {
    let text = quoted(text);
    match speech {
        Speech::Thinking => format!("{{\"type\":\"reasoning_text\",\"text\":{text}}}"),
        Speech::Answer => {
            format!(
                "{{\"type\":\"output_text\",\"text\":{text},\"annotations\":[],\"logprobs\":[]}}"
            )
        }
        Speech::Refusal => format!("{{\"type\":\"refusal\",\"refusal\":{text}}}"),
    }
}

/// The status, and why it is incomplete.
const fn status(stop: &Stop) -> (&'static str, Option<&'static str>) {
    match stop {
        Stop::Done | Stop::Sequence(_) | Stop::Calls => ("completed", None),
        Stop::Length | Stop::Starved => ("incomplete", Some("max_output_tokens")),
        Stop::Filtered => ("incomplete", Some("content_filter")),
    }
}

/// A response; without an ending it has just begun.
fn response(head: &Head, output: &str, ending: Option<&Ending>) -> String {
    let (status, reason) = ending.map_or(("in_progress", None), |ending| status(&ending.stop));
    let details = reason.map_or_else(
        || "null".to_owned(),
        |reason| format!("{{\"reason\":\"{reason}\"}}"),
    );
    let usage = ending.and_then(|ending| ending.usage);
    format!(
        "{{\"id\":\"resp_{}\",\"object\":\"response\",\"created_at\":{},\"status\":\"{status}\",\"error\":null,\
         \"incomplete_details\":{details},\"instructions\":null,\"max_output_tokens\":null,\"metadata\":{{}},\"model\":{},\
         \"output\":[{output}],\"parallel_tool_calls\":true,\"previous_response_id\":null,\"store\":false,\
         \"temperature\":null,\"text\":{{\"format\":{{\"type\":\"text\"}}}},\"tool_choice\":\"auto\",\"tools\":[],\
         \"top_p\":null,\"truncation\":\"disabled\",\"usage\":{}}}",
        head.id,
        head.created,
        quoted(&head.model),
        usage.map_or_else(|| "null".to_owned(), tokens)
    )
}

fn tokens(usage: Tokens) -> String {
    let Tokens { input, output, .. } = usage;
    format!(
        "{{\"input_tokens\":{input},\"input_tokens_details\":{{\"cached_tokens\":{},\"cache_write_tokens\":{}}},\"output_tokens\":{output},\
         \"output_tokens_details\":{{\"reasoning_tokens\":{}}},\"total_tokens\":{}}}",
        usage.cached,
        usage.written,
        usage.reasoning,
        input.saturating_add(output)
    )
}
