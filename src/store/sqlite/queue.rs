//! What waits to be written, and for how long it may.

use crate::store::{Body, StoreError, Write};
use parking_lot::{Condvar, Mutex};
use std::collections::VecDeque;
use std::fmt;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Entries that may wait; beyond it, they are refused. Far above what the proxy lets in at once.
const MOST_ENTRIES: usize = 16_384;
/// Entries of one commit, so that the first of them doesn't wait for ever.
const MOST_IN_BATCH: usize = 1_024;
/// How long an entry that nobody waits for may be held back to share a commit with others.
pub(super) const LATER: Duration = Duration::from_millis(50);

/// Who waits for an entry.
pub(super) enum Waiter {
    Nobody,
    Task(oneshot::Sender<Result<u64, StoreError>>),
    /// The thread that commits it, which sees for itself.
    Committer,
}

impl Waiter {
    pub(super) const fn is_nobody(&self) -> bool {
        matches!(self, Self::Nobody)
    }

    /// Those who stopped waiting don't hear it, and need not.
    pub(super) fn tell(self, outcome: Result<u64, StoreError>) {
        match self {
            Self::Nobody | Self::Committer => {}
            Self::Task(waiter) => drop(waiter.send(outcome)),
        }
    }
}

/// An entry of the log and the rows that belong to it.
pub(super) struct Entry {
    pub(super) body: Body,
    pub(super) write: Write,
    pub(super) waiter: Waiter,
    pub(super) sequence: u64,
}

impl Entry {
    pub(super) const fn new(body: Body, write: Write, waiter: Waiter) -> Self {
        Self {
            body,
            write,
            waiter,
            sequence: 0,
        }
    }
}

#[derive(Default)]
struct State {
    entries: VecDeque<Entry>,
    /// Those of them that someone waits for.
    urgent: usize,
    sleep: Sleep,
    closing: bool,
    closed: bool,
}

/// How the writer sleeps, so that only those wake it who must.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Sleep {
    #[default]
    Awake,
    /// Wakes by itself within [`LATER`].
    Light,
    /// Wakes only when called.
    Deep,
}

/// The entries, in order.
#[derive(Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    bell: Condvar,
}

impl Queue {
    /// Queues an entry, or tells who waits for it and the caller why not.
    pub(super) fn push(&self, entry: Entry) -> Result<(), StoreError> {
        let mut state = self.state.lock();
        let refused = if state.closing || state.closed {
            Some(StoreError::Closed)
        } else {
            (state.entries.len() >= MOST_ENTRIES).then_some(StoreError::Overloaded)
        };
        if let Some(error) = refused {
            entry.waiter.tell(Err(error.clone()));
            return Err(error);
        }
        state.urgent += usize::from(!entry.waiter.is_nobody());
        state.entries.push_back(entry);
        // A task calls the writer itself, when others have had time to join it.
        let ring = state.sleep == Sleep::Deep;
        if ring {
            state.sleep = Sleep::Awake;
        }
        drop(state);
        if ring {
            self.bell.notify_one();
        }
        Ok(())
    }

    /// Waits until someone waits for an entry, or `limit` is over; with `None`, until there is any at all.
    pub(super) fn wait(&self, limit: Option<Duration>) {
        let mut state = self.state.lock();
        if state.urgent > 0 || state.closing {
            return;
        }
        match limit {
            Some(limit) => {
                state.sleep = Sleep::Light;
                self.bell.wait_for(&mut state, limit);
            }
            None if state.entries.is_empty() => {
                state.sleep = Sleep::Deep;
                self.bell.wait(&mut state);
            }
            None => {}
        }
        state.sleep = Sleep::Awake;
    }

    /// Lets more waiters arrive until there are `enough`: looks again each `slice`, as long as some came and `most` is not
    /// over.
    pub(super) fn gather(&self, slice: Duration, most: Duration, enough: usize) {
        let began = Instant::now();
        let mut before = self.urgent();
        while before < enough && began.elapsed() + slice <= most {
            std::thread::sleep(slice);
            let now = self.urgent();
            if now == before {
                return;
            }
            before = now;
        }
    }

    fn urgent(&self) -> usize {
        self.state.lock().urgent
    }

    /// Moves the next entries into `batch`; returns how many of them someone waits for.
    pub(super) fn take(&self, batch: &mut Vec<Entry>) -> usize {
        let mut state = self.state.lock();
        let count = state.entries.len().min(MOST_IN_BATCH);
        batch.extend(state.entries.drain(..count));
        let urgent = batch.iter().filter(|entry| !entry.waiter.is_nobody());
        let urgent = urgent.count();
        state.urgent -= urgent;
        urgent
    }

    /// Puts entries that nobody waits for back to the front, in order; returns how many found no room.
    pub(super) fn put_back(&self, entries: Vec<Entry>) -> u64 {
        let mut state = self.state.lock();
        let mut lost = 0;
        for entry in entries.into_iter().rev() {
            if state.entries.len() < MOST_ENTRIES {
                state.entries.push_front(entry);
            } else {
                lost += 1;
            }
        }
        lost
    }

    /// Takes no more entries; the writer finishes those that are here.
    pub(super) fn close(&self) {
        self.state.lock().closing = true;
        self.bell.notify_one();
    }

    pub(super) fn is_closing(&self) -> bool {
        self.state.lock().closing
    }

    pub(super) fn is_empty(&self) -> bool {
        self.state.lock().entries.is_empty()
    }

    /// The writer is gone, by whatever way: those who wait hear it.
    pub(super) fn shut(&self) {
        let mut state = self.state.lock();
        state.closed = true;
        let entries = std::mem::take(&mut state.entries);
        state.urgent = 0;
        drop(state);
        for entry in entries {
            entry.waiter.tell(Err(StoreError::Closed));
        }
    }

    /// Calls the writer, unless it is at work or nobody waits any more.
    pub(super) fn call(&self) {
        let mut state = self.state.lock();
        let ring = state.urgent > 0 && state.sleep != Sleep::Awake;
        if ring {
            state.sleep = Sleep::Awake;
        }
        drop(state);
        if ring {
            self.bell.notify_one();
        }
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").finish_non_exhaustive()
    }
}
