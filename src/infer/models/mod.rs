//! Model files: which there are, which are here, and how they come here.
//!
//! A file counts as usable only when its SHA-256 is the expected one: of the catalogue, or of the user's word. [`Catalogue`]
//! names the files, [`Folder`] holds them, [`pull`] brings them.
//!
//! Refuses to know: what is inside a model file, and how to talk to the user ([`Progress`] is told).

mod caches;
mod catalogue;
mod digest;
mod folder;
mod hub;
mod package;
mod part;
mod pull;
mod wheel;

#[cfg(test)]
mod tests;

pub use catalogue::{Catalogue, Kind, Model, PartFile, PythonPackage, Source};
pub use digest::Sha256;
pub use folder::{Folder, State};
pub use pull::{Places, Pull, Pulled, pull};

use std::io;
use std::path::{Path, PathBuf};

/// Is told how a pull or a check goes on.
pub trait Progress: Send + Sync {
    /// Something begins that handles `total_bytes`, where that is known.
    fn begin(&self, what: &str, total_bytes: Option<u64>);
    /// So many bytes are done since it began.
    fn at(&self, bytes: u64);
    /// What was begun is over, well or not.
    fn end(&self);
    /// A line for the user.
    fn note(&self, line: &str);
}

/// Shows nothing.
#[derive(Debug, Clone, Copy)]
pub struct Quiet;

impl Progress for Quiet {
    fn begin(&self, _: &str, _: Option<u64>) {}
    fn at(&self, _: u64) {}
    fn end(&self) {}
    fn note(&self, _: &str) {}
}

/// What can go wrong with model files.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// There is no such model.
    #[error(
        "no model is called `{name}`; did you mean `{nearest}`? `vestibule model list` names all"
    )]
    Unknown {
        /// What was asked for.
        name: String,
        /// The nearest name.
        nearest: String,
    },
    /// Nobody has said what the file must be.
    #[error(
        "the catalogue doesn't know the sha256 of `{file}`; give the one that its publisher shows on the file's page with `--sha256 HEX` ({page})"
    )]
    HashNeeded {
        /// The file's name.
        file: String,
        /// Where the publisher shows it.
        page: String,
    },
    /// The user's word and the catalogue differ.
    #[error("`--sha256` differs from the catalogue's, which is {expected}")]
    HashConflict {
        /// The catalogue's.
        expected: Sha256,
    },
    /// Not 64 hexadecimal digits.
    #[error("a sha256 is 64 hexadecimal digits")]
    NotAHash,
    /// The file is not what it should be.
    #[error("`{}` is not the expected file: its sha256 is {found}, expected {expected}", path.display())]
    Mismatch {
        /// The file.
        path: PathBuf,
        /// What it must be.
        expected: Sha256,
        /// What it is.
        found: Sha256,
    },
    /// More bytes than the file may have.
    #[error("the source sends more than the {limit} bytes that the file may have")]
    TooLong {
        /// The limit in bytes.
        limit: u64,
    },
    /// Reading or writing failed.
    #[error("can't {doing} `{}`", path.display())]
    File {
        /// What was being done.
        doing: &'static str,
        /// With which file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// There is neither `XDG_DATA_HOME` nor `HOME`.
    #[error("no models folder: set `XDG_DATA_HOME`, or name one in the configuration")]
    NoFolder,
    /// A hub did not answer as it should.
    #[error("{host}: {problem}")]
    Hub {
        /// The server's name.
        host: String,
        /// What went wrong.
        problem: String,
    },
    /// Python or its pip failed.
    #[error("{0}")]
    Python(String),
    /// No source had it.
    #[error("no source could give `{file}`:{}", list(reasons))]
    NoSource {
        /// The file's name.
        file: String,
        /// What each source said.
        reasons: Vec<String>,
    },
    /// The program's own catalogue can't be read.
    #[error("the built-in catalogue can't be read")]
    Catalogue(#[source] Box<figment::Error>),
}

impl ModelError {
    fn file(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File {
            doing,
            path,
            source,
        }
    }
}

fn list(reasons: &[String]) -> String {
    reasons
        .iter()
        .fold(String::new(), |text, reason| text + "\n  - " + reason)
}
