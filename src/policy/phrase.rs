//! A label or a sentence in the languages that staff read.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};

use crate::base::Language;

/// A label or a sentence: one text for everybody, or one each in English and Chinese.
///
/// ```yaml
/// label: 客户身份
/// label: {en: customer identity, zh: 客户身份}
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phrase {
    /// One text, in whatever language its author wrote it.
    Plain(String),
    /// The same in both languages.
    Both {
        /// English.
        en: String,
        /// Chinese.
        zh: String,
    },
}

impl Phrase {
    /// The same in both languages.
    pub(super) fn both(en: &str, zh: &str) -> Self {
        Self::Both { en: en.to_owned(), zh: zh.to_owned() }
    }

    /// The text for a reader of this language.
    pub fn text(&self, language: Language) -> &str {
        match (self, language) {
            (Self::Plain(text), _)
            | (Self::Both { en: text, .. }, Language::En)
            | (Self::Both { zh: text, .. }, Language::Zh) => text,
        }
    }

    /// Whether nothing is written in it, in one language at least.
    pub(super) fn is_blank(&self) -> bool {
        match self {
            Self::Plain(text) => text.trim().is_empty(),
            Self::Both { en, zh } => en.trim().is_empty() || zh.trim().is_empty(),
        }
    }
}

/// Every language there is, ` / ` between them: for a reader whose language isn't known.
impl fmt::Display for Phrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(text) => f.write_str(text),
            Self::Both { en, zh } => write!(f, "{zh} / {en}"),
        }
    }
}

const LANGUAGES: &[&str] = &["en", "zh"];

impl<'de> Deserialize<'de> for Phrase {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PhraseVisitor)
    }
}

struct PhraseVisitor;

impl<'de> Visitor<'de> for PhraseVisitor {
    type Value = Phrase;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, or one each as {en: …, zh: …}")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Phrase, E> {
        Ok(Phrase::Plain(text.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Phrase, A::Error> {
        let (mut en, mut zh) = (None, None);
        while let Some(language) = map.next_key::<String>()? {
            match language.as_str() {
                "en" => en = Some(map.next_value()?),
                "zh" => zh = Some(map.next_value()?),
                other => return Err(de::Error::unknown_field(other, LANGUAGES)),
            }
        }
        match (en, zh) {
            (Some(en), Some(zh)) => Ok(Phrase::Both { en, zh }),
            (Some(text), None) | (None, Some(text)) => Ok(Phrase::Plain(text)),
            (None, None) => Err(de::Error::invalid_length(0, &self)),
        }
    }
}
