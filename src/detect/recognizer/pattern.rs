//! A compiled pattern that is only ever tried at a position, and the bytes with which it can begin.
//!
//! Most positions are ruled out by their first byte. The engines that take memory ahead of a search are left out:
//! windows are short, and the bigger patterns would clear more memory than they read text.

use super::super::text::at;
use crate::base::Span;
use regex_automata::nfa::thompson::{NFA, State};
use regex_automata::util::primitives::StateID;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input, meta, nfa::thompson};

/// Most memory of one compiled pattern, in bytes.
const COMPILED_BYTES: usize = 512 << 10;
/// Beyond so many states the backtracking engine clears too much.
const BACKTRACKED_STATES: usize = 800;

/// A pattern.
#[derive(Debug)]
pub(in crate::detect) struct Pattern {
    regex: meta::Regex,
    /// Whether a match can begin with this byte.
    first: Box<[bool; 256]>,
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(in crate::detect) fn new(pattern: &str) -> Result<Self, &'static str> {
        const BAD: &str = "`pattern` is not a valid regular expression, or too big";
        let syntax = syntax::Config::new().utf8(false);
        let nfa = thompson::Compiler::new()
            .syntax(syntax)
            .configure(
                thompson::Config::new()
                    .which_captures(thompson::WhichCaptures::None)
                    .nfa_size_limit(Some(COMPILED_BYTES)),
            )
            .build(pattern)
            .map_err(|_| BAD)?;
        let config = meta::Config::new()
            .hybrid(false)
            .dfa(false)
            .auto_prefilter(false)
            .backtrack(nfa.states().len() <= BACKTRACKED_STATES)
            .utf8_empty(false)
            .nfa_size_limit(Some(COMPILED_BYTES));
        let regex = meta::Regex::builder()
            .configure(config)
            .syntax(syntax)
            .build(pattern)
            .map_err(|_| BAD)?;
        if regex.is_match("") {
            return Err("`pattern` matches the empty text");
        }
        Ok(Self {
            regex,
            first: first_bytes(&nfa),
        })
    }

    /// The match that begins at `start` and ends at `end` or before.
    pub(super) fn at(&self, text: &str, start: usize, end: usize) -> Option<Span> {
        if !self.may_begin(at(text, start)) || !text.is_char_boundary(start) || end <= start {
            return None;
        }
        let input = Input::new(text).span(start..end).anchored(Anchored::Yes);
        let found = self.regex.find(input)?;
        Some(Span::new(found.start(), found.end()))
    }

    /// Whether a match can begin with this byte.
    pub(super) fn may_begin(&self, byte: u8) -> bool {
        self.first.get(usize::from(byte)).copied().unwrap_or(false)
    }
}

/// The bytes on the edges that leave the start without reading.
fn first_bytes(nfa: &NFA) -> Box<[bool; 256]> {
    let mut first = Box::new([false; 256]);
    let mut seen = vec![false; nfa.states().len()];
    let mut stack: Vec<StateID> = vec![nfa.start_anchored()];
    while let Some(id) = stack.pop() {
        match seen.get_mut(id.as_usize()) {
            Some(seen) if !*seen => *seen = true,
            _ => continue,
        }
        let mut take = |from: u8, to: u8| {
            let range = first.get_mut(usize::from(from)..=usize::from(to));
            range.unwrap_or_default().fill(true);
        };
        match nfa.state(id) {
            State::ByteRange { trans } => take(trans.start, trans.end),
            State::Sparse(sparse) => sparse.transitions.iter().for_each(|t| take(t.start, t.end)),
            State::Dense(_) => take(0, u8::MAX),
            State::Look { next, .. } | State::Capture { next, .. } => stack.push(*next),
            State::Union { alternates } => stack.extend(alternates.iter().copied()),
            State::BinaryUnion { alt1, alt2 } => stack.extend([*alt1, *alt2]),
            State::Fail | State::Match { .. } => {}
        }
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_tried_where_it_can_begin() {
        let pattern = Pattern::new(r"(?-u:\b)(?:[EG][0-9]{2}|军字|x?7)").unwrap();
        for (byte, may) in [
            (b'E', true),
            (b'G', true),
            (b'x', true),
            (b'7', true),
            (0xe5, true),
            (b'A', false),
            (b'1', false),
        ] {
            assert_eq!(pattern.may_begin(byte), may, "{byte}");
        }
        assert_eq!(pattern.at("a E12", 2, 5), Some(Span::new(2, 5)));
        assert_eq!(pattern.at("a E12", 2, 4), None);
        assert_eq!(pattern.at("a E12", 1, 5), None);
    }

    #[test]
    fn bad_patterns_are_refused() {
        for pattern in ["[", "a*", "(?:[一-龥]{90}){90}"] {
            assert!(Pattern::new(pattern).is_err(), "{pattern}");
        }
    }
}
