//! Rows on disk: SQLite behind one trait, and a journal before it in which one write commits a request.
//!
//! Two databases in one folder. `keys.db` holds wrapped keys and key hashes only, so that deleting a key there
//! makes what it sealed unreadable and backups of `records.db` don't bring it back. `records.db` holds sealed vault
//! rows and audit entries, so that one transaction commits both.
//!
//! Refuses to know: what a row means, key bytes, originals. What makes rows of the log a log (sequence, hashes) is given to
//! it as a [`Sequencer`].
//!
//! The way in: [`SqliteStore::open`] for the gateway, [`SqliteStore::beside`] for tools that run next to it.

mod error;
mod journal;
mod rows;
mod sqlite;

pub use error::StoreError;
pub use rows::{CheckpointRow, KeyRow, LogRow, VaultRow, Write};
pub use sqlite::SqliteStore;

use serde::Deserialize;
use std::fmt;
use std::mem;
use std::ops::Range;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::oneshot;
use tokio::task::yield_now;

/// When a write counts as done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Durability {
    /// When the disk has it: survives a power cut. One `fdatasync` a batch.
    #[default]
    Fsync,
    /// When the kernel has it: survives the death of the process; on the disk at most 100 ms later.
    Os,
}

/// Where rows are kept. Reads block for some microseconds; [`Store::append`] is the only call of the hot path.
pub trait Store: Send + Sync + fmt::Debug {
    /// The key row of this kind and id.
    ///
    /// # Errors
    /// When the database can't be read.
    fn key(&self, kind: &str, id: &[u8]) -> Result<Option<KeyRow>, StoreError>;

    /// Every key row of a kind, by id.
    ///
    /// # Errors
    /// When the database can't be read.
    fn keys(&self, kind: &str) -> Result<Vec<KeyRow>, StoreError>;

    /// Writes key rows, in place of those with the same kind and id; returns when they are on disk. Blocks.
    ///
    /// # Errors
    /// When they could not be written; then none was.
    fn put_keys(&self, rows: Vec<KeyRow>) -> Result<(), StoreError>;

    /// Writes a key row unless one of its kind and id is there; says whether it was written. Blocks.
    ///
    /// # Errors
    /// When it could not be written.
    fn add_key(&self, row: KeyRow) -> Result<bool, StoreError>;

    /// Removes a key row, and its bytes from the write-ahead log; says whether there was one. Blocks.
    ///
    /// # Errors
    /// When it could not be removed; [`StoreError::Lingering`] when it is removed but its bytes are still in the log,
    /// because a reader holds that open.
    fn remove_key(&self, kind: &str, id: &[u8]) -> Result<bool, StoreError>;

    /// A number that is another one after key rows have changed, also by another process. Cheap.
    ///
    /// # Errors
    /// When the database can't be read.
    fn keys_version(&self) -> Result<u64, StoreError>;

    /// The sealed original behind a surrogate.
    ///
    /// # Errors
    /// When the database can't be read.
    fn vault_row(&self, scope: &[u8; 16], surrogate: &str) -> Result<Option<VaultRow>, StoreError>;

    /// Drops vault rows that expired before `now` (microseconds since the epoch); how many. Blocks.
    ///
    /// # Errors
    /// When they could not be dropped.
    fn drop_expired(&self, now: u64) -> Result<u64, StoreError>;

    /// Gives the log its sequencer; entries can be appended from then on.
    ///
    /// # Errors
    /// When it has one already, or the store was opened beside a gateway.
    fn attach(&self, sequencer: Box<dyn Sequencer>) -> Result<(), StoreError>;

    /// Queues an entry, with the rows that must be on disk with it. It has its place in the log once the receipt
    /// resolves; dropping the receipt does not take it back.
    fn append(&self, body: Body, write: Write) -> Receipt;

    /// Queues an entry that nobody waits for. It is written in order with the next batch, at most 50 ms later; after a
    /// failure it is tried again.
    fn append_later(&self, body: Body);

    /// Appends an entry and waits; for threads outside the async runtime.
    ///
    /// # Errors
    /// When it could not be written.
    fn append_wait(&self, body: Body) -> Result<u64, StoreError>;

    /// How many entries are committed.
    ///
    /// # Errors
    /// When the database can't be read.
    fn log_size(&self) -> Result<u64, StoreError>;

    /// At most `limit` committed entries from sequence number `from` on, in order.
    ///
    /// # Errors
    /// When the database can't be read.
    fn log_rows(&self, from: u64, limit: usize) -> Result<Vec<LogRow>, StoreError>;

