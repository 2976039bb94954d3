//! The one thread that writes: takes whatever is queued, commits it at once, tells those who wait.

use super::chores::Chores;
use super::pace::{Company, Pace};
use super::queue::{Entry, Job, Queue};
use super::status::Status;
use super::upkeep::Upkeep;
use crate::store::{KeyRow, Sequencer, StoreError, VaultRow};
use rusqlite::Connection;
use std::sync::Arc;
use std::time::Instant;

/// Owns the connections that write.
pub(super) struct Writer {
    pub(super) keys: Connection,
    pub(super) records: Connection,
    pub(super) log: Log,
    pub(super) queue: Arc<Queue>,
    pub(super) status: Arc<Status>,
    pub(super) upkeep: Upkeep,
    pub(super) pace: Pace,
    pub(super) buffers: Buffers,
}

/// The log's part of the writer.
pub(super) enum Log {
    /// A tool's store: it writes keys, never the log.
    Closed,
    /// A gateway's store before its sequencer is there.
    Waiting,
    Open(Box<dyn Sequencer>),
}

/// Used again for each entry.
#[derive(Default)]
pub(super) struct Buffers {
    bytes: Vec<u8>,
    hashes: Vec<u8>,
}

impl Writer {
    /// Works until the queue is closed and empty, or closed and the store failed.
    pub(super) fn run(mut self) {
        let _gone = Gone(Arc::clone(&self.queue));
        let mut batch = Vec::new();
        while !(self.queue.is_closing() && self.queue.is_empty()) {
            self.queue.wait(self.pace.limit(self.status.is_writing()));
            if self.pace.wants_company() && !self.queue.is_closing() {
                let Company {
                    slice,
                    most,
                    enough,
                } = self.pace.company();
                self.queue.gather(slice, most, enough);
            }
            self.pace.came(self.queue.take(&mut batch));
            if !batch.is_empty() {
                self.work(&mut batch);
                self.pace.worked();
            } else if !self.status.is_writing() {
                self.probe();
            } else {
                self.upkeep.when_idle(&self.records);
            }
            if self.queue.is_closing() && !self.status.is_writing() {
                break;
            }
        }
        super::upkeep::copy(&self.keys);
        super::upkeep::copy(&self.records);
        self.upkeep.stop();
    }

    fn work(&mut self, batch: &mut Vec<Job>) {
        let (mut entries, mut chores) = (Vec::with_capacity(batch.len()), Vec::new());
        for job in batch.drain(..) {
            match job {
                Job::Entry(entry) => entries.push(entry),
                Job::Chore(chore, waiter) => chores.push((chore, waiter)),
            }
        }
        if !entries.is_empty() {
            let began = Instant::now();
            let outcome = self.commit(&mut entries);
            self.pace.commit_took(began.elapsed());
            let count = entries.len();
            self.report(&outcome, entries);
            if outcome.is_ok() {
                self.upkeep.after_commit(&self.records, count);
            }
        }
        for (chore, waiter) in chores {
            let outcome = Chores::of(self).run(chore);
            match &outcome {
                Ok(_) => self.upkeep.after_commit(&self.records, 1),
                Err(error) if error.is_failure() => self.status.wrote(false),
                Err(_) => {}
            }
            drop(waiter.send(outcome));
        }
    }

    /// All of them, or none.
    fn commit(&mut self, entries: &mut [Entry]) -> Result<(), StoreError> {
        let Log::Open(sequencer) = &mut self.log else {
            return Err(StoreError::Sequencer);
        };
        if entries.iter().any(|entry| !entry.write.keys.is_empty()) {
            let keys = entries.iter().flat_map(|entry| &entry.write.keys);
            transaction(&self.keys, || insert_keys(&self.keys, keys))?;
        }
        let (records, buffers) = (&self.records, &mut self.buffers);
        let done = transaction(records, || {
            insert_vault(records, entries.iter().flat_map(|entry| &entry.write.vault))?;
            insert_log(records, sequencer.as_mut(), entries, buffers)
        });
        match done {
            Ok(()) => sequencer.committed(),
            Err(_) => sequencer.rolled_back(),
        }
        done
    }

