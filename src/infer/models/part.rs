//! A model file that is still coming: `X.gguf.part`, with its sum kept up as it grows.

use super::digest::{Hasher, feed};
use super::folder::{keep_record, part_of, remove};
use super::{ModelError, Progress, Sha256};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

/// No model file is longer.
const LONGEST: u64 = 1 << 40;

pub(super) struct Part<'a> {
    target: PathBuf,
    path: PathBuf,
    file: File,
    hasher: Hasher,
    length: u64,
    limit: u64,
    progress: &'a dyn Progress,
}

impl<'a> Part<'a> {
    /// Goes on with what an interrupted pull has left, if anything.
    pub(super) fn resume(
        target: &Path,
        size: Option<u64>,
        progress: &'a dyn Progress,
    ) -> Result<Self, ModelError> {
        let path = part_of(target);
        let file = File::options().create(true).append(true).open(&path);
        let file = file.map_err(ModelError::file("write", &path))?;
        let mut hasher = Hasher::default();
        let length = feed(&mut hasher, &path, progress)?;
        let limit = size.unwrap_or(LONGEST);
        let mut part = Self {
            target: target.to_owned(),
            path,
            file,
            hasher,
            length,
            limit,
            progress,
        };
        if part.length > part.limit {
            part.restart()?;
        }
        Ok(part)
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Whether all bytes are here, as far as their number is known.
    pub(super) fn is_full(&self) -> bool {
        self.length == self.limit
    }

    pub(super) fn restart(&mut self) -> Result<(), ModelError> {
        self.file
            .set_len(0)
            .map_err(ModelError::file("empty", &self.path))?;
        self.hasher = Hasher::default();
        self.length = 0;
        self.progress.at(0);
        Ok(())
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), ModelError> {
        if self.length + bytes.len() as u64 > self.limit {
            return Err(ModelError::TooLong { limit: self.limit });
        }
        self.file
            .write_all(bytes)
            .map_err(ModelError::file("write", &self.path))?;
        self.hasher.update(bytes);
        self.length += bytes.len() as u64;
        self.progress.at(self.length);
        Ok(())
    }

    /// Gives the file its name if it is the expected one; else throws it away.
    pub(super) fn finish(self, expected: Sha256) -> Result<(), ModelError> {
        let found = self.hasher.finish();
        if found != expected {
            remove(&self.path)?;
            return Err(ModelError::Mismatch {
                path: self.target,
                expected,
                found,
            });
        }
        self.file
            .sync_all()
            .map_err(ModelError::file("sync", &self.path))?;
        std::fs::rename(&self.path, &self.target)
            .map_err(ModelError::file("rename", &self.path))?;
        sync_folder(&self.target)?;
        keep_record(&self.target, found)
    }

    /// Leaves what can't be gone on with, but keeps what can.
    pub(super) fn discard(self) -> Result<(), ModelError> {
        remove(&self.path)
    }
}

/// Makes the new name itself durable.
fn sync_folder(file: &Path) -> Result<(), ModelError> {
    let folder = file.parent().unwrap_or_else(|| Path::new("."));
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(ModelError::file("sync", folder))
}
