//! Reads a policy file's YAML into the raw structs, and puts what is wrong with its form into words.

use serde_saphyr::{
    DefaultMessageFormatter, DuplicateKeyPolicy, Error, Location, MergeKeyPolicy, MessageFormatter,
    Options,
};

use super::fault::{Faults, Spot};
use super::raw::RawPolicy;
use super::words::suggestion;
use super::yaml::spot_of;

/// Largest policy file, in bytes: hundreds of times what people write.
const MAX_BYTES: usize = 4 << 20;

/// Reads the file; a fault in its form ends the reading, since what follows can't be trusted.
pub(super) fn read(source: &str, faults: &mut Faults) -> Option<RawPolicy> {
    if source.len() > MAX_BYTES {
        let message = format!(
            "the file has {} bytes; at most {MAX_BYTES} are read",
            source.len()
        );
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
    let spot = error
        .location()
        .map_or_else(Spot::default, |at| place(at, source));
    match error {
        Error::SerdeUnknownField {
            field, expected, ..
        } => {
            let mut help = suggestion(field, expected.iter().copied());
            if field.contains(' ') {
                help.push_str("; a text with a comma or a colon in it needs quotes");
            }
            faults.add(
                spot,
                format!("unknown key `{field}`"),
                "not a key here",
                help,
            );
        }
        Error::SerdeMissingField { field, .. } => {
            let help = format!("add `{field}: …`");
            faults.add(
                spot,
                format!("the key `{field}` is missing"),
                "missing beside this",
                help,
            );
        }
        Error::DuplicateMappingKey { key, .. } => {
            let key = key.as_deref().unwrap_or("?");
            let help = "keep one of the two; a second one would silently replace the first";
            faults.add(
                spot,
                format!("the key `{key}` stands here twice"),
                "again",
                help.to_owned(),
            );
        }
        Error::SerdeInvalidType {
            unexpected,
            expected,
            ..
        }
        | Error::SerdeInvalidValue {
            unexpected,
            expected,
            ..
        } => {
            faults.add(
                spot,
                format!("expected {expected}, found {unexpected}"),
                "here",
                None,
            );
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

/// The parser's place in bytes; its scanner knows lines and columns (in characters) only.
fn place(at: Location, source: &str) -> Spot {
    if at.span().byte_offset().is_some() {
        return spot_of(at);
    }
    let before = (at.line() as usize).saturating_sub(1);
    let line_start: usize = source
        .split_inclusive('\n')
        .take(before)
        .map(str::len)
        .sum();
    let line = source.get(line_start..).unwrap_or_default();
    let column = (at.column() as usize).saturating_sub(1);
    let in_line = line
        .char_indices()
        .nth(column)
        .map_or(line.len(), |(byte, _)| byte);
    Spot {
        start: line_start + in_line,
        len: 1,
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
        Error::Unexpected {
            expected: "sequence start",
            ..
        } => "expected a list".to_owned(),
        Error::Unexpected {
            expected: "mapping start",
            ..
        } => "expected a mapping".to_owned(),
        Error::Unexpected {
            expected: "string scalar",
            ..
        } => "expected a text".to_owned(),
        other => DefaultMessageFormatter.format_message(other).into_owned(),
    }
}
