//! `WordPiece`: text to the tokens of BERT-like models, each with its place in the text.
//!
//! The rules are BERT's (J. Devlin et al., 2018; `tokenization.py`): control characters dropped, Chinese characters and punctuation apart,
//! optionally lower case without accents, then the longest known pieces of each word. Refuses to know: models.

use crate::base::Span;
use foldhash::HashMap;
use unicode_normalization::char::{decompose_canonical, is_combining_mark};

/// Longer words are unknown (BERT's `max_input_chars_per_word`).
const MOST_CHARS: usize = 100;
/// What joins a piece to the one before.
const CONTINUES: &str = "##";

/// Why a vocabulary can't be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VocabularyError {
    /// `[UNK]`, `[CLS]` or `[SEP]` is not in it.
    #[error(
        "the vocabulary lacks [UNK], [CLS] or [SEP]; give a WordPiece vocabulary, one piece a line"
    )]
    Special,
}

/// One token of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    /// Its number in the vocabulary.
    pub(super) id: u32,
    /// Where, in bytes of the text.
    pub(super) span: Span,
    /// Whether a word begins here.
    pub(super) first: bool,
}

/// A vocabulary and how text is read before it.
#[derive(Debug)]
pub(super) struct WordPiece {
    pieces: HashMap<Box<str>, u32>,
    lower: bool,
    pub(super) unknown: u32,
    pub(super) begin: u32,
    pub(super) end: u32,
}

impl WordPiece {
    /// From the pieces in their order; `lower` for models that read lower case without accents.
    pub(super) fn new<'a>(
        pieces: impl Iterator<Item = &'a str>,
        lower: bool,
    ) -> Result<Self, VocabularyError> {
        let pieces: HashMap<Box<str>, u32> = pieces.zip(0..).map(|(p, i)| (p.into(), i)).collect();
        let special = |name| pieces.get(name).copied().ok_or(VocabularyError::Special);
        Ok(Self {
            unknown: special("[UNK]")?,
            begin: special("[CLS]")?,
            end: special("[SEP]")?,
            pieces,
            lower,
        })
    }

    /// How many pieces it has.
    pub(super) fn len(&self) -> usize {
        self.pieces.len()
    }

    /// The tokens of a text, in order, without the two that stand around.
    pub(super) fn tokens(&self, text: &str) -> Vec<Token> {
        let mut out = Vec::with_capacity(text.len() / 3);
        let mut word = Word::default();
        for (at, c) in text.char_indices() {
            if is_dropped(c) {
                continue;
            }
            let alone = is_punctuation(c) || is_chinese(c);
            if alone || c.is_whitespace() {
                self.split(&mut word, &mut out);
            }
            if !c.is_whitespace() {
                self.take(&mut word, Span::new(at, at + c.len_utf8()), c);
            }
            if alone {
                self.split(&mut word, &mut out);
            }
        }
        self.split(&mut word, &mut out);
        out
    }

    /// Adds one character to a word, as the model reads it.
    fn take(&self, word: &mut Word, span: Span, c: char) {
        if !self.lower {
            return word.push(c, span);
        }
        decompose_canonical(c, |part| {
            if !is_combining_mark(part) {
                part.to_lowercase().for_each(|lower| word.push(lower, span));
            }
        });
    }

    /// Takes the longest known piece again and again; a word with an unknown rest is unknown.
    fn split(&self, word: &mut Word, out: &mut Vec<Token>) {
        let (before, mut from) = (out.len(), 0);
        while from < word.origin.len() && word.origin.len() <= MOST_CHARS {
            let Some((id, to)) = self.longest(word, from) else {
                out.truncate(before);
                break;
            };
            out.push(Token {
                id,
                span: word.span(from, to),
                first: from == 0,
            });
            from = to;
        }
        if out.len() == before && !word.origin.is_empty() {
            out.push(Token {
                id: self.unknown,
                span: word.span(0, word.origin.len()),
                first: true,
            });
        }
        word.clear();
    }

    /// The longest piece that begins at a character of the word, and the character after it.
    fn longest(&self, word: &Word, from: usize) -> Option<(u32, usize)> {
        let joint = if from == 0 { 0 } else { CONTINUES.len() };
        let start = *word.starts.get(from)?;
        let mut piece = String::with_capacity(word.text.len() + joint);
        piece.push_str(CONTINUES.get(..joint)?);
        piece.push_str(word.text.get(start..)?);
        for to in (from + 1..=word.origin.len()).rev() {
            let end = word.starts.get(to).map_or(word.text.len(), |end| *end);
            piece.truncate(end - start + joint);
            if let Some(id) = self.pieces.get(&*piece) {
                return Some((*id, to));
            }
        }
        None
    }
}

