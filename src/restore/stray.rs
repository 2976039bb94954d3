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
    /// Moves on by one character.
    pub(super) fn advance(&mut self, character: char) {
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
