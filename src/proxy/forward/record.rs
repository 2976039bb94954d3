//! What the audit log says of hosts that are not ours to open.

use crate::audit::{AuditError, AuditLog, Entry, Kind};
use crate::base::RequestId;
use crate::store::Write;
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Who wants to go where; the place is an entry of the configuration's list.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    pub(super) app: Arc<str>,
    pub(super) request_id: RequestId,
    pub(super) place: Arc<str>,
    pub(super) port: u16,
}

impl Facts {
    fn entry(&self, kind: Kind) -> Entry {
        Entry {
            kind,
            app: Arc::clone(&self.app),
            request_id: Some(self.request_id),
            destination: Arc::clone(&self.place),
            numbers: [("port", u64::from(self.port))].into(),
            ..Entry::default()
        }
    }
}

/// Writes that nothing went to a host; its name is nobody's list's, so it isn't kept.
pub(super) fn refused(audit: &AuditLog, facts: &Facts, reason: &'static str) {
    audit.record_later(Entry {
        decision: "refuse",
        reasons: vec![reason.into()],
        ..facts.entry(Kind::ForwardRefused)
    });
}

/// A way to another host: recorded before it is there, and when it is over, whatever ends it.
#[derive(Debug)]
pub(super) struct Passage {
    audit: AuditLog,
    facts: Facts,
    began: Instant,
    /// Bytes to the host.
    pub(super) out: AtomicU64,
    /// Bytes from the host.
    pub(super) back: AtomicU64,
    outcome: Mutex<&'static str>,
}

impl Passage {
    /// Writes that it begins, and waits until that is on disk.
    pub(super) async fn begin(audit: &AuditLog, facts: Facts) -> Result<Self, AuditError> {
        let entry = Entry {
            decision: "tunnel",
            ..facts.entry(Kind::ForwardTunnel)
        };
        audit.record(entry, Write::default()).await?;
        Ok(Self {
            audit: audit.clone(),
            facts,
            began: Instant::now(),
            out: AtomicU64::new(0),
            back: AtomicU64::new(0),
            outcome: Mutex::new("cut"),
        })
    }

    /// How it ended; `cut` until this is called.
    pub(super) fn ended(&self, outcome: &'static str) {
        *self.outcome.lock() = outcome;
    }
}

impl Drop for Passage {
    fn drop(&mut self) {
        let micros = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.audit.record_later(Entry {
            bytes_in: Some(self.back.load(Ordering::Relaxed)),
            bytes_out: Some(self.out.load(Ordering::Relaxed)),
            latency_us: Some(micros),
            outcome: *self.outcome.lock(),
            ..self.facts.entry(Kind::ForwardEnd)
        });
    }
}
