//! Puts what happens in order: the start first, one block open at a time, the end last.
//!
//! Destinations may send pieces of several calls by turns. Formats with blocks can't tell that, so a call that begins while
//! another's arguments are not complete JSON waits, with all that follows it. Refuses to know: wire formats.

mod balance;

use super::fault::Fault;
use super::happening::{Ending, Happening, Head, Opening, Speech, Step, Stop};
use super::{About, MAX_KEPT_BYTES};
use crate::protocol::ProtocolError;
use balance::Balance;
use std::collections::VecDeque;

/// Most blocks that wait for another to end.
const MAX_WAITING: usize = 256;

/// Longest id that is taken over, in bytes; Messages ids have under 40.
const MAX_ID_BYTES: usize = 64;

/// Prefixes that an id loses: each format has its own.
const PREFIXES: [&str; 4] = ["chatcmpl-", "msg_", "resp_", "chatcmpl_"];

/// The order of one reply.
pub(super) struct Order {
    about: About,
    /// The id that ids of calls are made of, once the reply has begun.
    id: Option<String>,
    open: Option<Open>,
    waiting: VecDeque<Waiting>,
    waiting_bytes: usize,
    /// How many calls began.
    calls: u32,
    ending: Ending,
    over: bool,
}

/// The block that is open.
struct Open {
    block: Which,
    balance: Balance,
    /// Whether a piece of it was told.
    told: bool,
    /// Whether the destination said that it is over.
    over: bool,
}

/// Which block a piece belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    Says(Speech),
    Call(u32),
}

/// A block that can't be told yet.
struct Waiting {
    block: Which,
    opening: Opening,
    text: String,
    over: bool,
}

impl Order {
    pub(super) fn new(about: About) -> Self {
        Self {
            about,
            id: None,
            open: None,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            calls: 0,
            ending: Ending::default(),
            over: false,
        }
    }

    /// Whether the end or an error was told.
    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    /// Takes what happened next and adds what can be told now.
    pub(super) fn take(
        &mut self,
        happening: Happening,
        steps: &mut Vec<Step>,
    ) -> Result<(), ProtocolError> {
        if self.over {
            return Ok(());
        }
        match happening {
            Happening::Start(head) => self.start(head, steps),
            Happening::Says(speech, text) => {
                if !text.is_empty() {
                    self.block(Which::Says(speech), || Opening::Says(speech), steps)?;
                    self.piece(Which::Says(speech), text, steps)?;
                }
            }
            Happening::Call { call, id, name } => {
                self.start(Head::default(), steps);
                self.calls += 1;
                let id = self.call_id(id);
                self.block(Which::Call(call), || Opening::Call { id, name }, steps)?;
            }
            Happening::Arguments { call, text } => self.piece(Which::Call(call), text, steps)?,
            Happening::Over { call } => self.over(Which::Call(call), steps),
            Happening::Usage(usage) => self.ending.usage = Some(usage),
            Happening::Stop(stop) => self.ending.stop = stop,
            Happening::Error(fault) => self.fail(fault, steps),
            Happening::Alive => steps.push(Step::Alive),
            Happening::End => self.end(steps),
        }
        Ok(())
    }

    /// The reply ends here with an error.
    pub(super) fn fail(&mut self, fault: Fault, steps: &mut Vec<Step>) {
        if !self.over {
            self.over = true;
            steps.push(Step::Error(fault));
        }
    }

    fn start(&mut self, head: Head, steps: &mut Vec<Step>) {
        if self.id.is_some() {
            return;
        }
        let or = |first: String, second: &str| {
            if first.is_empty() {
                second.to_owned()
            } else {
                first
            }
        };
        let id = or(bare_id(&head.id), &or(bare_id(&self.about.id), "0"));
        self.id = Some(id.clone());
        let model = or(head.model, &or(self.about.model.clone(), "unknown"));
        let created = if head.created == 0 {
            self.about.created
        } else {
            head.created
        };
        steps.push(Step::Start(Head { id, model, created }));
    }

    /// The id of the call that just began: the destination's, for it may know the call by it.
    fn call_id(&self, id: String) -> String {
        if id.is_empty() {
            format!(
                "call_{}_{}",
                self.id.as_deref().unwrap_or_default(),
                self.calls
            )
        } else {
            id
        }
    }

