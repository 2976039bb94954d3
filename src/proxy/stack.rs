//! The tower stack: what every request passes, from the outside in.
//!
//! Each layer is a few lines in `layers.rs`; the only boxed future is the door's own. Built once a connection, cloned
//! once a request (a few reference counts).

use super::activity::Activity;
use super::answer::Answer;
use super::body;
use super::forward::{Desk, Line, Looked};
use super::layers::{Admit, CatchPanic, Identify, Observe};
use super::manners::Manners;
use super::metrics::HttpMetrics;
use super::paths;
use super::rescue::rescue;
use super::stop::Stop;
use crate::base::{Clock, RequestId};
use crate::pipeline::Refusal;
use futures_util::future::BoxFuture;
use http::{Request, Response};
use hyper::body::Incoming;
use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::Semaphore;
use tower::{Service, ServiceBuilder};

/// What stands behind the stack: the data door or the admin door.
pub(super) trait Door: Send + Sync + 'static {
    /// Answers a request.
    fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
        id: RequestId,
    ) -> BoxFuture<'static, Result<Response<Answer>, Refusal>>;
}

/// What the layers of a listener share.
pub(super) struct Shared {
    pub(super) door: Arc<dyn Door>,
    pub(super) slots: Arc<Semaphore>,
    pub(super) metrics: Arc<HttpMetrics>,
    pub(super) clock: Clock,
    pub(super) stop: Stop,
    pub(super) manners: Arc<Manners>,
    /// Where the listener is a forward proxy too.
    pub(super) desk: Option<Arc<Desk>>,
}

pub(super) type Stack = Identify<Observe<CatchPanic<Admit<AtTheDoor>>>>;

/// The stack for one connection.
pub(super) fn stack(shared: &Shared, activity: &Arc<Activity>, line: &Arc<Line>) -> Stack {
    ServiceBuilder::new()
        // Every answer carries a request id, also one that a layer below gives; while draining it also says goodbye.
        .layer_fn(|inner| Identify::new(inner, shared.clock.clone(), shared.stop.clone()))
        // Counts, and keeps the connection marked as in use; outside the catch, so that it sees the 500 of a panic.
        .layer_fn(|inner| Observe::new(inner, shared.metrics.clone(), activity.clone()))
        // A bug costs one request, and the answer says nothing of its text.
        .layer_fn(CatchPanic::new)
        // More than `max_in_flight` at once get a 503 now; a queue would only hide the overload and hold their bodies.
        .layer_fn(|inner| Admit::new(inner, shared.slots.clone()))
        .service(AtTheDoor {
            door: shared.door.clone(),
            line: line.clone(),
            manners: shared.manners.clone(),
        })
}

/// The innermost service: what is for the forward proxy stays with it, all else goes to the door; refusals become
/// responses.
#[derive(Clone)]
pub(super) struct AtTheDoor {
    door: Arc<dyn Door>,
    line: Arc<Line>,
    manners: Arc<Manners>,
}

impl Service<(RequestId, Request<Incoming>)> for AtTheDoor {
    type Response = Response<Answer>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Answer>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, (id, request): (RequestId, Request<Incoming>)) -> Self::Future {
        let here = self.clone();
        Box::pin(async move { Ok(here.pass(id, request).await) })
    }
}

impl AtTheDoor {
    async fn pass(self, id: RequestId, request: Request<Incoming>) -> Response<Answer> {
        let words = paths::words(request.uri().path());
        if let Err(fault) = body::check_framing(request.headers()) {
            return rescue(fault.into(), words);
        }
        let mut request = match self.line.look(request, id).await {
            Ok(Looked::Door(request)) => request,
            Ok(Looked::Answered(response)) => return response,
            Err(refusal) => return rescue(refusal, words),
        };
        let asked = self.manners.take(&mut request, words);
        if let Some(response) = Manners::preflight(&request, &asked) {
            return self.manners.finish(Ok(response), asked).await;
        }
        self.line.lend_key(request.headers_mut());
        let outcome = self.door.answer(request, id).await;
        self.manners.finish(outcome, asked).await
    }
}
