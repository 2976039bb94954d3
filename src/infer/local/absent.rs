//! The local destination of a program that was built without llama.cpp: always down.

use super::Status;
use super::names::names;
use crate::base::{Clock, Timestamp};
use crate::infer::models::Folder;
use crate::infer::{
    Backend, BackendError, ConfigError, DownReason, Health, Inbound, LocalConfig, Models, Outbound,
};
use futures_util::future::BoxFuture;

/// What is to be done about it.
const NOT_BUILT: &str =
    "built without the local model; build with the feature `local`, or use a remote destination";

/// The model in the building, where there can be none.
#[derive(Debug)]
pub struct LocalBackend {
    name: String,
    models: Models,
    since: Timestamp,
}

impl LocalBackend {
    /// Starts nothing: the backend is down.
    ///
    /// # Errors
    ///
    /// None; the configuration isn't looked at.
    #[expect(clippy::needless_pass_by_value, reason = "as where there is a worker")]
    pub fn start(
        name: &str,
        config: &LocalConfig,
        _folder: &Folder,
        clock: Clock,
    ) -> Result<Self, ConfigError> {
        let models = names(config, config.model.as_deref().unwrap_or("local"));
        Ok(Self {
            name: name.to_owned(),
            models,
            since: clock.now(),
        })
    }

    /// Why it is down, in words for people.
    pub fn status(&self) -> Status {
        Status::Down(NOT_BUILT.to_owned())
    }

    /// None.
    pub const fn worker_pid(&self) -> Option<u32> {
        None
    }

    /// Does nothing.
    #[expect(clippy::unused_async, reason = "as where there is a worker")]
    pub async fn stop(&self) {}
}

impl Backend for LocalBackend {
    fn name(&self) -> &str {
        &self.name
    }

    fn models(&self) -> &Models {
        &self.models
    }

    fn health(&self) -> Health {
        Health::Down {
            since: self.since,
            reason: DownReason::NoModel,
        }
    }

    fn send(&self, _request: Outbound) -> BoxFuture<'_, Result<Inbound, BackendError>> {
        Box::pin(async {
            Err(BackendError::Down {
                reason: DownReason::NoModel,
                retry_after_s: 60,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_down_and_says_why() {
        let folder = Folder::at("models".into());
        let clock = Clock::system();
        let backend = LocalBackend::start("local", &LocalConfig::default(), &folder, clock);
        let backend = backend.unwrap();
        assert!(matches!(
            backend.health(),
            Health::Down {
                reason: DownReason::NoModel,
                ..
            }
        ));
        assert!(matches!(backend.status(), Status::Down(why) if why.contains("built without")));
    }
}
