//! The requests that can be made of a destination, and what of an answer is usable.
//!
//! It follows no redirect, keeps no cookie, asks for no compression, unpacks it all the same, and sends a fixed list of headers
//! beside those of the API itself that an app gave (`protocol::headers`).

use super::body::ReplyBody;
use super::connect::Connector;
use super::pool::{Pieces, Pool};
use super::settings::WireSettings;
use super::unpack;
use crate::infer::{BackendError, Inbound, Outbound};
use crate::protocol::Format;
use crate::protocol::headers::{self, ANTHROPIC_VERSION, Passed};
use bytes::Bytes;
use futures_util::StreamExt;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Response, Uri};
use http_body_util::Full;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;
use tokio_rustls::rustls;

pub(super) struct Wire {
    pool: Pool,
    paths: BTreeMap<Format, Uri>,
    beta: Uri,
    list: Uri,
    balance: Option<Uri>,
    plain: HeaderMap,
    events: HeaderMap,
    reply: Duration,
    idle: Duration,
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire")
            .field("paths", &self.paths)
            .finish_non_exhaustive()
    }
}

impl Wire {
    pub(super) fn new(settings: WireSettings) -> Result<Self, rustls::Error> {
        let accepting = |what| {
            let mut headers = settings.headers.clone();
            headers.insert(header::ACCEPT, HeaderValue::from_static(what));
            headers
        };
        Ok(Self {
            plain: accepting("application/json"),
            events: accepting("text/event-stream"),
            pool: Pool::new(Connector::new(
                settings.target,
                settings.trust,
                settings.connect,
            )?),
            paths: settings.paths,
            beta: settings.beta,
            list: settings.list,
            balance: settings.balance,
            reply: settings.reply,
            idle: settings.idle,
        })
    }

    /// Whether it has a path for this format.
    pub(super) fn speaks(&self, format: Format) -> bool {
        self.paths.contains_key(&format)
    }

    /// Sends a request; `held` lives as long as the reply.
    pub(super) async fn ask<H>(&self, outbound: Outbound, held: H) -> Result<Inbound, BackendError>
    where
        H: Unpin + Send + 'static,
    {
        let uri = match (outbound.format, outbound.beta) {
            (Format::Chat, true) => &self.beta,
            (format, _) => self.paths.get(&format).ok_or(BackendError::BadReply)?,
        };
        let mut headers = if outbound.stream {
            self.events.clone()
        } else {
            self.plain.clone()
        };
        if matches!(outbound.format, Format::Messages | Format::CountTokens) {
            go_along(outbound.headers, &mut headers);
        }
        let request = request(Method::POST, uri, headers, outbound.body);
        self.inbound(request, held).await
    }

    /// Whether it has a path for the balance.
    pub(super) fn has_balance(&self) -> bool {
        self.balance.is_some()
    }

    /// Asks for the balance; `held` lives as long as the reply.
    pub(super) async fn balance<H>(&self, held: H) -> Result<Inbound, BackendError>
    where
        H: Unpin + Send + 'static,
    {
        let uri = self.balance.as_ref().ok_or(BackendError::BadReply)?;
        let request = request(Method::GET, uri, self.without_body(), Bytes::new());
        self.inbound(request, held).await
    }

    fn without_body(&self) -> HeaderMap {
        let mut headers = self.plain.clone();
        headers.remove(header::CONTENT_TYPE);
        if self.speaks(Format::Messages) {
            go_along(Passed::new(), &mut headers);
        }
        headers
    }

    async fn inbound<H>(
        &self,
        request: Request<Full<Bytes>>,
        held: H,
    ) -> Result<Inbound, BackendError>
    where
        H: Unpin + Send + 'static,
    {
        let response = self.execute(request).await?;
        let content_type = text_of(&response, &header::CONTENT_TYPE)
            .unwrap_or_default()
            .to_owned();
        let retry_after = retry_after(&response);
        let headers = headers::of_reply(response.headers());
        let status = response.status().as_u16();
        let codings = unpack::codings(response.headers())?;
        let body = ReplyBody::new(response.into_body(), held, self.idle);
        let body = if codings.is_identity() {
            body.boxed()
        } else {
            unpack::Unpacked::new(body, &codings)?.boxed()
        };
        Ok(Inbound {
            status,
            content_type,
            retry_after,
            headers,
            body,
        })
    }

    /// The status of `GET models`; its body isn't read.
    pub(super) async fn list_models(&self) -> Result<u16, BackendError> {
        let request = request(Method::GET, &self.list, self.without_body(), Bytes::new());
        self.execute(request)
            .await
            .map(|response| response.status().as_u16())
    }

    async fn execute(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Pieces>, BackendError> {
        let answer = tokio::time::timeout(self.reply, self.pool.send(request)).await;
        let response = answer.map_err(|_| BackendError::Timeout)??;
        let status = response.status();
        if unpack::codings(response.headers()).is_ok()
            && (status.is_success() || status.is_client_error() || status.is_server_error())
        {
            Ok(response)
        } else {
            Err(BackendError::BadReply)
        }
    }
}

/// The version of Messages that all servers know; source: Anthropic's API pages (2026-10).
const FIRST_VERSION: HeaderValue = HeaderValue::from_static("2023-06-01");

/// Adds the app's own headers, but never over those of the configuration, and a version, which Messages wants.
fn go_along(passed: Passed, headers: &mut HeaderMap) {
    for (name, value) in passed {
        headers.entry(name).or_insert(value);
    }
    headers.entry(ANTHROPIC_VERSION).or_insert(FIRST_VERSION);
}

fn request(method: Method, uri: &Uri, headers: HeaderMap, body: Bytes) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = method;
    *request.uri_mut() = uri.clone();
    *request.headers_mut() = headers;
    request
}

/// Seconds, or a date as in `Wed, 21 Oct 2026 07:28:00 GMT`; anything else is dropped.
fn retry_after(response: &Response<Pieces>) -> Option<String> {
    let text = text_of(response, &header::RETRY_AFTER)?;
    let seconds = text.len() <= 9 && text.bytes().all(|byte| byte.is_ascii_digit());
    let date = text.len() == 29 && text.ends_with(" GMT");
    (!text.is_empty() && (seconds || date)).then(|| text.to_owned())
}

fn text_of<'a>(response: &'a Response<Pieces>, name: &HeaderName) -> Option<&'a str> {
    response.headers().get(name)?.to_str().ok()
}
