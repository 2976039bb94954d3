//! The whole log, checked again: every entry's bytes, every hash, every signature.

use super::AuditError;
use super::entry::parse_time;
use super::file;
use super::keys::public_keys;
use super::note::{Checkpoint, LogKey};
use super::sequencer::{End, VERSION};
use super::start::{ROWS, push_row};
use super::tree::Hash;
use crate::store::{LogRow, SqliteStore, Store};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// Problems that are told one by one; a broken log has a consequence at every checkpoint that follows.
const MOST_PROBLEMS: usize = 20;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Report {
    /// Entries in the log.
    pub entries: u64,
    /// Those among them whose bodies retention dropped; they are proved by their hashes only.
    pub dropped: u64,
    /// Checkpoints whose signature and root hold.
    pub checkpoints: u64,
    /// Entries under the last of these.
    pub signed: u64,
    /// The tree's root hash over all entries, in hex.
    pub root: String,
    /// What is wrong, at most 20; the log holds if there is nothing.
    pub problems: Vec<Problem>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The entry, or the size of the checkpoint.
    pub at: u64,
    /// What.
    pub what: &'static str,
}

/// The parts of an entry that the log itself relies on.
#[derive(Deserialize)]
struct Head<'a> {
    v: u32,
    sequence: u64,
    #[serde(borrow)]
    previous: &'a str,
    time: &'a str,
    kind: &'a str,
    #[serde(default)]
    numbers: BTreeMap<String, u64>,
}

