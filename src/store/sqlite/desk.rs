//! Where entries get their place in the log and become durable: in the journal, by whoever holds the desk.
//!
//! In the `os` durability that is the thread that brings an entry: a write of some hundred bytes is over sooner than
//! another thread wakes up. In the `fsync` durability those who are ready share a commit; on a quick disk one of them does it,
//! else the writer. What is committed waits here, until the applier has it in the databases.

use super::apply::Inbox;
use super::overlay::Overlay;
use super::pace::{Company, Pace};
use super::queue::{Entry, Queue, Waiter};
use super::status::Status;
use super::sync::Helper;
use crate::store::journal::{FrameWriter, Journal};
use crate::store::{Body, Caller, Durability, Receipt, Sequencer, StoreError, Write};
use parking_lot::{Mutex, MutexGuard};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use tokio::sync::oneshot;

/// What may wait for the databases, in bytes; beyond it entries are refused. The applier begins long before.
const MOST_WAITING_BYTES: usize = 32 * 1024 * 1024;
/// From so many bytes on, the applier begins at once.
const MANY_BYTES: usize = 512 * 1024;

/// The desk, and what stands around it.
pub(super) struct Desk {
    pub(super) durability: Durability,
    pub(super) queue: Queue,
    pub(super) status: Arc<Status>,
    pub(super) inbox: Arc<Inbox>,
    /// Key rows that are committed and not yet in the database.
    pub(super) keys: Overlay,
    /// Syncs the journal a little later, in the `os` durability.
    pub(super) syncer: Option<Helper>,
    state: Mutex<State>,
    /// How many entries are committed, in the databases, and there synced.
    committed: AtomicU64,
    applied: AtomicU64,
    synced: AtomicU64,
}

/// What only one may use at a time.
pub(super) struct State {
    log: Option<Box<dyn Sequencer>>,
    pub(super) journal: Journal,
    pace: Pace,
    frame: FrameWriter,
    bytes: Vec<u8>,
    hashes: Vec<u8>,
    batch: Vec<Entry>,
    /// Frames that the databases don't have yet.
    waiting: Vec<u8>,
    /// Why the databases can't take them.
    blocked: Option<StoreError>,
}

impl Desk {
    /// Goes on after `size` entries, which the databases have, synced.
    pub(super) fn new(
        durability: Durability,
        journal: Journal,
        status: Arc<Status>,
        syncer: Option<Helper>,
        size: u64,
    ) -> Self {
        Self {
            durability,
            queue: Queue::default(),
            status,
            inbox: Arc::default(),
            keys: Overlay::default(),
            syncer,
            state: Mutex::new(State {
                log: None,
                journal,
                pace: Pace::new(durability),
                frame: FrameWriter::default(),
                bytes: Vec::new(),
                hashes: Vec::new(),
                batch: Vec::new(),
                waiting: Vec::new(),
                blocked: None,
            }),
            committed: AtomicU64::new(size),
            applied: AtomicU64::new(size),
            synced: AtomicU64::new(size),
        }
    }

    /// Gives the log its sequencer.
    pub(super) fn attach(&self, sequencer: Box<dyn Sequencer>) -> Result<(), StoreError> {
        let mut state = self.state.lock();
        if state.log.is_some() {
            return Err(StoreError::Sequencer);
        }
        state.log = Some(sequencer);
        Ok(())
    }

    /// See [`Store::append`](crate::store::Store::append).
    pub(super) fn append(self: &Arc<Self>, body: Body, write: Write) -> Receipt {
        if self.durability == Durability::Os {
            return Receipt::ready(self.append_now(body, write));
        }
        let (teller, told) = oneshot::channel();
        let waiter = Waiter::Task(teller);
        if self.queue.push(Entry::new(body, write, waiter)).is_err() {
            self.status.refuse(1);
        }
        let caller: Arc<Self> = Arc::clone(self);
        Receipt::new(told, caller)
    }

    /// Queues an entry that nobody waits for.
    pub(super) fn append_later(&self, body: Body) {
        let entry = Entry::new(body, Write::default(), Waiter::Nobody);
        if self.queue.push(entry).is_err() {
            self.status.lose(1);
        }
    }

    /// Commits an entry here and now, after those that are queued.
    pub(super) fn append_now(&self, body: Body, write: Write) -> Result<u64, StoreError> {
        let mut state = self.state.lock();
        if self.queue.is_closing() {
            self.status.refuse(1);
            return Err(StoreError::Closed);
        }
        let mut batch = std::mem::take(&mut state.batch);
        self.queue.take(&mut batch);
        batch.push(Entry::new(body, write, Waiter::Committer));
        let outcome = self.commit(&mut state, &mut batch);
        let sequence = batch.last().map_or(0, |own| own.sequence);
        self.report(&outcome, &mut batch);
        state.batch = batch;
        outcome.map(|()| sequence)
    }

    /// Commits what is queued; says whether there was anything.
    pub(super) fn flush(&self) -> bool {
        self.flush_at(&mut self.state.lock())
    }

    fn flush_at(&self, state: &mut State) -> bool {
        let mut batch = std::mem::take(&mut state.batch);
        let came = self.queue.take(&mut batch);
        state.pace.came(came);
        let any = !batch.is_empty();
        if any {
            let outcome = self.commit(state, &mut batch);
            self.report(&outcome, &mut batch);
        }
        state.batch = batch;
        any
    }

