//! The folder of model files, and what is known of each.
//!
//! Beside a checked file `X.gguf` lies `X.gguf.checked`: its SHA-256 and what the file system said of it at that moment.
//! If that still holds the file isn't read again; a changed file is unchecked.

use super::digest::of_file;
use super::{Model, ModelError, Progress, Sha256};
use serde::{Deserialize, Serialize};
use std::fs::DirBuilder;
use std::fs::{File, Metadata, TryLockError};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A folder of model files.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

/// What is known of a model's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It isn't here.
    Missing,
    /// A pull was interrupted after so many bytes.
    Partial(u64),
    /// It is here, but it wasn't checked since it was last changed.
    Unchecked,
    /// It is here and was found to have this sum.
    Checked(Sha256),
}

/// Which file was checked: any change of it changes its `changed` time.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    sha256: Sha256,
    size_bytes: u64,
    inode: u64,
    modified_s: i64,
    modified_ns: i64,
    changed_s: i64,
    changed_ns: i64,
}

impl Record {
    fn of(sha256: Sha256, file: &Metadata) -> Self {
        Self {
            sha256,
            size_bytes: file.size(),
            inode: file.ino(),
            modified_s: file.mtime(),
            modified_ns: file.mtime_nsec(),
            changed_s: file.ctime(),
            changed_ns: file.ctime_nsec(),
        }
    }
}

impl Folder {
    /// This folder; it is made when something is first put in.
    pub const fn at(path: PathBuf) -> Self {
        Self(path)
    }

    /// `$XDG_DATA_HOME/vestibule/models`, where the variable is unset `~/.local/share/vestibule/models`.
    ///
    /// # Errors
    ///
    /// [`ModelError::NoFolder`] where `HOME` is unset too.
    pub fn standard() -> Result<Self, ModelError> {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let data = set("XDG_DATA_HOME").map(PathBuf::from);
        let data = data.or_else(|| Some(PathBuf::from(set("HOME")?).join(".local/share")));
        Ok(Self(
            data.ok_or(ModelError::NoFolder)?.join("vestibule/models"),
        ))
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Where a model's file is, or would be.
    pub fn file(&self, model: &Model) -> PathBuf {
        self.0.join(&model.file)
    }

    /// What is known of a model's file; reads no more than its record. Several files count as what the worst of them is,
    /// and as checked by the sum of their package.
    pub fn state(&self, model: &Model) -> State {
        if !model.files.is_empty() {
            return self.state_of_several(model);
        }
        let path = self.file(model);
        let Ok(found) = path.metadata() else {
            let part = part_of(&path).metadata();
            return part.map_or(State::Missing, |part| State::Partial(part.len()));
        };
        let record = std::fs::read(record_of(&path)).ok();
        let record = record.and_then(|json| serde_json::from_slice::<Record>(&json).ok());
        match record {
            Some(record) if record == Record::of(record.sha256, &found) => {
                State::Checked(record.sha256)
            }
            _ => State::Unchecked,
        }
    }

    fn state_of_several(&self, model: &Model) -> State {
        let parts = model.parts();
        let known = |part: &Model| (self.state(part), part.sha256);
        let states: Vec<_> = parts.iter().map(known).collect();
        let here = |(state, _): &(State, _)| matches!(state, State::Unchecked | State::Checked(_));
        let right = |(state, sum): &(State, Option<Sha256>)| matches!((state, sum), (State::Checked(found), Some(sum)) if found == sum);
        match model.sha256 {
            Some(sum) if states.iter().all(right) => State::Checked(sum),
            _ if states.iter().all(here) => State::Unchecked,
            _ if states.iter().any(here) => {
                let sizes = parts.iter().map(|part| self.file(part).metadata());
                State::Partial(
                    sizes
                        .map(|found| found.map_or(0, |found| found.len()))
                        .sum(),
                )
            }
            _ => State::Missing,
        }
    }

    /// What the file must be: the catalogue's word, else the user's at its pull.
    pub fn expected(&self, model: &Model) -> Option<Sha256> {
        let recorded = || {
            let json = std::fs::read(record_of(&self.file(model))).ok()?;
            serde_json::from_slice::<Record>(&json)
                .ok()
                .map(|record| record.sha256)
        };
        model.sha256.or_else(recorded)
    }

    /// Reads the whole file and compares it with `expected`; keeps a record if it is the same.
    ///
    /// # Errors
    ///
    /// [`ModelError::Mismatch`] if it is another; [`ModelError::File`] if it can't be read.
    pub fn verify(
        &self,
        model: &Model,
        expected: Sha256,
        progress: &dyn Progress,
    ) -> Result<(), ModelError> {
        if !model.files.is_empty() {
            let known = |part: &Model| self.verify(part, part.sha256.unwrap_or(expected), progress);
            return model.parts().iter().try_for_each(known);
        }
        let path = self.file(model);
        let found = of_file(&path, progress)?;
        if found != expected {
            return Err(ModelError::Mismatch {
                path,
                expected,
                found,
            });
        }
        keep_record(&path, found)
    }

    /// A file (a folder, where there are several) that may be loaded: checked now, or before and not changed since.
    ///
    /// # Errors
    ///
    /// As [`Self::verify`], and [`ModelError::HashNeeded`] where nobody has said what it must be.
    pub fn usable(&self, model: &Model, progress: &dyn Progress) -> Result<PathBuf, ModelError> {
        let needed = || ModelError::HashNeeded {
            file: model.file.clone(),
            page: model.page(),
        };
        let expected = self.expected(model).ok_or_else(needed)?;
        if self.state(model) != State::Checked(expected) {
            self.verify(model, expected, progress)?;
        }
        Ok(self.file(model))
    }

    /// Makes the folder and keeps other pulls out until the lock is dropped; waits for one that is under way.
    pub(super) fn lock(&self, progress: &dyn Progress) -> Result<File, ModelError> {
        // The folder is often in the data folder, which must be for its owner only, whoever makes it first.
        make(&self.0)?;
        let path = self.0.join(".lock");
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path);
        let lock = lock.map_err(ModelError::file("open", &path))?;
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            Err(TryLockError::WouldBlock) => {
                progress.note("another pull is under way; waiting for it");
            }
            Err(TryLockError::Error(error)) => return Err(ModelError::file("lock", &path)(error)),
        }
        lock.lock().map_err(ModelError::file("lock", &path))?;
        Ok(lock)
    }
}

/// Makes a folder for its owner only, if it isn't there.
pub(super) fn make(folder: &Path) -> Result<(), ModelError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(ModelError::file("make", folder))
}

/// Where the bytes of an unfinished pull are.
pub(super) fn part_of(path: &Path) -> PathBuf {
    with_ending(path, ".part")
}

fn record_of(path: &Path) -> PathBuf {
    with_ending(path, ".checked")
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Notes that this file was found to have this sum.
pub(super) fn keep_record(path: &Path, sha256: Sha256) -> Result<(), ModelError> {
    let found = path.metadata().map_err(ModelError::file("read", path))?;
    let json = serde_json::to_vec(&Record::of(sha256, &found)).unwrap_or_default();
    let record = record_of(path);
    std::fs::write(&record, json).map_err(ModelError::file("write", &record))
}

/// Removes a file; one that isn't there is fine.
pub(super) fn remove(path: &Path) -> Result<(), ModelError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(ModelError::file("remove", path)(error))
        }
        _ => Ok(()),
    }
}
