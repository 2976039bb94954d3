//! [`Store`] on SQLite.
//!
//! Through rusqlite, not an async wrapper: there is one writer, and it is a thread; handing it a batch costs one wake-up,
//! however many wait. In the `fsync` durability a batch is one `fdatasync`; the log (`-wal`) is never shortened, so that it
//! overwrites space that it has.

mod chores;
mod folder;
mod pace;
mod queue;
mod read;
mod schema;
mod status;
mod upkeep;
mod writer;

use super::{
    Body, CheckpointRow, Durability, Health, KeyRow, LogRow, Receipt, Sequencer, Store, StoreError,
    VaultRow, Write,
};
use chores::DROP_AT_ONCE;
use folder::Folder;
use pace::Pace;
use parking_lot::Mutex;
use queue::{Chore, Entry, Job, Queue, Waiter};
use read::Reader;
use schema::Use;
use status::Status;
use std::fmt;
use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use tokio::sync::oneshot;
use upkeep::Upkeep;
use writer::{Buffers, Log, Writer};

/// Rows in `keys.db` and `records.db` of one data folder.
pub struct SqliteStore {
    reader: Reader,
    queue: Arc<Queue>,
    status: Arc<Status>,
    writer: Mutex<Option<JoinHandle<()>>>,
    /// Held as long as the store lives.
    _lock: Option<File>,
}

impl SqliteStore {
    /// Opens the data folder for a gateway, which has it for itself; makes it where there is none.
    ///
    /// ```
    /// use vestibule::store::{Durability, SqliteStore, Store as _};
    /// let folder = tempfile::tempdir().unwrap();
    /// let store = SqliteStore::open(&folder.path().join("data"), Durability::Fsync).unwrap();
    /// assert_eq!(store.log_size(), Ok(0));
    /// ```
    ///
    /// # Errors
    /// When another gateway has it, other users may read it, a newer program wrote it, or it can't be opened.
    pub fn open(path: &Path, durability: Durability) -> Result<Self, StoreError> {
        let folder = Folder::prepare(path)?;
        let lock = folder.lock()?;
        Self::start(&folder, durability, Log::Waiting, Some(lock))
    }

    /// Opens the data folder for a tool that reads, or writes keys, while a gateway may run.
    ///
    /// # Errors
    /// As [`SqliteStore::open`], but never because of a gateway.
    pub fn beside(path: &Path) -> Result<Self, StoreError> {
        let folder = Folder::prepare(path)?;
        Self::start(&folder, Durability::Fsync, Log::Closed, None)
    }

    /// As [`SqliteStore::beside`], for a tool that only reads: a folder without a store stays one.
    ///
    /// # Errors
    /// As [`SqliteStore::beside`], and when there is no store.
    pub fn existing(path: &Path) -> Result<Self, StoreError> {
        let records = path.join("records.db");
        records
            .metadata()
            .map_err(|error| StoreError::file(&records, &error))?;
        Self::beside(path)
    }

    fn start(
        folder: &Folder,
        durability: Durability,
        log: Log,
        lock: Option<File>,
    ) -> Result<Self, StoreError> {
        let usage = match durability {
            Durability::Fsync => Use::WriteSynced,
            Durability::Os => Use::WriteUnsynced,
        };
        let mut keys = schema::connect(&folder.keys(), usage)?;
        let mut records = schema::connect(&folder.records(), usage)?;
        schema::migrate(&mut keys, &folder.keys(), schema::KEYS)?;
        schema::migrate(&mut records, &folder.records(), schema::RECORDS)?;
        if lock.is_some() {
            // Not before: SQLite deletes the log of an empty database.
            folder::grow_log(&folder.records(), upkeep::LOG_BYTES)?;
        }
        let (queue, status) = (Arc::new(Queue::default()), Arc::new(Status::default()));
        let writer = Writer {
            keys,
            records,
            log,
            queue: Arc::clone(&queue),
            status: Arc::clone(&status),
            upkeep: Upkeep::start(folder, durability, &status)?,
            pace: Pace::new(durability),
            buffers: Buffers::default(),
        };
        let reader = Reader::open(folder)?;
        let thread = thread::Builder::new().name("store-write".to_owned());
        let thread = thread
            .spawn(move || writer.run())
            .map_err(|_| StoreError::Threads)?;
        Ok(Self {
            reader,
            queue,
            status,
            writer: Mutex::new(Some(thread)),
            _lock: lock,
        })
    }

    fn chore(&self, chore: Chore) -> Result<u64, StoreError> {
        let (teller, told) = mpsc::sync_channel(1);
        self.queue.push(Job::Chore(chore, teller))?;
        told.recv().unwrap_or(Err(StoreError::Closed))
    }

