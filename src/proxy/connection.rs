//! One connection: handshake, HTTP/1.1 or HTTP/2, and an end when it is quiet, stuck, or the gateway drains.

use super::activity::{Activity, Patience, Verdict};
use super::forward::{Handed, Line, Onward, tunnel};
use super::stack::{Shared, Stack, stack};
use super::tls::Certificate;
use super::wire::{Transport, Wire};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// At a stop a quiet connection is kept this long: a request may be on its way already, and closing would lose it.
const LAST_CALL: Duration = Duration::from_millis(250);
/// How often a connection that is ending is looked at.
const ENDING: Duration = Duration::from_millis(50);
/// A connection that was told goodbye and is still there after this is dropped, unless a request runs.
const GOODBYE: Duration = Duration::from_secs(1);

/// Largest request head; hyper answers a larger one with 431.
const MAX_HEAD_BYTES: usize = 64 * 1024;
/// Requests at the same time on one HTTP/2 connection.
const MAX_STREAMS: u32 = 128;
/// Streams that a client may reset before we have looked at them ("rapid reset", CVE-2023-44487), and those that we
/// reset for its errors ("made you reset", CVE-2025-8671), before the connection is closed.
const MAX_RESETS: usize = 32;

/// Everything about connections that a listener fixes once.
pub(super) struct Lines {
    shared: Shared,
    tls: Option<Arc<Certificate>>,
    handshake: Duration,
    patience: Patience,
    http: auto::Builder<TokioExecutor>,
}

impl Lines {
    pub(super) fn new(
        shared: Shared,
        tls: Option<Arc<Certificate>>,
        handshake: Duration,
        patience: Patience,
    ) -> Self {
        Self {
            shared,
            tls,
            handshake,
            patience,
            http: builder(),
        }
    }

    /// Serves the connection until it ends.
    pub(super) async fn serve(self: Arc<Self>, tcp: TcpStream) {
        // A reply's events are small and must not wait for each other (Nagle's algorithm adds 40 ms).
        if tcp.set_nodelay(true).is_err() {
            return;
        }
        let line = Arc::new(Line::outside(
            self.shared.desk.clone(),
            tcp.local_addr().ok(),
        ));
        let Some(transport) = self.transport(tcp).await else {
            return;
        };
        self.talk(transport, &line).await;
        if let Some(handed) = line.take() {
            self.go_on(handed).await;
        }
    }

    /// Speaks HTTP until one side ends it, or it becomes something else.
    async fn talk(&self, transport: Transport, line: &Arc<Line>) {
        let activity = Arc::new(Activity::new());
        let io = TokioIo::new(Wire::new(transport, activity.clone()));
        let service = TowerToHyperService::new(stack(&self.shared, &activity, line));
        let connection = pin!(self.http.serve_connection_with_upgrades(io, service));
        self.supervise(connection, &activity).await;
    }

    /// What comes after `CONNECT`: our own TLS and HTTP inside it, or bytes that are passed on.
    async fn go_on(&self, handed: Handed) {
        let Ok(upgraded) = handed.upgrade.await else {
            return;
        };
        let io = TokioIo::new(upgraded);
        match handed.onward {
            Onward::Opened(tls, key) => {
                if let Some(stream) = self.shake_hands(&tls, io).await {
                    let inside = Arc::new(Line::inside(key));
                    self.talk(Transport::Inside(Box::new(stream)), &inside)
                        .await;
                }
            }
            Onward::Tunnel(other) => tunnel(io, *other, self.shared.stop.clone()).await,
        }
    }

    async fn transport(&self, tcp: TcpStream) -> Option<Transport> {
        let Some(tls) = &self.tls else {
            return Some(Transport::Plain(tcp));
        };
        let stream = self.shake_hands(&tls.acceptor(), tcp).await?;
        Some(Transport::Tls(Box::new(stream)))
    }

    async fn shake_hands<S>(&self, tls: &TlsAcceptor, io: S) -> Option<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        if let Ok(Ok(stream)) = timeout(self.handshake, tls.accept(io)).await {
            return Some(stream);
        }
        tracing::debug!("a TLS handshake failed or took too long");
        None
    }

    async fn supervise(&self, mut connection: Pin<&mut Http<'_>>, activity: &Activity) {
        let mut end = End::NotYet;
        let mut stopping = pin!(self.shared.stop.clone().wait());
        let mut look = pin!(sleep(self.patience.head.min(self.patience.idle)));
        loop {
            tokio::select! {
                biased;
                result = connection.as_mut() => {
                    if result.is_err() {
                        tracing::debug!("a connection broke off or was not HTTP");
                    }
                    return;
                }
                () = stopping.as_mut(), if end == End::NotYet => {
                    end = End::LastCall(Instant::now() + LAST_CALL);
                    look.as_mut().reset(Instant::now());
                }
                () = look.as_mut() => match end.next(activity, &self.patience) {
                    Step::Wait(time) => look.as_mut().reset(Instant::now() + time),
                    Step::Goodbye => {
                        connection.as_mut().graceful_shutdown();
                        end = End::Said(Instant::now() + GOODBYE);
                        look.as_mut().reset(Instant::now() + ENDING);
                    }
                    Step::Drop => return,
                },
            }
        }
    }
}

/// How far the end of a connection has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    NotYet,
    /// The gateway stops; quiet connections are kept until then.
    LastCall(Instant),
    /// Goodbye is said; without a request in flight it is dropped then.
    Said(Instant),
}

enum Step {
    Wait(Duration),
    Goodbye,
    Drop,
}

impl End {
    fn next(self, activity: &Activity, patience: &Patience) -> Step {
        let verdict = activity.verdict(patience);
        match (self, verdict) {
            (_, Verdict::Drop) => Step::Drop,
            (Self::NotYet, Verdict::Keep(time)) => Step::Wait(time),
            (Self::LastCall(_), _) if activity.busy() || activity.multiplexed() => Step::Goodbye,
            (Self::LastCall(until), _) if activity.in_head() || Instant::now() < until => {
                Step::Wait(ENDING)
            }
            (Self::NotYet, Verdict::Close) | (Self::LastCall(_), _) => Step::Goodbye,
            (Self::Said(until), _) if !activity.busy() && Instant::now() >= until => Step::Drop,
            (Self::Said(_), _) => Step::Wait(ENDING),
        }
    }
}

type Http<'a> =
    auto::UpgradeableConnection<'a, TokioIo<Wire>, TowerToHyperService<Stack>, TokioExecutor>;

/// hyper's own head timer stays off: `Activity` watches the head, and tells it from a quiet connection.
fn builder() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .header_read_timeout(None)
        .max_buf_size(MAX_HEAD_BYTES)
        .http2()
        .max_header_list_size(MAX_HEAD_BYTES as u32)
        .max_concurrent_streams(MAX_STREAMS)
        .max_pending_accept_reset_streams(MAX_RESETS)
        .max_local_error_reset_streams(MAX_RESETS);
    builder
}
