//! A reply that is told at once: its blocks, one after another.

use super::happening::{Ending, Head, Opening, Step};

/// One block with all of its text.
pub(super) struct Block {
    pub(super) opening: Opening,
    pub(super) text: String,
}

/// A whole reply.
#[derive(Default)]
pub(super) struct Whole {
    pub(super) head: Head,
    pub(super) blocks: Vec<Block>,
    pub(super) ending: Ending,
}

impl Whole {
    /// What is told next.
    pub(super) fn take(&mut self, step: Step) {
        match step {
            Step::Start(head) => self.head = head,
            Step::Open(opening) => self.blocks.push(Block {
                opening,
                text: String::new(),
            }),
            Step::Piece(text) => {
                if let Some(block) = self.blocks.last_mut() {
                    block.text.push_str(&text);
                }
            }
            Step::End(ending) => self.ending = ending,
            Step::Close | Step::Error(_) | Step::Alive => {}
        }
    }
}