/// One word as the model reads it, and where each of its characters came from.
#[derive(Debug, Default)]
struct Word {
    text: String,
    starts: Vec<usize>,
    origin: Vec<Span>,
}

impl Word {
    fn push(&mut self, c: char, span: Span) {
        // A word past the limit is unknown whatever follows.
        if self.origin.len() <= MOST_CHARS {
            self.starts.push(self.text.len());
            self.text.push(c);
            self.origin.push(span);
        } else if let Some(last) = self.origin.last_mut() {
            last.end = span.end;
        }
    }

    fn span(&self, from: usize, to: usize) -> Span {
        let (first, last) = (self.origin.get(from), self.origin.get(to.saturating_sub(1)));
        first
            .zip(last)
            .map_or(Span::new(0, 0), |(a, b)| Span::new(a.start, b.end))
    }

    fn clear(&mut self) {
        self.text.clear();
        self.starts.clear();
        self.origin.clear();
    }
}

/// NUL, the replacement character and controls; tabs and line ends are spaces.
fn is_dropped(c: char) -> bool {
    let zero_width = matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{ad}');
    c == '\u{fffd}' || zero_width || (c.is_control() && !matches!(c, '\t' | '\n' | '\r'))
}

/// ASCII that is neither letter, digit nor space, and the Unicode blocks of punctuation.
fn is_punctuation(c: char) -> bool {
    c.is_ascii_punctuation()
        || matches!(c, '¡' | '§' | '«' | '¶' | '·' | '»' | '¿' | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205e}'
            | '\u{3001}'..='\u{3003}' | '\u{3008}'..='\u{3011}' | '\u{3014}'..='\u{301f}' | '\u{30fb}'
            | '\u{ff01}'..='\u{ff0f}' | '\u{ff1a}'..='\u{ff20}' | '\u{ff3b}'..='\u{ff3d}' | '\u{ff3f}' | '\u{ff5b}' | '\u{ff5d}' | '\u{ff5f}'..='\u{ff65}')
}

/// The CJK blocks that BERT sets apart; kana and Hangul are written in words.
const fn is_chinese(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '\u{20000}'..='\u{2a6df}' | '\u{2a700}'..='\u{2ceaf}'
        | '\u{f900}'..='\u{faff}' | '\u{2f800}'..='\u{2fa1f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIECES: &str =
        "[PAD] [UNK] [CLS] [SEP] un ##aff ##able Un hello , 张 三 strasse eleve ##s x";

    fn read(lower: bool, text: &str) -> Vec<(u32, &str, bool)> {
        let pieces = WordPiece::new(PIECES.split(' '), lower).unwrap();
        let tokens = pieces.tokens(text).into_iter();
        tokens
            .map(|t| (t.id, t.span.slice(text).unwrap(), t.first))
            .collect()
    }

    #[test]
    fn pieces_know_their_place_in_the_text() {
        type Case = (bool, &'static str, &'static [(u32, &'static str, bool)]);
        let cases: &[Case] = &[
            (
                true,
                "UNaffable, Hello",
                &[
                    (4, "UN", true),
                    (5, "aff", false),
                    (6, "able", false),
                    (9, ",", true),
                    (8, "Hello", true),
                ],
            ),
            (false, "Un un", &[(7, "Un", true), (4, "un", true)]),
            (
                true,
                "张三hello",
                &[(10, "张", true), (11, "三", true), (8, "hello", true)],
            ),
            (
                true,
                "\u{feff}Élèves",
                &[(13, "Élève", true), (14, "s", false)],
            ),
            (true, "e\u{301}leve", &[(13, "e\u{301}leve", true)]),
            (true, "zebra x", &[(1, "zebra", true), (15, "x", true)]),
            (true, " \t\n", &[]),
        ];
        for (lower, text, wanted) in cases {
            assert_eq!(read(*lower, text), *wanted, "{text}");
        }
    }

    #[test]
    fn words_past_the_limit_are_one_unknown_token() {
        let long = "x".repeat(100_000);
        assert_eq!(read(true, &long), [(1, &*long, true)]);
    }

    #[test]
    fn a_vocabulary_without_its_special_pieces_is_an_error() {
        let vocabulary = WordPiece::new(["[UNK]", "a"].into_iter(), true);
        assert_eq!(vocabulary.err(), Some(VocabularyError::Special));
    }
}
