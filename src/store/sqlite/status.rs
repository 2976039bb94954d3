//! How writing goes, for all to see.

use crate::store::Health;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

/// Set by the threads that write, apply and sync.
#[derive(Debug)]
pub(super) struct Status {
    written: AtomicBool,
    applied: AtomicBool,
    synced: AtomicBool,
    refused: AtomicU64,
    lost: AtomicU64,
}

impl Default for Status {
    fn default() -> Self {
        Self {
            written: AtomicBool::new(true),
            applied: AtomicBool::new(true),
            synced: AtomicBool::new(true),
            refused: AtomicU64::new(0),
            lost: AtomicU64::new(0),
        }
    }
}

impl Status {
    pub(super) fn health(&self) -> Health {
        Health {
            up: self.written.load(Relaxed)
                && self.applied.load(Relaxed)
                && self.synced.load(Relaxed),
            refused: self.refused.load(Relaxed),
            lost: self.lost.load(Relaxed),
        }
    }

    pub(super) fn is_writing(&self) -> bool {
        self.written.load(Relaxed)
    }

    pub(super) fn wrote(&self, well: bool) {
        if self.written.swap(well, Relaxed) == well {
            return;
        }
        if well {
            tracing::info!("the store can be written again");
        } else {
            tracing::error!("the store can't be written; requests are refused until it can");
        }
    }

    pub(super) fn applied(&self, well: bool) {
        if self.applied.swap(well, Relaxed) == well {
            return;
        }
        if well {
            tracing::info!("the databases can be written again");
        } else {
            tracing::error!("the databases can't be written; requests are refused until they can");
        }
    }

    pub(super) fn synced(&self, well: bool) {
        if self.synced.swap(well, Relaxed) && !well {
            tracing::error!("the store can't be synced; requests are refused until it can");
        }
    }

    pub(super) fn refuse(&self, entries: u64) {
        self.refused.fetch_add(entries, Relaxed);
    }

    pub(super) fn lose(&self, entries: u64) {
        self.lost.fetch_add(entries, Relaxed);
    }
}
