//! Judges single words: names, entity types, numbers, and words of closed sets.

use std::ops::RangeInclusive;
use std::sync::Arc;

use crate::base::EntityType;
use crate::policy::fault::{Faults, Spot};
use crate::policy::model::DataClass;
use crate::policy::words::{Vocabulary, suggestion};
use crate::policy::yaml::{Number, Word, Words};

/// The value of a word that must be one of a closed set.
pub(super) fn word<V: Vocabulary>(word: &Word, faults: &mut Faults) -> Option<V> {
    let found = V::of(&word.text);
    if found.is_none() {
        unknown(word, V::WHAT, V::WORDS.iter().map(|(known, _)| *known), faults);
    }
    found
}

/// Notes that a name is none of those that are known here.
pub(super) fn unknown<'w>(
    word: &Word,
    what: &str,
    known: impl IntoIterator<Item = &'w str>,
    faults: &mut Faults,
) {
    let help = suggestion(&word.text, known);
    faults.add(word.spot, format!("unknown {what} `{}`", word.text), format!("no such {what}"), help);
}

/// A name that the author chose: 1–64 of `a–z`, `0–9`, `-`, `_` and `.`, since it goes into headers and logs.
pub(super) fn id(word: &Word, what: &str, faults: &mut Faults) -> Arc<str> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
    named(word, what, "lower-case letters a–z, digits, `-`, `_` and `.`", allowed, faults)
}

/// A version: 1–64 of `A–Z`, `a–z`, `0–9`, `-`, `_`, `.` and `+`.
pub(super) fn version(word: &Word, faults: &mut Faults) -> Arc<str> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.+".contains(c);
    named(word, "version", "letters A–Z and a–z, digits, `-`, `_`, `.` and `+`", allowed, faults)
}

fn named(
    word: &Word,
    what: &str,
    alphabet: &str,
    allowed: impl Fn(char) -> bool,
    faults: &mut Faults,
) -> Arc<str> {
    if !(1..=64).contains(&word.text.len()) || !word.text.chars().all(allowed) {
        let message = format!("invalid {what} name `{}`", word.text);
        let help = format!("expected 1–64 of {alphabet}; what people read goes into `label`");
        faults.add(word.spot, message, format!("{what} name"), help);
    }
    Arc::from(word.text.as_str())
}

/// A whole number in a range.
pub(super) fn number(
    number: Number,
    what: &str,
    range: &RangeInclusive<u32>,
    faults: &mut Faults,
) -> Option<u32> {
    let found = u32::try_from(number.value).ok().filter(|value| range.contains(value));
    if found.is_none() {
        let message = format!("`{what}` can't be {}", number.value);
        let help = format!("expected {} to {}", range.start(), range.end());
        faults.add(number.spot, message, "out of range", help);
    }
    found
}

/// A data level, 1–5.
pub(super) fn level(level: Number, what: &str, faults: &mut Faults) -> Option<u8> {
    number(level, what, &(1..=5), faults).and_then(|value| u8::try_from(value).ok())
}

/// Refuses a text with nothing in it.
pub(super) fn written(word: &Word, what: &str, faults: &mut Faults) {
    if word.text.trim().is_empty() {
        let message = format!("`{what}` is empty");
        faults.add(word.spot, message, "nothing is written here", format!("write the {what}, or drop the key"));
    }
}

/// The texts of a list.
pub(super) fn texts(words: Option<Words>) -> Vec<String> {
    words.unwrap_or_default().0.into_iter().map(|word| word.text).collect()
}

/// The entity types that this file may speak of: the built-in ones and those of its own recognizers.
#[derive(Debug, Default)]
pub(super) struct Entities {
    custom: Vec<EntityType>,
}

impl Entities {
    pub(super) fn add(&mut self, entity: EntityType) {
        self.custom.push(entity);
    }

    pub(super) fn all(&self) -> impl Iterator<Item = EntityType> + '_ {
        let own = |entity: &EntityType| *entity != EntityType::LIT;
        EntityType::built_in().filter(own).chain(self.custom.iter().copied())
    }

    pub(super) fn find(&self, name: &str) -> Option<EntityType> {
        self.all().find(|entity| entity.as_str() == name)
    }

    pub(super) fn one(&self, word: &Word, faults: &mut Faults) -> Option<EntityType> {
        if word.text == EntityType::LIT.as_str() {
            let message = "`LIT` is the gateway's own type";
            let help = "leave it out: text that looks like a surrogate always comes back as it was";
            faults.add(word.spot, message, "no policy decides on it", help.to_owned());
            return None;
        }
        let found = self.find(&word.text);
        if found.is_none() {
            unknown(word, "entity type", self.all().map(EntityType::as_str), faults);
        }
        found
    }

    pub(super) fn many(&self, words: &Words, faults: &mut Faults) -> Vec<EntityType> {
        words.0.iter().filter_map(|word| self.one(word, faults)).collect()
    }

    /// The types of data classes and single types, as rules and `restore` name them.
    pub(super) fn of_data(
        &self,
        words: &Words,
        classes: &[DataClass],
        faults: &mut Faults,
    ) -> Vec<EntityType> {
        let mut found = Vec::new();
        for word in &words.0 {
            if let Some(class) = classes.iter().find(|class| *class.name == *word.text) {
                found.extend(&class.include);
            } else if word.text.starts_with(|c: char| c.is_ascii_uppercase()) {
                found.extend(self.one(word, faults));
            } else {
                unknown(word, "data class", classes.iter().map(|class| &*class.name), faults);
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// Where a list stands, for a message about the whole of it.
pub(super) fn spot_of(words: &Words, otherwise: Spot) -> Spot {
    words.0.first().map_or(otherwise, |word| word.spot)
}
