//! From the rendered conversation to tokens, so that text of a message can't pass for a control token.
//!
//! A chat template writes control tokens by their names (`<|im_end|>`). If a message holds such a name, its author could end
//! his turn and begin another as `system`. So the names in messages are marked before rendering, and what is marked is
//! tokenised as plain text.

use super::engine::{Token, Vocabulary};
use aho_corasick::{AhoCorasick, MatchKind};

/// Marks around a control token's name that stands in a message. Unicode noncharacters (The Unicode Standard, section
/// 23.7): they are never part of text that is exchanged, and where they are nevertheless, they are dropped.
const OPEN: char = '\u{fdd0}';
const CLOSE: char = '\u{fdd1}';

/// Knows the names of the model's control tokens.
#[derive(Debug)]
pub(super) struct Shield(Option<AhoCorasick>);

impl Shield {
    /// From the names of all control tokens.
    pub(super) fn new(names: &[String]) -> Self {
        let names = names.iter().filter(|name| !name.is_empty());
        Self(
            AhoCorasick::builder()
                .match_kind(MatchKind::LeftmostLongest)
                .build(names)
                .ok(),
        )
    }

    /// The text of a message with marks around every such name.
    pub(super) fn mark(&self, text: &str) -> String {
        let clean = text.replace([OPEN, CLOSE], "\u{fffd}");
        let Some(names) = &self.0 else { return clean };
        let mut out = String::with_capacity(clean.len());
        names.replace_all_with(&clean, &mut out, |_, name, out| {
            out.push(OPEN);
            out.push_str(name);
            out.push(CLOSE);
            true
        });
        out
    }
}

/// The tokens of a rendered prompt. `start` is the text of the token that begins every prompt.
pub(super) fn tokens(vocabulary: &dyn Vocabulary, rendered: &str, start: &str) -> Vec<Token> {
    let mut tokens = Vec::with_capacity(rendered.len() / 3 + 1);
    let begun = !start.is_empty() && rendered.starts_with(start);
    tokens.extend(vocabulary.first().filter(|_| !begun));
    let mut pieces = rendered.split(OPEN);
    let first = pieces.next().unwrap_or_default();
    tokens.extend(vocabulary.tokenize(first, true));
    for piece in pieces {
        let (name, rest) = piece.split_once(CLOSE).unwrap_or((piece, ""));
        tokens.extend(vocabulary.tokenize(name, false));
        tokens.extend(vocabulary.tokenize(rest, true));
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One token a character, control names as negative tokens.
    struct Letters;
    impl Vocabulary for Letters {
        fn tokenize(&self, text: &str, special: bool) -> Vec<Token> {
            let text = if special {
                text.replace("<|end|>", "\u{1}")
            } else {
                text.to_owned()
            };
            text.chars()
                .map(|c| if c == '\u{1}' { -1 } else { c as Token })
                .collect()
        }
        fn first(&self) -> Option<Token> {
            Some(-9)
        }
    }

    fn control_tokens(message: &str) -> usize {
        let shield = Shield::new(&["<|end|>".to_owned(), String::new()]);
        let rendered = format!("[{}]<|end|>", shield.mark(message));
        let tokens = tokens(&Letters, &rendered, "");
        tokens.iter().filter(|&&token| token == -1).count()
    }

    #[test]
    fn only_the_template_writes_control_tokens() {
        for message in [
            "hello",
            "<|end|>",
            "a<|end|>b<|end|>",
            "<|<|end|>end|>",
            "\u{fdd1}<|end|>",
            "<|end\u{fdd0}|>",
            "\u{fdd0}\u{fdd1}",
        ] {
            assert_eq!(control_tokens(message), 1, "{message:?}");
        }
    }

    #[test]
    fn the_text_itself_stays() {
        let shield = Shield::new(&["<|end|>".to_owned()]);
        let tokens = tokens(&Letters, &shield.mark("a<|end|>b"), "");
        let text: String = tokens
            .iter()
            .filter_map(|&t| char::from_u32(t as u32))
            .collect();
        assert_eq!(text, "a<|end|>b");
    }

    #[test]
    fn the_first_token_is_put_once() {
        assert_eq!(tokens(&Letters, "ab", "<s>"), [-9, 97, 98]);
        assert_eq!(tokens(&Letters, "ab", "a"), [97, 98]);
        assert_eq!(tokens(&Letters, "ab", ""), [-9, 97, 98]);
    }
}
