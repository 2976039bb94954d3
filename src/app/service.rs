//! The pipeline and the apps, as the door wants them.

use crate::identity::Apps;
use crate::pipeline::{Call, Pipeline, Refusal, Reply};
use crate::proxy::ChatService;
use crate::proxy::metrics::ChatMetrics;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use std::sync::Arc;
use std::time::Instant;

/// The app of a request without a key of ours, where the configuration lets those in.
const ANONYMOUS: &str = "anonymous";

/// What stands behind both listeners.
pub(super) struct Door {
    pipeline: Arc<Pipeline>,
    apps: Apps,
    anonymous: Arc<str>,
    none: Arc<str>,
    metrics: Arc<ChatMetrics>,
    notices: Vec<String>,
}

impl Door {
    pub(super) fn new(pipeline: Arc<Pipeline>, apps: Apps, notices: Vec<String>) -> Self {
        Self {
            pipeline,
            apps,
            anonymous: ANONYMOUS.into(),
            none: "none".into(),
            metrics: Arc::default(),
            notices,
        }
    }
}

impl ChatService for Door {
    fn chat(&self, call: Call) -> BoxFuture<'static, Result<Reply, Refusal>> {
        let (pipeline, app, none) = (
            Arc::clone(&self.pipeline),
            Arc::clone(&call.app),
            Arc::clone(&self.none),
        );
        let metrics = Arc::clone(&self.metrics);
        Box::pin(async move {
            let started = Instant::now();
            let answer = pipeline.answer(call).await;
            match &answer {
                Ok(reply) => {
                    for (entity, count) in reply.facts.findings.iter() {
                        metrics.found(entity, u64::from(*count));
                    }
                    let facts = &reply.facts;
                    metrics.finished(
                        &app,
                        &facts.destination,
                        "answered",
                        started.elapsed(),
                        facts.added,
                    );
                }
                Err(refusal) => {
                    let took = started.elapsed();
                    metrics.finished(&app, &none, refusal.code, took, took);
                }
            }
            answer
        })
    }

    fn balance(&self, app: &str) -> BoxFuture<'static, Result<Reply, Refusal>> {
        let (pipeline, app) = (Arc::clone(&self.pipeline), app.to_owned());
        Box::pin(async move { pipeline.balance(&app).await })
    }

    fn models(&self, app: &str) -> Bytes {
        self.pipeline.models(app)
    }

    fn authenticate(&self, key: Option<&str>, open: bool) -> Result<Arc<str>, Refusal> {
        if open && key.is_none() {
            return Ok(Arc::clone(&self.anonymous));
        }
        match self.apps.authenticate(key) {
            Ok(app) => Ok(app.name.as_str().into()),
            Err(error) => Err(Refusal::new(
                401,
                "invalid_api_key",
                "authentication_error",
                error.to_string(),
            )),
        }
    }

    fn ready(&self) -> Result<(), String> {
        if self.pipeline.records() {
            return Ok(());
        }
        Err("the audit log can't be written".to_owned())
    }

    fn notices(&self) -> Vec<String> {
        self.notices.clone()
    }
}
