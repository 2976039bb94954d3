//! The answers to requests that get no reply: one list, from reason to HTTP status and the API's error body.

use super::reply::error;
use super::request::BadRequest;
use super::template::TemplateError;
use bytes::Bytes;
use http::StatusCode;

/// Why a request gets no reply; holds none of its text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// There is no such path.
    NoSuchPath,
    /// The body did not arrive, or is too large.
    Unreadable,
    /// The body asks for what this model can't do, or is none.
    Bad(BadRequest),
    /// The model's template refuses the conversation.
    Template(TemplateError),
    /// The prompt leaves no room for a reply.
    TooLong {
        /// Tokens of the prompt.
        prompt: usize,
        /// Tokens of the context.
        context: usize,
    },
    /// No place in the queue.
    Busy,
    /// The engine failed.
    Failed,
}

impl Refusal {
    /// The HTTP status.
    pub(super) const fn status(&self) -> StatusCode {
        match self {
            Self::NoSuchPath => StatusCode::NOT_FOUND,
            Self::Unreadable | Self::Bad(_) | Self::Template(_) | Self::TooLong { .. } => {
                StatusCode::BAD_REQUEST
            }
            Self::Busy => StatusCode::TOO_MANY_REQUESTS,
            Self::Failed => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The `retry-after` header, in seconds.
    pub(super) const fn retry_after(&self) -> Option<&'static str> {
        match self {
            Self::Busy => Some("2"),
            _ => None,
        }
    }

    /// The body, in the API's error shape.
    pub(super) fn body(&self) -> Bytes {
        let kind = match self {
            Self::Busy => "rate_limit_error",
            Self::Failed => "server_error",
            _ => "invalid_request_error",
        };
        let code = match self {
            Self::TooLong { .. } => Some("context_length_exceeded"),
            Self::Busy => Some("queue_full"),
            Self::Failed => Some("engine_failed"),
            _ => None,
        };
        let param = match self {
            Self::Bad(bad) => Some(bad.param).filter(|param| !param.is_empty()),
            Self::Template(_) | Self::TooLong { .. } => Some("messages"),
            _ => None,
        };
        error(kind, param, code, &self.message())
    }

    fn message(&self) -> String {
        match self {
            Self::NoSuchPath => "there is no such path".to_owned(),
            Self::Unreadable => "the body could not be read".to_owned(),
            Self::Bad(bad) => bad.message.clone(),
            Self::Template(error) => error.to_string(),
            Self::TooLong { prompt, context } => format!(
                "this model's context is {context} tokens, and the messages alone are {prompt}; \
                 shorten them"
            ),
            Self::Busy => {
                "the local model has as many requests as it can take; try again".to_owned()
            }
            Self::Failed => "the local model failed on this request; try again".to_owned(),
        }
    }
}

impl From<BadRequest> for Refusal {
    fn from(bad: BadRequest) -> Self {
        Self::Bad(bad)
    }
}

impl From<TemplateError> for Refusal {
    fn from(error: TemplateError) -> Self {
        Self::Template(error)
    }
}
