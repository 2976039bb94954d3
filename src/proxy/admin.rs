//! The admin door: is it alive, is it ready, its numbers. Holds nothing of any request; still bind it to loopback or to
//! the network of those who watch.

use super::answer::Answer;
use super::receive::json;
use super::rescue::Fault;
use super::service::ChatService;
use super::stack::Door;
use super::stop::Stop;
use crate::base::RequestId;
use crate::pipeline::Refusal;
use bytes::Bytes;
use futures_util::future::{BoxFuture, ready};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use metrics_exporter_prometheus::PrometheusHandle;
use std::sync::Arc;

/// The admin door.
pub(super) struct AdminDoor {
    pub(super) service: Arc<dyn ChatService>,
    pub(super) numbers: Option<PrometheusHandle>,
    /// The data listener's switch: a gateway that drains is alive but not ready.
    pub(super) draining: Stop,
}

impl Door for AdminDoor {
    fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
        _: RequestId,
    ) -> BoxFuture<'static, Result<Response<Answer>, Refusal>> {
        let answer = match (request.uri().path(), request.method()) {
            ("/healthz", &Method::GET | &Method::HEAD) => Ok(text("ok\n".into())),
            ("/readyz", &Method::GET | &Method::HEAD) => Ok(self.readiness()),
            ("/metrics", &Method::GET) => Ok(self.metrics()),
            ("/healthz" | "/readyz" | "/metrics", _) => {
                Err(Fault::WrongMethod { allow: "GET" }.into())
            }
            _ => Err(Fault::UnknownAdminPath.into()),
        };
        Box::pin(ready(answer))
    }
}

impl AdminDoor {
    fn readiness(&self) -> Response<Answer> {
        let draining = self.draining.is_stopped().then(|| "draining".to_owned());
        let reasons: Vec<String> = draining
            .into_iter()
            .chain(self.service.ready().err())
            .collect();
        let status = if reasons.is_empty() {
            StatusCode::OK
        } else {
            StatusCode::SERVICE_UNAVAILABLE
        };
        let notices = self.service.notices();
        let body = serde_json::json!({ "ready": reasons.is_empty(), "reasons": reasons, "notices": notices });
        let mut response = json(Answer::whole(Bytes::from(body.to_string())));
        *response.status_mut() = status;
        response
    }

    fn metrics(&self) -> Response<Answer> {
        let numbers = self
            .numbers
            .as_ref()
            .map(PrometheusHandle::render)
            .unwrap_or_default();
        text(numbers.into())
    }
}

/// Text in the form that Prometheus reads (text format 0.0.4).
fn text(body: Bytes) -> Response<Answer> {
    let mut response = Response::new(Answer::whole(body));
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}