    /// All of them, or none.
    fn commit(&self, state: &mut State, entries: &mut [Entry]) -> Result<(), StoreError> {
        if let Some(error) = &state.blocked {
            return Err(error.clone());
        }
        let Some(sequencer) = &mut state.log else {
            return Err(StoreError::Sequencer);
        };
        if state.waiting.len() > MOST_WAITING_BYTES {
            return Err(StoreError::Overloaded);
        }
        let began = Instant::now();
        state.frame.begin();
        let mut end = 0;
        for entry in &mut *entries {
            let (bytes, hashes) = (&mut state.bytes, &mut state.hashes);
            bytes.clear();
            hashes.clear();
            entry.sequence = sequencer.next(&entry.body.bytes, bytes, hashes);
            let cells = (bytes.as_slice(), hashes.as_slice());
            state
                .frame
                .push(entry.sequence, entry.body.time, cells, &entry.write);
            end = entry.sequence + 1;
        }
        let (frame, synced) = (state.frame.finish(), self.synced.load(Ordering::Acquire));
        let sync = self.durability == Durability::Fsync;
        if let Err(error) = state.journal.append(frame, end, synced, sync) {
            sequencer.rolled_back();
            return Err(StoreError::from_io(&error));
        }
        sequencer.committed();
        state.waiting.extend_from_slice(frame);
        self.keys.put(entries);
        self.committed.store(end, Ordering::Release);
        state.pace.worked(began);
        self.inbox.news(state.waiting.len() > MANY_BYTES);
        if let Some(syncer) = &self.syncer {
            syncer.call();
        }
        Ok(())
    }

    /// Tells those who wait; after a failure those entries that nobody waits for stay queued.
    fn report(&self, outcome: &Result<(), StoreError>, entries: &mut Vec<Entry>) {
        let Err(error) = outcome else {
            self.status.wrote(true);
            for entry in entries.drain(..) {
                entry.waiter.tell(Ok(entry.sequence));
            }
            return;
        };
        if error.is_failure() {
            self.status.wrote(false);
        }
        let (again, waited): (Vec<_>, Vec<_>) = entries
            .drain(..)
            .partition(|entry| entry.waiter.is_nobody());
        // Counted before it is told, so that who was refused finds it counted.
        self.status.refuse(waited.len() as u64);
        for entry in waited {
            entry.waiter.tell(Err(error.clone()));
        }
        self.status.lose(self.queue.put_back(again));
    }

    /// The writer: commits what is queued and not committed by those who brought it, until the queue is closed and empty, or
    /// closed and the store failed.
    pub(super) fn write(&self) {
        let _gone = Gone(self);
        while !(self.queue.is_closing() && self.queue.is_empty()) {
            let limit = self.state.lock().pace.limit(self.status.is_writing());
            self.queue.wait(limit);
            if !self.queue.is_closing()
                && let Some(company) = self.state.lock().pace.wanted()
            {
                let Company {
                    slice,
                    most,
                    enough,
                } = company;
                self.queue.gather(slice, most, enough);
            }
            if !self.flush() && !self.status.is_writing() {
                self.probe();
            }
            if self.queue.is_closing() && !self.status.is_writing() {
                break;
            }
        }
    }

    /// Writes as much as a batch would, to see whether that goes again.
    fn probe(&self) {
        let mut state = self.state.lock();
        let sync = self.durability == Durability::Fsync;
        if state.blocked.is_none() && state.journal.probe(sync).is_ok() {
            self.status.wrote(true);
        }
    }

    /// Whether the databases have everything that is committed.
    pub(super) fn is_settled(&self) -> bool {
        self.applied.load(Ordering::Acquire) == self.committed.load(Ordering::Acquire)
    }

    /// The desk itself, for the applier.
    pub(super) fn hold(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// The databases have everything up to this sequence number.
    pub(super) fn applied_to(&self, end: u64) {
        self.keys.forget(end);
        self.applied.store(end, Ordering::Release);
        self.state.lock().blocked = None;
        self.status.applied(true);
    }

    /// The databases can't take what is committed: nothing more is, until they can.
    pub(super) fn block(&self, error: &StoreError) {
        self.state.lock().blocked = Some(error.clone());
        self.status.applied(false);
    }

    /// What the databases have is synced.
    pub(super) fn synced(&self) {
        let applied = self.applied.load(Ordering::Acquire);
        self.synced.store(applied, Ordering::Release);
    }

    /// Whether the journal waits for [`Desk::synced`].
    pub(super) fn wants_sync(&self) -> bool {
        let synced = self.synced.load(Ordering::Acquire);
        self.state.lock().journal.wants_room(synced)
    }
}

impl State {
    /// Moves the frames that wait for the databases into `taken`, which is empty.
    pub(super) fn take_waiting(&mut self, taken: &mut Vec<u8>) {
        std::mem::swap(&mut self.waiting, taken);
    }
}

impl Caller for Desk {
    fn call(&self) {
        if let Some(mut state) = self.state.try_lock()
            && state.pace.pays_here()
        {
            self.flush_at(&mut state);
            return;
        }
        self.queue.call();
    }
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk").finish_non_exhaustive()
    }
}

/// Tells those who wait that the writer is gone, also when it panicked.
struct Gone<'a>(&'a Desk);

impl Drop for Gone<'_> {
    fn drop(&mut self) {
        self.0.queue.shut();
    }
}
