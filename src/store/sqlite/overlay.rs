//! Key rows that are committed and not yet in the database, for those who look a key up.

use super::queue::Entry;
use crate::store::KeyRow;
use parking_lot::Mutex;
use std::collections::HashMap;

/// Rows by kind and id, with the place of the entry that brought them.
#[derive(Debug, Default)]
pub(super) struct Overlay(Mutex<HashMap<Vec<u8>, (u64, KeyRow)>>);

impl Overlay {
    /// Moves the key rows of entries that are committed in here; a row that is here already stays as it is.
    pub(super) fn put(&self, entries: &mut [Entry]) {
        for entry in entries.iter_mut().filter(|e| !e.write.keys.is_empty()) {
            let mut rows = self.0.lock();
            for row in entry.write.keys.drain(..) {
                rows.entry(place(&row.kind, &row.id))
                    .or_insert((entry.sequence, row));
            }
        }
    }

    pub(super) fn get(&self, kind: &str, id: &[u8]) -> Option<KeyRow> {
        let rows = self.0.lock();
        rows.get(&place(kind, id)).map(|(_, row)| row.clone())
    }

    /// Whether there is a row of this kind.
    pub(super) fn has(&self, kind: &str) -> bool {
        self.0.lock().values().any(|(_, row)| row.kind == kind)
    }

    /// Drops those that the database has: of entries before `end`.
    pub(super) fn forget(&self, end: u64) {
        self.0.lock().retain(|_, (sequence, _)| *sequence >= end);
    }
}

fn place(kind: &str, id: &[u8]) -> Vec<u8> {
    [kind.as_bytes(), &[0xFF], id].concat()
}
