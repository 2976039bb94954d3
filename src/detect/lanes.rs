//! One automaton over four parts of a text at once.
//!
//! Each step of an automaton waits for the memory that the step before asked for; four independent walks wait
//! together. A part begins as many bytes early as the longest pattern is long, so no match over a cut is lost, and
//! reports only what ends inside it, so none is told twice. Bytes are folded on the way, off the critical path, so
//! that the automaton needs one spelling of a word and few columns: capitals are small letters, `_` and `-` are spaces,
//! all digits are one, and so is most punctuation. Who needs to know which it was looks at the text.

use aho_corasick::Anchored;
use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::dfa::DFA;

/// Texts below this many bytes are walked in one go.
const LEAST_BYTES: usize = 1024;

/// What the automaton is given for a byte.
const FOLDED: [u8; 256] = folded();

#[expect(
    clippy::indexing_slicing,
    reason = "evaluated at compile time, where a wrong index is a compile error"
)]
const fn folded() -> [u8; 256] {
    let mut table = [0; 256];
    let mut b = 0;
    while b < 256 {
        // Next to the letters, so that there are no columns between.
        table[b] = match b as u8 {
            b'_' | b'-' | b' ' => b'{',
            b'0'..=b'9' => b'`',
            b'.' => b'}',
            b':' => b'~',
            b'$' => 0x7f,
            byte if byte.is_ascii_alphabetic() => byte.to_ascii_lowercase(),
            byte if byte.is_ascii() => b'|',
            byte => byte,
        };
        b += 1;
    }
    table
}

/// The byte as patterns have to spell it.
#[inline]
pub(super) fn fold(byte: u8) -> u8 {
    FOLDED.get(usize::from(byte)).copied().unwrap_or(byte)
}

/// A state that has matches, and the position at which they end.
pub(super) type Seen = (usize, StateID);

/// Every state with matches, sorted by position.
pub(super) fn matching(dfa: &DFA, bytes: &[u8]) -> Vec<Seen> {
    let Ok(root) = dfa.start_state(Anchored::No) else {
        return Vec::new();
    };
    if bytes.len() < LEAST_BYTES {
        let mut lane = Lane::new(root, 0, 0, bytes.len(), bytes);
        lane.finish(dfa);
        return lane.seen;
    }
    let part = bytes.len() / 4;
    let lane = |from: usize, to: usize| {
        Lane::new(
            root,
            from.saturating_sub(dfa.max_pattern_len()),
            from,
            to,
            bytes,
        )
    };
    let (mut a, mut b) = (lane(0, part), lane(part, 2 * part));
    let (mut c, mut d) = (lane(2 * part, 3 * part), lane(3 * part, bytes.len()));
    together(dfa, &mut a, &mut b, &mut c, &mut d);
    for lane in [&mut a, &mut b, &mut c, &mut d] {
        lane.finish(dfa);
    }
    [a.seen, b.seen, c.seen, d.seen].concat()
}

/// One part of a text, and how far the walk over it is.
struct Lane<'a> {
    state: StateID,
    /// Position of the first byte of `rest`.
    at: usize,
    rest: &'a [u8],
    /// Matches that end here or before belong to the part before.
    from: usize,
    seen: Vec<Seen>,
}

impl<'a> Lane<'a> {
    fn new(root: StateID, at: usize, from: usize, to: usize, bytes: &'a [u8]) -> Self {
        Self {
            state: root,
            at,
            rest: bytes.get(at..to).unwrap_or_default(),
            from,
            seen: Vec::new(),
        }
    }

    /// Notes a state that has matches, reached by byte number `k` of the rest.
    #[cold]
    fn note(&mut self, dfa: &DFA, state: StateID, k: usize) {
        let end = self.at + k + 1;
        if end > self.from && dfa.is_match(state) {
            self.seen.push((end, state));
        }
    }

    fn finish(&mut self, dfa: &DFA) {
        let mut state = self.state;
        for (k, byte) in self.rest.iter().enumerate() {
            state = dfa.next_state(Anchored::No, state, fold(*byte));
            if dfa.is_special(state) {
                self.note(dfa, state, k);
            }
        }
        self.rest = &[];
    }

    fn skip(&mut self, steps: usize) {
        self.at += steps;
        self.rest = self.rest.get(steps..).unwrap_or_default();
    }
}

/// Walks all four as far as the shortest goes. The states are locals, so that they stay in registers.
fn together<'a>(dfa: &DFA, a: &mut Lane<'a>, b: &mut Lane<'a>, c: &mut Lane<'a>, d: &mut Lane<'a>) {
    let steps = [&*a, b, c, d]
        .map(|lane| lane.rest.len())
        .into_iter()
        .min()
        .unwrap_or(0);
    let (mut sa, mut sb, mut sc, mut sd) = (a.state, b.state, c.state, d.state);
    let bytes = a.rest.iter().zip(b.rest).zip(c.rest).zip(d.rest);
    for (k, (((in_a, in_b), in_c), in_d)) in bytes.enumerate() {
        sa = dfa.next_state(Anchored::No, sa, fold(*in_a));
        sb = dfa.next_state(Anchored::No, sb, fold(*in_b));
        sc = dfa.next_state(Anchored::No, sc, fold(*in_c));
        sd = dfa.next_state(Anchored::No, sd, fold(*in_d));
        for (lane, state) in [(&mut *a, sa), (&mut *b, sb), (&mut *c, sc), (&mut *d, sd)] {
            if dfa.is_special(state) {
                lane.note(dfa, state, k);
            }
        }
    }
    for (lane, state) in [(a, sa), (b, sb), (c, sc), (d, sd)] {
        lane.state = state;
        lane.skip(steps);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_lanes_see_what_one_sees() {
        let dfa = DFA::builder()
            .prefilter(false)
            .build(["abc", "bca", "cabca"].map(|word| word.bytes().map(fold).collect::<Vec<u8>>()))
            .unwrap();
        let root = dfa.start_state(Anchored::No).unwrap();
        for len in [0, 5, 1023, 1024, 1025, 1026, 1027, 3001] {
            let text: Vec<u8> = b"abcab".iter().copied().cycle().take(len).collect();
            let mut lane = Lane::new(root, 0, 0, text.len(), &text);
            lane.finish(&dfa);
            assert_eq!(matching(&dfa, &text), lane.seen, "{len}");
        }
    }
}
