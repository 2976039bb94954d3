//! What can go wrong with rows on disk.

use rusqlite::ErrorCode;
use std::path::PathBuf;

/// Why rows could not be read or written. Holds paths and codes, never a value of a row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// No room on the disk.
    #[error("the disk is full; free some space, the store goes on by itself")]
    DiskFull,
    /// The files may not be written.
    #[error("the data folder can't be written (read-only, or not ours)")]
    ReadOnly,
    /// The operating system failed to read or write.
    #[error("reading or writing the database failed (code {0})")]
    Io(i32),
    /// Another process held the database for too long.
    #[error("another process holds the database; try again")]
    Busy,
    /// The file is not a sound database.
    #[error("the database is damaged (SQLite code {0}); restore it from a backup")]
    Damaged(i32),
    /// Anything else that SQLite reports.
    #[error("the database reports code {0}")]
    Sqlite(i32),
    /// More is queued than the writer keeps up with.
    #[error("too many entries wait to be written")]
    Overloaded,
    /// The writer has stopped.
    #[error("the store is closed")]
    Closed,
    /// The store was closed while it could not be written.
    #[error("the store was closed before everything queued was written")]
    Unfinished,
    /// The system gives no thread.
    #[error("the system gives no more threads")]
    Threads,
    /// A key was removed but its bytes are still in the write-ahead log.
    #[error(
        "the key is removed, but its bytes are still in the write-ahead log; remove it again when no reader is active"
    )]
    Lingering,
    /// No [`Sequencer`](super::Sequencer), a second one, or one for a store that may not write the log.
    #[error("the log has no sequencer, or can't take this one")]
    Sequencer,
    /// The journal does not belong to the databases beside it.
    #[error(
        "the journal holds entries that do not follow on those in `records.db`; restore the whole data folder from one backup, or, to go on without them, move `journal-a` and `journal-b` out of the data folder and keep them"
    )]
    Journal,
    /// The journal's two files contradict each other.
    #[error(
        "`journal-a` and `journal-b` hold different entries for the same place {0} of the log, and were left as they are; \
         put back the file that was replaced, or, to go on without what only they hold, move both out of the data folder and keep them"
    )]
    JournalTwice(u64),
    /// A file of the journal is damaged, and not just at its end: entries that were recorded stand behind the damage.
    #[error(
        "`{}` is damaged at byte {at}: at least {behind} recorded entries behind it can't follow in the log, so the file was left as it \
         is; put a sound copy back, or, to go on without these entries, move `journal-a` and `journal-b` out of the data folder and keep \
         them (what stands before the damage is in the databases)", .path.display()
    )]
    JournalDamaged {
        /// The file.
        path: PathBuf,
        /// Where its sound beginning ends, in bytes.
        at: u64,
        /// How many entries stand in sound frames behind the damage.
        behind: u64,
    },
    /// A file of the journal has lost its end.
    #[error(
        "`{}` was cut to {length} bytes, which the gateway never does: recorded entries may be missing, so the file was left as it is; \
         put a sound copy back, or, to go on without them, move `journal-a` and `journal-b` out of the data folder and keep them \
         (what stands before the cut is in the databases)", .path.display()
    )]
    JournalCut {
        /// The file.
        path: PathBuf,
        /// Its bytes.
        length: u64,
    },
    /// Another gateway uses the folder.
    #[error("`{}` is in use by another gateway", .0.display())]
    InUse(PathBuf),
    /// Others may read the folder or a file in it.
    #[error("`{}` is open to other users (mode {mode:o}); run `chmod o= {}`", .path.display(), .path.display())]
    Exposed {
        /// The folder or file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A folder or file can't be made or opened.
    #[error("`{}`: {kind}", .path.display())]
    File {
        /// The folder or file.
        path: PathBuf,
        /// What the operating system says.
        kind: std::io::ErrorKind,
    },
    /// A newer program wrote the database.
    #[error("`{}` has schema version {found}; this program knows up to {known}", .path.display())]
    Schema {
        /// The database.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The newest version known here.
        known: u32,
    },
}

impl StoreError {
    /// Whether the store itself fails, not one call to it.
    pub(super) const fn is_failure(&self) -> bool {
        matches!(
            self,
            Self::DiskFull
                | Self::ReadOnly
                | Self::Io(_)
                | Self::Busy
                | Self::Damaged(_)
                | Self::Sqlite(_)
        )
    }

    /// Of a write to the journal.
    pub(super) fn from_io(error: &std::io::Error) -> Self {
        use std::io::ErrorKind as Kind;
        match error.kind() {
            Kind::StorageFull | Kind::QuotaExceeded | Kind::FileTooLarge => Self::DiskFull,
            Kind::PermissionDenied | Kind::ReadOnlyFilesystem => Self::ReadOnly,
            _ => Self::Io(error.raw_os_error().unwrap_or_default()),
        }
    }

    pub(super) fn file(path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::File {
            path: path.to_owned(),
            kind: error.kind(),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let rusqlite::Error::SqliteFailure(failure, _) = error else {
            // A column of another type than the schema says: someone changed the file.
            return Self::Damaged(0);
        };
        match failure.code {
            ErrorCode::DiskFull => Self::DiskFull,
            ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied => {
                Self::ReadOnly
            }
            ErrorCode::SystemIoFailure => Self::Io(failure.extended_code),
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Busy,
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
                Self::Damaged(failure.extended_code)
            }
            _ => Self::Sqlite(failure.extended_code),
        }
    }
}
