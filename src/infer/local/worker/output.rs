//! From the bytes of sampled tokens to the deltas of a reply: whole characters, stop strings, tags.

use super::search::{Seen, look};
use super::tags::{Delta, Tags};
use super::utf8::Utf8;

/// The way of one reply's text.
#[derive(Debug)]
pub(super) struct Output {
    utf8: Utf8,
    stops: Vec<String>,
    held: String,
    tags: Tags,
}

impl Output {
    /// `stops`: strings that end the reply and aren't part of it; for the others see [`Tags::new`].
    pub(super) fn new(stops: Vec<String>, thinking: bool, tools: bool) -> Self {
        let tags = Tags::new(thinking, tools);
        Self {
            utf8: Utf8::default(),
            stops,
            held: String::new(),
            tags,
        }
    }

    /// Takes the bytes of one token; true where a stop string is complete and the reply therefore over.
    pub(super) fn push(&mut self, bytes: &[u8], out: &mut Vec<Delta>) -> bool {
        let text = self.utf8.push(bytes);
        self.held.push_str(&text);
        let (end, stopped) = match look(&self.held, &self.stops) {
            Seen::Word { start, .. } => (start, true),
            Seen::Open { from } => (from, false),
        };
        let rest = self.held.split_off(end);
        let text = std::mem::replace(&mut self.held, rest);
        if stopped {
            self.held.clear();
            self.utf8 = Utf8::default();
        }
        self.tags.push(&text, out);
        stopped
    }

    /// The reply is over: what was held back, if anything.
    pub(super) fn finish(&mut self, out: &mut Vec<Delta>) {
        let mut rest = std::mem::take(&mut self.held);
        rest.push_str(&self.utf8.finish());
        self.tags.push(&rest, out);
        self.tags.finish(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(tokens: &[&str], stops: &[&str]) -> (String, bool) {
        let stops = stops.iter().map(|&stop| stop.to_owned()).collect();
        let mut output = Output::new(stops, false, false);
        let mut out = Vec::new();
        let stopped = tokens
            .iter()
            .any(|token| output.push(token.as_bytes(), &mut out));
        output.finish(&mut out);
        let text = out.into_iter().map(|delta| match delta {
            Delta::Content(text) => text,
            other => panic!("{other:?}"),
        });
        (text.collect(), stopped)
    }

    #[test]
    fn stop_strings_across_tokens() {
        for (tokens, stops, text, stopped) in [
            (&["a", "b"][..], &[][..], "ab", false),
            (&["one ST", "OP two"], &["STOP"], "one ", true),
            (&["S", "T", "O", "P"], &["STOP"], "", true),
            (&["S", "T", "A", "R"], &["STOP"], "STAR", false),
            (&["end ST"], &["STOP"], "end ST", false),
            (&["x\n", "\ny"], &["\n\n"], "x", true),
            (&["first, then"], &["then", ","], "first", true),
            (&["句号", "。", "后"], &["。"], "句号", true),
        ] {
            assert_eq!(
                run(tokens, stops),
                (text.to_owned(), stopped),
                "{tokens:?} {stops:?}"
            );
        }
    }

    #[test]
    fn a_character_cut_by_a_token_border_is_held_back() {
        let mut output = Output::new(Vec::new(), false, false);
        let mut out = Vec::new();
        let bytes = "a身".as_bytes();
        assert!(!output.push(&bytes[..2], &mut out));
        assert_eq!(out, [Delta::Content("a".to_owned())]);
        assert!(!output.push(&bytes[2..], &mut out));
        assert_eq!(out.last(), Some(&Delta::Content("身".to_owned())));
    }
}
