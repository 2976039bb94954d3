//! Work beside the writer: syncing in the `os` durability, and copying the write-ahead log into the database.

use super::folder::{Folder, log_of};
use super::schema::{Use, connect};
use super::status::Status;
use crate::store::{Durability, StoreError};
use parking_lot::{Condvar, Mutex};
use rusqlite::Connection;
use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// What was written is synced this much later in the `os` durability; promised are 100 ms.
const SYNC_AFTER: Duration = Duration::from_millis(50);
/// After so many commits the write-ahead log is copied into the database.
const COPY_AFTER_COMMITS: u32 = 500;
/// Or after so many entries.
const COPY_AFTER_ENTRIES: u32 = 4_000;
/// Frames that the writer may stand still for when it has nothing else to do.
const SHORT_REST_FRAMES: i64 = 256;
/// From so many frames on, the writer stands still in any case, so that the log begins anew.
const LONG_LOG_FRAMES: i64 = 8_000;
/// Rounds of copying in which the copier tries to catch up with the writer.
const ROUNDS: u32 = 8;
/// Size that the log of `records.db` is given at start: [`LONG_LOG_FRAMES`] of 4,120 bytes.
pub(super) const LOG_BYTES: u64 = 32_960_000;

/// The writer's end.
pub(super) struct Upkeep {
    syncer: Option<Helper>,
    copier: Helper,
    /// Frames that the copier left because the writer went on; see [`rest`].
    rest: Arc<AtomicU8>,
    commits: u32,
    entries: u32,
}

impl Upkeep {
    pub(super) fn start(
        folder: &Folder,
        durability: Durability,
        status: &Arc<Status>,
    ) -> Result<Self, StoreError> {
        let rest = Arc::new(AtomicU8::new(rest::NONE));
        Ok(Self {
            syncer: match durability {
                Durability::Fsync => None,
                Durability::Os => Some(start_syncer(folder, Arc::clone(status))?),
            },
            copier: start_copier(folder, Arc::clone(&rest))?,
            rest,
            commits: 0,
            entries: 0,
        })
    }

    /// Called after each commit of so many entries.
    pub(super) fn after_commit(&mut self, records: &Connection, entries: usize) {
        if let Some(syncer) = &self.syncer {
            syncer.call();
        }
        self.commits += 1;
        self.entries = self.entries.saturating_add(entries as u32);
        if self.commits >= COPY_AFTER_COMMITS || self.entries >= COPY_AFTER_ENTRIES {
            (self.commits, self.entries) = (0, 0);
            self.copier.call();
        }
        if self.rest.load(Relaxed) == rest::LONG_LOG {
            self.copy_rest(records);
        }
    }

    /// Called when there is nothing to commit.
    pub(super) fn when_idle(&self, records: &Connection) {
        if self.rest.load(Relaxed) != rest::NONE {
            self.copy_rest(records);
        }
    }

    /// Nobody writes meanwhile, so all of it is copied, and the next commit begins the log anew.
    fn copy_rest(&self, records: &Connection) {
        self.rest.store(rest::NONE, Relaxed);
        copy(records);
    }

    /// Stops the helpers; the syncer syncs a last time.
    pub(super) fn stop(self) {
        if let Some(syncer) = self.syncer {
            syncer.stop();
        }
        self.copier.stop();
    }
}

fn start_syncer(folder: &Folder, status: Arc<Status>) -> Result<Helper, StoreError> {
    let mut logs = Vec::new();
    // Keys first: a row must not outlive its key.
    for database in [folder.keys(), folder.records()] {
        let path = log_of(&database);
        logs.push(File::open(&path).map_err(|error| StoreError::file(&path, &error))?);
    }
    Helper::start("store-sync", SYNC_AFTER, move || {
        let well = logs.iter().all(|log| log.sync_data().is_ok());
        status.synced(well);
        well
    })
}

/// Whether the writer has something to finish.
mod rest {
    pub(super) const NONE: u8 = 0;
    /// A little, for when it is idle.
    pub(super) const SHORT: u8 = 1;
    /// Whatever it is: the log has grown long.
    pub(super) const LONG_LOG: u8 = 2;
}

fn start_copier(folder: &Folder, rest: Arc<AtomicU8>) -> Result<Helper, StoreError> {
    let connection = connect(&folder.records(), Use::WriteUnsynced)?;
    Helper::start("store-copy", Duration::ZERO, move || {
        let mut left = rest::NONE;
        for _ in 0..ROUNDS {
            let Some((frames, copied)) = copy(&connection) else {
                break;
            };
            left = match frames - copied {
                0 => rest::NONE,
                _ if frames >= LONG_LOG_FRAMES => rest::LONG_LOG,
                _ => rest::SHORT,
            };
            if frames - copied <= SHORT_REST_FRAMES {
                break;
            }
        }
        rest.store(left, Relaxed);
        true
    })
}

/// Copies what no reader needs any more; frames in the log and frames copied. Fails in silence, since what was not copied is
/// still in the log, and a log that can't grow fails the next commit.
pub(super) fn copy(connection: &Connection) -> Option<(i64, i64)> {
    let copied = connection
        .prepare_cached("PRAGMA wal_checkpoint(PASSIVE)")
        .and_then(|mut query| query.query_row([], |row| Ok((row.get(1)?, row.get(2)?))));
    copied
        .inspect_err(|error| tracing::warn!(%error, "copying the log failed"))
        .ok()
}

/// A thread that does one thing each time it is called, some time after.
struct Helper {
    wish: Arc<(Mutex<Wish>, Condvar)>,
    thread: JoinHandle<()>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wish {
    Nothing,
    Work,
    Stop,
}

impl Helper {
    /// `work` says whether it went well; if not, it is called again by itself.
    fn start(
        name: &str,
        after: Duration,
        mut work: impl FnMut() -> bool + Send + 'static,
    ) -> Result<Self, StoreError> {
        let wish = Arc::new((Mutex::new(Wish::Nothing), Condvar::new()));
        let shared = Arc::clone(&wish);
        let thread = thread::Builder::new().name(name.to_owned()).spawn(move || {
            while next(&shared, after) {
                if !work() {
                    call(&shared);
                }
            }
            work();
        });
        Ok(Self {
            wish,
            thread: thread.map_err(|_| StoreError::Threads)?,
        })
    }

    fn call(&self) {
        call(&self.wish);
    }

    fn stop(self) {
        *self.wish.0.lock() = Wish::Stop;
        self.wish.1.notify_one();
        if self.thread.join().is_err() {
            tracing::error!("a thread of the store has panicked");
        }
    }
}

fn call((wish, bell): &(Mutex<Wish>, Condvar)) {
    let mut wish = wish.lock();
    if *wish == Wish::Nothing {
        *wish = Wish::Work;
        bell.notify_one();
    }
}

/// Waits for the next call and then for `after`; `false` when there is none any more.
fn next((wish, bell): &(Mutex<Wish>, Condvar), after: Duration) -> bool {
    let mut wish = wish.lock();
    bell.wait_while(&mut wish, |wish| *wish == Wish::Nothing);
    if *wish == Wish::Work && !after.is_zero() {
        bell.wait_while_for(&mut wish, |wish| *wish == Wish::Work, after);
    }
    if *wish == Wish::Stop {
        return false;
    }
    *wish = Wish::Nothing;
    true
}
