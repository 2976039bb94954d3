//! Line and column of positions in a text, told in one pass over it.
//!
//! Refuses to know: what stands there.

use memchr::{memchr_iter, memrchr};

/// Where a position is in its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// Number of the line, from 1.
    pub(super) line: usize,
    /// Character of the line, from 1.
    pub(super) column: usize,
}

/// Counts lines and columns up to positions that only grow: each byte is looked at once, however many positions there are.
#[derive(Debug)]
pub(super) struct Places<'a> {
    text: &'a str,
    at: usize,
    place: Place,
}

impl<'a> Places<'a> {
    /// Begins at the start of the text.
    pub(super) const fn new(text: &'a str) -> Self {
        let place = Place { line: 1, column: 1 };
        Self { text, at: 0, place }
    }

    /// The place of byte offset `position`; one that lies before the last, inside a character or behind the end
    /// changes nothing.
    pub(super) fn at(&mut self, position: usize) -> Place {
        let Some(passed) = self.text.get(self.at..position) else {
            return self.place;
        };
        self.place.line += memchr_iter(b'\n', passed.as_bytes()).count();
        let mut rest = passed;
        if let Some(last) = memrchr(b'\n', passed.as_bytes()) {
            self.place.column = 1;
            rest = passed.get(last + 1..).unwrap_or_default();
        }
        self.place.column += rest.chars().count();
        self.at = position;
        self.place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_what_counting_from_the_start_gives() {
        let text = "电话1\n\n二三 x\r\nlast, 末";
        let mut places = Places::new(text);
        for position in (0..=text.len()).filter(|i| text.is_char_boundary(*i)) {
            let head = text.get(..position).unwrap();
            let start = head.rfind('\n').map_or(0, |i| i + 1);
            let place = Place {
                line: head.matches('\n').count() + 1,
                column: head.get(start..).unwrap().chars().count() + 1,
            };
            assert_eq!(places.at(position), place, "{position}");
        }
        let end = places.at(text.len());
        for position in [0, 1, text.len() + 1] {
            assert_eq!(places.at(position), end, "{position}");
        }
    }

    #[test]
    fn each_byte_is_passed_once() {
        let text = "号 ".repeat(10_000);
        let mut places = Places::new(&text);
        let mut passed = 0;
        for position in (0..text.len()).step_by(4) {
            let from = places.at;
            assert_eq!(places.at(position).column, position / 2 + 1);
            passed += places.at - from;
        }
        assert_eq!(passed, text.len() - 4);
    }
}
