//! What is done seldom: keys by hand, checkpoints, expiry. Each is on the disk when it is done, in either durability.

use super::apply::{Applier, insert_keys, transaction};
use super::recover::recover;
use crate::store::journal::{KeyCells, Recovered};
use crate::store::{CheckpointRow, KeyRow, StoreError};
use rusqlite::Connection;
use std::ops::Range;
use std::time::Duration;

/// How often, and how far apart, the log of keys is tried to be emptied while readers are in it.
const TRIES: u32 = 20;
const BETWEEN_TRIES: Duration = Duration::from_millis(50);
/// Rows that one transaction drops, so that requests need not wait long.
pub(super) const DROP_AT_ONCE: u64 = 1_000;
/// Shorter ids can stand anywhere by chance.
const TELLING_ID_BYTES: usize = 8;

/// One of them.
#[derive(Debug)]
pub(super) enum Chore {
    /// Brings everything that is committed into the databases.
    Settle,
    PutKeys(Vec<KeyRow>),
    AddKey(KeyRow),
    RemoveKey {
        kind: String,
        id: Vec<u8>,
    },
    Checkpoint(CheckpointRow),
    DropExpired(u64),
    DropBodies(Range<u64>),
    #[cfg(test)]
    LimitPages(u32),
}

/// The applier, for chores.
pub(super) struct Chores<'a>(&'a mut Applier);

impl<'a> Chores<'a> {
    pub(super) const fn of(applier: &'a mut Applier) -> Self {
        Self(applier)
    }

    /// Does it; how many rows it touched.
    pub(super) fn run(self, chore: Chore) -> Result<u64, StoreError> {
        let applier = self.0;
        match chore {
            Chore::Settle => applier.apply().map(|()| 0),
            Chore::PutKeys(rows) => put_keys(&applier.keys, &rows),
            Chore::AddKey(row) => synced(&applier.keys, || {
                insert_keys(&applier.keys, std::iter::once(&cells(&row)))
            }),
            Chore::RemoveKey { kind, id } => remove_key(applier, &kind, &id),
            Chore::Checkpoint(row) => {
                applier.apply()?;
                put_checkpoint(&applier.records, &row)
            }
            Chore::DropExpired(now) => {
                applier.apply()?;
                let dropped = drop_expired(&applier.records, now)?;
                leave_none(applier, dropped)
            }
            Chore::DropBodies(range) => {
                applier.apply()?;
                let dropped = drop_bodies(&applier.records, range.start, range.end)?;
                leave_none(applier, dropped)
            }
            #[cfg(test)]
            Chore::LimitPages(pages) => {
                applier
                    .records
                    .pragma_update(None, "max_page_count", pages)?;
                if let Some(desk) = &applier.desk {
                    desk.hold().journal.limit(pages < 100);
                }
                Ok(0)
            }
        }
    }
}

/// What was dropped is not to be left in the journal.
fn leave_none(applier: &mut Applier, dropped: u64) -> Result<u64, StoreError> {
    if dropped > 0 {
        applier.clear()?;
    }
    Ok(dropped)
}

fn cells(row: &KeyRow) -> KeyCells<'_> {
    KeyCells {
        kind: &row.kind,
        id: &row.id,
        blob: &row.blob,
        facts: &row.facts,
        created: row.created,
    }
}

/// A transaction that is on the disk when it returns, and with it everything committed before.
pub(super) fn synced<T>(
    connection: &Connection,
    work: impl FnOnce() -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let usual: i64 = connection.pragma_query_value(None, "synchronous", |row| row.get(0))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    let done = transaction(connection, work);
    connection.pragma_update(None, "synchronous", usual)?;
    done
}

fn put_keys(keys: &Connection, rows: &[KeyRow]) -> Result<u64, StoreError> {
    synced(keys, || {
        let mut insert =
            keys.prepare_cached("INSERT OR REPLACE INTO keys VALUES (?1, ?2, ?3, ?4, ?5)")?;
        for row in rows {
            insert.execute((
                &row.kind,
                &row.id,
                &row.blob,
                &row.facts,
                row.created as i64,
            ))?;
        }
        Ok(())
    })?;
    // A row that was replaced should not stay in the log; it is no reason to fail if a reader keeps it there.
    empty_log(keys)?;
    Ok(rows.len() as u64)
}

/// Of the row, its copy in the journal, and its copy in the write-ahead log. The journal first: after a crash it would bring the
/// row back.
fn remove_key(applier: &mut Applier, kind: &str, id: &[u8]) -> Result<u64, StoreError> {
    applier.clear()?;
    // A tool beside a gateway can't empty the gateway's journal.
    let own = applier.desk.is_some() || {
        let lock = applier.folder.lock();
        lock.is_ok() && {
            let held = Recovered::read(applier.folder.path())?;
            recover(&applier.folder, &held, &applier.keys, &applier.records)?;
            true
        }
    };
    let keys = &applier.keys;
    let removed = synced(keys, || {
        let mut delete = keys.prepare_cached("DELETE FROM keys WHERE kind = ?1 AND id = ?2")?;
        Ok(delete.execute((kind, id))?)
    })?;
    let lingers =
        !own && id.len() >= TELLING_ID_BYTES && Recovered::read(applier.folder.path())?.holds(id);
    for _ in 0..TRIES {
        if empty_log(keys)? && !lingers {
            return Ok(removed as u64);
        }
        std::thread::sleep(BETWEEN_TRIES);
    }
    Err(StoreError::Lingering)
}

/// Copies the write-ahead log into the database and cuts it to nothing; `false` when a reader is in it.
fn empty_log(keys: &Connection) -> Result<bool, StoreError> {
    keys.busy_timeout(Duration::from_millis(100))?;
    let busy = keys.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| {
        row.get::<_, i64>(0)
    });
    keys.busy_timeout(super::schema::BUSY)?;
    Ok(busy? == 0)
}

fn put_checkpoint(records: &Connection, row: &CheckpointRow) -> Result<u64, StoreError> {
    synced(records, || {
        let mut insert =
            records.prepare_cached("INSERT OR IGNORE INTO checkpoint VALUES (?1, ?2)")?;
        Ok(insert.execute((row.size as i64, &row.note))? as u64)
    })
}

fn drop_expired(records: &Connection, now: u64) -> Result<u64, StoreError> {
    synced(records, || {
        let mut delete = records.prepare_cached(
            "DELETE FROM vault WHERE (scope, surrogate) IN \
             (SELECT scope, surrogate FROM vault WHERE expires < ?1 LIMIT ?2)",
        )?;
        Ok(delete.execute((now as i64, DROP_AT_ONCE as i64))? as u64)
    })
}

fn drop_bodies(records: &Connection, from: u64, to: u64) -> Result<u64, StoreError> {
    synced(records, || {
        let mut update = records.prepare_cached(
            "UPDATE log SET bytes = NULL \
             WHERE sequence >= ?1 AND sequence < ?2 AND bytes IS NOT NULL",
        )?;
        Ok(update.execute((from as i64, to as i64))? as u64)
    })
}
