//! The [`Backend`] over a supervised worker.

use super::Status;
use super::model_file::ModelFile;
use super::names::names;
use super::settings::Settings;
use super::supervisor::{Ready, Supervisor};
use crate::base::Clock;
use crate::infer::models::Folder;
use crate::infer::{
    Backend, BackendError, ConfigError, Health, Inbound, LocalConfig, Models, Outbound,
};
use futures_util::StreamExt;
use futures_util::future::BoxFuture;

/// The model in the building.
#[derive(Debug)]
pub struct LocalBackend {
    name: String,
    models: Models,
    supervisor: Supervisor,
}

impl LocalBackend {
    /// Starts the worker in the background; needs a tokio runtime. `name` is the destination's, `folder` holds the
    /// catalogue's model files. A model file that is missing is no error: the backend is down and looks again, so that it
    /// comes up when the file has been pulled. Dropping the backend stops the worker, [`LocalBackend::stop`] also waits
    /// for its end.
    ///
    /// # Errors
    ///
    /// When the configuration can't be used: a value out of its range, a model that the catalogue doesn't know.
    pub fn start(
        name: &str,
        config: &LocalConfig,
        folder: &Folder,
        clock: Clock,
    ) -> Result<Self, ConfigError> {
        let settings = Settings::check(name, config)?;
        let model = ModelFile::of(config, folder).map_err(|error| ConfigError {
            destination: name.to_owned(),
            problem: error.to_string(),
        })?;
        let models = names(config, &model.name());
        let supervisor = Supervisor::start(super::launch::itself(), model, settings, clock);
        Ok(Self {
            name: name.to_owned(),
            models,
            supervisor,
        })
    }

    /// What the worker is doing, in words for people.
    pub fn status(&self) -> Status {
        self.supervisor.status()
    }

    /// The worker's process id while it answers; for measurements.
    pub fn worker_pid(&self) -> Option<u32> {
        self.supervisor.pid()
    }

    /// Stops the worker; requests under way are broken off.
    pub async fn stop(&self) {
        self.supervisor.stop().await;
    }

    #[cfg(test)]
    pub(super) fn launched_by(
        launcher: super::launch::Launcher,
        settings: Settings,
        model: ModelFile,
    ) -> Self {
        let models = names(&LocalConfig::default(), &model.name());
        let supervisor = Supervisor::start(launcher, model, settings, Clock::system());
        Self {
            name: "local".to_owned(),
            models,
            supervisor,
        }
    }

    async fn post(&self, request: &Outbound) -> Result<Inbound, BackendError> {
        let ready = self.supervisor.ready().await?;
        let number = ready.number;
        match ask(ready, request).await {
            Err(BackendError::Unreachable) => {
                // It died and that is not yet known: nothing was sent, so the next worker may have the request.
                self.supervisor.lost(number).await;
                ask(self.supervisor.ready().await?, request).await
            }
            answer => answer,
        }
    }
}

async fn ask(ready: Ready, request: &Outbound) -> Result<Inbound, BackendError> {
    let Ready {
        client,
        number,
        in_flight,
    } = ready;
    // No time limit: a whole reply takes as long as it takes, and the app that gives up cancels.
    let asked = client
        .post("http://worker/v1/chat/completions")
        .header(http::header::CONTENT_TYPE, "application/json")
        .header(super::CALLER, &*request.caller)
        .body(request.body.clone());
    let answer = match asked.send().await {
        Ok(answer) => answer,
        Err(error) if error.is_connect() => return Err(BackendError::Unreachable),
        Err(_) => {
            in_flight.suspect(number);
            return Err(BackendError::Broken);
        }
    };
    let status = answer.status().as_u16();
    let header = |name| {
        answer
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    let content_type = header(http::header::CONTENT_TYPE)
        .unwrap_or_default()
        .to_owned();
    let retry_after = header(http::header::RETRY_AFTER).map(str::to_owned);
    if status == 429 {
        let retry_after_s = retry_after.and_then(|seconds| seconds.parse().ok());
        return Err(BackendError::Busy { retry_after_s });
    }
    // As long as the body lives, and `in_flight` with it, the request is under way.
    let body = answer.bytes_stream().map(move |piece| {
        piece.map_err(|_| {
            in_flight.suspect(number);
            BackendError::Broken
        })
    });
    Ok(Inbound {
        status,
        content_type,
        retry_after,
        headers: Vec::new(),
        body: body.boxed(),
    })
}

impl Backend for LocalBackend {
    fn name(&self) -> &str {
        &self.name
    }

    fn models(&self) -> &Models {
        &self.models
    }

    fn health(&self) -> Health {
        self.supervisor.health()
    }

    fn send(&self, request: Outbound) -> BoxFuture<'_, Result<Inbound, BackendError>> {
        Box::pin(async move { self.post(&request).await })
    }
}
