//! A compiled pattern that is only ever tried at a position, and the bytes with which it can begin.
//!
//! Most positions are ruled out by their first bytes. The engines that take memory ahead of a search are left out:
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
    /// For each byte one bit for each of the first places at which it may stand in a match.
    heads: Box<[u8; 256]>,
    /// Length of the longest match, in bytes, if there is one: engines clear memory for every byte that they may read.
    longest: Option<usize>,
}

/// Places at the beginning of a match of which the bytes are known.
const HEAD_BYTES: usize = 4;

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(in crate::detect) fn new(pattern: &str) -> Result<Self, &'static str> {
        const BAD: &str = "`pattern` is not a valid regular expression, or too big";
        let syntax = syntax::Config::new().utf8(false);
        let parsed = syntax::parse_with(pattern, &syntax).map_err(|_| BAD)?;
        let nfa = thompson::Compiler::new()
            .configure(
                thompson::Config::new()
                    .which_captures(thompson::WhichCaptures::None)
                    .nfa_size_limit(Some(COMPILED_BYTES)),
            )
            .build_from_hir(&parsed)
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
            .build_from_hir(&parsed)
            .map_err(|_| BAD)?;
        if regex.is_match("") {
            return Err("`pattern` matches the empty text");
        }
        Ok(Self {
            regex,
            heads: heads(&nfa),
            longest: parsed.properties().maximum_len(),
        })
    }

    /// The match that begins at `start` and ends at `end` or before.
    pub(super) fn at(&self, text: &str, start: usize, end: usize) -> Option<Span> {
        if !self.may_match(text, start) || !text.is_char_boundary(start) || end <= start {
            return None;
        }
        let end = self.longest.map_or(end, |longest| end.min(start + longest));
        let input = Input::new(text).span(start..end).anchored(Anchored::Yes);
        let found = self.regex.find(input)?;
        Some(Span::new(found.start(), found.end()))
    }

    /// Whether a match can begin with this byte.
    pub(super) fn may_begin(&self, byte: u8) -> bool {
        self.may_stand(byte, 0)
    }

    /// Whether a match can have this byte at one of its first places.
    fn may_stand(&self, byte: u8, place: usize) -> bool {
        let places = self.heads.get(usize::from(byte));
        places.is_some_and(|places| places >> place & 1 != 0)
    }

    /// Whether the first bytes from `start` on are those of a match.
    fn may_match(&self, text: &str, start: usize) -> bool {
        (0..HEAD_BYTES).all(|place| self.may_stand(at(text, start + place), place))
    }
}

/// The bytes at the first places of all matches. Behind a match that is over, any byte may stand.
fn heads(nfa: &NFA) -> Box<[u8; 256]> {
    let mut heads = Box::new([0; 256]);
    let mut states = vec![nfa.start_anchored()];
    for place in 0..HEAD_BYTES {
        let mut over = false;
        let mut next = Vec::new();
        let mut take = |from: u8, to: u8, state: StateID| {
            let range = heads.get_mut(usize::from(from)..=usize::from(to));
            range
                .unwrap_or_default()
                .iter_mut()
                .for_each(|places| *places |= 1 << place);
            next.push(state);
        };
        for id in reached(nfa, states) {
            match nfa.state(id) {
                State::ByteRange { trans } => take(trans.start, trans.end, trans.next),
                State::Sparse(sparse) => sparse
                    .transitions
                    .iter()
                    .for_each(|t| take(t.start, t.end, t.next)),
                State::Dense(dense) => (0..=u8::MAX)
                    .zip(dense.transitions.iter())
                    .filter(|(_, next)| **next != StateID::ZERO)
                    .for_each(|(byte, next)| take(byte, byte, *next)),
                State::Match { .. } => over = true,
                State::Look { .. }
                | State::Capture { .. }
                | State::Union { .. }
                | State::BinaryUnion { .. }
                | State::Fail => {}
            }
        }
        if over {
            let all = (place..HEAD_BYTES).fold(0, |all, place| all | 1 << place);
            heads.iter_mut().for_each(|places| *places |= all);
            break;
        }
        states = next;
    }
    heads
}

/// The states that are reached from these without reading.
fn reached(nfa: &NFA, mut stack: Vec<StateID>) -> Vec<StateID> {
    let mut seen = vec![false; nfa.states().len()];
    let mut out = Vec::new();
    while let Some(id) = stack.pop() {
        match seen.get_mut(id.as_usize()) {
            Some(seen) if !*seen => *seen = true,
            _ => continue,
        }
        out.push(id);
        match nfa.state(id) {
            State::Look { next, .. } | State::Capture { next, .. } => stack.push(*next),
            State::Union { alternates } => stack.extend(alternates.iter().copied()),
            State::BinaryUnion { alt1, alt2 } => stack.extend([*alt1, *alt2]),
            State::ByteRange { .. }
            | State::Sparse(_)
            | State::Dense(_)
            | State::Fail
            | State::Match { .. } => {}
        }
    }
    out
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
        let heads = Pattern::new(r"(?-u:\b)(?:[EG][0-9]{2}|军字)").unwrap();
        for (text, may) in [
            ("E12", true),
            ("G99x", true),
            ("军字", true),
            ("E1", false),
            ("Ex2", false),
            ("E1x", false),
            ("国字", false),
        ] {
            assert_eq!(heads.may_match(text, 0), may, "{text}");
        }
        assert_eq!(heads.at("G99x", 0, 4), Some(Span::new(0, 3)));
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