    /// Opens a block, unless it is open, or makes it wait.
    fn block(
        &mut self,
        block: Which,
        opening: impl FnOnce() -> Opening,
        steps: &mut Vec<Step>,
    ) -> Result<(), ProtocolError> {
        self.start(Head::default(), steps);
        let last = self.waiting.back().map(|waiting| waiting.block);
        let current = last.or_else(|| self.open.as_ref().map(|open| open.block));
        if current == Some(block) {
            return Ok(());
        }
        if last.is_none() && self.open.as_ref().is_none_or(Open::may_end) {
            self.close(steps);
            self.begin(block, opening(), steps);
            return Ok(());
        }
        self.waiting.push_back(Waiting {
            block,
            opening: opening(),
            text: String::new(),
            over: false,
        });
        self.keep(0)
    }

    /// Adds a piece to its block. What comes for a call that is over was no part of its JSON, and is dropped.
    fn piece(
        &mut self,
        block: Which,
        text: String,
        steps: &mut Vec<Step>,
    ) -> Result<(), ProtocolError> {
        if text.is_empty() {
            return Ok(());
        }
        match &mut self.open {
            Some(open) if open.block == block => {
                open.tell(text, steps);
                if open.may_end() {
                    self.promote(false, steps);
                }
                Ok(())
            }
            _ => {
                let mut waiting = self.waiting.iter_mut().rev();
                let Some(waiting) = waiting.find(|waiting| waiting.block == block) else {
                    return Ok(());
                };
                waiting.text.push_str(&text);
                self.keep(text.len())
            }
        }
    }

    /// Nothing more comes for a block.
    fn over(&mut self, block: Which, steps: &mut Vec<Step>) {
        match &mut self.open {
            Some(open) if open.block == block => {
                open.over = true;
                self.promote(false, steps);
            }
            _ => {
                let mut waiting = self.waiting.iter_mut();
                if let Some(waiting) = waiting.find(|waiting| waiting.block == block) {
                    waiting.over = true;
                }
            }
        }
    }

    fn keep(&mut self, bytes: usize) -> Result<(), ProtocolError> {
        self.waiting_bytes += bytes;
        if self.waiting_bytes > MAX_KEPT_BYTES || self.waiting.len() > MAX_WAITING {
            let max = MAX_KEPT_BYTES;
            return Err(ProtocolError::EventTooLarge { max });
        }
        Ok(())
    }

    /// Tells what waits, up to a call that is not complete, or all of it.
    fn promote(&mut self, all: bool, steps: &mut Vec<Step>) {
        while all || self.open.as_ref().is_none_or(Open::may_end) {
            let Some(waiting) = self.waiting.pop_front() else {
                return;
            };
            self.waiting_bytes = self.waiting_bytes.saturating_sub(waiting.text.len());
            self.close(steps);
            self.begin(waiting.block, waiting.opening, steps);
            if let Some(open) = &mut self.open {
                open.over = waiting.over;
                if !waiting.text.is_empty() {
                    open.tell(waiting.text, steps);
                }
            }
        }
    }

    fn begin(&mut self, block: Which, opening: Opening, steps: &mut Vec<Step>) {
        self.open = Some(Open {
            block,
            balance: Balance::default(),
            told: false,
            over: false,
        });
        steps.push(Step::Open(opening));
    }

    /// Ends the open block. A call without arguments has none, which is an empty object.
    fn close(&mut self, steps: &mut Vec<Step>) {
        if let Some(mut open) = self.open.take() {
            if !open.told && matches!(open.block, Which::Call(_)) {
                open.tell("{}".to_owned(), steps);
            }
            steps.push(Step::Close);
        }
    }

    fn end(&mut self, steps: &mut Vec<Step>) {
        self.start(Head::default(), steps);
        self.promote(true, steps);
        self.close(steps);
        self.over = true;
        let mut ending = std::mem::take(&mut self.ending);
        // Some servers say `stop` where they mean that they wait for results.
        if self.calls > 0 && ending.stop == Stop::Done {
            ending.stop = Stop::Calls;
        }
        steps.push(Step::End(ending));
    }
}

impl Open {
    /// Whether another block may begin.
    fn may_end(&self) -> bool {
        match self.block {
            Which::Says(_) => true,
            Which::Call(_) => self.over || self.balance.is_complete(),
        }
    }

    fn tell(&mut self, text: String, steps: &mut Vec<Step>) {
        if matches!(self.block, Which::Call(_)) {
            self.balance.take(&text);
        }
        self.told = true;
        steps.push(Step::Piece(text));
    }
}

/// An id without its prefix and without what an id can't have.
fn bare_id(id: &str) -> String {
    let bare = PREFIXES.iter().find_map(|prefix| id.strip_prefix(prefix));
    let letters = bare.unwrap_or(id).chars();
    let kept =
        letters.filter(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_'));
    kept.take(MAX_ID_BYTES).collect()
}
