//! The story of one request, from bytes that came in to bytes that go back.
//!
//! [`Pipeline::answer`] is that story. Every step that fails ends it before the line that sends: what can't be parsed,
//! inspected, decided, rewritten or recorded does not leave.
//!
//! Refuses to know: sockets, HTTP framing, files.

#[cfg(test)]
mod conformance;
mod faults;
mod fields;
mod files;
mod given;
mod inspecting;
#[cfg(test)]
mod inspecting_tests;
mod joins;
#[cfg(test)]
mod joins_tests;
mod origins;
#[cfg(test)]
mod origins_tests;
mod outbound;
mod policy_tests;
mod pool;
mod recording;
mod refusing;
mod restoring;
mod reviewing;
#[cfg(test)]
mod reviewing_tests;
mod service;
mod streaming;
mod terms;
mod voice;
mod wording;

pub use policy_tests::{TestFailure, detector_for, failing_tests};
pub use recording::policy_ref;
pub use service::{Call, Facts, Refusal, Reply, ReplyBody, StreamFault};

use crate::audit::{AuditLog, PolicyRef};
use crate::base::{Clock, Timestamp};
use crate::detect::Detector;
use crate::infer::{Backend, BackendError, Health, Inbound, Outbound};
use crate::policy::{Decision, Policy, Situation};
use crate::protocol::headers::content_type;
use crate::protocol::translate::Untranslatable;
use crate::protocol::{Limits, Request};
use crate::restore::Originals;
use crate::route::{self, Candidate, Fit};
use crate::vault::{Vault, VaultError};
use bytes::Bytes;
use http::HeaderValue;
use inspecting::{Inspection, Inspector};
use outbound::Egress;
use recording::{Attempt, Outcome, ReplyRecord};
use restoring::ReplyRestorer;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use wording::wire_format;

/// From this size on, CPU work of a request is kept off the threads that serve others, in bytes.
const LARGE_BODY_BYTES: usize = 64 * 1024;

/// Everything that answers a request.
#[derive(Debug)]
pub struct Pipeline {
    policy: Arc<Policy>,
    inspector: Inspector,
    vault: Vault,
    audit: AuditLog,
    backends: Vec<Arc<dyn Backend>>,
    route: route::Config,
    clock: Clock,
    restore_limit_bytes: usize,
    policy_ref: Arc<PolicyRef>,
    policy_header: String,
}

/// What a pipeline is made of.
#[derive(Debug)]
pub struct Rooms {
    /// The policy in force; its tests have passed.
    pub policy: Arc<Policy>,
    /// Built with the policy's own recognizers, and the taggers that are here.
    pub detector: Detector,
    /// How long taggers may read in each request.
    pub names_budget: Duration,
    /// On how many threads they read.
    pub names_threads: usize,
    /// Scopes and sealed originals.
    pub vault: Vault,
    /// The log.
    pub audit: AuditLog,
    /// The destinations that are set up; others that the policy names don't exist here.
    pub backends: Vec<Arc<dyn Backend>>,
    /// How to choose among them.
    pub route: route::Config,
    /// The time.
    pub clock: Clock,
    /// 32 random bytes for the finding cache.
    pub cache_key: [u8; 32],
    /// Cap on what one reply may restore, in bytes.
    pub restore_limit_bytes: usize,
}

/// A request that was understood, inspected and decided.
struct Decided {
    received: Timestamp,
    call: Call,
    request: Arc<Request>,
    inspection: Inspection,
    /// How many findings of each type.
    counts: Arc<BTreeMap<&'static str, u32>>,
    decision: Decision,
    /// Backends that may get it, best first.
    order: Vec<usize>,
    /// What kept it from a better one that speaks other words.
    untold: Option<Untranslatable>,
}

/// What is recorded of a request that is refused, if anything, and what its app is told.
type Refused = (Option<Attempt>, Refusal);

