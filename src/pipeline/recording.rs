//! *record*: what goes into the audit log of a request before it leaves, and of its end.

use crate::audit::{AuditLog, Entry, Kind, PolicyRef, Tokens};
use crate::base::{Clock, EntityType, Timestamp};
use crate::infer::BackendError;
use crate::policy::{Decision, Policy};
use crate::store::Write;
use std::collections::BTreeMap;
use std::mem;
use std::sync::Arc;

use super::outbound::Egress;
use super::restoring::Tally;
use super::{Decided, Pipeline, Refusal, refusing};

/// What is known of a request before it is sent, or refused.
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    entry: Entry,
}

/// Which policy, exactly, as entries say it.
pub fn policy_ref(policy: &Policy) -> PolicyRef {
    PolicyRef {
        name: policy.name().to_owned(),
        version: policy.version().to_owned(),
        sha256: policy.sha256().to_owned(),
    }
}

/// How a reply ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The whole reply went to the app.
    Complete,
    /// The destination answered with an error status, which was passed on or led to another destination.
    Status(u16),
    /// There was no answer.
    Failed(BackendError),
    /// The answer could not be used to its end; the reason code.
    Fault(&'static str),
    /// The app went away before the end.
    ClientGone,
}

impl Attempt {
    /// With the types that the scan of the outbound bytes still found there.
    pub(super) fn with_residual(mut self, residual: Option<Vec<String>>) -> Self {
        self.entry.residual = residual;
        self
    }
}

impl Outcome {
    /// Of a reply that went through whole.
    pub(super) fn of_status(status: u16) -> Self {
        if status < 400 {
            Self::Complete
        } else {
            Self::Status(status)
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Status(_) => "error_status",
            Self::Failed(error) => error.as_str(),
            Self::Fault(code) => code,
            Self::ClientGone => "client_gone",
        }
    }
}

impl Pipeline {
    /// What the log says of this request whatever becomes of it.
    pub(super) fn attempt(&self, decided: &Decided) -> Attempt {
        let entry = Entry {
            kind: Kind::LlmRequest,
            app: Arc::clone(&decided.call.app),
            request_id: Some(decided.call.request_id),
            policy: Some(Arc::clone(&self.policy_ref)),
            reasons: reasons(&decided.decision),
            findings: Arc::clone(&decided.counts),
            bytes_in: Some(decided.call.body.len() as u64),
            ..Entry::default()
        };
        Attempt { entry }
    }

    /// Commits the entry of a request that is about to leave, with its vault rows.
    pub(super) async fn record(
        &self,
        decided: &Decided,
        egress: &mut Egress,
    ) -> Result<ReplyRecord, Refusal> {
        let entry = Entry {
            destination: Arc::clone(&egress.destination),
            model: Arc::clone(&egress.model),
            decision: "send",
            operators: mem::take(&mut egress.transformed.operators),
            residual: Some(Vec::new()),
            bytes_out: Some(egress.body.len() as u64),
            ..self.attempt(decided).entry
        };
        let reply = Entry {
            kind: Kind::LlmReply,
            app: Arc::clone(&entry.app),
            request_id: entry.request_id,
            destination: Arc::clone(&entry.destination),
            model: Arc::clone(&entry.model),
            ..Entry::default()
        };
        let started = self.clock.now();
        let write = mem::take(&mut egress.transformed.write);
        self.audit
            .record(entry, write)
            .await
            .map_err(|_| refusing::unrecorded())?;
        egress.transformed.committed();
        Ok(ReplyRecord {
            audit: self.audit.clone(),
            clock: self.clock.clone(),
            started,
            entry: Some(reply),
            end: Outcome::ClientGone,
        })
    }

    /// Records a refusal, and gives it back. Where it can't be recorded, the app learns that instead.
    pub(super) async fn refuse(&self, attempt: Option<Attempt>, refusal: Refusal) -> Refusal {
        let Some(Attempt { entry }) = attempt else {
            return refusal;
        };
        let entry = Entry {
            decision: "refuse",
            outcome: refusal.code,
            status: Some(refusal.status),
            ..entry
        };
        match self.audit.record(entry, Write::default()).await {
            Ok(_) => refusal,
            Err(_) => refusing::unrecorded(),
        }
    }
}

fn reasons(decision: &Decision) -> Vec<Arc<str>> {
    let observed = decision.observed.iter();
    let observed = observed.map(|reason| format!("observed:{reason}").into());
    let reasons = decision.reasons.iter().map(Arc::clone);
    reasons.chain(observed).collect()
}

/// How many findings of each type.
pub(super) fn counts<T>(seen: &[(EntityType, T)]) -> BTreeMap<&'static str, u32> {
    let mut counts = BTreeMap::new();
    for (entity, _) in seen {
        *counts.entry(entity.as_str()).or_default() += 1;
    }
    counts
}

/// Writes the outcome of one attempt when it ends; if nobody says how it ended, the app has gone away.
#[derive(Debug)]
pub(super) struct ReplyRecord {
    audit: AuditLog,
    clock: Clock,
    started: Timestamp,
    entry: Option<Entry>,
    end: Outcome,
}

impl ReplyRecord {
    /// What was seen of the reply up to now.
    pub(super) fn tally(&mut self, tally: Tally) {
        if let Some(entry) = &mut self.entry {
            entry.unknown_surrogates = Some(tally.unknown);
            entry.numbers.insert("restored", tally.restored.into());
            entry.tokens = tally.usage.map(|usage| Tokens {
                prompt: usage.prompt,
                completion: usage.completion,
                cached: usage.cached,
            });
            tally.made_up.note(entry);
        }
    }

    /// So many more bytes went to the app.
    pub(super) fn sent(&mut self, bytes: usize) {
        if let Some(entry) = &mut self.entry {
            entry.bytes_out = Some(entry.bytes_out.unwrap_or(0) + bytes as u64);
        }
    }

    /// This is how it ends; written when the record is dropped.
    pub(super) fn end(&mut self, outcome: Outcome) {
        self.end = outcome;
    }

    /// This is how it ended.
    pub(super) fn finish(mut self, outcome: Outcome) {
        self.end = outcome;
    }
}

impl Drop for ReplyRecord {
    fn drop(&mut self) {
        if let Some(mut entry) = self.entry.take() {
            entry.outcome = self.end.word();
            let micros = self.clock.now().since(self.started).as_micros();
            entry.latency_us = u64::try_from(micros).ok();
            if let Outcome::Status(status) = self.end {
                entry.status = Some(status);
            }
            self.audit.record_later(entry);
        }
    }
}