    fn push(&self, body: Body, write: Write, waiter: Waiter) {
        let nobody = waiter.is_nobody();
        let entry = Entry {
            body,
            write,
            waiter,
            sequence: 0,
        };
        match self.queue.push(Job::Entry(entry)) {
            Ok(()) => {}
            Err(_) if nobody => self.status.lose(1),
            Err(_) => self.status.refuse(1),
        }
    }

    /// Lets `records.db` grow to so many pages, as a disk of that size would.
    #[cfg(test)]
    pub(crate) fn limit_pages(&self, pages: u32) {
        self.chore(Chore::LimitPages(pages)).unwrap();
    }
}

impl Store for SqliteStore {
    fn key(&self, kind: &str, id: &[u8]) -> Result<Option<KeyRow>, StoreError> {
        self.reader.key(kind, id)
    }

    fn keys(&self, kind: &str) -> Result<Vec<KeyRow>, StoreError> {
        self.reader.keys(kind)
    }

    fn put_keys(&self, rows: Vec<KeyRow>) -> Result<(), StoreError> {
        self.chore(Chore::PutKeys(rows)).map(drop)
    }

    fn add_key(&self, row: KeyRow) -> Result<bool, StoreError> {
        Ok(self.chore(Chore::AddKey(row))? > 0)
    }

    fn remove_key(&self, kind: &str, id: &[u8]) -> Result<bool, StoreError> {
        Ok(self.chore(Chore::RemoveKey {
            kind: kind.to_owned(),
            id: id.to_owned(),
        })? > 0)
    }

    fn keys_version(&self) -> Result<u64, StoreError> {
        self.reader.keys_version()
    }

    fn vault_row(&self, scope: &[u8; 16], surrogate: &str) -> Result<Option<VaultRow>, StoreError> {
        self.reader.vault_row(scope, surrogate)
    }

    fn drop_expired(&self, now: u64) -> Result<u64, StoreError> {
        let mut all = 0;
        loop {
            let dropped = self.chore(Chore::DropExpired(now))?;
            all += dropped;
            if dropped < DROP_AT_ONCE {
                return Ok(all);
            }
        }
    }

    fn attach(&self, sequencer: Box<dyn Sequencer>) -> Result<(), StoreError> {
        self.chore(Chore::Attach(sequencer)).map(drop)
    }

    fn append(&self, body: Body, write: Write) -> Receipt {
        let (teller, receipt) = oneshot::channel();
        self.push(body, write, Waiter::Task(teller));
        let queue: Arc<Queue> = Arc::clone(&self.queue);
        Receipt::new(receipt, queue)
    }

    fn append_later(&self, body: Body) {
        self.push(body, Write::default(), Waiter::Nobody);
    }

    fn append_wait(&self, body: Body) -> Result<u64, StoreError> {
        let (teller, told) = mpsc::sync_channel(1);
        self.push(body, Write::default(), Waiter::Thread(teller));
        told.recv().unwrap_or(Err(StoreError::Closed))
    }

    fn log_size(&self) -> Result<u64, StoreError> {
        self.reader.log_size()
    }

    fn log_rows(&self, from: u64, limit: usize) -> Result<Vec<LogRow>, StoreError> {
        self.reader.log_rows(from, limit)
    }

    fn log_rows_below(&self, below: u64, limit: usize) -> Result<Vec<LogRow>, StoreError> {
        self.reader.log_rows_below(below, limit)
    }

    fn put_checkpoint(&self, row: CheckpointRow) -> Result<(), StoreError> {
        self.chore(Chore::Checkpoint(row)).map(drop)
    }

    fn checkpoints(&self, size: u64) -> Result<Vec<CheckpointRow>, StoreError> {
        self.reader.checkpoints(size)
    }

    fn last_checkpoint(&self) -> Result<Option<CheckpointRow>, StoreError> {
        self.reader.last_checkpoint()
    }

    fn drop_bodies(&self, sequences: Range<u64>) -> Result<u64, StoreError> {
        let mut all = 0;
        let mut from = sequences.start;
        while from < sequences.end {
            let to = sequences.end.min(from + DROP_AT_ONCE);
            all += self.chore(Chore::DropBodies(from..to))?;
            from = to;
        }
        Ok(all)
    }

    fn health(&self) -> Health {
        self.status.health()
    }

    fn close(&self) -> Result<(), StoreError> {
        self.queue.close();
        let Some(thread) = self.writer.lock().take() else {
            return Ok(());
        };
        let ended = thread.join();
        if ended.is_err() || !self.status.health().up {
            return Err(StoreError::Unfinished);
        }
        Ok(())
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        if self.close().is_err() {
            tracing::error!("the store was closed with entries that could not be written");
        }
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore")
            .field("health", &self.health())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