impl Pipeline {
    /// Moves in.
    pub fn new(rooms: Rooms) -> Self {
        let policy = &rooms.policy;
        Self {
            policy_header: format!("{}@{}", policy.name(), policy.version()),
            policy_ref: Arc::new(policy_ref(policy)),
            policy: rooms.policy,
            inspector: Inspector::new(
                rooms.detector,
                rooms.cache_key,
                rooms.clock.clone(),
                (rooms.names_budget, rooms.names_threads),
            ),
            vault: rooms.vault,
            audit: rooms.audit,
            backends: rooms.backends,
            route: rooms.route,
            clock: rooms.clock,
            restore_limit_bytes: rooms.restore_limit_bytes,
        }
    }

    /// Answers one request.
    ///
    /// # Errors
    /// A [`Refusal`], ready to be told to the app: the request is malformed, the policy keeps it from every destination
    /// that is there, it could not be recorded, or no destination answered.
    pub async fn answer(&self, call: Call) -> Result<Reply, Refusal> {
        let decided = match self.decide(call).await {
            Ok(decided) => decided,
            Err(refused) => {
                let (attempt, refusal) = *refused;
                return Err(self.refuse(attempt, refusal).await);
            }
        };
        let (mut failure, mut error_reply) = (None, None);
        for (place, &index) in decided.order.iter().enumerate() {
            let Some(backend) = self.backends.get(index) else {
                continue;
            };
            // The first one's words were tried when it was chosen.
            let size = decided.call.body.len();
            let untold = || self.untranslatable(&decided, index).is_some();
            if place > 0 && off_thread(size, untold) {
                continue;
            }
            let mut egress = match off_thread(size, || self.transform(&decided, backend.as_ref())) {
                Ok(egress) => egress,
                Err(unsent) => {
                    let attempt = self.attempt(&decided).with_residual(unsent.residual);
                    return Err(self.refuse(Some(attempt), unsent.refusal).await);
                }
            };
            let record = self.record(&decided, &mut egress).await?;
            egress.added = self.clock.now().since(decided.received);
            match backend.send(outbound(&decided, &egress)).await {
                Ok(inbound) if inbound.status < 500 || is_last(&decided, index) => {
                    return self.restore(&decided, egress, inbound, record).await;
                }
                Ok(inbound) if error_reply.is_none() => {
                    error_reply = Some((egress, inbound, record));
                }
                Ok(inbound) => record.finish(Outcome::Status(inbound.status)),
                Err(error) => {
                    record.finish(Outcome::Failed(error));
                    failure.get_or_insert(error);
                }
            }
        }
        if let Some((egress, inbound, record)) = error_reply {
            return self.restore(&decided, egress, inbound, record).await;
        }
        Err(refusing::no_answer(
            failure.unwrap_or(BackendError::Broken),
            &decided,
            self.headers(&decided, None),
        ))
    }

    /// *understand*, *detect*, *decide*, *route*.
    async fn decide(&self, call: Call) -> Result<Decided, Box<Refused>> {
        let received = self.clock.now();
        let size = call.body.len();
        let parse = || Request::parse(call.format, call.body.clone(), &Limits::default());
        let request = off_thread(size, parse)
            .map_err(|error| Box::new((None, refusing::malformed(&error))))?;
        let request = Arc::new(request);
        let fields = self.policy.app(&call.app).fields();
        let inspection = self.inspector.inspect(&request, fields).await;
        let inspection =
            inspection.map_err(|error| Box::new((None, refusing::malformed(&error))))?;
        off_thread(size, || self.weigh(received, call, request, inspection))
    }