/// Checks the log in a data folder, also while a gateway writes it: numbers, bytes against hashes, each entry's previous hash,
/// the tree against every signed checkpoint in the database and in the file `checkpoints`, whose last one shows an end that
/// was cut off. Checkpoints must be signed by `trusted`, or, without it, by a key in the folder: that proves no more than that
/// whoever changed the log had no signing key.
///
/// `progress` is told how many entries of how many are done.
///
/// # Errors
/// When the folder can't be read; what is wrong with the log itself is in the report.
pub fn verify(
    folder: &Path,
    trusted: Option<&LogKey>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Report, AuditError> {
    let store = SqliteStore::existing(folder)?;
    let keys = match trusted {
        Some(key) => vec![key.clone()],
        None => public_keys(&store)?,
    };
    let mut run = Run {
        keys,
        ..Run::default()
    };
    // In this order: a checkpoint is in the store before it is in the file, and its entries before it.
    let filed = file::notes(folder)?;
    let stored = store.checkpoints(0)?;
    let size = store.log_size()?;
    for row in &stored {
        run.expect(&row.note, Some(row.size));
    }
    run.compare_file(filed.as_deref());
    run.read(&store, size, progress)?;
    run.finish(size);
    Ok(run.report)
}

#[derive(Default)]
struct Run {
    keys: Vec<LogKey>,
    end: End,
    report: Report,
    /// Size and root that a checkpoint says.
    expected: BTreeMap<u64, Hash>,
    /// One past the last entry without body.
    dropped_below: u64,
    /// What retention entries say of that.
    allowed_below: u64,
}

impl Run {
    fn wrong(&mut self, at: u64, what: &'static str) {
        if self.report.problems.len() < MOST_PROBLEMS {
            self.report.problems.push(Problem { at, what });
        }
    }

    /// Notes what a signed checkpoint says of the tree.
    fn expect(&mut self, note: &str, stored_as: Option<u64>) -> Option<u64> {
        let Ok(checkpoint) = Checkpoint::open(note, &self.keys) else {
            self.wrong(
                stored_as.unwrap_or_default(),
                "a checkpoint has no valid signature",
            );
            return None;
        };
        let size = checkpoint.size;
        if stored_as.is_some_and(|stored| stored != size) {
            self.wrong(size, "a checkpoint is stored under another size");
        }
        let before = self.expected.insert(size, checkpoint.root);
        if before.is_some_and(|root| root != checkpoint.root) {
            self.wrong(size, "two checkpoints of one size differ");
        }
        if stored_as.is_none() && before.is_none() {
            self.wrong(
                size,
                "a checkpoint of the file `checkpoints` is not in the database",
            );
        }
        Some(size)
    }

    /// The file has what the database has, up to its own end.
    fn compare_file(&mut self, filed: Option<&[String]>) {
        let stored: Vec<u64> = self.expected.keys().copied().collect();
        let Some(notes) = filed else {
            // The first may not have come there yet.
            if stored.len() > 1 {
                self.wrong(0, "the file `checkpoints` is missing");
            }
            return;
        };
        let sizes: Vec<u64> = notes
            .iter()
            .filter_map(|note| self.expect(note, None))
            .collect();
        if !sizes.is_sorted() {
            self.wrong(0, "the file `checkpoints` is not in order");
        }
        let last = sizes.iter().copied().max().unwrap_or_default();
        for size in stored {
            if size < last && !sizes.contains(&size) {
                self.wrong(size, "a checkpoint is missing in the file `checkpoints`");
            }
        }
    }

    fn read(
        &mut self,
        store: &dyn Store,
        size: u64,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<(), AuditError> {
        while self.end.edge.size() < size {
            let rows = store.log_rows(self.end.edge.size(), ROWS)?;
            for row in rows.iter().filter(|row| row.sequence < size) {
                if !self.row(row) {
                    return Ok(());
                }
            }
            progress(self.end.edge.size(), size);
        }
        Ok(())
    }

    /// Checks a row and adds it; `false` where the tree can't go on.
    fn row(&mut self, row: &LogRow) -> bool {
        let at = self.end.edge.size();
        if row.sequence != at {
            self.wrong(at, "the entry is missing");
            return false;
        }
        if let Some(bytes) = &row.bytes {
            self.head(row, bytes);
        } else {
            self.report.dropped += 1;
            self.dropped_below = at + 1;
        }
        let mut hashes = Vec::with_capacity(64);
        if push_row(&mut self.end, row, &mut hashes).is_none() {
            self.wrong(at, "the entry has neither bytes nor hash");
            return false;
        }
        if hashes != row.hashes {
            self.wrong(at, "the entry's bytes and hashes don't match");
        }
        self.compare_root(at + 1);
        true
    }

    fn head(&mut self, row: &LogRow, bytes: &[u8]) {
        let at = row.sequence;
        let Ok(head) = serde_json::from_slice::<Head<'_>>(bytes) else {
            return self.wrong(at, "the entry is not an entry");
        };
        if head.v != VERSION {
            self.wrong(at, "the entry has an unknown version");
        }
        if head.sequence != at {
            self.wrong(at, "the entry says another number");
        }
        if head.previous != HEXLOWER.encode(&self.end.previous) {
            self.wrong(at, "the entry does not follow the one before");
        }
        if parse_time(head.time).map(crate::base::Timestamp::as_micros) != Some(row.time) {
            self.wrong(at, "the entry's time was changed");
        }
        if head.kind == "audit.retention" {
            let below = head.numbers.get("below").copied().unwrap_or_default();
            self.allowed_below = self.allowed_below.max(below);
        }
    }

    fn compare_root(&mut self, size: u64) {
        let Some(root) = self.expected.get(&size) else {
            return;
        };
        if *root == self.end.edge.root() {
            self.report.checkpoints += 1;
            self.report.signed = size;
        } else {
            self.wrong(size, "the tree is not the one that was signed");
        }
    }

    fn finish(&mut self, size: u64) {
        if let Some(&last) = self.expected.keys().next_back()
            && last > size
        {
            self.wrong(
                size,
                "entries are missing at the end: a checkpoint says more",
            );
        }
        if self.dropped_below > self.allowed_below {
            self.wrong(
                self.dropped_below - 1,
                "the entry's bytes are gone without a record of it",
            );
        }
        self.report.entries = size;
        self.report.root = HEXLOWER.encode(&self.end.edge.root());
    }
}
