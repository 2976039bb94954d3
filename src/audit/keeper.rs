//! What the log needs beside the hot path: checkpoints, heartbeats, the record of gaps, retention. A thread of its own.

use super::entry::{Entry, Kind};
use super::file::CheckpointFile;
use super::keys::Signer;
use super::note::Checkpoint;
use super::sequencer::End;
use super::{AuditError, Settings};
use crate::base::{Clock, Timestamp};
use crate::store::{Body, CheckpointRow, Health, Store};
use parking_lot::{Condvar, Mutex};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How often it looks.
const TICK: Duration = Duration::from_secs(1);
/// How often old bodies are looked for.
const RETENTION_EVERY: Duration = Duration::from_hours(1);

/// The running thread.
#[derive(Debug)]
pub(super) struct Keeper {
    stop: Arc<(Mutex<bool>, Condvar)>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    pub(super) fn start(
        store: Arc<dyn Store>,
        committed: Arc<Mutex<End>>,
        signer: Signer,
        file: CheckpointFile,
        settings: &Settings,
        clock: Clock,
    ) -> Result<Self, AuditError> {
        let stop = Arc::new((Mutex::new(false), Condvar::new()));
        let now = clock.now();
        let size = committed.lock().edge.size();
        let covered = store.last_checkpoint()?.map_or(0, |row| row.size);
        let mut duties = Duties {
            seen: store.health(),
            store,
            committed,
            signer,
            file,
            settings: settings.clone(),
            clock,
            signed: (covered, now),
            grown: (size, now),
            swept: None,
        };
        let shared = Arc::clone(&stop);
        let thread = thread::Builder::new()
            .name("audit-keeper".to_owned())
            .spawn(move || {
                while !stopped_within(&shared, TICK) {
                    duties.look(false);
                }
                duties.look(true);
            });
        Ok(Self {
            stop,
            thread: Some(thread.map_err(|_| AuditError::Threads)?),
        })
    }

    /// Signs a last checkpoint and stops.
    pub(super) fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        *self.stop.0.lock() = true;
        self.stop.1.notify_one();
        if self
            .thread
            .take()
            .is_some_and(|thread| thread.join().is_err())
        {
            tracing::error!("the thread that signs checkpoints has panicked");
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.end();
    }
}

fn stopped_within((stop, bell): &(Mutex<bool>, Condvar), time: Duration) -> bool {
    let mut stop = stop.lock();
    bell.wait_while_for(&mut stop, |stop| !*stop, time);
    *stop
}

struct Duties {
    store: Arc<dyn Store>,
    committed: Arc<Mutex<End>>,
    signer: Signer,
    file: CheckpointFile,
    settings: Settings,
    clock: Clock,
    /// Counters of failures that are told already.
    seen: Health,
    /// Size and time of the last checkpoint.
    signed: (u64, Timestamp),
    /// Size, and when it was first seen.
    grown: (u64, Timestamp),
    /// When old bodies were last looked for.
    swept: Option<Timestamp>,
}

impl Duties {
    fn look(&mut self, last: bool) {
        if !self.store.health().up {
            return;
        }
        let done = self
            .tell_gap()
            .and_then(|()| self.beat())
            .and_then(|()| self.sign(last))
            .and_then(|()| self.sweep());
        if let Err(error) = done {
            tracing::warn!(%error, "the audit log is written but not kept as it should be");
        }
    }

    fn append(&self, entry: &Entry) -> Result<u64, AuditError> {
        let now = self.clock.now();
        let body = Body {
            time: now.as_micros(),
            bytes: entry.to_body(now),
        };
        Ok(self.store.append_wait(body)?)
    }

    /// Records that entries could not be written for a while.
    fn tell_gap(&mut self) -> Result<(), AuditError> {
        let health = self.store.health();
        let refused = health.refused - self.seen.refused;
        let lost = health.lost - self.seen.lost;
        if refused + lost > 0 {
            self.append(&Entry::of(
                Kind::Gap,
                [("refused", refused), ("lost", lost)],
            ))?;
            self.seen = health;
        }
        Ok(())
    }

    /// Records that nothing happened, so that silence is not a missing end.
    fn beat(&mut self) -> Result<(), AuditError> {
        let (now, size) = (self.clock.now(), self.committed.lock().edge.size());
        if size != self.grown.0 {
            self.grown = (size, now);
        } else if now.since(self.grown.1) >= self.settings.heartbeat_every {
            self.append(&Entry::of(Kind::Heartbeat, []))?;
            self.grown = (size + 1, now);
        }
        Ok(())
    }

    fn sign(&mut self, last: bool) -> Result<(), AuditError> {
        let now = self.clock.now();
        let (size, root) = {
            let end = self.committed.lock();
            (end.edge.size(), end.edge.root())
        };
        let new = size.saturating_sub(self.signed.0);
        let due = last
            || new >= self.settings.checkpoint_entries
            || now.since(self.signed.1) >= self.settings.checkpoint_every;
        if new > 0 && due {
            let origin = self.signer.public.name().to_owned();
            let note = Checkpoint { origin, size, root }.sign(&self.signer.secret);
            self.store.put_checkpoint(CheckpointRow { size, note })?;
            self.signed = (size, now);
        }
        self.publish()
    }

    /// Brings the file up to what the store has: also what a crash kept from it.
    fn publish(&mut self) -> Result<(), AuditError> {
        if self.file.last() == self.signed.0 {
            return Ok(());
        }
        let rows = self.store.checkpoints(self.file.last() + 1)?;
        if rows.is_empty() {
            Ok(())
        } else {
            self.file.append(&rows)
        }
    }

    /// Drops bodies that are older than they are kept; that is recorded first.
    fn sweep(&mut self) -> Result<(), AuditError> {
        let (now, Some(keep)) = (self.clock.now(), self.settings.keep) else {
            return Ok(());
        };
        if self
            .swept
            .is_some_and(|swept| now.since(swept) < RETENTION_EVERY)
        {
            return Ok(());
        }
        let keep = u64::try_from(keep.as_micros()).unwrap_or(u64::MAX);
        let oldest = now.as_micros().saturating_sub(keep);
        let from = self.first(|row| row.bytes.is_some())?;
        let below = self.first(|row| row.time >= oldest)?;
        if from < below {
            self.append(&Entry::of(Kind::Retention, [("below", below)]))?;
            self.store.drop_bodies(from..below)?;
        }
        self.swept = Some(now);
        Ok(())
    }

    /// The first entry for which `holds`, where it holds for all that follow.
    fn first(&self, holds: impl Fn(&crate::store::LogRow) -> bool) -> Result<u64, AuditError> {
        let (mut low, mut high) = (0, self.store.log_size()?);
        while low < high {
            let middle = low.midpoint(high);
            if self.store.log_rows(middle, 1)?.first().is_some_and(&holds) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Ok(low)
    }
}
