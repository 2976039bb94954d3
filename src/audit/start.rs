//! What is checked before a gateway adds to a log: its end, against the last signed checkpoint.

use super::AuditError;
use super::file::CheckpointFile;
use super::keys::public_keys;
use super::note::Checkpoint;
use super::sequencer::{End, NO_PREVIOUS};
use super::tree::{Edge, Hash, ProofError, Subtree};
use crate::store::{LogRow, Store};
use std::path::Path;

/// Entries before the last checkpoint that are hashed anew at start; `audit verify` does it for all.
const LOOK_BACK: u64 = 10_000;
/// Rows read at once.
pub(super) const ROWS: usize = 1_000;

/// Checks the end of the log: the last checkpoints against the stored hashes, the last entries against theirs.
pub(super) fn check(store: &dyn Store, folder: &Path) -> Result<(End, CheckpointFile), AuditError> {
    let keys = public_keys(store)?;
    let size = store.log_size()?;
    let (file, filed) = CheckpointFile::open(folder, &keys)?;
    let mut signed = 0;
    for checkpoint in last_checkpoint(store, &keys)?.into_iter().chain(filed) {
        if checkpoint.size > size {
            return Err(AuditError::Broken {
                at: size,
                what: "entries are missing at its end",
            });
        }
        if load(store, checkpoint.size)?.edge.root() != checkpoint.root {
            let at = checkpoint.size;
            return Err(AuditError::Broken {
                at,
                what: "its hashes are not those that were signed",
            });
        }
        signed = signed.max(checkpoint.size);
    }
    let end = replay(store, load(store, signed.saturating_sub(LOOK_BACK))?)?;
    Ok((end, file))
}

fn last_checkpoint(
    store: &dyn Store,
    keys: &[super::note::LogKey],
) -> Result<Option<Checkpoint>, AuditError> {
    let Some(row) = store.last_checkpoint()? else {
        return Ok(None);
    };
    let checkpoint = Checkpoint::open(&row.note, keys)?;
    if checkpoint.size == row.size {
        return Ok(Some(checkpoint));
    }
    Err(AuditError::Broken {
        at: row.size,
        what: "its last checkpoint was changed",
    })
}

/// Where the log ended when it had `size` entries, from stored hashes.
fn load(store: &dyn Store, size: u64) -> Result<End, AuditError> {
    let edge = Edge::load(size, |subtree| stored(store, subtree))?;
    let previous = match size.checked_sub(1) {
        Some(index) => stored(store, Subtree { level: 0, index })?,
        None => NO_PREVIOUS,
    };
    Ok(End { edge, previous })
}

/// The stored hash of a complete subtree.
fn stored(store: &dyn Store, subtree: Subtree) -> Result<Hash, AuditError> {
    let at = subtree.completed_by();
    let row = store
        .log_rows(at, 1)?
        .pop()
        .filter(|row| row.sequence == at);
    row.and_then(|row| hash_at(&row, subtree.level))
        .ok_or(AuditError::Broken {
            at,
            what: "a stored hash is missing",
        })
}

/// The hash of the subtree of this height that a row completed.
pub(super) fn hash_at(row: &LogRow, level: u32) -> Option<Hash> {
    row.hashes
        .get(level as usize * 32..)?
        .first_chunk()
        .copied()
}

/// Adds the entries that follow, each checked against what is stored with it.
fn replay(store: &dyn Store, mut end: End) -> Result<End, AuditError> {
    let mut hashes = Vec::new();
    loop {
        let rows = store.log_rows(end.edge.size(), ROWS)?;
        for row in &rows {
            let at = end.edge.size();
            if row.sequence != at {
                return Err(AuditError::Broken {
                    at,
                    what: "the entry is missing",
                });
            }
            hashes.clear();
            push_row(&mut end, row, &mut hashes).ok_or(AuditError::Broken {
                at,
                what: "its hashes are missing",
            })?;
            if hashes != row.hashes {
                return Err(AuditError::Broken {
                    at,
                    what: "its bytes and hashes don't match",
                });
            }
        }
        if rows.len() < ROWS {
            return Ok(end);
        }
    }
}

/// Adds a row, by its bytes or, where retention dropped those, by its leaf hash.
pub(super) fn push_row(end: &mut End, row: &LogRow, hashes: &mut Vec<u8>) -> Option<()> {
    if let Some(bytes) = &row.bytes {
        end.push(bytes, hashes);
    } else {
        let leaf = hash_at(row, 0)?;
        end.push_leaf(leaf, hashes);
    }
    Some(())
}

impl From<ProofError> for AuditError {
    fn from(_: ProofError) -> Self {
        Self::Broken {
            at: 0,
            what: "its tree can't be read",
        }
    }
}
