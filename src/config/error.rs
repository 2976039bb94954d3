//! What is wrong with the configuration, said with the key, its source, and the nearest key that exists.
//!
//! Never a value: it may be a credential in the wrong place.

use figment::error::{Actual, Kind};
use figment::{Figment, Metadata, Source};
use std::path::PathBuf;

/// Why the configuration can't be used; each is for the one who runs the gateway to mend.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file isn't there or may not be read.
    #[error("can't read the configuration `{path}`: {source}", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A key or a value that can't be used; the text names key and source.
    #[error("{0}")]
    Wrong(String),
    /// Both ways of giving the KEK are used.
    #[error("`keys.kek_file` and `keys.kek_env` are both set: set one")]
    TwoKeks,
    /// There is no place for data.
    #[error(
        "`data.folder` is not set, and neither `XDG_DATA_HOME` nor `HOME` names a folder: set one"
    )]
    NoDataFolder,
}

/// Says what figment found.
pub(super) fn explain(error: &figment::Error, figment: &Figment) -> ConfigError {
    let mut path = error.path.clone();
    let mut metadata = error.metadata.clone();
    if let Kind::UnknownField(key, _) = &error.kind {
        // figment leaves the key itself out of the path where `kind` chose the struct.
        if path.last() != Some(key) {
            path.push(key.clone());
        }
        metadata = figment.find_metadata(&path.join(".")).cloned().or(metadata);
    }
    let path = path.join(".");
    let place = metadata.as_ref().map(place).unwrap_or_default();
    let text = match &error.kind {
        Kind::UnknownField(key, known) => {
            format!("unknown key `{path}`{place}: {}", instead(key, known))
        }
        Kind::UnknownVariant(word, known) => {
            format!("unknown word for `{path}`{place}: {}", instead(word, known))
        }
        Kind::MissingField(key) => format!("`{path}`{place} has no key `{key}`: add it"),
        Kind::InvalidType(found, expected) => {
            format!("`{path}`{place} must be {expected}, not {}", name(found))
        }
        Kind::InvalidValue(_, expected) => format!("`{path}`{place} must be {expected}"),
        Kind::Message(message) if path.is_empty() => {
            format!("syntax error{place}: {}", without_source(message))
        }
        Kind::Message(message) => format!("`{path}`{place}: {}", without_source(message)),
        _ => format!("`{path}`{place} can't be used"),
    };
    ConfigError::Wrong(text)
}

fn place(metadata: &Metadata) -> String {
    match &metadata.source {
        Some(Source::File(file)) => format!(" in `{}`", file.display()),
        _ => format!(" in {}", metadata.name),
    }
}

/// The nearest word, or all of them where none is near.
fn instead(word: &str, known: &[&str]) -> String {
    let near = known
        .iter()
        .map(|known| (strsim::damerau_levenshtein(word, known), known));
    match near.min_by_key(|(distance, _)| *distance) {
        Some((distance, known)) if distance <= known.len().max(4) / 3 => {
            format!("did you mean `{known}`?")
        }
        _ => format!("known are `{}`", known.join("`, `")),
    }
}

const fn name(found: &Actual) -> &'static str {
    match found {
        Actual::Bool(_) => "true or false",
        Actual::Unsigned(_) | Actual::Signed(_) => {
            "a number (in an environment variable, put text that looks like one in double quotes)"
        }
        Actual::Float(_) => "a decimal number",
        Actual::Char(_) | Actual::Str(_) => "text",
        Actual::Seq => "a list",
        Actual::Map => "a table",
        _ => "that",
    }
}

/// A parser's message without the line of the file that it quotes.
fn without_source(message: &str) -> String {
    let quoted = |line: &str| {
        let line = line.trim_start();
        line.trim_start_matches(|c: char| c.is_ascii_digit())
            .trim_start()
            .starts_with('|')
    };
    let kept: Vec<&str> = message
        .lines()
        .filter(|line| !quoted(line) && !line.is_empty())
        .collect();
    kept.join(", ")
}
