//! The thread that brings what the journal holds into the databases, many entries in one transaction, and does the chores.

use super::chores::{Chore, Chores};
use super::desk::Desk;
use super::folder::{self, Folder, log_of};
use crate::store::StoreError;
use crate::store::journal::{Frame, KeyCells, Placed, VaultCells, frames_in_memory};
use parking_lot::{Condvar, Mutex};
use rusqlite::Connection;
use std::collections::VecDeque;
use std::fs::File;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

/// What is committed is brought into the databases this much later at most.
const APPLY_AFTER: Duration = Duration::from_millis(20);
/// How often databases that can't be written are tried again.
const AGAIN: Duration = Duration::from_millis(500);
/// After so many entries a write-ahead log is copied into its database.
const COPY_AFTER: u64 = 4_000;

type Answer = mpsc::SyncSender<Result<u64, StoreError>>;

/// What the applier is asked for.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    state: Mutex<Wishes>,
    bell: Condvar,
}

#[derive(Debug, Default)]
struct Wishes {
    chores: VecDeque<(Chore, Answer)>,
    news: News,
    stop: bool,
    closed: bool,
    /// The applier sleeps until it is called.
    asleep: bool,
}

/// What was committed since the applier looked.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum News {
    #[default]
    Nothing,
    Some,
    /// So much that it is not to wait.
    Much,
}

impl Wishes {
    /// Whether it is not to wait for the usual time.
    fn is_urgent(&self) -> bool {
        self.stop || self.news == News::Much || !self.chores.is_empty()
    }
}

impl Inbox {
    /// Has a chore done and waits for it.
    pub(super) fn run(&self, chore: Chore) -> Result<u64, StoreError> {
        let (teller, told) = mpsc::sync_channel(1);
        let mut state = self.state.lock();
        if state.closed || state.stop {
            return Err(StoreError::Closed);
        }
        state.chores.push_back((chore, teller));
        drop(state);
        self.bell.notify_one();
        told.recv().unwrap_or(Err(StoreError::Closed))
    }

    /// Something was committed; `much` when it is not to wait.
    pub(super) fn news(&self, much: bool) {
        let mut state = self.state.lock();
        let news = if much { News::Much } else { News::Some }.max(state.news);
        let ring = state.asleep || (news == News::Much && state.news != News::Much);
        (state.news, state.asleep) = (news, false);
        drop(state);
        if ring {
            self.bell.notify_one();
        }
    }

    /// Ends the applier once everything is done.
    pub(super) fn stop(&self) {
        self.state.lock().stop = true;
        self.bell.notify_one();
    }

    /// Waits for something to do; gives the chores, and whether this is the end.
    fn wait(&self, failed: bool) -> (VecDeque<(Chore, Answer)>, bool) {
        let mut state = self.state.lock();
        if !state.is_urgent() && state.news == News::Nothing && !failed {
            state.asleep = true;
            self.bell.wait_while(&mut state, |state| {
                !state.is_urgent() && state.news == News::Nothing
            });
            state.asleep = false;
        }
        let rest = if failed { AGAIN } else { APPLY_AFTER };
        self.bell
            .wait_while_for(&mut state, |state| !state.is_urgent(), rest);
        state.news = News::Nothing;
        (std::mem::take(&mut state.chores), state.stop)
    }

    fn shut(&self) {
        let mut state = self.state.lock();
        state.closed = true;
        for (_, waiter) in state.chores.drain(..) {
            drop(waiter.send(Err(StoreError::Closed)));
        }
    }
}

/// Owns the connections that write.
pub(super) struct Applier {
    pub(super) keys: Connection,
    pub(super) records: Connection,
    pub(super) folder: Folder,
    /// The gateway's; a tool has none.
    pub(super) desk: Option<Arc<Desk>>,
    /// The write-ahead logs, for syncing them.
    logs: Vec<File>,
    /// Frames on their way into the databases.
    taken: Vec<u8>,
    copied: u64,
}

impl Applier {
    pub(super) fn new(
        keys: Connection,
        records: Connection,
        folder: &Folder,
        desk: Option<Arc<Desk>>,
    ) -> Result<Self, StoreError> {
        let mut logs = Vec::new();
        // Keys first: a row must not outlive its key.
        for database in [folder.keys(), folder.records()] {
            let path = log_of(&database);
            folder::touch(&path)?;
            logs.push(File::open(&path).map_err(|error| StoreError::file(&path, &error))?);
        }
        Ok(Self {
            keys,
            records,
            folder: folder.clone(),
            desk,
            logs,
            taken: Vec::new(),
            copied: 0,
        })
    }

    /// Works until it is stopped; says whether everything is in the databases then.
    pub(super) fn run(mut self, inbox: &Inbox) -> bool {
        let _gone = Gone(inbox, self.desk.clone());
        let mut failed = false;
        loop {
            let (chores, stop) = inbox.wait(failed);
            failed = self.apply().is_err();
            for (chore, waiter) in chores {
                drop(waiter.send(Chores::of(&mut self).run(chore)));
            }
            if stop {
                break;
            }
        }
        let done = self.clear().is_ok();
        copy(&self.keys);
        copy(&self.records);
        done
    }

    /// Brings everything that was committed until now into the databases.
    pub(super) fn apply(&mut self) -> Result<(), StoreError> {
        let Some(desk) = self.desk.clone() else {
            return Ok(());
        };
        // Twice, where the first are those that failed before.
        for _ in 0..2 {
            let failed_before = !self.taken.is_empty();
            if !failed_before {
                desk.hold().take_waiting(&mut self.taken);
            }
            self.apply_taken(&desk)?;
            if !failed_before {
                break;
            }
        }
        if desk.wants_sync() {
            self.sync()?;
            desk.synced();
        }
        Ok(())
    }

