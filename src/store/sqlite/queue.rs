//! What waits to be written, and for how long it may.

use crate::store::{Body, Caller, CheckpointRow, KeyRow, Sequencer, StoreError, Write};
use parking_lot::{Condvar, Mutex};
use std::collections::VecDeque;
use std::fmt;
use std::ops::Range;
use std::sync::mpsc;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Jobs that may wait; beyond it, entries are refused. Far above what the proxy lets in at once.
const MOST_JOBS: usize = 16_384;
/// Jobs of one transaction, so that the first of them doesn't wait for ever.
const MOST_IN_BATCH: usize = 1_024;
/// How long an entry that nobody waits for may be held back to share a commit with others.
pub(super) const LATER: Duration = Duration::from_millis(50);

/// Who waits for an entry.
pub(super) enum Waiter {
    Nobody,
    Task(oneshot::Sender<Result<u64, StoreError>>),
    Thread(mpsc::SyncSender<Result<u64, StoreError>>),
}

impl Waiter {
    pub(super) const fn is_nobody(&self) -> bool {
        matches!(self, Self::Nobody)
    }

    /// Those who stopped waiting don't hear it, and need not.
    pub(super) fn tell(self, outcome: Result<u64, StoreError>) {
        match self {
            Self::Nobody => {}
            Self::Task(waiter) => drop(waiter.send(outcome)),
            Self::Thread(waiter) => drop(waiter.send(outcome)),
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

/// Everything else, which is rare: done one by one.
pub(super) enum Chore {
    PutKeys(Vec<KeyRow>),
    AddKey(KeyRow),
    RemoveKey {
        kind: String,
        id: Vec<u8>,
    },
    Checkpoint(CheckpointRow),
    DropExpired(u64),
    DropBodies(Range<u64>),
    Attach(Box<dyn Sequencer>),
    #[cfg(test)]
    LimitPages(u32),
}

pub(super) enum Job {
    Entry(Entry),
    Chore(Chore, mpsc::SyncSender<Result<u64, StoreError>>),
}

impl Job {
    fn refuse(self, error: StoreError) -> Result<(), StoreError> {
        match self {
            Self::Entry(entry) => entry.waiter.tell(Err(error.clone())),
            Self::Chore(_, waiter) => drop(waiter.send(Err(error.clone()))),
        }
        Err(error)
    }

    const fn is_urgent(&self) -> bool {
        !matches!(
            self,
            Self::Entry(Entry {
                waiter: Waiter::Nobody,
                ..
            })
        )
    }

    /// Whether it calls the writer itself; a task does so when others have had time to join it.
    const fn calls(&self) -> bool {
        !matches!(
            self,
            Self::Entry(Entry {
                waiter: Waiter::Nobody | Waiter::Task(_),
                ..
            })
        )
    }
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    /// Jobs that someone waits for.
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

/// The jobs, in order.
#[derive(Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    bell: Condvar,
}

impl Queue {
    /// Queues a job, or tells who waits for it and the caller why not.
    pub(super) fn push(&self, job: Job) -> Result<(), StoreError> {
        let mut state = self.state.lock();
        if state.closing || state.closed {
            return job.refuse(StoreError::Closed);
        }
        if state.jobs.len() >= MOST_JOBS {
            return job.refuse(StoreError::Overloaded);
        }
        let calls = job.calls();
        state.urgent += usize::from(job.is_urgent());
        state.jobs.push_back(job);
        let ring = state.sleep == Sleep::Deep || (calls && state.sleep == Sleep::Light);
        if ring {
            state.sleep = Sleep::Awake;
        }
        drop(state);
        if ring {
            self.bell.notify_one();
        }
        Ok(())
    }

    /// Waits until someone waits for a job, or `limit` is over; with `None`, until there is any job at all.
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
            None if state.jobs.is_empty() => {
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

    /// Moves the next jobs into `batch`; returns how many of them someone waits for.
    pub(super) fn take(&self, batch: &mut Vec<Job>) -> usize {
        let mut state = self.state.lock();
        let count = state.jobs.len().min(MOST_IN_BATCH);
        batch.extend(state.jobs.drain(..count));
        let urgent = batch.iter().filter(|job| job.is_urgent()).count();
        state.urgent -= urgent;
        urgent
    }

    /// Puts entries that nobody waits for back to the front, in order; returns how many found no room.
    pub(super) fn put_back(&self, entries: Vec<Entry>) -> u64 {
        let mut state = self.state.lock();
        let mut lost = 0;
        for entry in entries.into_iter().rev() {
            if state.jobs.len() < MOST_JOBS {
                state.jobs.push_front(Job::Entry(entry));
            } else {
                lost += 1;
            }
        }
        lost
    }

    /// Takes no more jobs; the writer finishes those that are here.
    pub(super) fn close(&self) {
        self.state.lock().closing = true;
        self.bell.notify_one();
    }

    pub(super) fn is_closing(&self) -> bool {
        self.state.lock().closing
    }

    pub(super) fn is_empty(&self) -> bool {
        self.state.lock().jobs.is_empty()
    }

    /// The writer is gone, by whatever way: those who wait hear it.
    pub(super) fn shut(&self) {
        let mut state = self.state.lock();
        state.closed = true;
        let jobs = std::mem::take(&mut state.jobs);
        state.urgent = 0;
        drop(state);
        for job in jobs {
            drop(job.refuse(StoreError::Closed));
        }
    }
}

impl Caller for Queue {
    fn call(&self) {
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
