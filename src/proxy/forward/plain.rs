//! A request in absolute form (`GET http://host/path`) to another host, passed on over plain HTTP.

use super::desk::Reached;
use super::fault::Fault;
use super::record::Passage;
use crate::pipeline::{ReplyBody, StreamFault};
use crate::proxy::answer::Answer;
use crate::proxy::body::check_framing;
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::uri::PathAndQuery;
use http::{Request, Response, Uri, Version};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::borrow::Cow;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

/// Headers of one connection, not of the message (RFC 9110, section 7.6.1).
const OF_THE_CONNECTION: [HeaderName; 9] = [
    header::CONNECTION,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

/// Passes the request on, and its answer back as it comes; `idle` is for each step of the answer.
pub(super) async fn pass_on(
    request: Request<Incoming>,
    reached: Reached,
    idle: Duration,
) -> Result<Response<Answer>, Fault> {
    let Reached {
        tcp,
        passage,
        place,
    } = reached;
    let passage = Arc::new(passage);
    let answered = timeout(idle, ask(request, tcp, &passage)).await;
    let response = match answered {
        // Below chunks an answer may be coded once more; without its header nobody could tell.
        Ok(Ok(response)) if check_framing(response.headers()).is_ok() => response,
        _ => {
            passage.ended("broken");
            return Err(Fault::Unreachable);
        }
    };
    let (mut head, body) = response.into_parts();
    strip(&mut head.headers);
    head.version = Version::default();
    let answer = Answer::of(
        ReplyBody::Stream(pieces(body, idle, (passage, place))),
        None,
    );
    Ok(Response::from_parts(head, answer))
}

async fn ask(
    request: Request<Incoming>,
    tcp: TcpStream,
    passage: &Arc<Passage>,
) -> Result<Response<Incoming>, hyper::Error> {
    let io = Counted {
        tcp,
        passage: Arc::clone(passage),
    };
    let (mut sender, connection) = http1::handshake(TokioIo::new(io)).await?;
    // Its errors reach whoever waits for the answer; it ends when both the answer and its body are gone.
    tokio::spawn(async move { connection.await.ok() });
    sender.send_request(onward(request)).await
}

/// In origin form, with the host that the request line named.
fn onward(request: Request<Incoming>) -> Request<Incoming> {
    let (mut head, body) = request.into_parts();
    strip(&mut head.headers);
    let host = head
        .uri
        .authority()
        .and_then(|host| HeaderValue::try_from(host.as_str()).ok());
    if let Some(host) = host {
        head.headers.insert(header::HOST, host);
    }
    let path = head.uri.path_and_query().cloned();
    head.uri = Uri::from(path.unwrap_or_else(|| PathAndQuery::from_static("/")));
    head.version = Version::HTTP_11;
    Request::from_parts(head, body)
}

fn strip(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named.iter().chain(&OF_THE_CONNECTION) {
        headers.remove(name);
    }
}

type Held = (Arc<Passage>, OwnedSemaphorePermit);

fn pieces(
    body: Incoming,
    idle: Duration,
    held: Held,
) -> BoxStream<'static, Result<Bytes, StreamFault>> {
    stream::unfold(Some((body, held)), move |state| async move {
        let (mut body, held) = state?;
        loop {
            match timeout(idle, body.frame()).await {
                Ok(None) => {
                    held.0.ended("ok");
                    return None;
                }
                Ok(Some(Ok(frame))) => {
                    if let Ok(data) = frame.into_data() {
                        return Some((Ok(data), Some((body, held))));
                    }
                }
                Ok(Some(Err(_))) | Err(_) => {
                    held.0.ended("broken");
                    return Some((Err(BROKEN), None));
                }
            }
        }
    })
    .boxed()
}

const BROKEN: StreamFault = StreamFault {
    code: "host_broke_off",
    kind: "server_error",
    message: Cow::Borrowed("the host broke off in the middle of its answer"),
};

/// The host's connection, with its bytes counted.
struct Counted {
    tcp: TcpStream,
    passage: Arc<Passage>,
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.tcp).poll_read(cx, buf);
        let count = buf.filled().len().saturating_sub(before);
        self.passage.back.fetch_add(count as u64, Ordering::Relaxed);
        polled
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        let polled = Pin::new(&mut self.tcp).poll_write(cx, bytes);
        if let Poll::Ready(Ok(count)) = &polled {
            self.passage.out.fetch_add(*count as u64, Ordering::Relaxed);
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}
