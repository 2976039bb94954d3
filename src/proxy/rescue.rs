//! From error to HTTP: the one place where a refusal becomes a response, in the API's own error shape.
//!
//! How an API writes errors, its [`Format`] knows. Refuses to know: text of requests. A message is a fixed sentence or the policy's own.

use super::answer::Answer;
use crate::pipeline::{Refusal, StreamFault};
use crate::protocol::Format;
use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, Response, StatusCode};

/// What *receive* itself refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    #[error(
        "unknown path: this gateway answers POST /v1/chat/completions, /v1/completions, /v1/embeddings, /v1/responses and /v1/messages, and GET /v1/models (also without /v1, under /beta and under /anthropic as the APIs have them)"
    )]
    UnknownPath,
    #[error(
        "this gateway does not offer this endpoint: what it carries can't be inspected, or is kept at the destination; send texts in the request itself"
    )]
    NotOffered,
    #[error("unknown path: this listener answers GET /healthz, /readyz and /metrics")]
    UnknownAdminPath,
    #[error("wrong method for this path: use the one in the `Allow` header")]
    WrongMethod { allow: &'static str },
    #[error("no API key: send `Authorization: Bearer vsk_…` with a key from `vestibule key new`")]
    NoKey,
    #[error("this API key was not issued by this gateway: get one with `vestibule key new`")]
    ForeignKey,
    #[error("unclear API key: send one `Authorization: Bearer …` header and nothing else")]
    UnclearKey,
    #[error("web pages may not use this gateway without an API key")]
    WebPage,
    #[error("the request body is over the limit of {cap} bytes (`server.max_body_bytes`)")]
    TooLarge { cap: usize },
    #[error("the request body came too slowly")]
    TooSlow,
    #[error("the request body broke off or is not well framed")]
    BrokenBody,
    #[error(
        "the `Content-Encoding` is not one or two of `gzip`, `deflate`, `br`, `zstd`: send the JSON as it is"
    )]
    Encoded,
    #[error(
        "the only `Transfer-Encoding` that is read here is `chunked`: send the body without another"
    )]
    TransferCoded,
    #[error("the request body is not what its `Content-Encoding` says, or is not complete")]
    BrokenCoding,
    #[error("`X-Conversation-Id` must be given once and be 1 to 256 visible ASCII characters")]
    BadConversation,
    #[error("too many requests at the same time: try again in a moment")]
    Overloaded,
    #[error("internal error of the gateway; nothing is known to have left")]
    Internal,
}

impl Fault {
    /// Status, type and code.
    const fn facts(self) -> (u16, &'static str, &'static str) {
        match self {
            Self::UnknownPath | Self::UnknownAdminPath => {
                (404, "invalid_request_error", "unknown_path")
            }
            Self::NotOffered => (403, "permission_error", "endpoint_refused"),
            Self::WrongMethod { .. } => (405, "invalid_request_error", "method_not_allowed"),
            Self::NoKey => (401, "authentication_error", "missing_api_key"),
            Self::ForeignKey | Self::UnclearKey => (401, "authentication_error", "invalid_api_key"),
            Self::WebPage => (403, "permission_error", "web_page_without_key"),
            Self::TooLarge { .. } => (413, "invalid_request_error", "request_too_large"),
            Self::TooSlow => (408, "invalid_request_error", "request_timeout"),
            Self::BrokenBody | Self::BrokenCoding => (400, "invalid_request_error", "broken_body"),
            Self::Encoded => (415, "invalid_request_error", "unsupported_encoding"),
            Self::TransferCoded => (501, "invalid_request_error", "unsupported_transfer_coding"),
            Self::BadConversation => (400, "invalid_request_error", "bad_conversation_id"),
            Self::Overloaded => (503, "server_error", "overloaded"),
            Self::Internal => (500, "server_error", "internal_error"),
        }
    }

    fn headers(self) -> Vec<(HeaderName, HeaderValue)> {
        match self {
            Self::WrongMethod { allow } => vec![(ALLOW, HeaderValue::from_static(allow))],
            Self::NoKey | Self::ForeignKey | Self::UnclearKey => {
                vec![(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))]
            }
            Self::Encoded => vec![(
                ACCEPT_ENCODING,
                HeaderValue::from_static(crate::coding::NAMES),
            )],
            _ => Vec::new(),
        }
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        let (status, kind, code) = fault.facts();
        Self {
            status,
            code,
            kind,
            message: fault.to_string(),
            headers: fault.headers(),
            retry_after_s: (fault == Fault::Overloaded).then_some(1),
        }
    }
}

/// The response that tells of a refusal, in the words of an API.
pub(super) fn rescue(refusal: Refusal, words: Format) -> Response<Answer> {
    let Refusal {
        status,
        kind,
        code,
        ref message,
        ..
    } = refusal;
    let body = words.error(status, kind, code, message);
    let mut response = Response::new(Answer::whole(body));
    *response.status_mut() =
        StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(seconds) = refusal.retry_after_s {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    for (name, value) in refusal.headers {
        headers.append(name, value);
    }
    response
}

/// The last event of a stream that ends badly.
pub(super) fn event(fault: &StreamFault, words: Format) -> Bytes {
    words.error_event(fault.kind, fault.code, &fault.message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_envelope_is_the_apis_own() {
        let body = Format::Chat.error(503, "server_error", "overloaded", "a \"quoted\" sentence");
        let value: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(value["error"]["message"], "a \"quoted\" sentence");
        assert_eq!(value["error"]["type"], "server_error");
        assert_eq!(value["error"]["code"], "overloaded");
        assert!(value["error"]["param"].is_null());
        assert_eq!(value["error"].as_object().unwrap().len(), 4);
        let body = Format::Messages.error(503, "server_error", "overloaded", "a sentence");
        let value: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(value["type"], "error");
        assert_eq!(value["error"]["type"], "overloaded_error");
        assert_eq!(value["error"]["message"], "a sentence");
    }

    #[test]
    fn a_refusal_keeps_its_headers_and_an_odd_status_is_a_500() {
        let mut refusal = Refusal::from(Fault::Overloaded);
        refusal
            .headers
            .push((ALLOW, HeaderValue::from_static("GET")));
        let response = rescue(refusal.clone(), Format::Chat);
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()[RETRY_AFTER], "1");
        assert_eq!(response.headers()[ALLOW], "GET");
        refusal.status = 7;
        assert_eq!(rescue(refusal, Format::Chat).status(), 500);
    }

    #[test]
    fn an_event_is_one_line_even_if_the_message_has_several() {
        let fault = StreamFault {
            code: "c",
            kind: "k",
            message: "one\ntwo\r\n\r\nthree".into(),
        };
        for (words, first, lines) in [
            (Format::Chat, "data: {", 2),
            (Format::Responses, "event: error\ndata: {", 3),
            (Format::Messages, "event: error\ndata: {", 3),
        ] {
            let event = event(&fault, words);
            let text = std::str::from_utf8(&event).unwrap();
            assert_eq!(text.matches('\n').count(), lines);
            assert!(text.starts_with(first) && text.ends_with("}\n\n") && !text.contains('\r'));
        }
    }
}