    /// Tells those who wait; after a failure those entries that nobody waits for stay queued.
    fn report(&self, outcome: &Result<(), StoreError>, entries: Vec<Entry>) {
        let mut again = Vec::new();
        match outcome {
            Ok(()) => self.status.wrote(true),
            Err(error) if error.is_failure() => self.status.wrote(false),
            Err(_) => {}
        }
        if outcome.is_err() {
            // Counted before it is told, so that who was refused finds it counted.
            let waited = entries.iter().filter(|entry| !entry.waiter.is_nobody());
            self.status.refuse(waited.count() as u64);
        }
        for entry in entries {
            match outcome {
                Ok(()) => entry.waiter.tell(Ok(entry.sequence)),
                Err(_) if entry.waiter.is_nobody() => again.push(entry),
                Err(error) => entry.waiter.tell(Err(error.clone())),
            }
        }
        if outcome.is_err() {
            self.status.lose(self.queue.put_back(again));
        }
    }

    /// Writes as much as a batch would, to see whether that goes again.
    fn probe(&self) {
        let records = &self.records;
        let done = transaction(records, || {
            let mut insert = records
                .prepare_cached("INSERT OR REPLACE INTO probe VALUES (1, randomblob(65536))")?;
            insert.execute([])?;
            Ok(())
        });
        let done = done.and_then(|()| {
            transaction(records, || {
                Ok(records.prepare_cached("DELETE FROM probe")?.execute([])?)
            })
        });
        if done.is_ok() {
            self.status.wrote(true);
        }
    }
}

/// Runs `work` in a transaction, which is taken back when `work` or the commit fails.
pub(super) fn transaction<T>(
    connection: &Connection,
    work: impl FnOnce() -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    roll_back(connection);
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    let done = work().and_then(|value| {
        connection.prepare_cached("COMMIT")?.execute([])?;
        Ok(value)
    });
    if done.is_err() {
        roll_back(connection);
    }
    done
}

/// A roll-back can fail too; it is tried again before the next transaction, which fails if this does.
fn roll_back(connection: &Connection) {
    if !connection.is_autocommit() {
        drop(
            connection
                .prepare_cached("ROLLBACK")
                .and_then(|mut back| back.execute([])),
        );
    }
}

pub(super) fn insert_keys<'a>(
    keys: &Connection,
    rows: impl Iterator<Item = &'a KeyRow>,
) -> Result<u64, StoreError> {
    let mut insert =
        keys.prepare_cached("INSERT OR IGNORE INTO keys VALUES (?1, ?2, ?3, ?4, ?5)")?;
    let mut inserted = 0;
    for row in rows {
        inserted += insert.execute((
            &row.kind,
            &row.id,
            &row.blob,
            &row.facts,
            row.created as i64,
        ))?;
    }
    Ok(inserted as u64)
}

fn insert_vault<'a>(
    records: &Connection,
    rows: impl Iterator<Item = &'a VaultRow>,
) -> Result<(), StoreError> {
    let mut insert = records
        .prepare_cached("INSERT OR IGNORE INTO vault VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
    for row in rows {
        insert.execute((
            row.scope.as_slice(),
            &row.surrogate,
            &row.entity,
            row.blind_index.as_slice(),
            &row.sealed,
            row.created as i64,
            row.expires as i64,
        ))?;
    }
    Ok(())
}

fn insert_log(
    records: &Connection,
    sequencer: &mut dyn Sequencer,
    entries: &mut [Entry],
    Buffers { bytes, hashes }: &mut Buffers,
) -> Result<(), StoreError> {
    let mut insert = records.prepare_cached("INSERT INTO log VALUES (?1, ?2, ?3, ?4)")?;
    for entry in entries {
        bytes.clear();
        hashes.clear();
        entry.sequence = sequencer.next(&entry.body.bytes, bytes, hashes);
        let (sequence, time) = (entry.sequence as i64, entry.body.time as i64);
        insert.execute((sequence, time, bytes.as_slice(), hashes.as_slice()))?;
    }
    Ok(())
}

/// Tells those who wait that the writer is gone, also when it panicked.
struct Gone(Arc<Queue>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.shut();
    }
}
