//! The stretches of a text that may be a value of a table: whole words, numbers in any grouping, Han characters in a row.
//!
//! A value is compared as its letters and digits alone, folded. A stretch is a few neighbouring tokens with little
//! between them, and only lengths that occur in the table are offered; so every place of a text starts a bounded number.

use super::key::{BEGINNING_CHARS, Class, Kind, Lengths, MOST_CHARS, SHORT_HAN, key_char};
use crate::base::Span;
use crate::detect::list::fold::is_unparted;
use crate::detect::text::run;

/// Most characters between two tokens of a stretch.
const GAP_CHARS: usize = 3;
/// So many digits behind letters may be a number of their own (`tel13812345678`).
const GLUED_DIGITS: usize = 7;
/// Tokens that are held at once.
const SEGMENT_TOKENS: usize = 65_536;

/// A stretch whose key may be one of the table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stretch<'k> {
    pub(super) key: &'k str,
    pub(super) span: Span,
}

#[derive(Debug, Clone, Copy)]
struct Token {
    span: Span,
    /// Its letters in the buffer of the segment.
    key: Span,
    chars: usize,
    kind: Kind,
}

/// Walks a text and offers its stretches.
struct Walk<'a, B, F> {
    lengths: Lengths,
    /// Whether a long Han value begins so.
    begins: B,
    offer: F,
    text: &'a str,
    buffer: String,
    tokens: Vec<Token>,
}

/// Offers every stretch of `text` that has a length of the table. Linear: see the limits above.
pub(super) fn offer<B: Fn(&str) -> bool, F: FnMut(Stretch<'_>)>(
    text: &str,
    lengths: Lengths,
    begins: B,
    offer: F,
) {
    let mut walk = Walk {
        lengths,
        begins,
        offer,
        text,
        buffer: String::new(),
        tokens: Vec::new(),
    };
    walk.run();
}

