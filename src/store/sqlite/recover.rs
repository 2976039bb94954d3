//! What a gateway that died left in its journal, brought into the databases.
//!
//! Where the journal is damaged, what stands before the damage is brought in too, so that little is given up if the files
//! have to be moved aside; but then the journal is not emptied, and whoever opens the folder is refused.

use super::apply::{insert, size};
use super::folder::{Folder, log_of};
use crate::store::StoreError;
use crate::store::journal::{Frame, Recovered};
use rusqlite::Connection;
use std::fs::File;

/// Brings what a gateway that died left in its journal into the databases, and empties the journal. Whoever calls it has the
/// folder for itself.
pub(super) fn recover(
    folder: &Folder,
    held: &Recovered,
    keys: &Connection,
    records: &Connection,
) -> Result<(), StoreError> {
    let size = size(records)?;
    let whole = held.check(size);
    let mut read = match (held.frames(size), &whole) {
        (Ok(read), _) => read,
        (Err(_), Err(damage)) => return Err(damage.clone()),
        (Err(twice), Ok(())) => return Err(twice),
    };
    let followed = follow(&read, size);
    if followed < read.len() && whole.is_ok() {
        return Err(StoreError::Journal);
    }
    read.truncate(followed);
    if !read.is_empty() {
        insert(keys, records, &read, size)?;
        for database in [folder.keys(), folder.records()] {
            let path = log_of(&database);
            let log = File::open(&path).and_then(|log| log.sync_data());
            log.map_err(|error| StoreError::file(&path, &error))?;
        }
    }
    whole?;
    held.wipe()
}

/// How many of these frames, which are in order, follow on `size` entries and one on the other. Those that the databases have
/// already do.
fn follow(frames: &[Frame<'_>], size: u64) -> usize {
    let mut next = size;
    let gap = frames.iter().position(|frame| {
        let follows = frame.first <= next;
        next = next.max(frame.end());
        !follows
    });
    gap.unwrap_or(frames.len())
}
