//! What goes into the pipeline and what comes out: a call, a reply, or a refusal.

use bytes::Bytes;
use futures_util::stream::BoxStream;
use http::{HeaderName, HeaderValue, StatusCode};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::base::RequestId;
use crate::infer::Backend;
use crate::policy::{Complexity, Policy, Situation};
use crate::protocol::Format;
use crate::protocol::headers::Passed;

/// One request of an app that is known.
#[derive(Clone)]
pub struct Call {
    /// The app's name in the policy.
    pub app: Arc<str>,
    /// In which words the body is written, and the reply is wanted.
    pub format: Format,
    /// The request body as it came.
    pub body: Bytes,
    /// Whether the app used the `/beta` prefix.
    pub beta: bool,
    /// The `X-Conversation-Id` header.
    pub conversation: Option<String>,
    /// Headers that may go along; see [`crate::protocol::headers`].
    pub headers: Passed,
    /// The gateway's id of the request.
    pub request_id: RequestId,
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("app", &self.app)
            .field("format", &self.format)
            .field("body_bytes", &self.body.len())
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}

/// What the app gets.
#[derive(Debug)]
pub struct Reply {
    /// HTTP status.
    pub status: StatusCode,
    /// The `x-vestibule-…` headers, `retry-after`, and those of the destination that are passed on.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Type of the body.
    pub content_type: HeaderValue,
    /// The restored body.
    pub body: ReplyBody,
    /// What was done, for metrics.
    pub facts: Facts,
}

/// What was done with a request; no text of it.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The destination that answered.
    pub destination: Arc<str>,
    /// Entity type and how many values of it were found.
    pub findings: Arc<BTreeMap<&'static str, u32>>,
    /// The gateway's own time before the request left.
    pub added: Duration,
}

/// A reply's body, whole or as it comes.
pub enum ReplyBody {
    /// All of it.
    Whole(Bytes),
    /// Piece by piece; dropping it cancels the request at the destination.
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

/// Why a stream ended before it was complete; becomes an error event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct StreamFault {
    /// Reason code.
    pub code: &'static str,
    /// Error type in the words of the API.
    pub kind: &'static str,
    /// One sentence for people; holds no text of the reply.
    pub message: Cow<'static, str>,
}

impl StreamFault {
    pub(super) const fn new(code: &'static str, message: &'static str) -> Self {
        Self {
            code,
            kind: "upstream_error",
            message: Cow::Borrowed(message),
        }
    }
}

/// A request that gets no answer of a model, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status, 400–599.
    pub status: u16,
    /// Reason code, such as `policy_blocked`.
    pub code: &'static str,
    /// Error type in the words of the API, such as `invalid_request_error`.
    pub kind: &'static str,
    /// One sentence for people, with the next step; holds no value.
    pub message: String,
    /// Further reply headers.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Seconds after which to try again.
    pub retry_after_s: Option<u64>,
}

impl Refusal {
    /// A refusal without further headers.
    pub fn new(
        status: u16,
        code: &'static str,
        kind: &'static str,
        message: impl Into<String>,
    ) -> Self {
        let message = message.into();
        Self {
            status,
            code,
            kind,
            message,
            headers: Vec::new(),
            retry_after_s: None,
        }
    }

    /// With a `retry-after` header of so many seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// With these reply headers.
    #[must_use]
    pub fn with_headers(mut self, headers: Vec<(HeaderName, HeaderValue)>) -> Self {
        self.headers = headers;
        self
    }
}

/// A reply with these parts; `retry_after` is the destination's own header, checked by its backend.
pub(super) fn reply(
    status: u16,
    mut headers: Vec<(HeaderName, HeaderValue)>,
    retry_after: Option<String>,
    content_type: HeaderValue,
    body: ReplyBody,
    facts: Facts,
) -> Reply {
    if let Some(value) = retry_after.and_then(|text| HeaderValue::try_from(text).ok()) {
        headers.push((http::header::RETRY_AFTER, value));
    }
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    Reply {
        status,
        headers,
        content_type,
        body,
        facts,
    }
}

/// The body of `/v1/models`: the names of all destinations that a harmless request of this app may go to.
pub(super) fn model_list(policy: &Policy, backends: &[Arc<dyn Backend>], app: &str) -> Bytes {
    let harmless = policy.decide(&Situation {
        app,
        findings: &[],
        uninspectable: &[],
        complexity: Complexity::Medium,
        finding_in_id: false,
    });
    let allowed = |name: &str| {
        harmless
            .allowed()
            .any(|(option, _)| *option.destination == *name)
    };
    let mut listed = BTreeMap::new();
    for backend in backends.iter().filter(|backend| allowed(backend.name())) {
        for model in backend
            .models()
            .names()
            .filter(|model| policy.app(app).may_use(model))
        {
            listed.entry(model).or_insert_with(|| backend.name());
        }
    }
    let row = |(id, owner)| serde_json::json!({"id": id, "object": "model", "owned_by": owner});
    let data: Vec<serde_json::Value> = listed.into_iter().map(row).collect();
    serde_json::json!({"object": "list", "data": data})
        .to_string()
        .into()
}
