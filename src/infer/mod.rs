//! *Infer*: sends a finished request body to one destination and hands its reply back as it arrives.
//!
//! Every destination is a [`Backend`]: a cloud service, an OpenAI-compatible server on the company's own network, or the
//! model in the building. [`DestinationConfig`] describes one.
//!
//! A destination says which formats it speaks, and the format says to which path a request goes. Refuses to know: what a
//! body means, policy, findings, surrogates, apps. A body comes in as bytes that may leave, and the
//! reply goes out as bytes that nobody has looked at yet. No text of either is put into an error or a log line.

pub mod cloud;
mod config;
pub mod local;
pub mod models;
pub mod remote;

pub use config::{
    ConfigError, DestinationConfig, LocalConfig, Models, Reach, RemoteConfig, Secret,
};

use crate::base::{RequestId, Timestamp};
use crate::protocol::Format;
use crate::protocol::headers::Passed;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use std::fmt;
use std::sync::Arc;

/// Code that talks to one destination.
///
/// ```
/// use futures_util::{StreamExt, future::BoxFuture};
/// use vestibule::infer::{Backend, BackendError, Health, Inbound, Models, Outbound};
///
/// #[derive(Debug, Default)]
/// struct Echo(Models);
///
/// impl Backend for Echo {
///     fn name(&self) -> &str {
///         "echo"
///     }
///     fn models(&self) -> &Models {
///         &self.0
///     }
///     fn health(&self) -> Health {
///         Health::Up
///     }
///     fn send(&self, request: Outbound) -> BoxFuture<'_, Result<Inbound, BackendError>> {
///         let body = futures_util::stream::iter([Ok(request.body)]).boxed();
///         Box::pin(async {
///             Ok(Inbound { status: 200, content_type: "application/json".into(), retry_after: None, headers: vec![], body })
///         })
///     }
/// }
/// ```
pub trait Backend: Send + Sync + fmt::Debug {
    /// The destination's name, as in the configuration and the policy.
    fn name(&self) -> &str;

    /// The model names that it answers to.
    fn models(&self) -> &Models;

    /// Whether it takes requests of this format.
    fn speaks(&self, format: Format) -> bool {
        format == Format::Chat
    }

    /// Whether it makes sense to send to it now. Cheap: no I/O, may be asked for every request.
    fn health(&self) -> Health;

    /// Asks for the balance of the account, where the destination has one to tell.
    fn balance(&self) -> Option<BoxFuture<'_, Result<Inbound, BackendError>>> {
        None
    }

    /// Sends one request; resolves when the reply's head is here. Dropping the future, or later the reply's body,
    /// cancels the request at the destination.
    fn send(&self, request: Outbound) -> BoxFuture<'_, Result<Inbound, BackendError>>;
}

/// A request to a destination.
#[derive(Clone)]
pub struct Outbound {
    /// In which words the body is written; the destination speaks it.
    pub format: Format,
    /// The JSON body, sent as it is: the model is already the destination's own name for it, see [`Models::upstream`].
    pub body: Bytes,
    /// Whether the body asks for an event stream.
    pub stream: bool,
    /// Whether the app used the `/beta` prefix; only DeepSeek has one, others ignore it.
    pub beta: bool,
    /// Headers of the app that go along; see [`crate::protocol::headers`].
    pub headers: Passed,
    /// Whose request it is: the model in the building never lets one caller's request profit from another's, since
    /// the count of cached tokens would tell what the other sent. It isn't sent outside.
    pub caller: Arc<str>,
    /// The gateway's own id of the request, for log lines; it isn't sent.
    pub request_id: RequestId,
}

impl fmt::Debug for Outbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbound")
            .field("format", &self.format)
            .field("body_bytes", &self.body.len())
            .field("stream", &self.stream)
            .field("beta", &self.beta)
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}

/// A reply whose body is still on its way.
pub struct Inbound {
    /// HTTP status; never 1xx or 3xx.
    pub status: u16,
    /// The `content-type` header; empty where the destination sent none.
    pub content_type: String,
    /// The `retry-after` header, where it is a number of seconds or an HTTP date.
    pub retry_after: Option<String>,
    /// The other headers that go on to the app; see [`crate::protocol::headers`].
    pub headers: Passed,
    /// The body's bytes in the pieces in which they arrive; ends at its first error. Not capped in length.
    pub body: BoxStream<'static, Result<Bytes, BackendError>>,
}

impl fmt::Debug for Inbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbound")
            .field("status", &self.status)
            .field("content_type", &self.content_type)
            .finish_non_exhaustive()
    }
}

/// What is known of a destination without asking it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// Requests may be sent.
    Up,
    /// Requests would fail; it is tried again after a pause.
    Down {
        /// When it was last seen to go down.
        since: Timestamp,
        /// Why.
        reason: DownReason,
    },
    /// Not ready yet, for instance while a model is being loaded.
    Starting,
}

/// Why a destination is down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DownReason {
    /// No connection, or no answer in time.
    Unreachable,
    /// It answered with server errors.
    Failing,
    /// No key is configured for it.
    NoKey,
    /// It refuses our key (HTTP 401).
    KeyRefused,
    /// The account has no credit left (HTTP 402).
    NoCredit,
    /// It asked us to wait (HTTP 429 with `retry-after`).
    Throttled,
    /// The local worker isn't running.
    Stopped,
    /// There is no usable model file.
    NoModel,
}

impl DownReason {
    /// Its name in metrics, logs and replies.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Failing => "failing",
            Self::NoKey => "no_key",
            Self::KeyRefused => "key_refused",
            Self::NoCredit => "no_credit",
            Self::Throttled => "throttled",
            Self::Stopped => "stopped",
            Self::NoModel => "no_model",
        }
    }
}

/// Why there is no reply, or no more of it. Kinds only: never a word of the destination's own text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BackendError {
    /// No connection: name not found, refused, or TLS failed. Nothing was answered.
    #[error("the destination can't be reached")]
    Unreachable,
    /// Its name leads to an address that this destination may not have. Nothing was sent.
    #[error("the destination's name resolves to an address that isn't allowed for it")]
    AddressRefused,
    /// It did not answer, or not go on, in the configured time.
    #[error("the destination did not answer in time")]
    Timeout,
    /// Our own limit for this destination is reached. Nothing was sent.
    #[error("the destination has as many requests as it may have")]
    Busy {
        /// Seconds after which to try again, where they are known.
        retry_after_s: Option<u32>,
    },
    /// It failed lately and rests. Nothing was sent.
    #[error("the destination is down ({})", reason.as_str())]
    Down {
        /// Why it rests.
        reason: DownReason,
        /// Seconds until it is tried again, at least 1.
        retry_after_s: u32,
    },
    /// It answered in a way that can't be used: a redirect, a compressed body, no HTTP.
    #[error("the destination's answer is not one that can be used")]
    BadReply,
    /// It broke the connection off before or in the middle of its answer.
    #[error("the destination broke off before its answer was complete")]
    Broken,
}

impl BackendError {
    /// Its name in metrics, logs and audit entries.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::AddressRefused => "address_refused",
            Self::Timeout => "timeout",
            Self::Busy { .. } => "busy",
            Self::Down { .. } => "down",
            Self::BadReply => "bad_reply",
            Self::Broken => "broken",
        }
    }
}