    /// *decide*, *route*.
    fn weigh(
        &self,
        received: Timestamp,
        call: Call,
        request: Arc<Request>,
        inspection: Inspection,
    ) -> Result<Decided, Box<Refused>> {
        let difficulty = route::difficulty(request.shape());
        let situation = Situation {
            app: &call.app,
            findings: &inspection.seen,
            uninspectable: &inspection.uninspectable,
            complexity: difficulty,
            finding_in_id: inspection.in_id,
        };
        let decision = match inspection.unread {
            None => self.policy.decide(&situation),
            Some(_) => self.policy.decide_on_error(&situation),
        };
        let decided = Decided {
            received,
            call,
            request,
            counts: Arc::new(recording::counts(&inspection.seen)),
            inspection,
            decision,
            order: Vec::new(),
            untold: None,
        };
        // A model that must answer by a pattern can't write a surrogate there.
        let patterns = decided.request.shape().patterns && !decided.counts.is_empty();
        let mut route = Cow::Borrowed(&self.route);
        if patterns {
            route.to_mut().inside_from_level = 0;
        }
        let (ranked, untold) = self.rank(&decided, difficulty, &route);
        let headers = || self.headers(&decided, None);
        let refusal = match (ranked, untold) {
            (Ok(order), untold) => {
                return Ok(Decided {
                    order,
                    untold,
                    ..decided
                });
            }
            (Err(_), Some(untold)) => refusing::untranslatable(untold, &decided, headers()),
            (Err(none), None) => {
                refusing::no_route(&none, &decided, self.serves_model(&decided), headers())
            }
        };
        Err(Box::new((Some(self.attempt(&decided)), refusal)))
    }

    /// *restore*: the reply as the app gets it.
    async fn restore(
        &self,
        decided: &Decided,
        egress: Egress,
        inbound: Inbound,
        mut record: ReplyRecord,
    ) -> Result<Reply, Refusal> {
        let mut headers = self.headers(decided, Some(&egress));
        if matches!(inbound.status, 401 | 403) {
            record.finish(Outcome::Status(inbound.status));
            return Err(refusing::key_refused(headers));
        }
        let format = decided.call.format;
        let inbound = match egress.format {
            wire if wire == format => inbound,
            wire => wording::in_own_words(decided, wire, inbound),
        };
        headers.extend(inbound.headers.iter().cloned());
        let written = inbound.content_type.clone();
        let originals = Originals::new(
            &egress.transformed.map,
            self.restore_limit_bytes,
            self.policy.restore().in_urls(),
            egress.body.clone(),
        );
        let json_output = decided.request.shape().json_output;
        let rules = self.review(decided, &egress);
        headers.extend(reviewing::dropped(decided, &egress, rules.as_ref()));
        let mut restorer =
            ReplyRestorer::new(originals, Arc::clone(&self.policy), json_output).reviewed(rules);
        let facts = Facts {
            destination: Arc::clone(&egress.destination),
            findings: Arc::clone(&decided.counts),
            added: egress.added,
        };
        let (status, retry_after) = (inbound.status, inbound.retry_after.clone());
        if is_event_stream(&inbound.content_type) {
            let body = ReplyBody::Stream(streaming::events(format, inbound, restorer, record));
            return Ok(service::reply(
                status,
                headers,
                retry_after,
                content_type(&written, "text/event-stream"),
                body,
                facts,
            ));
        }
        let whole = streaming::whole(format, inbound, &mut restorer).await;
        let tally = restorer.tally();
        headers.extend(reviewing::header(&tally.made_up));
        record.tally(tally);
        match whole {
            Ok(body) => {
                record.sent(body.len());
                record.finish(Outcome::of_status(status));
                let body = ReplyBody::Whole(body);
                Ok(service::reply(
                    status,
                    headers,
                    retry_after,
                    content_type(&written, "application/json"),
                    body,
                    facts,
                ))
            }
            Err(fault) => {
                record.finish(Outcome::Fault(fault.code));
                Err(refusing::faulty_reply(fault, headers))
            }
        }
    }

