//! [`Store`] on SQLite, with a journal before it.
//!
//! A request is committed by one write to the journal (`desk`), in the `fsync` durability also one `fdatasync` for all who are
//! ready; the databases get its rows some milliseconds later, many in one transaction (`apply`). Those who ask this store for rows
//! find them in either case; a tool beside a gateway finds them when they are in the databases. What a gateway that died left
//! in the journal is brought into the databases by whoever opens the folder next.

mod apply;
mod chores;
mod desk;
mod folder;
mod overlay;
mod pace;
mod queue;
mod read;
mod recover;
mod schema;
mod status;
mod sync;

use super::journal::{Journal, Recovered};
use super::{
    Body, CheckpointRow, Durability, Health, KeyRow, LogRow, Receipt, Sequencer, Store, StoreError,
    VaultRow, Write,
};
use apply::{Applier, Inbox};
use chores::{Chore, DROP_AT_ONCE};
use desk::Desk;
use folder::Folder;
use parking_lot::Mutex;
use read::Reader;
use recover::recover;
use rusqlite::Connection;
use schema::Use;
use status::Status;
use std::fmt;
use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How often, and how far apart, a gateway tries to get a folder that a tool may hold for a moment.
const TRIES: u32 = 5;
const BETWEEN_TRIES: Duration = Duration::from_millis(50);

/// Rows in `keys.db` and `records.db` of one data folder.
pub struct SqliteStore {
    reader: Reader,
    /// The gateway's; a tool has none, and writes no entries.
    desk: Option<Arc<Desk>>,
    /// A tool's; a gateway's is the desk's.
    inbox: Arc<Inbox>,
    status: Arc<Status>,
    threads: Mutex<Option<Threads>>,
    /// Held as long as the store lives.
    _lock: Option<File>,
}

