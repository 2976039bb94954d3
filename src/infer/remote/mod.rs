//! Any server that speaks `OpenAI`'s formats, or Anthropic's, over HTTP.
//!
//! [`Remote`] is the [`Backend`] of such a server: connections (HTTP/1.1, TLS 1.2 and 1.3), a limit on concurrent
//! requests, and a breaker that lets a failing destination rest.
//!
//! Refuses to know: what bodies mean. Headers of apps are not its business either: what it sends is a fixed list and what
//! `protocol::headers` lets along, and of the reply's headers `content-type`, `retry-after` and those are handed on.

mod address;
mod body;
mod breaker;
mod connect;
mod pool;
mod settings;
mod unpack;
mod wire;

#[cfg(test)]
mod tests;

pub use address::AddressRule;
pub use settings::{OPENAI_COMPATIBLE, ServiceFacts};

use super::config::{ConfigError, Models, Reach, RemoteConfig};
use super::{Backend, BackendError, DownReason, Health, Inbound, Outbound};
use crate::base::{Clock, Timestamp};
use crate::protocol::Format;
use breaker::{Breaker, LONGEST_PAUSE, Verdict};
use futures_util::future::BoxFuture;
use settings::Settings;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wire::Wire;

/// A destination that is reached over HTTP.
#[derive(Debug)]
pub struct Remote {
    name: String,
    models: Models,
    wire: Wire,
    places: Arc<Semaphore>,
    breaker: Breaker,
    /// Since when it is known that a key is missing.
    keyless_since: Option<Timestamp>,
}

impl Remote {
    /// Makes the client; connects to nothing. A key that is missing is no error: the destination is down for that reason.
    ///
    /// # Errors
    ///
    /// When the configuration can't be used, or the system's certificates can't be read.
    pub fn new(
        name: &str,
        config: &RemoteConfig,
        facts: &ServiceFacts,
        reach: Reach,
        clock: Clock,
    ) -> Result<Self, ConfigError> {
        let settings = Settings::check(name, config, facts, reach)?;
        let wire = Wire::new(settings.wire).map_err(|_| ConfigError {
            destination: name.to_owned(),
            problem:
                "no TLS client can be made; are CA certificates installed (`ca-certificates`)?"
                    .into(),
        })?;
        Ok(Self {
            name: name.to_owned(),
            models: settings.models,
            wire,
            places: Arc::new(Semaphore::new(settings.concurrency)),
            keyless_since: settings.key_missing.then(|| clock.now()),
            breaker: Breaker::new(clock),
        })
    }

    /// Asks for the list of models, and lets the answer count for [`Backend::health`] as that of any request does.
    ///
    /// # Errors
    ///
    /// When there is no answer, or one with a server error, or one that refuses our key.
    pub async fn check(&self) -> Result<(), BackendError> {
        self.refuse_without_key()?;
        let admission = self.breaker.admit()?;
        let answer = self.wire.list_models().await;
        let verdict = match &answer {
            Ok(status) => of_status(*status, None),
            Err(error) => of_error(*error),
        };
        admission.judge(verdict);
        match verdict {
            Verdict::Bad(reason) | Verdict::Rest(reason, _) => {
                Err(answer.err().unwrap_or(BackendError::Down {
                    reason,
                    retry_after_s: 1,
                }))
            }
            Verdict::Good | Verdict::Neutral => answer.map(|_| ()),
        }
    }

    async fn answer(&self, request: Outbound) -> Result<Inbound, BackendError> {
        self.refuse_without_key()?;
        let place = self.place()?;
        let admission = self.breaker.admit()?;
        let request_id = request.request_id;
        let answer = self.wire.ask(request, place).await;
        let verdict = match &answer {
            Ok(inbound) => of_status(inbound.status, inbound.retry_after.as_deref()),
            Err(error) => of_error(*error),
        };
        admission.judge(verdict);
        if let Verdict::Bad(reason) | Verdict::Rest(reason, _) = verdict {
            let (destination, reason) = (&self.name, reason.as_str());
            tracing::warn!(%destination, %request_id, reason, "a destination failed");
        }
        answer
    }

    fn refuse_without_key(&self) -> Result<(), BackendError> {
        self.keyless_since.map_or(Ok(()), |_| {
            let retry_after_s = u32::try_from(LONGEST_PAUSE.as_secs()).unwrap_or(u32::MAX);
            Err(BackendError::Down {
                reason: DownReason::NoKey,
                retry_after_s,
            })
        })
    }

    fn place(&self) -> Result<OwnedSemaphorePermit, BackendError> {
        let place = Arc::clone(&self.places).try_acquire_owned();
        place.map_err(|_| BackendError::Busy {
            retry_after_s: Some(1),
        })
    }
}

impl Backend for Remote {
    fn name(&self) -> &str {
        &self.name
    }

    fn models(&self) -> &Models {
        &self.models
    }

    fn speaks(&self, format: Format) -> bool {
        self.wire.speaks(format)
    }

    fn health(&self) -> Health {
        self.keyless_since.map_or_else(
            || self.breaker.health(),
            |since| Health::Down {
                since,
                reason: DownReason::NoKey,
            },
        )
    }

    fn balance(&self) -> Option<BoxFuture<'_, Result<Inbound, BackendError>>> {
        self.wire.has_balance().then(|| {
            let asked: BoxFuture<'_, _> = Box::pin(async {
                self.refuse_without_key()?;
                let place = self.place()?;
                self.wire.balance(place).await
            });
            asked
        })
    }

    fn send(&self, request: Outbound) -> BoxFuture<'_, Result<Inbound, BackendError>> {
        Box::pin(self.answer(request))
    }
}

/// 429 without `retry-after` is about this moment's load: others may still get through.
fn of_status(status: u16, retry_after: Option<&str>) -> Verdict {
    let asked = retry_after
        .and_then(|text| text.parse().ok())
        .map(Duration::from_secs);
    match (status, asked) {
        (401, _) => Verdict::Rest(DownReason::KeyRefused, LONGEST_PAUSE),
        (402, _) => Verdict::Rest(DownReason::NoCredit, LONGEST_PAUSE),
        (429, Some(pause)) => Verdict::Rest(DownReason::Throttled, pause),
        (429, None) => Verdict::Neutral,
        (500.., _) => Verdict::Bad(DownReason::Failing),
        _ => Verdict::Good,
    }
}

fn of_error(error: BackendError) -> Verdict {
    match error {
        BackendError::Busy { .. } | BackendError::Down { .. } => Verdict::Neutral,
        BackendError::BadReply => Verdict::Bad(DownReason::Failing),
        BackendError::Unreachable
        | BackendError::AddressRefused
        | BackendError::Timeout
        | BackendError::Broken => Verdict::Bad(DownReason::Unreachable),
    }
}
