//! The data folder: who may read it, who uses it, which files are in it.

use crate::store::StoreError;
use crate::store::journal::NAMES;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// A data folder whose permissions were checked.
#[derive(Debug, Clone)]
pub(super) struct Folder(PathBuf);

impl Folder {
    /// Makes the folder (mode 0700) and its databases (mode 0600) where they are missing, and refuses those that
    /// other users may look into.
    pub(super) fn prepare(path: &Path) -> Result<Self, StoreError> {
        let failed = |error| StoreError::file(path, &error);
        if !path.is_dir() {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(path)
                .map_err(failed)?;
        }
        check_private(path)?;
        let folder = Self(path.to_owned());
        for database in [folder.keys(), folder.records()] {
            // SQLite gives the log and the shared memory beside a database the mode of that database.
            touch(&database)?;
        }
        for journal in NAMES {
            let path = folder.0.join(journal);
            if path.exists() {
                check_private(&path)?;
            }
        }
        Ok(folder)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    pub(super) fn keys(&self) -> PathBuf {
        self.0.join("keys.db")
    }

    pub(super) fn records(&self) -> PathBuf {
        self.0.join("records.db")
    }

    /// Takes the folder for one gateway; the lock goes with the file handle, also when the process is killed.
    pub(super) fn lock(&self) -> Result<File, StoreError> {
        let path = self.0.join("lock");
        touch(&path)?;
        let file = OpenOptions::new()
            .write(true)
            .open(&path)
            .map_err(|error| StoreError::file(&path, &error))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse(self.0.clone())),
            Err(TryLockError::Error(error)) => Err(StoreError::file(&path, &error)),
        }
    }
}

/// The write-ahead log beside a database.
pub(super) fn log_of(database: &Path) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push("-wal");
    PathBuf::from(path)
}

/// Makes an empty private file. One that is there is not opened: closing it would give up the locks that this process
/// may hold on it (POSIX record locks go with the first handle closed).
pub(super) fn touch(path: &Path) -> Result<(), StoreError> {
    if !path.exists() {
        let made = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path);
        made.map_err(|error| StoreError::file(path, &error))?;
    }
    check_private(path)
}

fn check_private(path: &Path) -> Result<(), StoreError> {
    let mode = path
        .metadata()
        .map_err(|error| StoreError::file(path, &error))?
        .mode()
        & 0o777;
    if mode & 0o007 != 0 {
        return Err(StoreError::Exposed {
            path: path.to_owned(),
            mode,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt as _;

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().mode() & 0o777
    }

    #[test]
    fn a_new_folder_is_private_and_an_open_one_is_refused() {
        let outer = tempfile::tempdir().unwrap();
        let path = outer.path().join("data");
        let folder = Folder::prepare(&path).unwrap();
        assert_eq!(
            (mode(&path), mode(&folder.keys()), mode(&folder.records())),
            (0o700, 0o600, 0o600)
        );

        set_permissions(folder.keys(), Permissions::from_mode(0o644)).unwrap();
        let refused = StoreError::Exposed {
            path: folder.keys(),
            mode: 0o644,
        };
        assert_eq!(Folder::prepare(&path).unwrap_err(), refused);
        set_permissions(folder.keys(), Permissions::from_mode(0o600)).unwrap();
        set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        let refused = StoreError::Exposed {
            path: path.clone(),
            mode: 0o755,
        };
        assert_eq!(Folder::prepare(&path).unwrap_err(), refused);
    }

    #[test]
    fn two_gateways_cannot_have_one_folder() {
        let outer = tempfile::tempdir().unwrap();
        let folder = Folder::prepare(&outer.path().join("data")).unwrap();
        let held = folder.lock().unwrap();
        assert_eq!(
            folder.lock().unwrap_err(),
            StoreError::InUse(outer.path().join("data"))
        );
        drop(held);
        folder.lock().unwrap();
    }
}
