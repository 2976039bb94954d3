//! The kinds of values that a policy file is made of, each with the place where it stands.
//!
//! Knows no word of the policy language.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};

use super::fault::Spot;

/// A word, a name or a text, and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) spot: Spot,
}

/// A whole number, and where it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Number {
    pub(super) value: u64,
    pub(super) spot: Spot,
}

/// That a key is there, with anything under it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Present {
    pub(super) spot: Spot,
}

/// One value, and where it begins.
#[derive(Debug, Clone)]
pub(super) struct Placed<T> {
    pub(super) value: T,
    pub(super) spot: Spot,
}

/// A mapping with names chosen by the author, in the order of the file.
#[derive(Debug, Clone)]
pub(super) struct Entries<T>(pub(super) Vec<(Word, T)>);

/// One word, or a list of words.
#[derive(Debug, Clone, Default)]
pub(super) struct Words(pub(super) Vec<Word>);

/// One word, a list of words, or a mapping.
#[derive(Debug, Clone)]
pub(super) enum WordsOr<T> {
    Words(Words),
    Map(T),
}

/// The parser's place in bytes; the beginning of the file where it knows none.
pub(super) fn spot_of(at: Location) -> Spot {
    let span = at.span();
    let bytes = span.byte_offset().zip(span.byte_len());
    bytes.map_or_else(Spot::default, |(start, len)| Spot {
        start: start as usize,
        len: len as usize,
    })
}

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = Spanned::<String>::deserialize(deserializer)?;
        Ok(Self {
            text: read.value,
            spot: spot_of(read.referenced),
        })
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = Spanned::<u64>::deserialize(deserializer)?;
        Ok(Self {
            value: read.value,
            spot: spot_of(read.referenced),
        })
    }
}

impl<'de> Deserialize<'de> for Present {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = Spanned::<IgnoredAny>::deserialize(deserializer)?;
        Ok(Self {
            spot: spot_of(read.referenced),
        })
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Placed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = Spanned::<T>::deserialize(deserializer)?;
        Ok(Self {
            value: read.value,
            spot: spot_of(read.referenced),
        })
    }
}

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match WordsOr::<Never>::deserialize(deserializer)? {
            WordsOr::Words(words) => Ok(words),
            WordsOr::Map(never) => match never {},
        }
    }
}

/// Stands for the mapping where none is allowed.
#[derive(Debug, Clone, Copy)]
enum Never {}

impl<'de> Deserialize<'de> for Never {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(de::Error::invalid_type(
            de::Unexpected::Map,
            &"a name or a list of names",
        ))
    }
}

/// What stands at a place; a lone word gets its place from around it.
enum Shape<T> {
    One(String),
    Many(Vec<Word>),
    Map(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for WordsOr<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = Spanned::<Shape<T>>::deserialize(deserializer)?;
        let spot = spot_of(read.referenced);
        Ok(match read.value {
            Shape::One(text) => Self::Words(Words(vec![Word { text, spot }])),
            Shape::Many(words) => Self::Words(Words(words)),
            Shape::Map(map) => Self::Map(map),
        })
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Shape<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ShapeVisitor(PhantomData))
    }
}

struct ShapeVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ShapeVisitor<T> {
    type Value = Shape<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name, a list of names or a mapping")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Shape::One(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut words = Vec::new();
        while let Some(word) = items.next_element()? {
            words.push(word);
        }
        Ok(Shape::Many(words))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Shape::Map)
    }
}

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntriesVisitor(PhantomData))
    }
}

struct EntriesVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for EntriesVisitor<T> {
    type Value = Entries<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping of names")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Entries(entries))
    }
}
