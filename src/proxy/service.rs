//! What *receive* asks of the house behind it, and what it gives and gets.
//!
//! Refuses to know: how a call is answered. The only implementation is wired in `app.rs`; tests have a scripted one.

use crate::base::RequestId;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use http::{HeaderName, HeaderValue, StatusCode};
use std::fmt;
use std::sync::Arc;

/// The house behind the door.
pub trait ChatService: Send + Sync + 'static {
    /// Answers one chat call; dropping the future, or the reply's stream, cancels the call.
    fn chat(&self, call: Call) -> BoxFuture<'static, Result<Reply, Refusal>>;

    /// The JSON body of `/v1/models` for this app.
    fn models(&self, app: &str) -> Bytes;

    /// The app that this key belongs to.
    ///
    /// `key` is `None` only where `open` is true: a loopback listener whose configuration lets apps in without a key of
    /// ours. Where `open` is true and a key is given, it has our prefix and must be right all the same.
    ///
    /// # Errors
    ///
    /// A refusal with status 401 where the key is unknown, expired or withdrawn.
    fn authenticate(&self, key: Option<&str>, open: bool) -> Result<Arc<str>, Refusal>;

    /// Whether calls can be answered now; the reason why not holds no secret and no path.
    ///
    /// # Errors
    ///
    /// The reason, for `/readyz`.
    fn ready(&self) -> Result<(), String>;
}

/// One chat call, as an app sent it.
pub struct Call {
    /// The app, as its key says.
    pub app: Arc<str>,
    /// The body, at most `max_body_bytes`.
    pub body: Bytes,
    /// Came in under `/beta`.
    pub beta: bool,
    /// `X-Conversation-Id`: 1–256 visible ASCII characters.
    pub conversation: Option<String>,
    /// Its id, also in the reply header `x-vestibule-request-id`.
    pub request_id: RequestId,
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("app", &self.app)
            .field("body_bytes", &self.body.len())
            .field("beta", &self.beta)
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}

/// What goes back to the app.
pub struct Reply {
    /// Its status; also an error of the destination that is passed on.
    pub status: StatusCode,
    /// Further headers; `x-vestibule-request-id` is added on the way out.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// `text/event-stream` decides how a fault in mid-stream is told.
    pub content_type: HeaderValue,
    /// The body.
    pub body: ReplyBody,
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// The body of a reply.
pub enum ReplyBody {
    /// All of it at once, sent with its length.
    Whole(Bytes),
    /// As it comes: each item is sent at once, none is asked for before the one before it is on its way.
    Stream(BoxStream<'static, Result<Bytes, StreamFault>>),
}

impl fmt::Debug for ReplyBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(bytes) => write!(f, "Whole({} bytes)", bytes.len()),
            Self::Stream(_) => f.write_str("Stream"),
        }
    }
}

/// A call that is not answered, and what the app is told about it. Holds no text of the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status, 400–599.
    pub status: u16,
    /// The reason code: `error.code`.
    pub code: &'static str,
    /// The kind of error: `error.type`, for instance `invalid_request_error`.
    pub kind: &'static str,
    /// A sentence for the user: `error.message`.
    pub message: String,
    /// Further headers.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Seconds after which trying again makes sense: `Retry-After`.
    pub retry_after_s: Option<u64>,
}

/// A stream that ends badly after its status went out. Holds no text of the reply.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct StreamFault {
    /// The reason code: `error.code`.
    pub code: &'static str,
    /// The kind of error: `error.type`.
    pub kind: &'static str,
    /// A sentence for the user: `error.message`.
    pub message: String,
}
