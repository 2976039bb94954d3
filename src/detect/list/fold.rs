//! A text without case, width and the length of its gaps, with a map back: how values of lists are compared.
//!
//! Knows nothing of values. Simplified and traditional characters stay what they are.

use crate::base::Span;

/// A folded text and the way back to the one that it was made of.
#[derive(Debug)]
pub(super) struct Plain {
    text: String,
    steps: Vec<Step>,
}

/// From `folded` on both texts go side by side, until the next step.
#[derive(Debug, Clone, Copy)]
struct Step {
    folded: usize,
    original: usize,
}

impl Plain {
    /// Folds a text: lower case, full-width forms as ASCII, every gap one space. Linear.
    pub(super) fn new(text: &str) -> Self {
        let mut plain = Self {
            text: String::with_capacity(text.len()),
            steps: Vec::new(),
        };
        let mut gap = false;
        for (i, c) in text.char_indices() {
            let blank = c.is_whitespace();
            if blank && gap {
                continue;
            }
            gap = blank;
            plain.step(i);
            plain.text.push(if blank { ' ' } else { fold_char(c) });
        }
        plain.step(text.len());
        plain
    }

    /// The folded text.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The stretch of the original that a stretch of the folded text stands for.
    pub(super) fn origin(&self, span: Span) -> Span {
        Span::new(self.back(span.start), self.back(span.end))
    }

    fn back(&self, at: usize) -> usize {
        let next = self.steps.partition_point(|step| step.folded <= at);
        let step = next.checked_sub(1).and_then(|i| self.steps.get(i));
        step.map_or(at, |step| step.original + (at - step.folded))
    }

    /// Notes where the two texts stand now, if they no longer go side by side.
    fn step(&mut self, original: usize) {
        let folded = self.text.len();
        let (f, o) = self
            .steps
            .last()
            .map_or((0, 0), |step| (step.folded, step.original));
        if folded - f != original - o {
            self.steps.push(Step { folded, original });
        }
    }
}

/// One character without case and width.
pub(super) fn fold_char(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let narrow = match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        _ => c,
    };
    let mut lower = narrow.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(lower), None) => lower,
        _ => narrow,
    }
}

/// A value as it stands in folded texts: without gaps at its ends.
pub(super) fn folded_value(value: &str) -> String {
    Plain::new(value).text.trim().to_owned()
}

/// A letter or digit of a script that parts its words: two of them side by side are one word.
pub(super) fn is_wordy(c: char) -> bool {
    c.is_alphanumeric() && !is_unparted(c)
}

/// A character of a script that does not part its words: Han, kana, hangul.
pub(super) const fn is_unparted(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3134f}' | '〇' | '々')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_and_maps_back() {
        for (text, folded, part, from) in [
            ("Blue\u{3000}\n Heron！", "blue heron!", "heron", "Heron"),
            ("ＡＢ（集团）x", "ab(集团)x", "(集团)", "（集团）"),
            ("ÉCOLE À", "école à", "école", "ÉCOLE"),
            ("İx", "İx", "x", "x"),
            ("Ⱥb  c", "ⱥb c", "b c", "b  c"),
            ("张三", "张三", "三", "三"),
        ] {
            let plain = Plain::new(text);
            assert_eq!(plain.text(), folded);
            let at = folded.find(part).unwrap();
            let span = plain.origin(Span::new(at, at + part.len()));
            assert_eq!(span.slice(text), Some(from), "{text}");
        }
        assert_eq!(folded_value(" 蓝鹭\u{3000}"), "蓝鹭");
    }
}
