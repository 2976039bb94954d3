//! Questions to the two databases, on connections of their own.

use super::folder::Folder;
use super::schema::{self, Use, connect};
use crate::store::{CheckpointRow, KeyRow, LogRow, StoreError, VaultRow};
use parking_lot::Mutex;
use rusqlite::{Connection, OptionalExtension as _, Row};

/// Reading connections; one of each database is enough for lookups of microseconds.
#[derive(Debug)]
pub(super) struct Reader {
    keys: Mutex<Connection>,
    records: Mutex<Connection>,
}

impl Reader {
    pub(super) fn open(folder: &Folder) -> Result<Self, StoreError> {
        let (keys, records) = (folder.keys(), folder.records());
        let reader = Self {
            keys: Mutex::new(connect(&keys, Use::Read)?),
            records: Mutex::new(connect(&records, Use::Read)?),
        };
        schema::check_version(&reader.keys.lock(), &keys, schema::KEYS)?;
        schema::check_version(&reader.records.lock(), &records, schema::RECORDS)?;
        Ok(reader)
    }

    pub(super) fn key(&self, kind: &str, id: &[u8]) -> Result<Option<KeyRow>, StoreError> {
        let connection = self.keys.lock();
        let mut query = connection.prepare_cached(
            "SELECT kind, id, blob, facts, created FROM keys WHERE kind = ?1 AND id = ?2",
        )?;
        Ok(query.query_row((kind, id), key_row).optional()?)
    }

    pub(super) fn keys(&self, kind: &str) -> Result<Vec<KeyRow>, StoreError> {
        let connection = self.keys.lock();
        let mut query = connection.prepare_cached(
            "SELECT kind, id, blob, facts, created FROM keys WHERE kind = ?1 ORDER BY id",
        )?;
        Ok(query
            .query_map([kind], key_row)?
            .collect::<Result<_, _>>()?)
    }

    pub(super) fn keys_version(&self) -> Result<u64, StoreError> {
        let connection = self.keys.lock();
        let mut query = connection.prepare_cached("PRAGMA data_version")?;
        let version: i64 = query.query_row([], |row| row.get(0))?;
        Ok(version as u64)
    }

    pub(super) fn vault_row(
        &self,
        scope: &[u8; 16],
        surrogate: &str,
    ) -> Result<Option<VaultRow>, StoreError> {
        let connection = self.records.lock();
        let mut query = connection.prepare_cached(
            "SELECT scope, surrogate, entity, blind_index, sealed, created, expires FROM vault \
             WHERE scope = ?1 AND surrogate = ?2",
        )?;
        Ok(query
            .query_row((scope.as_slice(), surrogate), vault_row)
            .optional()?)
    }

    pub(super) fn log_size(&self) -> Result<u64, StoreError> {
        let connection = self.records.lock();
        let mut query = connection.prepare_cached("SELECT max(sequence) FROM log")?;
        let last: Option<i64> = query.query_row([], |row| row.get(0))?;
        Ok(last.map_or(0, |last| last as u64 + 1))
    }

    pub(super) fn log_rows(&self, from: u64, limit: usize) -> Result<Vec<LogRow>, StoreError> {
        self.rows(
            "SELECT sequence, time, bytes, hashes FROM log \
             WHERE sequence >= ?1 ORDER BY sequence LIMIT ?2",
            (from, limit),
        )
    }

    pub(super) fn log_rows_below(
        &self,
        below: u64,
        limit: usize,
    ) -> Result<Vec<LogRow>, StoreError> {
        self.rows(
            "SELECT sequence, time, bytes, hashes FROM log \
             WHERE sequence < ?1 ORDER BY sequence DESC LIMIT ?2",
            (below, limit),
        )
    }

    fn rows(&self, query: &str, (at, limit): (u64, usize)) -> Result<Vec<LogRow>, StoreError> {
        let at = i64::try_from(at).unwrap_or(i64::MAX);
        let connection = self.records.lock();
        let mut query = connection.prepare_cached(query)?;
        let rows = query.query_map((at, limit as i64), |row| {
            Ok(LogRow {
                sequence: row.get::<_, i64>(0)? as u64,
                time: row.get::<_, i64>(1)? as u64,
                bytes: row.get(2)?,
                hashes: row.get(3)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    pub(super) fn checkpoints(&self, size: u64) -> Result<Vec<CheckpointRow>, StoreError> {
        let connection = self.records.lock();
        let mut query = connection
            .prepare_cached("SELECT size, note FROM checkpoint WHERE size >= ?1 ORDER BY size")?;
        Ok(query
            .query_map([size as i64], checkpoint_row)?
            .collect::<Result<_, _>>()?)
    }

    pub(super) fn last_checkpoint(&self) -> Result<Option<CheckpointRow>, StoreError> {
        let connection = self.records.lock();
        let mut query = connection
            .prepare_cached("SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT 1")?;
        Ok(query.query_row([], checkpoint_row).optional()?)
    }
}

fn key_row(row: &Row<'_>) -> rusqlite::Result<KeyRow> {
    Ok(KeyRow {
        kind: row.get(0)?,
        id: row.get(1)?,
        blob: row.get(2)?,
        facts: row.get(3)?,
        created: row.get::<_, i64>(4)? as u64,
    })
}

fn vault_row(row: &Row<'_>) -> rusqlite::Result<VaultRow> {
    Ok(VaultRow {
        scope: row.get(0)?,
        surrogate: row.get(1)?,
        entity: row.get(2)?,
        blind_index: row.get(3)?,
        sealed: row.get(4)?,
        created: row.get::<_, i64>(5)? as u64,
        expires: row.get::<_, i64>(6)? as u64,
    })
}

fn checkpoint_row(row: &Row<'_>) -> rusqlite::Result<CheckpointRow> {
    Ok(CheckpointRow {
        size: row.get::<_, i64>(0)? as u64,
        note: row.get(1)?,
    })
}