    /// At most `limit` committed entries below sequence number `below`, the last one first.
    ///
    /// # Errors
    /// When the database can't be read.
    fn log_rows_below(&self, below: u64, limit: usize) -> Result<Vec<LogRow>, StoreError>;

    /// Writes a checkpoint and returns when it and everything before it is on the disk, in either durability. Blocks.
    ///
    /// # Errors
    /// When it could not be written.
    fn put_checkpoint(&self, row: CheckpointRow) -> Result<(), StoreError>;

    /// Checkpoints of at least `size` entries, smallest first.
    ///
    /// # Errors
    /// When the database can't be read.
    fn checkpoints(&self, size: u64) -> Result<Vec<CheckpointRow>, StoreError>;

    /// The checkpoint of most entries.
    ///
    /// # Errors
    /// When the database can't be read.
    fn last_checkpoint(&self) -> Result<Option<CheckpointRow>, StoreError>;

    /// Drops the bodies, not the hashes, of these entries; how many had one. Blocks.
    ///
    /// # Errors
    /// When they could not be dropped; some may be.
    fn drop_bodies(&self, sequences: Range<u64>) -> Result<u64, StoreError>;

    /// Whether the last write went well, and what went wrong so far.
    fn health(&self) -> Health;

    /// Writes everything queued, syncs and stops writing; reads go on. Blocks. A second call does nothing.
    ///
    /// # Errors
    /// When something queued could not be written.
    fn close(&self) -> Result<(), StoreError>;
}

/// Makes an entry's body the next row of the log: number, final bytes, hashes. Runs on the writer thread.
pub trait Sequencer: Send {
    /// Writes the final bytes and hashes of the next entry into the buffers, which are empty, and returns its number.
    fn next(&mut self, body: &[u8], bytes: &mut Vec<u8>, hashes: &mut Vec<u8>) -> u64;

    /// Everything since the last commit is on disk.
    fn committed(&mut self);

    /// Nothing since the last commit is on disk: back to there.
    fn rolled_back(&mut self);
}

/// An entry as its writer hands it in, before it has its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// Microseconds since the epoch; a column of its own, so that a range of time can be found.
    pub time: u64,
    /// What the [`Sequencer`] understands.
    pub bytes: Vec<u8>,
}

/// How the writer is doing. The counters only grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Health {
    /// Whether the last write, or a probe after it, went well.
    pub up: bool,
    /// Entries refused to those who waited for them.
    pub refused: u64,
    /// Entries lost that nobody waited for: more failed than are kept for another try.
    pub lost: u64,
}

/// Resolves to the entry's sequence number when it is as durable as configured.
///
/// Where it is not so at once, the first poll lets everyone go on who can, so that they join the same commit, and only then is
/// that asked for. Who drops it before that has the entry written all the same, at most 50 ms later.
#[derive(Debug)]
pub struct Receipt(State);

#[derive(Debug)]
enum State {
    Known(Result<u64, StoreError>),
    Waiting {
        told: oneshot::Receiver<Result<u64, StoreError>>,
        call: Call,
    },
}

/// How far a receipt is with asking for its commit.
#[derive(Debug)]
enum Call {
    Due(Arc<dyn Caller>),
    AfterOthers(Arc<dyn Caller>),
    Done,
}

/// Commits what is queued, or has it committed.
trait Caller: Send + Sync + fmt::Debug {
    fn call(&self);
}

impl Receipt {
    const fn ready(outcome: Result<u64, StoreError>) -> Self {
        Self(State::Known(outcome))
    }

    const fn new(
        told: oneshot::Receiver<Result<u64, StoreError>>,
        caller: Arc<dyn Caller>,
    ) -> Self {
        let call = Call::Due(caller);
        Self(State::Waiting { told, call })
    }
}

impl Future for Receipt {
    type Output = Result<u64, StoreError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let (told, call) = match &mut self.0 {
            State::Known(outcome) => return Poll::Ready(outcome.clone()),
            State::Waiting { told, call } => (told, call),
        };
        *call = match mem::replace(call, Call::Done) {
            Call::Due(caller) => {
                // Wakes this task after the runtime has looked for others that are ready.
                if pin!(yield_now()).poll(context).is_pending() {
                    *call = Call::AfterOthers(caller);
                    return Poll::Pending;
                }
                caller.call();
                Call::Done
            }
            Call::AfterOthers(caller) => {
                caller.call();
                Call::Done
            }
            Call::Done => Call::Done,
        };
        Pin::new(told)
            .poll(context)
            .map(|sent| sent.unwrap_or(Err(StoreError::Closed)))
    }
}
