//! One HTTP client and the two requests it can make.
//!
//! It follows no redirect, uses no proxy and no cookie, asks for no compression and refuses it, and sends a fixed list of
//! headers. HTTP/2 only where TLS negotiates it.

use super::address::{AddressRefused, CheckedResolver};
use super::body::ReplyBody;
use super::settings::WireSettings;
use crate::infer::{BackendError, Inbound, Outbound};
use futures_util::StreamExt;
use http::header::{self, HeaderMap, HeaderValue};
use reqwest::{Client, Method, Request, Response, Url};
use std::error::Error;
use std::time::Duration;

/// Idle connections kept for each destination.
const POOL_IDLE: usize = 256;
/// Shorter than the 60–75 s after which common servers close an idle connection.
const POOL_IDLE_TIME: Duration = Duration::from_secs(50);
/// How often a silent connection is checked for life.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(super) struct Wire {
    client: Client,
    chat: Url,
    beta: Url,
    list: Url,
    plain: HeaderMap,
    events: HeaderMap,
    reply: Duration,
    idle: Duration,
}

impl Wire {
    pub(super) fn new(settings: WireSettings) -> Result<Self, reqwest::Error> {
        let accepting = |what| {
            let mut headers = settings.headers.clone();
            headers.insert(header::ACCEPT, HeaderValue::from_static(what));
            headers
        };
        Ok(Self {
            client: client(&settings)?,
            plain: accepting("application/json"),
            events: accepting("text/event-stream"),
            chat: settings.chat,
            beta: settings.beta,
            list: settings.list,
            reply: settings.reply,
            idle: settings.idle,
        })
    }

    /// Sends a chat request; `held` lives as long as the reply.
    pub(super) async fn chat<H>(&self, outbound: Outbound, held: H) -> Result<Inbound, BackendError>
    where
        H: Unpin + Send + 'static,
    {
        let url = if outbound.beta {
            &self.beta
        } else {
            &self.chat
        };
        let mut request = Request::new(Method::POST, url.clone());
        let headers = if outbound.stream {
            &self.events
        } else {
            &self.plain
        };
        request.headers_mut().clone_from(headers);
        *request.body_mut() = Some(outbound.body.into());
        let response = self.execute(request).await?;
        let (content_type, retry_after) = (content_type(&response), retry_after(&response));
        let status = response.status().as_u16();
        let body = ReplyBody::new(response.bytes_stream(), held, self.idle).boxed();
        Ok(Inbound {
            status,
            content_type,
            retry_after,
            body,
        })
    }

    /// The status of `GET models`; its body isn't read.
    pub(super) async fn list_models(&self) -> Result<u16, BackendError> {
        let mut request = Request::new(Method::GET, self.list.clone());
        request.headers_mut().clone_from(&self.plain);
        request.headers_mut().remove(header::CONTENT_TYPE);
        self.execute(request)
            .await
            .map(|response| response.status().as_u16())
    }

    async fn execute(&self, request: Request) -> Result<Response, BackendError> {
        let answer = tokio::time::timeout(self.reply, self.client.execute(request)).await;
        let response = answer
            .map_err(|_| BackendError::Timeout)?
            .map_err(|error| kind(&error))?;
        let encoding = response.headers().get(header::CONTENT_ENCODING);
        let plain = encoding.is_none_or(|value| value.as_bytes().eq_ignore_ascii_case(b"identity"));
        let status = response.status();
        if plain && (status.is_success() || status.is_client_error() || status.is_server_error()) {
            Ok(response)
        } else {
            Err(BackendError::BadReply)
        }
    }
}

fn client(settings: &WireSettings) -> Result<Client, reqwest::Error> {
    let builder = Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .referer(false)
        .dns_resolver(CheckedResolver(settings.addresses))
        .connect_timeout(settings.connect)
        .tcp_nodelay(true)
        .tcp_keepalive(KEEP_ALIVE)
        .http2_keep_alive_interval(KEEP_ALIVE)
        .http2_keep_alive_timeout(KEEP_ALIVE)
        .pool_max_idle_per_host(POOL_IDLE)
        .pool_idle_timeout(POOL_IDLE_TIME);
    match (settings.chat.scheme(), &settings.authorities) {
        ("https", None) => builder.https_only(true).build(),
        ("https", Some(trusted)) => builder
            .https_only(true)
            .tls_certs_only(trusted.iter().cloned())
            .build(),
        // no TLS, so no need to read the system's certificates
        _ => builder.tls_certs_only([]).build(),
    }
}

/// What went wrong, without the error's own text: that may hold URLs and header values.
fn kind(error: &reqwest::Error) -> BackendError {
    if caused_by::<AddressRefused>(error).is_some() {
        BackendError::AddressRefused
    } else if error.is_connect() || error.is_dns() {
        BackendError::Unreachable
    } else if error.is_timeout() {
        BackendError::Timeout
    } else if caused_by::<hyper::Error>(error).is_some_and(hyper::Error::is_parse) {
        BackendError::BadReply
    } else {
        BackendError::Broken
    }
}

fn caused_by<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

fn content_type(response: &Response) -> String {
    text_of(response, &header::CONTENT_TYPE)
        .unwrap_or_default()
        .to_owned()
}

/// Seconds, or a date as in `Wed, 21 Oct 2026 07:28:00 GMT`; anything else is dropped.
fn retry_after(response: &Response) -> Option<String> {
    let text = text_of(response, &header::RETRY_AFTER)?;
    let seconds = text.len() <= 9 && text.bytes().all(|byte| byte.is_ascii_digit());
    let date = text.len() == 29 && text.ends_with(" GMT");
    (!text.is_empty() && (seconds || date)).then(|| text.to_owned())
}

fn text_of<'a>(response: &'a Response, name: &header::HeaderName) -> Option<&'a str> {
    response.headers().get(name)?.to_str().ok()
}
