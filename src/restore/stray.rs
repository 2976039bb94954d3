//! Counts text that has the form of a surrogate and that this request did not issue.

use crate::base::EntityType;

/// Longest word that is looked at, in bytes: a type name of 40, `_` and ten characters, and one to spare.
const LONGEST: usize = 52;

/// Characters of a surrogate's code: Crockford's base 32.
const CODE: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Watches words as they go by.
#[derive(Debug, Clone, Default)]
pub(super) struct Strays {
    word: String,
    count: u32,
}

impl Strays {
    /// Moves on past `text`.
    pub(super) fn advance_all(&mut self, text: &str) {
        if text.contains('_') || self.word.contains('_') {
            return text.chars().for_each(|character| self.advance(character));
        }
        // No word that ends in here has the form: only the one that may go on is looked at.
        let inside = text
            .bytes()
            .rev()
            .take_while(u8::is_ascii_alphanumeric);
        let last = inside.count();
        if last < text.len() {
            self.word.clear();
        }
        let from = text.len() - last;
        let to = text.len().min(from + LONGEST - self.word.len());
        self.word.push_str(text.get(from..to).unwrap_or_default());
    }

    /// Moves on by one character.
    fn advance(&mut self, character: char) {
        if character.is_ascii_alphanumeric() || character == '_' {
            if self.word.len() < LONGEST {
                self.word.push(character);
            }
        } else {
            self.end_word();
        }
    }

    /// Ends the word that was going on.
    pub(super) fn end_word(&mut self) {
        if !self.word.is_empty() {
            self.count += u32::from(has_form(&self.word));
            self.word.clear();
        }
    }

    /// How many there were.
    pub(super) fn count(&self) -> u32 {
        self.count
    }
}

/// `TYPE_` and ten characters of which at least two are digits, with a type that is known.
fn has_form(word: &str) -> bool {
    let Some((entity, code)) = word.rsplit_once('_') else {
        return false;
    };
    code.len() == 10
        && code.chars().all(|c| CODE.contains(c))
        && code.bytes().filter(u8::is_ascii_digit).count() >= 2
        && EntityType::named(entity).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn a_text_at_once_is_its_characters_one_by_one(
            pieces in proptest::collection::vec("[ ,张A_]{0,2}(EMAIL_XT940KMVKT|EMAIL_X|[A-Za-z0-9]{0,60})", 0..6),
        ) {
            let (mut at_once, mut one_by_one) = (Strays::default(), Strays::default());
            for piece in &pieces {
                at_once.advance_all(piece);
                piece.chars().for_each(|character| one_by_one.advance(character));
                let (a, b) = (&at_once, &one_by_one);
                proptest::prop_assert_eq!((&a.word, a.count), (&b.word, b.count));
            }
        }
    }

    #[test]
    fn only_the_full_form_counts() {
        let count = |text: &str| {
            let mut strays = Strays::default();
            text.chars().for_each(|c| strays.advance(c));
            strays.end_word();
            strays.count()
        };
        assert_eq!(count("ask EMAIL_XT940KMVKT, 或CN_MOBILE_0123456789。"), 2);
        for text in [
            "EMAIL_XT940KMVK",
            "EMAIL_XT940KMVKTA",
            "SET_PARAMETERS",
            "NOTYPE_XT940KMVKT",
            "EMAIL_XTABCKMVKT",
        ] {
            assert_eq!(count(text), 0, "{text}");
        }
    }
}
