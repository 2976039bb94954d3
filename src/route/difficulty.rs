//! How hard a request looks, from a few plain features.

use crate::policy::Complexity;
use crate::protocol::Shape;

/// Up to so many bytes of the last user message, a question can be easy: some 100 English words, or 170 Han characters.
const EASY_BYTES: usize = 512;

/// From so many bytes of text, a request is hard whatever it asks: some 8,000 tokens of English.
const HARD_BYTES: usize = 32 * 1024;

/// Judges difficulty: tools, long context, long answers and code make a request hard; a short single question is easy.
pub fn difficulty(shape: &Shape) -> Complexity {
    let hard = shape.tools > 0
        || shape.has_tool_results
        || shape.text_bytes >= HARD_BYTES
        || shape.code_fences >= 4
        || shape.max_output.is_some_and(|tokens| tokens > 4_096);
    let easy = shape.last_user_bytes <= EASY_BYTES
        && shape.text_bytes <= 4 * EASY_BYTES
        && shape.user_turns <= 2
        && shape.code_fences == 0
        && !shape.json_output;
    match (hard, easy) {
        (true, _) => Complexity::High,
        (false, true) => Complexity::Low,
        (false, false) => Complexity::Medium,
    }
}
