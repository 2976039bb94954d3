//! The layers of the stack. Their order, and why each is there, is in `stack.rs`.
//!
//! Futures are written out so that nothing is boxed; that asks for inner futures that may move (`Unpin`), as a box may.

use super::activity::{Activity, InFlight};
use super::answer::Answer;
use super::ids;
use super::metrics::HttpMetrics;
use super::paths;
use super::rescue::{Fault, rescue};
use super::stop::Stop;
use crate::base::{Clock, RequestId};
use crate::protocol::Format;
use http::header::CONNECTION;
use http::{HeaderName, HeaderValue, Request, Response, Version};
use hyper::body::Incoming;
use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::Service;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-vestibule-request-id");

type Outcome = Result<Response<Answer>, Infallible>;
type Identified = (RequestId, Request<Incoming>);

/// Gives each request its id, and each answer the header that names it.
#[derive(Clone)]
pub(super) struct Identify<S> {
    inner: S,
    clock: Clock,
    stop: Stop,
}

impl<S> Identify<S> {
    pub(super) const fn new(inner: S, clock: Clock, stop: Stop) -> Self {
        Self { inner, clock, stop }
    }
}

impl<S> Service<Request<Incoming>> for Identify<S>
where
    S: Service<Identified, Response = Response<Answer>, Error = Infallible>,
    S::Future: Unpin,
{
    type Response = Response<Answer>;
    type Error = Infallible;
    type Future = IdentifyFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        let id = ids::next(&self.clock);
        let goodbye = (request.version() < Version::HTTP_2).then(|| self.stop.clone());
        IdentifyFuture {
            inner: self.inner.call((id, request)),
            id,
            goodbye,
        }
    }
}

/// See [`Identify`].
pub(super) struct IdentifyFuture<F> {
    inner: F,
    id: RequestId,
    goodbye: Option<Stop>,
}

impl<F: Future<Output = Outcome> + Unpin> Future for IdentifyFuture<F> {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Outcome> {
        let Poll::Ready(Ok(mut response)) = Pin::new(&mut self.inner).poll(cx) else {
            return Poll::Pending;
        };
        let headers = response.headers_mut();
        if let Ok(value) = HeaderValue::from_bytes(&self.id.text()) {
            headers.insert(REQUEST_ID, value);
        }
        if self.goodbye.as_ref().is_some_and(Stop::is_stopped) {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        Poll::Ready(Ok(response))
    }
}

/// Counts requests and answers, and writes one line about each for those who debug.
#[derive(Clone)]
pub(super) struct Observe<S> {
    inner: S,
    metrics: Arc<HttpMetrics>,
    activity: Arc<Activity>,
}

impl<S> Observe<S> {
    pub(super) const fn new(inner: S, metrics: Arc<HttpMetrics>, activity: Arc<Activity>) -> Self {
        Self {
            inner,
            metrics,
            activity,
        }
    }
}

impl<S> Service<Identified> for Observe<S>
where
    S: Service<Identified, Response = Response<Answer>, Error = Infallible>,
    S::Future: Unpin,
{
    type Response = Response<Answer>;
    type Error = Infallible;
    type Future = ObserveFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, (id, request): Identified) -> Self::Future {
        let route = paths::metric_index(request.method(), request.uri().path());
        let multiplexed = request.version() >= Version::HTTP_2;
        let in_flight = Some(self.activity.begin(multiplexed, &self.metrics, route));
        let metrics = self.metrics.clone();
        let inner = self.inner.call((id, request));
        ObserveFuture {
            inner,
            id,
            route,
            metrics,
            in_flight,
        }
    }
}

/// See [`Observe`].
pub(super) struct ObserveFuture<F> {
    inner: F,
    id: RequestId,
    route: usize,
    metrics: Arc<HttpMetrics>,
    in_flight: Option<InFlight>,
}

impl<F: Future<Output = Outcome> + Unpin> Future for ObserveFuture<F> {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Outcome> {
        let Poll::Ready(Ok(mut response)) = Pin::new(&mut self.inner).poll(cx) else {
            return Poll::Pending;
        };
        let status = response.status().as_u16();
        self.metrics.answered(self.route, status);
        let in_flight = self.in_flight.take();
        let micros = || in_flight.as_ref().map(InFlight::micros);
        tracing::debug!(id = %self.id, route = self.route, status, micros = micros(), "answered");
        response.body_mut().hold_in_flight(in_flight);
        Poll::Ready(Ok(response))
    }
}

/// Turns a panic into a 500.
#[derive(Clone)]
pub(super) struct CatchPanic<S> {
    inner: S,
}

impl<S> CatchPanic<S> {
    pub(super) const fn new(inner: S) -> Self {
        Self { inner }
    }
}

impl<S> Service<Identified> for CatchPanic<S>
where
    S: Service<Identified, Response = Response<Answer>, Error = Infallible>,
    S::Future: Unpin,
{
    type Response = Response<Answer>;
    type Error = Infallible;
    type Future = CatchPanicFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, (id, request): Identified) -> Self::Future {
        CatchPanicFuture {
            words: paths::words(request.uri().path()),
            inner: self.inner.call((id, request)),
            id,
        }
    }
}

/// See [`CatchPanic`].
pub(super) struct CatchPanicFuture<F> {
    inner: F,
    id: RequestId,
    /// In which words the client reads errors.
    words: Format,
}

impl<F: Future<Output = Outcome> + Unpin> Future for CatchPanicFuture<F> {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Outcome> {
        let inner = AssertUnwindSafe(|| Pin::new(&mut self.inner).poll(cx));
        catch_unwind(inner).unwrap_or_else(|_| {
            tracing::error!(id = %self.id, "a request panicked");
            Poll::Ready(Ok(rescue(Fault::Internal.into(), self.words)))
        })
    }
}

/// Lets at most so many requests in at the same time; a slot is kept until the answer's body has ended.
#[derive(Clone)]
pub(super) struct Admit<S> {
    inner: S,
    slots: Arc<Semaphore>,
}

impl<S> Admit<S> {
    pub(super) const fn new(inner: S, slots: Arc<Semaphore>) -> Self {
        Self { inner, slots }
    }
}

impl<S> Service<Identified> for Admit<S>
where
    S: Service<Identified, Response = Response<Answer>, Error = Infallible>,
    S::Future: Unpin,
{
    type Response = Response<Answer>;
    type Error = Infallible;
    type Future = AdmitFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Identified) -> Self::Future {
        match self.slots.clone().try_acquire_owned() {
            Ok(slot) => AdmitFuture(Ok((self.inner.call(request), slot))),
            Err(_) => AdmitFuture(Err(paths::words(request.1.uri().path()))),
        }
    }
}

/// See [`Admit`]; where there was no slot, the words in which to say so.
pub(super) struct AdmitFuture<F>(Result<(F, OwnedSemaphorePermit), Format>);

impl<F: Future<Output = Outcome> + Unpin> Future for AdmitFuture<F> {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Outcome> {
        let (inner, _) = match &mut self.0 {
            Ok(admitted) => admitted,
            Err(words) => return Poll::Ready(Ok(rescue(Fault::Overloaded.into(), *words))),
        };
        let Poll::Ready(Ok(mut response)) = Pin::new(inner).poll(cx) else {
            return Poll::Pending;
        };
        if let Ok((_, slot)) = std::mem::replace(&mut self.0, Err(Format::Chat)) {
            response.body_mut().hold_slot(slot);
        }
        Poll::Ready(Ok(response))
    }
}