    fn apply_taken(&mut self, desk: &Desk) -> Result<(), StoreError> {
        if self.taken.is_empty() {
            return Ok(());
        }
        let read: Vec<_> = frames_in_memory(&self.taken).collect();
        let end = read.last().map_or(0, Frame::end);
        if let Err(error) = insert(&self.keys, &self.records, &read, 0) {
            desk.block(&error);
            return Err(error);
        }
        self.taken.clear();
        desk.applied_to(end);
        if end.saturating_sub(self.copied) >= COPY_AFTER {
            self.copied = end;
            copy(&self.keys);
            copy(&self.records);
        }
        Ok(())
    }

    /// Empties the journal: everything is in the databases, synced, and nothing of it is left anywhere else.
    pub(super) fn clear(&mut self) -> Result<(), StoreError> {
        let Some(desk) = self.desk.clone() else {
            return Ok(());
        };
        self.apply()?;
        // What came meanwhile is little; nothing more comes while the desk is held.
        let mut held = desk.hold();
        held.take_waiting(&mut self.taken);
        let read: Vec<_> = frames_in_memory(&self.taken).collect();
        let end = read.last().map(Frame::end);
        insert(&self.keys, &self.records, &read, 0)?;
        self.taken.clear();
        self.sync()?;
        let wiped = held.journal.wipe();
        drop(held);
        if let Some(end) = end {
            desk.applied_to(end);
        }
        desk.synced();
        wiped.map_err(|error| StoreError::from_io(&error))
    }

    fn sync(&self) -> Result<(), StoreError> {
        self.logs
            .iter()
            .try_for_each(File::sync_data)
            .map_err(|error| StoreError::from_io(&error))
    }
}

/// Tells those who wait that the applier is gone; if it panicked, nothing is committed any more.
struct Gone<'a>(&'a Inbox, Option<Arc<Desk>>);

impl Drop for Gone<'_> {
    fn drop(&mut self) {
        self.0.shut();
        if let Some(desk) = &self.1
            && thread::panicking()
        {
            desk.block(&StoreError::Closed);
        }
    }
}

/// How many entries the database has.
pub(super) fn size(records: &Connection) -> Result<u64, StoreError> {
    let mut query = records.prepare_cached("SELECT max(sequence) FROM log")?;
    let last: Option<i64> = query.query_row([], |row| row.get(0))?;
    Ok(last.map_or(0, |last| last as u64 + 1))
}

/// Keys first: a row must not outlive its key. Of entries and their rows, those from place `from` on.
pub(super) fn insert(
    keys: &Connection,
    records: &Connection,
    frames: &[Frame<'_>],
    from: u64,
) -> Result<(), StoreError> {
    let mut placed = Vec::new();
    for frame in frames {
        for entry in frame.entries() {
            placed.push(entry.ok_or(StoreError::Journal)?);
        }
    }
    if placed.is_empty() {
        return Ok(());
    }
    if placed.iter().any(|entry| !entry.keys.is_empty()) {
        transaction(keys, || {
            let cells = placed.iter().flat_map(|entry| &entry.keys);
            insert_keys(keys, cells).map(drop)
        })?;
    }
    placed.retain(|entry| entry.sequence >= from);
    transaction(records, || {
        insert_vault(records, placed.iter().flat_map(|entry| &entry.vault))?;
        insert_log(records, &placed)
    })
}

pub(super) fn insert_keys<'a>(
    keys: &Connection,
    rows: impl Iterator<Item = &'a KeyCells<'a>>,
) -> Result<u64, StoreError> {
    let mut insert =
        keys.prepare_cached("INSERT OR IGNORE INTO keys VALUES (?1, ?2, ?3, ?4, ?5)")?;
    let mut inserted = 0;
    for row in rows {
        inserted += insert.execute((row.kind, row.id, row.blob, row.facts, row.created as i64))?;
    }
    Ok(inserted as u64)
}

fn insert_vault<'a>(
    records: &Connection,
    rows: impl Iterator<Item = &'a VaultCells<'a>>,
) -> Result<(), StoreError> {
    let mut insert = records
        .prepare_cached("INSERT OR IGNORE INTO vault VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
    for row in rows {
        insert.execute((
            row.scope,
            row.surrogate,
            row.entity,
            row.blind_index,
            row.sealed,
            row.created as i64,
            row.expires as i64,
        ))?;
    }
    Ok(())
}

fn insert_log(records: &Connection, entries: &[Placed<'_>]) -> Result<(), StoreError> {
    let mut insert = records.prepare_cached("INSERT INTO log VALUES (?1, ?2, ?3, ?4)")?;
    for entry in entries {
        let (sequence, time) = (entry.sequence as i64, entry.time as i64);
        insert.execute((sequence, time, entry.bytes, entry.hashes))?;
    }
    Ok(())
}

/// Copies the write-ahead log into the database, as far as no reader needs it. Fails in silence, since what was not copied is still
/// in the log, and a log that can't grow fails the next transaction.
fn copy(connection: &Connection) {
    let copied = connection
        .prepare_cached("PRAGMA wal_checkpoint(PASSIVE)")
        .and_then(|mut query| query.query_row([], |_| Ok(())));
    if let Err(error) = copied {
        tracing::warn!(%error, "copying the log failed");
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
