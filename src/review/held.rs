//! The end of a text: what is held back, and before it a little of what went on. As it is read, and as it is written.

use crate::base::Span;

/// So much of what went on is kept, since words before a value say what it is; in bytes.
const CONTEXT_BYTES: usize = 256;

/// A text with its escapes undone, and the same as it is written.
#[derive(Default)]
pub(super) struct Held {
    text: String,
    /// Where what is held back begins.
    from: usize,
    /// The text as it is written; empty where it is never escaped.
    raw: String,
    /// Where escapes end: in the text, and as it is written.
    ends: Vec<(usize, usize)>,
    escapes: bool,
}

impl Held {
    /// Of a text that may have escapes.
    pub(super) fn escaped() -> Self {
        Self {
            escapes: true,
            ..Self::default()
        }
    }

    pub(super) fn push(&mut self, piece: &str) {
        self.text.push_str(piece);
    }

    /// A character, and how it is written.
    pub(super) fn push_written(&mut self, meant: char, written: &str) {
        self.text.push(meant);
        self.raw.push_str(written);
        if written.len() != meant.len_utf8() {
            self.ends.push((self.text.len(), self.raw.len()));
        }
    }

    /// With a little of what went on, whose end is at [`Self::from`].
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) const fn from(&self) -> usize {
        self.from
    }

    /// Where reading begins: a little before what is held back.
    pub(super) fn context(&self) -> usize {
        let start = self.from.saturating_sub(CONTEXT_BYTES);
        self.text.ceil_char_boundary(start)
    }

    /// A stretch as it is written.
    pub(super) fn written(&self, span: Span) -> &str {
        if self.escapes {
            Span::new(self.to_raw(span.start), self.to_raw(span.end)).slice(&self.raw)
        } else {
            span.slice(&self.text)
        }
        .unwrap_or_default()
    }

    /// All that is held back, as it is written.
    pub(super) fn rest(&self) -> &str {
        self.written(Span::new(self.from, self.text.len()))
    }

    /// What stands before `to` goes on.
    pub(super) fn pass(&mut self, to: usize) {
        self.from = to;
    }

    /// Forgets what is not needed any more; by how much all places move.
    pub(super) fn forget(&mut self) -> usize {
        let gone = self.context();
        if gone > 0 {
            let raw = self.to_raw(gone);
            self.text.drain(..gone);
            self.from -= gone;
            if self.escapes {
                self.raw.drain(..raw);
                self.ends.retain(|(end, _)| *end > gone);
                for (end, raw_end) in &mut self.ends {
                    *end -= gone;
                    *raw_end -= raw;
                }
            }
        }
        gone
    }

    fn to_raw(&self, at: usize) -> usize {
        let before = self.ends.partition_point(|(end, _)| *end <= at);
        match before.checked_sub(1).and_then(|last| self.ends.get(last)) {
            Some((end, raw)) => raw + (at - end),
            None => at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_is_given_as_it_is_written() {
        let mut held = Held::escaped();
        for (meant, written) in [('a', "a"), ('张', "\\u5f20"), ('"', "\\\""), ('三', "三")] {
            held.push_written(meant, written);
        }
        assert_eq!(held.text(), "a张\"三");
        assert_eq!(held.written(Span::new(1, 4)), "\\u5f20");
        assert_eq!(held.written(Span::new(4, 8)), "\\\"三");
        held.pass(4);
        assert_eq!(held.rest(), "\\\"三");
    }

    #[test]
    fn what_went_on_is_forgotten_but_for_a_little() {
        let mut held = Held::escaped();
        for _ in 0..400 {
            held.push_written('三', "\\u4e09");
        }
        held.pass(900);
        let gone = held.forget();
        assert_eq!((gone, held.from(), held.context()), (645, 255, 0));
        assert_eq!(held.rest(), "\\u4e09".repeat(100));
        assert_eq!(held.forget(), 0);
    }
}
