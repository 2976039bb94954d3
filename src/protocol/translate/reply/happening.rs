//! What happens in a reply, in no format's words: what readers find, and what writers tell once it is in order.

use super::fault::Fault;

/// What a reader found.
pub(super) enum Happening {
    /// The reply begins. Told once; what comes again is ignored.
    Start(Head),
    /// A piece of what the model says.
    Says(Speech, String),
    /// A call of a tool begins. `call` is the reader's own number of it; the id may be empty.
    Call { call: u32, id: String, name: String },
    /// A piece of a call's arguments.
    Arguments { call: u32, text: String },
    /// Nothing more comes for that call.
    Over { call: u32 },
    /// The counts so far; the last ones hold.
    Usage(Tokens),
    /// Why the model stopped.
    Stop(Stop),
    /// It went wrong, and nothing follows.
    Error(Fault),
    /// The destination is still there.
    Alive,
    /// The reply is complete.
    End,
}

/// What is to be told, in an order that every format can tell it in: one block at a time, and each opened and closed.
pub(super) enum Step {
    /// First, and once.
    Start(Head),
    /// A block begins.
    Open(Opening),
    /// A piece of the open block; never empty.
    Piece(String),
    /// The open block is over.
    Close,
    /// Last, unless there was an error.
    End(Ending),
    /// It went wrong, and nothing follows.
    Error(Fault),
    /// The destination is still there.
    Alive,
}

/// Of what a block is.
#[derive(Clone)]
pub(super) enum Opening {
    /// Words of the model.
    Says(Speech),
    /// A call of a tool; its pieces are those of its arguments.
    Call { id: String, name: String },
}

/// In which role the model says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speech {
    /// Its reasoning.
    Thinking,
    /// The answer.
    Answer,
    /// Why it does not answer.
    Refusal,
}

/// Who speaks. In a [`Step`] nothing of it is empty.
#[derive(Clone, Default)]
pub(super) struct Head {
    /// The reply's id without its prefix: letters, digits, `-` and `_`.
    pub(super) id: String,
    pub(super) model: String,
    /// In seconds since 1970.
    pub(super) created: u64,
}

/// How a reply ends.
#[derive(Clone, Default)]
pub(super) struct Ending {
    pub(super) stop: Stop,
    /// Where the destination told them.
    pub(super) usage: Option<Tokens>,
}

/// Why the model stopped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Stop {
    /// It was done.
    #[default]
    Done,
    /// At this stop sequence of the request.
    Sequence(String),
    /// At the limit of tokens.
    Length,
    /// It waits for the results of its calls.
    Calls,
    /// A filter, or the model's own refusal.
    Filtered,
    /// The destination ran out of something and broke the answer off (`insufficient_system_resource`, `abort`). Formats
    /// without a word for it say that the limit of tokens was reached: the answer is not whole.
    Starved,
}

/// Counts of tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tokens {
    /// Of the prompt, all of it.
    pub(super) input: u64,
    /// Of those, read from a cache.
    pub(super) cached: u64,
    /// Of those, written to a cache.
    pub(super) written: u64,
    /// Of the answer, reasoning included.
    pub(super) output: u64,
    /// Of those, reasoning.
    pub(super) reasoning: u64,
}