struct Threads {
    writer: Option<JoinHandle<()>>,
    applier: JoinHandle<bool>,
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
        let lock = lock(&folder)?;
        let (keys, records) = databases(&folder, Use::WriteUnsynced)?;
        let held = Recovered::read(folder.path())?;
        recover(&folder, &held, &keys, &records)?;
        let (journal, status) = (Journal::open(folder.path())?, Arc::new(Status::default()));
        let syncer = match durability {
            Durability::Fsync => None,
            Durability::Os => Some(sync::start_syncer(journal.files(), Arc::clone(&status))?),
        };
        let size = apply::size(&records)?;
        let desk = Desk::new(durability, journal, Arc::clone(&status), syncer, size);
        let desk = Arc::new(desk);
        let applier = Applier::new(keys, records, &folder, Some(Arc::clone(&desk)))?;
        Self::start(&folder, Some(desk), applier, status, Some(lock))
    }

    /// Opens the data folder for a tool that reads, or writes keys, while a gateway may run.
    ///
    /// # Errors
    /// As [`SqliteStore::open`], but never because of a gateway.
    pub fn beside(path: &Path) -> Result<Self, StoreError> {
        let folder = Folder::prepare(path)?;
        let (keys, records) = databases(&folder, Use::WriteSynced)?;
        take_over(&folder, &keys, &records)?;
        let applier = Applier::new(keys, records, &folder, None)?;
        Self::start(&folder, None, applier, Arc::default(), None)
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
        desk: Option<Arc<Desk>>,
        applier: Applier,
        status: Arc<Status>,
        lock: Option<File>,
    ) -> Result<Self, StoreError> {
        let reader = Reader::open(folder)?;
        let inbox = desk
            .as_ref()
            .map_or_else(Arc::default, |desk| Arc::clone(&desk.inbox));
        let wishes = Arc::clone(&inbox);
        let spawned = thread::Builder::new()
            .name("store-apply".to_owned())
            .spawn(move || applier.run(&wishes));
        let applier = spawned.map_err(|_| StoreError::Threads)?;
        let mut writer = None;
        if let Some(desk) = desk.clone() {
            let spawned = thread::Builder::new()
                .name("store-write".to_owned())
                .spawn(move || desk.write());
            writer = Some(spawned.map_err(|_| StoreError::Threads)?);
        }
        Ok(Self {
            reader,
            desk,
            inbox,
            status,
            threads: Mutex::new(Some(Threads { writer, applier })),
            _lock: lock,
        })
    }

    fn chore(&self, chore: Chore) -> Result<u64, StoreError> {
        self.inbox.run(chore)
    }

    fn desk(&self) -> Result<&Arc<Desk>, StoreError> {
        self.desk.as_ref().ok_or(StoreError::Sequencer)
    }

    /// What is committed is in the databases when this returns. Once the store is closed they have all of it.
    fn settle(&self) -> Result<(), StoreError> {
        if self.desk.as_ref().is_none_or(|desk| desk.is_settled()) {
            return Ok(());
        }
        match self.chore(Chore::Settle) {
            Ok(_) | Err(StoreError::Closed) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Lets the journal and `records.db` grow to so many pages, as a disk of that size would.
    #[cfg(test)]
    pub(crate) fn limit_pages(&self, pages: u32) {
        self.chore(Chore::LimitPages(pages)).unwrap();
    }
}

fn lock(folder: &Folder) -> Result<File, StoreError> {
    for _ in 1..TRIES {
        match folder.lock() {
            Err(StoreError::InUse(_)) => thread::sleep(BETWEEN_TRIES),
            other => return other,
        }
    }
    folder.lock()
}

/// Sees to it that the databases have what the journal holds: of a gateway that runs it does so itself, in a moment; of one that
/// died we do.
fn take_over(folder: &Folder, keys: &Connection, records: &Connection) -> Result<(), StoreError> {
    // A gateway may be writing: what is read then need not be whole. Who has the folder for itself reads it again.
    let held = Recovered::read(folder.path())?;
    if held.is_blank() {
        return Ok(());
    }
    let end = held.end().unwrap_or(0);
    for _ in 0..TRIES {
        if let Ok(_lock) = folder.lock() {
            let held = Recovered::read(folder.path())?;
            return recover(folder, &held, keys, records);
        }
        if apply::size(records)? >= end {
            break;
        }
        thread::sleep(BETWEEN_TRIES);
    }
    Ok(())
}

/// The two databases, keys first, as the schema says.
fn databases(folder: &Folder, usage: Use) -> Result<(Connection, Connection), StoreError> {
    let mut keys = schema::connect(&folder.keys(), usage)?;
    let mut records = schema::connect(&folder.records(), usage)?;
    schema::migrate(&mut keys, &folder.keys(), schema::KEYS)?;
    schema::migrate(&mut records, &folder.records(), schema::RECORDS)?;
    Ok((keys, records))
}

impl Store for SqliteStore {
    fn key(&self, kind: &str, id: &[u8]) -> Result<Option<KeyRow>, StoreError> {
        // First here: a row is forgotten here only when it is in the database. If it is in both, the database's holds.
        let committed = self.desk.as_ref().and_then(|desk| desk.keys.get(kind, id));
        Ok(self.reader.key(kind, id)?.or(committed))
    }

    fn keys(&self, kind: &str) -> Result<Vec<KeyRow>, StoreError> {
        if self.desk.as_ref().is_some_and(|desk| desk.keys.has(kind)) {
            self.settle()?;
        }
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
        self.settle()?;
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
        self.desk()?.attach(sequencer)
    }

    fn append(&self, body: Body, write: Write) -> Receipt {
        match self.desk() {
            Ok(desk) => desk.append(body, write),
            Err(error) => Receipt::ready(Err(error)),
        }
    }

    fn append_later(&self, body: Body) {
        match self.desk() {
            Ok(desk) => desk.append_later(body),
            Err(_) => self.status.lose(1),
        }
    }

    fn append_wait(&self, body: Body) -> Result<u64, StoreError> {
        self.desk()?.append_now(body, Write::default())
    }

    fn log_size(&self) -> Result<u64, StoreError> {
        self.settle()?;
        self.reader.log_size()
    }

    fn log_rows(&self, from: u64, limit: usize) -> Result<Vec<LogRow>, StoreError> {
        self.settle()?;
        self.reader.log_rows(from, limit)
    }

    fn log_rows_below(&self, below: u64, limit: usize) -> Result<Vec<LogRow>, StoreError> {
        self.settle()?;
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
        if let Some(desk) = &self.desk {
            desk.queue.close();
        }
        let Some(threads) = self.threads.lock().take() else {
            return Ok(());
        };
        let written = threads.writer.is_none_or(|writer| writer.join().is_ok());
        self.inbox.stop();
        let applied = threads.applier.join().is_ok_and(|done| done);
        if let Some(syncer) = self.desk.as_ref().and_then(|desk| desk.syncer.as_ref()) {
            syncer.stop();
        }
        if written && applied && self.status.health().up {
            Ok(())
        } else {
            Err(StoreError::Unfinished)
        }
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
