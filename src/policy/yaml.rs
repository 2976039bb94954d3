//! Reads YAML into the raw structs, keeping the place of every word.
//!
//! Knows YAML and its limits; knows no word of the policy language.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{
    DefaultMessageFormatter, DuplicateKeyPolicy, Error, Location, MergeKeyPolicy, MessageFormatter,
    Options, Spanned,
};

use super::fault::{Faults, Spot};
use super::raw::RawPolicy;
use super::words::suggestion;

/// Largest policy file, in bytes: hundreds of times what people write.
const MAX_BYTES: usize = 4 << 20;

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

/// Reads the file; a fault in its form ends the reading, since what follows can't be trusted.
pub(super) fn read(source: &str, faults: &mut Faults) -> Option<RawPolicy> {
    if source.len() > MAX_BYTES {
        let message = format!("the file has {} bytes; at most {MAX_BYTES} are read", source.len());
        faults.add(Spot::default(), message, "here", None);
        return None;
    }
    match serde_saphyr::from_str_with_options::<RawPolicy>(source, options()) {
        Ok(raw) => Some(raw),
        Err(error) => {
            report(&error, source, faults);
            None
        }
    }
}

fn options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_documents: 1,
            max_depth: 24,
            max_nodes: 200_000,
            max_aliases: 200,
            max_anchors: 200,
            max_total_scalar_bytes: MAX_BYTES,
        },
        duplicate_keys: DuplicateKeyPolicy::Error,
        merge_keys: MergeKeyPolicy::Error,
        strict_booleans: true,
        with_snippet: false,
    }
}

fn report(error: &Error, source: &str, faults: &mut Faults) {
    let error = error.without_snippet();
    let spot = error.location().map_or_else(Spot::default, |at| spot_of(at, Some(source)));
    match error {
        Error::SerdeUnknownField { field, expected, .. } => {
            let mut help = suggestion(field, expected.iter().copied());
            if field.contains(' ') {
                help.push_str("; a text with a comma or a colon in it needs quotes");
            }
            faults.add(spot, format!("unknown key `{field}`"), "not a key here", help);
        }
        Error::SerdeMissingField { field, .. } => {
            let help = format!("add `{field}: …`");
            faults.add(spot, format!("the key `{field}` is missing"), "missing beside this", help);
        }
        Error::DuplicateMappingKey { key, .. } => {
            let key = key.as_deref().unwrap_or("?");
            let help = "keep one of the two; a second one would silently replace the first";
            faults.add(spot, format!("the key `{key}` stands here twice"), "again", help.to_owned());
        }
        Error::SerdeInvalidType { unexpected, expected, .. }
        | Error::SerdeInvalidValue { unexpected, expected, .. } => {
            faults.add(spot, format!("expected {expected}, found {unexpected}"), "here", None);
        }
        Error::SerdeInvalidLength { expected, .. } => {
            faults.add(spot, format!("expected {expected}"), "here", None);
        }
        Error::Budget { .. } => {
            let message = "the file is larger or deeper than a policy can be";
            faults.add(spot, message, "the limit is reached here", None);
        }
        other => faults.add(spot, plain(other), "here", None),
    }
}

/// The parser's other messages; those that name Rust's types in words that staff know.
fn plain(error: &Error) -> String {
    match error {
        Error::InvalidScalar { ty: "u64", .. } => "expected a whole number".to_owned(),
        Error::InvalidScalar { ty: "bool", .. } | Error::InvalidBooleanStrict { .. } => {
            "expected `true` or `false`".to_owned()
        }
        Error::NullIntoString { .. } => "a value is missing here".to_owned(),
        Error::Unexpected { expected: "sequence start", .. } => "expected a list".to_owned(),
        Error::Unexpected { expected: "mapping start", .. } => "expected a mapping".to_owned(),
        Error::Unexpected { expected: "string scalar", .. } => "expected a text".to_owned(),
        other => DefaultMessageFormatter.format_message(other).into_owned(),
    }
}

/// Byte positions from the parser's; it gives characters where bytes aren't known.
fn spot_of(at: Location, source: Option<&str>) -> Spot {
    let span = at.span();
    match (span.byte_offset(), span.byte_len()) {
        (Some(start), Some(len)) => Spot { start: start as usize, len: len as usize },
        _ => {
            let characters = |count: u64| {
                let mut found = source.unwrap_or_default().char_indices();
                found.nth(count as usize).map_or(source.map_or(0, str::len), |(at, _)| at)
            };
            let start = characters(span.offset());
            Spot { start, len: characters(span.offset() + span.len()) - start }
        }
    }
}

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = Spanned::<String>::deserialize(deserializer)?;
        Ok(Self { text: read.value, spot: spot_of(read.referenced, None) })
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = Spanned::<u64>::deserialize(deserializer)?;
        Ok(Self { value: read.value, spot: spot_of(read.referenced, None) })
    }
}

impl<'de> Deserialize<'de> for Present {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = Spanned::<IgnoredAny>::deserialize(deserializer)?;
        Ok(Self { spot: spot_of(read.referenced, None) })
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Placed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = Spanned::<T>::deserialize(deserializer)?;
        Ok(Self { value: read.value, spot: spot_of(read.referenced, None) })
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
        Err(de::Error::invalid_type(de::Unexpected::Map, &"a name or a list of names"))
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
        let spot = spot_of(read.referenced, None);
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
