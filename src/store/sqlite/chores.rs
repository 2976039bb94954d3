//! What is written seldom: keys by hand, checkpoints, expiry. Each is on the disk when it is done, in either durability.

use super::queue::Chore;
use super::writer::{Log, Writer, insert_keys, transaction};
use crate::store::{CheckpointRow, KeyRow, StoreError};
use rusqlite::Connection;
use std::time::Duration;

/// How often, and how far apart, the log of keys is tried to be emptied while readers are in it.
const TRIES: u32 = 20;
const BETWEEN_TRIES: Duration = Duration::from_millis(50);
/// Rows that one transaction drops, so that requests need not wait long.
pub(super) const DROP_AT_ONCE: u64 = 1_000;

/// The writer's connections, for chores.
pub(super) struct Chores<'a> {
    keys: &'a Connection,
    records: &'a Connection,
    log: &'a mut Log,
}

impl<'a> Chores<'a> {
    pub(super) const fn of(writer: &'a mut Writer) -> Self {
        Self {
            keys: &writer.keys,
            records: &writer.records,
            log: &mut writer.log,
        }
    }

    /// Does it; how many rows it touched.
    pub(super) fn run(self, chore: Chore) -> Result<u64, StoreError> {
        match chore {
            Chore::PutKeys(rows) => put_keys(self.keys, &rows),
            Chore::AddKey(row) => {
                synced(self.keys, || insert_keys(self.keys, std::iter::once(&row)))
            }
            Chore::RemoveKey { kind, id } => remove_key(self.keys, &kind, &id),
            Chore::Checkpoint(row) => put_checkpoint(self.records, &row),
            Chore::DropExpired(now) => drop_expired(self.records, now),
            Chore::DropBodies(range) => drop_bodies(self.records, range.start, range.end),
            Chore::Attach(sequencer) => match self.log {
                Log::Waiting => {
                    *self.log = Log::Open(sequencer);
                    Ok(0)
                }
                Log::Closed | Log::Open(_) => Err(StoreError::Sequencer),
            },
            #[cfg(test)]
            Chore::LimitPages(pages) => {
                self.records.pragma_update(None, "max_page_count", pages)?;
                Ok(0)
            }
        }
    }
}

/// A transaction that is on the disk when it returns, and with it everything committed before.
fn synced<T>(
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

fn remove_key(keys: &Connection, kind: &str, id: &[u8]) -> Result<u64, StoreError> {
    let removed = synced(keys, || {
        let mut delete = keys.prepare_cached("DELETE FROM keys WHERE kind = ?1 AND id = ?2")?;
        Ok(delete.execute((kind, id))?)
    })?;
    for _ in 0..TRIES {
        if empty_log(keys)? {
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