    /// Every backend as *route* sees it for this request.
    fn candidates(&self, decided: &Decided) -> Vec<Candidate<'_>> {
        let may_use = self.may_use(decided);
        let candidate = |backend: &'_ Arc<dyn Backend>| {
            let models = backend.models();
            let asked = decided.request.model();
            let fit = match asked {
                _ if wire_format(backend.as_ref(), decided.call.format).is_none() => {
                    Fit::Speechless
                }
                _ if !may_use => Fit::None,
                Some(name) if models.names().any(|known| known == name) => Fit::Named,
                asked if models.upstream(asked).is_some() => Fit::StandsIn,
                _ => Fit::None,
            };
            (backend.health() == Health::Up, fit)
        };
        let described = self
            .backends
            .iter()
            .map(|backend| (backend.name(), candidate(backend)));
        described
            .map(|(name, (healthy, fit))| Candidate { name, healthy, fit })
            .collect()
    }

    fn may_use(&self, decided: &Decided) -> bool {
        let app = self.policy.app(&decided.call.app);
        decided
            .request
            .model()
            .is_none_or(|model| app.may_use(model))
    }

    /// Whether any destination at all serves the model that was asked for.
    fn serves_model(&self, decided: &Decided) -> bool {
        self.candidates(decided)
            .iter()
            .any(|candidate| candidate.fit.serves())
    }

    /// The names that `/v1/models` lists for an app: of destinations that may get a harmless request of it.
    pub fn models(&self, app: &str) -> Bytes {
        service::model_list(&self.policy, &self.backends, app)
    }

    /// The balance of the account at the first destination that tells one, where the policy lets this app know it.
    ///
    /// # Errors
    /// A [`Refusal`]: the app may not, no destination has a balance, or it gave no answer.
    pub async fn balance(&self, app: &str) -> Result<Reply, Refusal> {
        if !self.policy.app(app).may_see_balance() {
            return Err(refusing::no_balance_for_app());
        }
        let asked = self.backends.iter().find_map(|backend| backend.balance());
        let inbound = match asked {
            Some(asked) => asked.await.map_err(|_| refusing::no_balance())?,
            None => return Err(refusing::no_balance()),
        };
        if matches!(inbound.status, 401 | 403) {
            return Err(refusing::key_refused(Vec::new()));
        }
        let status = inbound.status;
        let body = streaming::collect(inbound.body).await;
        let body = body.map_err(|fault| refusing::faulty_reply(fault, Vec::new()))?;
        let (body, facts) = (ReplyBody::Whole(body), Facts::default());
        Ok(service::reply(
            status,
            Vec::new(),
            None,
            HeaderValue::from_static("application/json"),
            body,
            facts,
        ))
    }

    /// Drops sealed originals that have expired; how many. Reads and writes the store, so it blocks.
    ///
    /// # Errors
    /// [`VaultError`] where the store fails; what has expired is then dropped the next time.
    pub fn purge(&self) -> Result<u64, VaultError> {
        self.vault.purge()
    }

    /// Whether requests can be recorded, and so answered.
    pub fn records(&self) -> bool {
        self.audit.healthy()
    }
}

/// Runs CPU work; that of a large body so that this thread's other requests move to another thread meanwhile.
fn off_thread<T>(body_bytes: usize, work: impl FnOnce() -> T) -> T {
    if body_bytes < LARGE_BODY_BYTES {
        work()
    } else {
        tokio::task::block_in_place(work)
    }
}

fn outbound(decided: &Decided, egress: &Egress) -> Outbound {
    Outbound {
        format: egress.format,
        body: egress.body.clone(),
        stream: decided.request.stream(),
        beta: decided.call.beta,
        // They are of the app's format.
        headers: if egress.format == decided.call.format {
            decided.call.headers.clone()
        } else {
            Vec::new()
        },
        caller: Arc::clone(&decided.call.app),
        request_id: decided.call.request_id,
    }
}

fn is_last(decided: &Decided, index: usize) -> bool {
    decided.order.last() == Some(&index)
}

fn is_event_stream(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("text/event-stream")
}
