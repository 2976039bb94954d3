//! Connections, and the numbered migrations of the two databases.

use crate::store::StoreError;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::path::Path;
use std::time::Duration;

/// One step each; `user_version` says how many were done. A step that was released never changes.
pub(super) const KEYS: &[&str] = &["
CREATE TABLE keys (
    kind TEXT NOT NULL,
    id BLOB NOT NULL,
    blob BLOB NOT NULL,
    facts TEXT NOT NULL,
    created INTEGER NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
"];

/// See [`KEYS`].
pub(super) const RECORDS: &[&str] = &["
CREATE TABLE vault (
    scope BLOB NOT NULL,
    surrogate TEXT NOT NULL,
    entity TEXT NOT NULL,
    blind_index BLOB NOT NULL,
    sealed BLOB NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    PRIMARY KEY (scope, surrogate)
) STRICT, WITHOUT ROWID;
CREATE INDEX vault_expires ON vault (expires);
CREATE TABLE log (
    sequence INTEGER PRIMARY KEY,
    time INTEGER NOT NULL,
    bytes BLOB,
    hashes BLOB NOT NULL
) STRICT;
CREATE TABLE checkpoint (
    size INTEGER PRIMARY KEY,
    note TEXT NOT NULL
) STRICT;
CREATE TABLE probe (id INTEGER PRIMARY KEY, filler BLOB NOT NULL) STRICT;
"];

/// How long to wait for another process (a tool that adds a key) before a write fails.
pub(super) const BUSY: Duration = Duration::from_secs(5);

/// How a connection is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// Writes; a commit returns when the disk has it.
    WriteSynced,
    /// Writes; a commit returns when the kernel has it.
    WriteUnsynced,
    /// Reads.
    Read,
}

/// Opens an existing file as a database in WAL mode. A write-ahead log is never deleted and SQLite never starts a
/// checkpoint by itself: the writer decides when.
pub(super) fn connect(path: &Path, usage: Use) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    let synchronous = if usage == Use::WriteUnsynced {
        "NORMAL"
    } else {
        "FULL"
    };
    connection.execute_batch(&format!(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous}; PRAGMA wal_autocheckpoint = 0; \
         PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF; PRAGMA query_only = {};",
        if usage == Use::Read { "ON" } else { "OFF" },
    ))?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(connection)
}

/// Brings a database up to the newest schema; refuses one from a newer program.
pub(super) fn migrate(
    connection: &mut Connection,
    path: &Path,
    steps: &[&str],
) -> Result<(), StoreError> {
    let known = steps.len() as u32;
    if version(connection)? == known {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Read again under the lock: another process may have been faster.
    let found = version(&transaction)?;
    if found > known {
        return Err(StoreError::Schema {
            path: path.to_owned(),
            found,
            known,
        });
    }
    for step in steps.iter().skip(found as usize) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", known)?;
    Ok(transaction.commit()?)
}

/// Refuses a database whose schema is not the one known here.
pub(super) fn check_version(
    connection: &Connection,
    path: &Path,
    steps: &[&str],
) -> Result<(), StoreError> {
    let (found, known) = (version(connection)?, steps.len() as u32);
    if found == known {
        return Ok(());
    }
    Err(StoreError::Schema {
        path: path.to_owned(),
        found,
        known,
    })
}

fn version(connection: &Connection) -> Result<u32, StoreError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database() -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        std::fs::write(&path, "").unwrap();
        (folder, path)
    }

    #[test]
    fn steps_run_once_and_in_order() {
        let (_folder, path) = database();
        let mut connection = connect(&path, Use::WriteSynced).unwrap();
        migrate(&mut connection, &path, &["CREATE TABLE a (x);"]).unwrap();
        let steps = ["CREATE TABLE a (x);", "ALTER TABLE a ADD COLUMN y;"];
        migrate(&mut connection, &path, &steps).unwrap();
        migrate(&mut connection, &path, &steps).unwrap();
        connection
            .execute("INSERT INTO a (x, y) VALUES (1, 2)", [])
            .unwrap();
        assert_eq!(check_version(&connection, &path, &steps), Ok(()));
    }

    #[test]
    fn a_newer_schema_is_refused() {
        let (_folder, path) = database();
        let mut connection = connect(&path, Use::WriteSynced).unwrap();
        connection.pragma_update(None, "user_version", 9).unwrap();
        let refused = StoreError::Schema {
            path: path.clone(),
            found: 9,
            known: 1,
        };
        assert_eq!(migrate(&mut connection, &path, KEYS), Err(refused));
    }

    #[test]
    fn a_reader_cannot_write() {
        let (_folder, path) = database();
        connect(&path, Use::WriteSynced)
            .unwrap()
            .execute_batch("CREATE TABLE a (x)")
            .unwrap();
        let reader = connect(&path, Use::Read).unwrap();
        assert!(reader.execute("INSERT INTO a VALUES (1)", []).is_err());
    }
}
