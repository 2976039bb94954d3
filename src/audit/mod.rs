//! The audit log: what happened, without what was said, in a form that can be proved complete.
//!
//! Entries are leaves of an RFC 6962 tree ([`tree`]); their exact stored bytes are what is hashed. Each has its number and the hash of
//! the one before. Checkpoints ([`note`]) are signed beside the hot path, kept with the entries and appended to the
//! file `checkpoints`, which an outside witness may copy.
//!
//! Refuses to know: values, prompts, replies, credentials; HTTP; which policy is right.
//!
//! The way in: [`AuditLog::open`] for the gateway, [`verify()`] and [`list()`] for those who read.

mod config;
mod entry;
mod file;
mod keeper;
mod keys;
mod list;
pub mod note;
mod object;
mod sequencer;
mod start;
pub mod tree;
mod verify;

pub use crate::store::Durability;
pub use config::{Config, Settings};
pub use entry::{Entry, Kind, PolicyRef, Tokens};
pub use keys::public_keys;
pub use list::{Filter, Listed, list};
pub use verify::{Problem, Report, verify};

use crate::base::Clock;
use crate::crypto::{CryptoError, Key32};
use crate::store::{Body, Store, StoreError, Write};
use keeper::Keeper;
use note::{LogKey, NoteError};
use parking_lot::Mutex;
use sequencer::Places;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why the log can't be opened, written or read.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The store fails; requests must wait for it.
    #[error("the audit log can't be written or read: {0}")]
    Store(#[from] StoreError),
    /// The signing key can't be made or opened.
    #[error("the audit signing key can't be used: {0}")]
    Key(#[from] CryptoError),
    /// A public key or a checkpoint is not accepted.
    #[error("{0}")]
    Note(#[from] NoteError),
    /// The log is not what was signed.
    #[error(
        "the audit log is broken at entry {at}: {what}; keep the data folder as it is and run `vestibule audit verify`"
    )]
    Broken {
        /// The first entry where it shows.
        at: u64,
        /// What is wrong.
        what: &'static str,
    },
    /// The file `checkpoints` can't be used.
    #[error("`{}`: {kind}", .path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the operating system says.
        kind: std::io::ErrorKind,
    },
    /// A key of the configuration has a bad value.
    #[error("`{key}` takes {takes}")]
    Setting {
        /// The key.
        key: &'static str,
        /// What it takes.
        takes: &'static str,
    },
    /// A thread can't be started.
    #[error("the system gives no more threads")]
    Threads,
}

/// The gateway's log. Clones are the same log.
#[derive(Debug, Clone)]
pub struct AuditLog(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Arc<dyn Store>,
    clock: Clock,
    key: LogKey,
    keeper: Mutex<Option<Keeper>>,
}

impl AuditLog {
    /// Opens the log in `store`, whose data folder is `folder`; `wrapping` seals the signing key, which is made when there is
    /// none. Checks the log's end against the last checkpoint before anything is added. Blocks.
    ///
    /// # Errors
    /// [`AuditError::Broken`] when the log is not what was signed; otherwise when store or key can't be used.
    pub fn open(
        store: Arc<dyn Store>,
        wrapping: &Key32,
        settings: &Settings,
        folder: &Path,
        clock: Clock,
    ) -> Result<Self, AuditError> {
        let signer = keys::load_or_create(store.as_ref(), wrapping, &settings.node, clock.now())?;
        let (end, file) = start::check(store.as_ref(), folder)?;
        let committed = Arc::new(Mutex::new(end));
        store.attach(Box::new(Places::new(
            &settings.node,
            Arc::clone(&committed),
        )))?;
        let key = signer.public.clone();
        let keeper = Keeper::start(
            Arc::clone(&store),
            committed,
            signer,
            file,
            settings,
            clock.clone(),
        )?;
        let log = Self(Arc::new(Inner {
            store,
            clock,
            key,
            keeper: Mutex::new(Some(keeper)),
        }));
        log.0
            .store
            .append_wait(log.body(&Entry::of(Kind::NodeStart, [])))?;
        Ok(log)
    }

    /// Writes an entry and the rows that belong to it; its number, once both are as durable as configured. Until then the
    /// request must not leave. Dropping the future does not take the entry back.
    ///
    /// # Errors
    /// [`AuditError::Store`]; then neither entry nor vault rows are in the log.
    pub async fn record(&self, entry: Entry, write: Write) -> Result<u64, AuditError> {
        let body = self.body(&entry);
        Ok(self.0.store.append(body, write).await?)
    }

    /// Queues an entry that nobody waits for: the outcome of a request. It is written in order, at most 50 ms later; while the
    /// store fails it is kept, and if it must be given up, an `audit.gap` entry says so.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "it is given away, as to `record`"
    )]
    pub fn record_later(&self, entry: Entry) {
        self.0.store.append_later(self.body(&entry));
    }

    /// Whether the last write, or a probe after it, went well: readiness.
    pub fn healthy(&self) -> bool {
        self.0.store.health().up
    }

    /// The public key that verifies this log's checkpoints.
    pub fn public_key(&self) -> &LogKey {
        &self.0.key
    }

    /// Writes what is queued, a last entry and a last checkpoint, and closes the store for writing.
    ///
    /// # Errors
    /// When something queued could not be written.
    pub async fn close(&self) -> Result<(), AuditError> {
        let log = self.clone();
        let closing = tokio::task::spawn_blocking(move || log.close_blocking());
        closing
            .await
            .unwrap_or(Err(AuditError::Store(StoreError::Unfinished)))
    }

    fn close_blocking(&self) -> Result<(), AuditError> {
        let Some(keeper) = self.0.keeper.lock().take() else {
            return Ok(());
        };
        let last = self
            .0
            .store
            .append_wait(self.body(&Entry::of(Kind::NodeStop, [])));
        keeper.stop();
        self.0.store.close()?;
        last.map(drop).map_err(AuditError::from)
    }

    fn body(&self, entry: &Entry) -> Body {
        let now = self.0.clock.now();
        Body {
            time: now.as_micros(),
            bytes: entry.to_body(now),
        }
    }
}

#[cfg(test)]
mod crash_tests;
#[cfg(test)]
mod tests;
