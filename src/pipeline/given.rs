//! What a request gave the model, and so what of a reply is not new: its texts, those of its files, and the surrogates
//! that stand for its values.
//!
//! Compared is what a reader compares: letters and digits, whatever their case, width and grouping. A value that is
//! short must stand there as a word of its own; a name is given if all its words are.

use crate::base::EntityType;
use crate::protocol::Request;
use crate::vault::RestoreMap;
use memchr::memmem;
use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use super::files::Opened;

/// From so many bytes of letters and digits on, a value counts as given however its groups are parted.
const UNMISTAKABLE_BYTES: usize = 7;

/// Words beside names that make no other name of them.
const TITLES: &[&str] = &[
    "mr",
    "mrs",
    "ms",
    "miss",
    "dr",
    "prof",
    "professor",
    "sir",
    "madam",
];

/// The code of China, in front of its numbers or not.
const COUNTRY_CODES: &[&str] = &["0086", "86"];

/// What a request gave the model.
pub(super) struct Given {
    request: Arc<Request>,
    files: Vec<String>,
    surrogates: Arc<RestoreMap>,
    index: OnceLock<Index>,
}

/// Everything that was given.
struct Index {
    /// Its words, a space before and behind each.
    words: String,
    /// The same without spaces.
    packed: String,
}

impl Given {
    /// With the request's files, as far as they were opened, and the surrogates that it issued.
    pub(super) fn new(
        request: Arc<Request>,
        files: &[Opened],
        surrogates: Arc<RestoreMap>,
    ) -> Self {
        let texts = files.iter().flat_map(Opened::texts);
        Self {
            request,
            files: texts.map(Cow::into_owned).collect(),
            surrogates,
            index: OnceLock::new(),
        }
    }

    /// Whether this value was among it.
    pub(super) fn holds(&self, entity: EntityType, value: &str) -> bool {
        let value = words_of([value].into_iter());
        self.index.get_or_init(|| self.read()).holds(entity, &value)
    }

    /// Reads everything: once, when the first finding comes.
    fn read(&self) -> Index {
        let parts = self.request.parts().iter();
        let surrogates = self.surrogates.iter().map(|(surrogate, _, _)| surrogate);
        let texts = parts.map(|part| self.request.text(part));
        Index::of(
            texts
                .chain(self.files.iter().map(String::as_str))
                .chain(surrogates),
        )
    }
}

impl Index {
    fn of<'t>(texts: impl Iterator<Item = &'t str>) -> Self {
        let words = words_of(texts);
        let packed = packed(&words);
        Self { words, packed }
    }

    fn holds(&self, entity: EntityType, value: &str) -> bool {
        let has = |words: &str| memmem::find(self.words.as_bytes(), words.as_bytes()).is_some();
        let close = packed(value);
        let long = |close: &str| {
            close.len() >= UNMISTAKABLE_BYTES
                && memmem::find(self.packed.as_bytes(), close.as_bytes()).is_some()
        };
        let home = COUNTRY_CODES.iter().filter_map(|code| {
            let digits = close.bytes().all(|b| b.is_ascii_digit());
            close.strip_prefix(code).filter(|_| digits)
        });
        // Han characters have no spaces between words.
        let han = || {
            close.len() > 3
                && !close.is_ascii()
                && memmem::find(self.packed.as_bytes(), close.as_bytes()).is_some()
        };
        let name = || {
            let mut own = value
                .split_whitespace()
                .filter(|word| word.len() > 1 && !TITLES.contains(word))
                .peekable();
            own.peek().is_some() && own.all(|word| has(&format!(" {word} ")))
        };
        close.is_empty()
            || has(value)
            || long(&close)
            || home.into_iter().any(long)
            || han()
            || entity.as_str() == "PERSON" && name()
    }
}

/// Letters and digits in small letters, a space before and behind each run of them.
fn words_of<'t>(texts: impl Iterator<Item = &'t str>) -> String {
    let mut words = String::from(" ");
    for text in texts {
        for c in text.chars() {
            let c = narrow(c);
            if c.is_alphanumeric() {
                words.extend(c.to_lowercase());
            } else if !words.ends_with(' ') {
                words.push(' ');
            }
        }
        if !words.ends_with(' ') {
            words.push(' ');
        }
    }
    words
}

fn packed(words: &str) -> String {
    words.split(' ').collect()
}

/// Full-width ASCII: U+FF01 to U+FF5E are ASCII 0x21 to 0x7E.
fn narrow(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_given_is_known_in_any_spelling() {
        let texts = [
            "客户张三丰，电话１３８-1234-5678",
            "John Smith <lena.fischer@example.org>, PIN 4711",
            "PERSON_0ABC4DEFGH",
        ];
        let index = Index::of(texts.into_iter());
        for (entity, value, known) in [
            ("CN_MOBILE", "138 1234 5678", true),
            ("CN_MOBILE", "+86 13812345678", true),
            ("CN_MOBILE", "13812345679", false),
            ("PERSON", "张三丰", true),
            ("PERSON", "李四", false),
            ("PERSON", "Mr. Smith", true),
            ("PERSON", "Smith, John", true),
            ("PERSON", "John Miller", false),
            ("EMAIL", "Lena.Fischer@Example.org", true),
            ("EMAIL", "lena@example.org", false),
            ("PIN", "4711", true),
            ("PIN", "471", false),
            ("PERSON", "person-0abc4defgh", true),
            ("PERSON", "…", true),
        ] {
            let entity = EntityType::named(entity).unwrap();
            let words = words_of([value].into_iter());
            assert_eq!(index.holds(entity, &words), known, "{value}");
        }
    }
}