impl<B: Fn(&str) -> bool, F: FnMut(Stretch<'_>)> Walk<'_, B, F> {
    fn run(&mut self) {
        let (mut gap, mut open, mut taken) = (0, false, 0);
        for (i, c) in self.text.char_indices() {
            if i < taken {
                continue;
            }
            if c.is_ascii_alphanumeric() {
                let end = run(self.text, i, usize::MAX, |b| b.is_ascii_alphanumeric());
                self.ascii(Span::new(i, end), open && gap == 0);
                (gap, open, taken) = (0, true, end);
                continue;
            }
            if let Some(folded) = key_char(c) {
                if open && gap == 0 && self.continues(folded) {
                    self.extend(i, c, folded);
                } else {
                    self.begin(i, c, folded);
                }
                (gap, open) = (0, true);
            } else if is_mark(c) && gap == 0 {
                // An accent on its own belongs to the letter before it, and is no part of the key.
            } else {
                gap += 1;
                if gap > GAP_CHARS || !is_joint(c) {
                    self.flush();
                    open = false;
                }
            }
        }
        self.flush();
    }

    /// Takes a run of ASCII letters and digits.
    fn ascii(&mut self, run: Span, goes_on: bool) {
        if !(goes_on && self.continues('a')) {
            self.open(run.start);
        }
        let bytes = run.slice(self.text).unwrap_or_default();
        self.buffer
            .extend(bytes.chars().map(|c| c.to_ascii_lowercase()));
        if let Some(token) = self.tokens.last_mut() {
            token.span.end = run.end;
            token.key.end = self.buffer.len();
            token.chars += bytes.len();
            token.kind.digit |= bytes.bytes().any(|b| b.is_ascii_digit());
            token.kind.letter |= bytes.bytes().any(|b| b.is_ascii_alphabetic());
        }
    }

    /// Whether a character goes on with the last token.
    fn continues(&self, c: char) -> bool {
        !is_unparted(c) && self.tokens.last().is_some_and(|token| !token.kind.han)
    }

    fn begin(&mut self, i: usize, c: char, folded: char) {
        self.open(i);
        self.extend(i, c, folded);
    }

    /// Begins a token.
    fn open(&mut self, i: usize) {
        if self.tokens.len() >= SEGMENT_TOKENS {
            self.carry();
        }
        self.part_glued();
        let from = self.buffer.len();
        self.tokens.push(Token {
            span: Span::new(i, i),
            key: Span::new(from, from),
            chars: 0,
            kind: Kind::default(),
        });
    }

    fn extend(&mut self, i: usize, c: char, folded: char) {
        self.buffer.push(folded);
        if let Some(token) = self.tokens.last_mut() {
            token.span.end = i + c.len_utf8();
            token.key.end = self.buffer.len();
            token.chars += 1;
            token.kind.take(folded);
        }
    }

    /// Parts the last token where letters, or the code of a country, are glued to a number.
    fn part_glued(&mut self) {
        let Some(token) = self.tokens.last().copied() else {
            return;
        };
        let key = token.key.slice(&self.buffer).unwrap_or_default();
        let ascii = token.key.len() == token.span.len() && key.is_ascii();
        let letters = key.bytes().take_while(u8::is_ascii_alphabetic).count();
        let digits = key.len() - letters;
        let tail = key.get(letters..).unwrap_or_default();
        let at = if !ascii || !tail.bytes().all(|b| b.is_ascii_digit()) {
            return;
        } else if letters > 0 && digits >= GLUED_DIGITS {
            letters
        } else if letters == 0 && digits == 13 && key.starts_with("861") {
            2
        } else {
            return;
        };
        self.tokens.pop();
        for (from, to) in [(0, at), (at, key.len())] {
            let mut kind = Kind::default();
            let part = self
                .buffer
                .get(token.key.start + from..token.key.start + to);
            part.unwrap_or_default().chars().for_each(|c| kind.take(c));
            self.tokens.push(Token {
                span: Span::new(token.span.start + from, token.span.start + to),
                key: Span::new(token.key.start + from, token.key.start + to),
                chars: to - from,
                kind,
            });
        }
    }

    /// Offers what the segment holds and keeps its last tokens, with which a stretch may go on.
    fn carry(&mut self) {
        self.part_glued();
        self.stretches();
        let kept = self.tokens.len().saturating_sub(MOST_CHARS);
        self.tokens.drain(..kept);
        let cut = self
            .tokens
            .first()
            .map_or(self.buffer.len(), |t| t.key.start);
        self.buffer.drain(..cut);
        for token in &mut self.tokens {
            token.key = Span::new(token.key.start - cut, token.key.end - cut);
        }
    }

    fn flush(&mut self) {
        if self.tokens.is_empty() {
            return;
        }
        self.part_glued();
        self.stretches();
        self.tokens.clear();
        self.buffer.clear();
    }

    fn stretches(&mut self) {
        let longest = [self.lengths.longest(false), self.lengths.longest(true)];
        for (i, first) in self.tokens.iter().enumerate() {
            let [plain, han] = longest;
            let longest = if first.kind.han { han } else { plain };
            let (mut kind, mut chars, mut most_han) = (Kind::default(), 0, None);
            let rest = self.tokens.get(i..).unwrap_or_default();
            for (n, last) in rest.iter().enumerate() {
                kind = kind.with(last.kind);
                chars += last.chars;
                if chars > longest || n >= kind.most_tokens() {
                    break;
                }
                let class = kind.class();
                if class == Class::Han && chars > SHORT_HAN {
                    let most = *most_han.get_or_insert_with(|| self.most_han(first, rest));
                    if chars > most {
                        break;
                    }
                }
                if self.lengths.has(class, chars) {
                    let key = Span::new(first.key.start, last.key.end);
                    let key = key.slice(&self.buffer).unwrap_or_default();
                    let span = Span::new(first.span.start, last.span.end);
                    (self.offer)(Stretch { key, span });
                }
            }
        }
    }

    /// How long a Han stretch may be here.
    fn most_han(&self, first: &Token, rest: &[Token]) -> usize {
        let fourth = rest.get(BEGINNING_CHARS - 1);
        let key = fourth.map(|last| Span::new(first.key.start, last.key.end));
        let key = key.and_then(|key| key.slice(&self.buffer));
        if key.is_some_and(|key| (self.begins)(key)) {
            MOST_CHARS
        } else {
            SHORT_HAN
        }
    }
}

/// A combining accent (U+0300–036F).
const fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// What may stand between two tokens of one value.
fn is_joint(c: char) -> bool {
    matches!(
        c,
        ' ' | '-'
            | '.'
            | '_'
            | '/'
            | '\''
            | '’'
            | '('
            | ')'
            | '（'
            | '）'
            | '·'
            | '•'
            | '‧'
            | '+'
            | '\u{a0}'
            | '\u{3000}'
            | '－'
            | '–'
            | '—'
    )
}

#[cfg(test)]
mod tests {
    use super::super::key::Key;
    use super::*;

    fn offered(text: &str, values: &[&str]) -> Vec<(String, String)> {
        let mut lengths = Lengths::default();
        for value in values {
            let key = Key::of(value);
            lengths.add(key.class, key.chars);
        }
        let mut all = Vec::new();
        let begins = |beginning: &str| {
            let keys = values.iter().map(|value| Key::of(value));
            keys.into_iter()
                .any(|key| key.beginning() == Some(beginning))
        };
        offer(text, lengths, begins, |stretch| {
            let written = stretch.span.slice(text).unwrap().to_owned();
            all.push((stretch.key.to_owned(), written));
        });
        all
    }

    #[test]
    fn a_value_is_offered_however_it_is_written() {
        for (value, text, written) in [
            ("张三", "请张三签字", "张三"),
            ("张三", "张 三", "张 三"),
            ("John Smith", "ask JOHN  Smith.", "JOHN  Smith"),
            ("O'Brien, Ann", "mrs O’Brien (Ann)", "O’Brien (Ann"),
            (
                "6222020200112233",
                "卡号6222 0202-0011 2233。",
                "6222 0202-0011 2233",
            ),
            ("13812345678", "tel13812345678", "13812345678"),
            ("13812345678", "+8613812345678", "13812345678"),
            ("YH-2025-ab12", "合同YH2025AB12", "YH2025AB12"),
            (
                "北京明月科技有限公司",
                "致北京明月科技有限公司：",
                "北京明月科技有限公司",
            ),
            ("José", "Jose\u{301} came", "Jose"),
        ] {
            let key = Key::of(value).text;
            let all = offered(text, &[value]);
            assert!(all.contains(&(key, written.to_owned())), "{text}: {all:?}");
        }
    }

    #[test]
    fn parts_of_words_and_numbers_are_not_offered() {
        for (value, text) in [
            ("Ann", "Anna hanna"),
            ("12345", "1234567 x12345"),
            ("张三", "张，三"),
            ("北京明月科技有限公司", "上海明月科技有限公司"),
        ] {
            let key = Key::of(value).text;
            let all = offered(text, &[value]);
            assert!(all.iter().all(|(k, _)| *k != key), "{text}: {all:?}");
        }
    }

    #[test]
    fn every_place_starts_a_bounded_number_and_long_runs_lose_nothing() {
        let text = "张三".repeat(SEGMENT_TOKENS);
        let all = offered(&text, &["张三", "李四海"]);
        let found = all.iter().filter(|(key, _)| key == "张三").count();
        assert!(found >= SEGMENT_TOKENS && all.len() < 5 * SEGMENT_TOKENS);
        let words = "ann ".repeat(1000);
        assert!(offered(&words, &["ann", "ann ann", "ann ann ann ann ann"]).len() <= 2000);
    }
}
