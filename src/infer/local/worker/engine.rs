//! The seam to the C++ engine: all that the rest of the worker knows of it.
//!
//! [`super::llama`] is the implementation; tests use a scripted one.

/// A token's number in the model's vocabulary.
pub(super) type Token = i32;

/// One token to put into a sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cell {
    /// Which sequence, from 0.
    pub sequence: usize,
    /// Its place in the sequence, from 0.
    pub position: usize,
    /// The token.
    pub token: Token,
    /// Whether a next token will be sampled from here.
    pub sampled: bool,
}

/// How to choose among the tokens that the model thinks likely.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sampling {
    /// 0 takes the likeliest always; up to 2.
    pub temperature: f32,
    /// Only the likeliest tokens that together make up this share; above 0, at most 1.
    pub top_p: f32,
    /// Makes the choice repeatable on one machine.
    pub seed: u32,
    /// Lessens what occurred, the more the oftener; −2 to 2.
    pub frequency_penalty: f32,
    /// Lessens what occurred at all; −2 to 2.
    pub presence_penalty: f32,
    /// Only text that is a JSON object.
    pub json: bool,
}

/// What the engine can't do; holds no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum EngineError {
    /// The batch could not be computed.
    #[error("the engine could not compute a step")]
    Decode,
    /// The grammar for JSON was refused.
    #[error("the engine refused the JSON grammar")]
    Grammar,
}

/// The model with its memory of sequences; stays on one thread.
pub(super) trait Engine {
    /// The state of one reply's choice of tokens.
    type Sampler;

    /// How many tokens all sequences together may hold.
    fn capacity(&self) -> usize;

    /// Computes a batch: it holds at most [`STEP_TOKENS`] tokens of prompts and one more per sequence.
    fn decode(&mut self, batch: &[Cell]) -> Result<(), EngineError>;

    /// A sampler for a new reply.
    fn sampler(&self, sampling: &Sampling) -> Result<Self::Sampler, EngineError>;

    /// Chooses the token after the batch's cell number `index`, which was `sampled`.
    fn sample(&mut self, sampler: &mut Self::Sampler, index: usize) -> Token;

    /// The bytes of a token; `None` for one that ends the reply.
    fn piece(&self, token: Token) -> Option<Vec<u8>>;

    /// Forgets all but the first `tokens` of a sequence; returns how many it still holds (none, where it can't forget a part).
    fn keep(&mut self, sequence: usize, tokens: usize) -> usize;

    /// Makes the empty sequence `to` begin with the first `tokens` of `from`; returns how many it now holds.
    fn share(&mut self, from: usize, to: usize, tokens: usize) -> usize;
}

/// Tokens of prompts in one step: between two steps a request can be cancelled and others go on.
pub(super) const STEP_TOKENS: usize = 128;

/// What the front needs of the model; used from several threads.
pub(super) trait Vocabulary: Send + Sync {
    /// The tokens of `text`; `special`: the names of control tokens in it mean those tokens.
    fn tokenize(&self, text: &str, special: bool) -> Vec<Token>;

    /// The token to put before every prompt, where the model wants one.
    fn first(&self) -> Option<Token>;
}
