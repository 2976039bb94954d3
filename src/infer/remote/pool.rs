//! Keeps connections between requests. One request at a time has a connection to itself; one that is cancelled takes its
//! connection with it, which is how HTTP/1.1 tells the other side.

use super::connect::{Connector, Sender};
use crate::infer::BackendError;
use bytes::Bytes;
use futures_util::Stream;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::{Body, Incoming};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::Instant;

/// Idle connections kept for a destination.
const MOST_IDLE: usize = 256;
/// Shorter than the 60–75 s after which common servers close an idle connection.
const LONGEST_IDLE: Duration = Duration::from_secs(50);
/// A kept connection that isn't ready by then is no good.
const SOON: Duration = Duration::from_millis(100);

/// The connections to one destination.
pub(super) struct Pool {
    connector: Connector,
    idle: Arc<Mutex<VecDeque<Idle>>>,
}

struct Idle {
    sender: Sender,
    since: Instant,
}

impl Pool {
    pub(super) fn new(connector: Connector) -> Self {
        Self {
            connector,
            idle: Arc::default(),
        }
    }

    /// Sends on a kept connection, else on a new one. Only a request of which nothing was sent is tried again.
    pub(super) async fn send(
        &self,
        mut request: Request<Full<Bytes>>,
    ) -> Result<Response<Pieces>, BackendError> {
        while let Some(mut sender) = self.take().await {
            match sender.try_send_request(request).await {
                Ok(response) => return Ok(self.lend(sender, response)),
                Err(mut error) => match error.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Err(kind(error.error())),
                },
            }
        }
        // Seldom, and large: in a box it doesn't weigh on requests that find a connection.
        let mut sender = Box::pin(self.connector.connect()).await?;
        let response = sender.send_request(request).await;
        response
            .map(|response| self.lend(sender, response))
            .map_err(|error| kind(&error))
    }

    async fn take(&self) -> Option<Sender> {
        loop {
            let Idle { mut sender, since } = self.idle.lock().pop_back()?;
            if since.elapsed() >= LONGEST_IDLE || sender.is_closed() {
                continue;
            }
            if sender.is_ready()
                || matches!(tokio::time::timeout(SOON, sender.ready()).await, Ok(Ok(())))
            {
                return Some(sender);
            }
        }
    }

    fn lend(&self, sender: Sender, response: Response<Incoming>) -> Response<Pieces> {
        let back = Some((sender, Arc::clone(&self.idle)));
        response.map(|body| Pieces { body, back })
    }
}

/// A reply's body. Read to its end it gives the connection back; dropped before, it closes it.
pub(super) struct Pieces {
    body: Incoming,
    back: Option<(Sender, Arc<Mutex<VecDeque<Idle>>>)>,
}

impl Pieces {
    fn give_back(&mut self) {
        if let Some((sender, idle)) = self.back.take() {
            keep(&idle, sender);
        }
    }
}

impl Stream for Pieces {
    type Item = Result<Bytes, hyper::Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => {
                    // trailers are nobody's business
                    if let Ok(piece) = frame.into_data() {
                        return Poll::Ready(Some(Ok(piece)));
                    }
                }
                Some(Err(error)) => {
                    self.back = None;
                    return Poll::Ready(Some(Err(error)));
                }
                None => {
                    self.give_back();
                    return Poll::Ready(None);
                }
            }
        }
    }
}

impl Drop for Pieces {
    /// Whoever knows the length stops at the last byte, without asking for more.
    fn drop(&mut self) {
        if self.body.is_end_stream() {
            self.give_back();
        }
    }
}

/// The one used last is used next, so that those not needed grow old and go.
fn keep(idle: &Mutex<VecDeque<Idle>>, sender: Sender) {
    let mut idle = idle.lock();
    let old = |kept: &Idle| kept.since.elapsed() >= LONGEST_IDLE || kept.sender.is_closed();
    while idle.len() >= MOST_IDLE || idle.front().is_some_and(old) {
        idle.pop_front();
    }
    if !sender.is_closed() {
        idle.push_back(Idle {
            sender,
            since: Instant::now(),
        });
    }
}

/// What went wrong, without the error's own text.
fn kind(error: &hyper::Error) -> BackendError {
    if error.is_parse() {
        BackendError::BadReply
    } else {
        BackendError::Broken
    }
}
