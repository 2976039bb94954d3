//! What is done to requests and answers of every door: `HEAD`, `OPTIONS`, web pages of other origins (CORS), and packed
//! answers.
//!
//! Refuses to know: what is in a body, who is calling.

use super::answer::Answer;
use super::rescue::rescue;
use crate::coding::{self, Coding};
use crate::pipeline::Refusal;
use crate::protocol::Format;
use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Response, StatusCode, Version};

/// Longest list of headers that a page may ask for, in bytes.
const LONGEST_LIST: usize = 2048;
/// Seconds that a browser may remember a permission.
const REMEMBERED_S: u64 = 600;
/// From this size on, packing is kept off the threads that serve others, in bytes.
const LARGE_BYTES: usize = 256 * 1024;

const PRIVATE_ASKED: HeaderName = HeaderName::from_static("access-control-request-private-network");
const PRIVATE_ALLOWED: HeaderName = HeaderName::from_static("access-control-allow-private-network");

/// The manners of a listener.
#[derive(Debug, Clone, Default)]
pub(super) struct Manners {
    /// Origins whose pages may read answers; none by default.
    pub(super) origins: Vec<HeaderValue>,
    /// Smallest whole answer that is packed where the client takes that, in bytes; `None` never.
    pub(super) pack_from: Option<usize>,
}

/// What of a request matters for its answer.
#[derive(Debug)]
pub(super) struct Asked {
    method: Method,
    version: Version,
    origin: Option<HeaderValue>,
    coding: Option<Coding>,
    /// In which words the client reads errors.
    words: Format,
}

impl Manners {
    /// What `request` asks for, whose client reads errors in these words; `HEAD` becomes `GET` for the door.
    pub(super) fn take<B>(&self, request: &mut Request<B>, words: Format) -> Asked {
        let headers = request.headers();
        let origin = headers
            .get(header::ORIGIN)
            .filter(|origin| self.origins.contains(origin))
            .cloned();
        let accepts = headers.get_all(header::ACCEPT_ENCODING).iter();
        let coding = self
            .pack_from
            .and_then(|_| coding::accepted(accepts.map(HeaderValue::as_bytes)));
        let asked = Asked {
            method: request.method().clone(),
            version: request.version(),
            origin,
            coding,
            words,
        };
        if asked.method == Method::HEAD {
            *request.method_mut() = Method::GET;
        }
        asked
    }

    /// The answer to a browser that asks before a page may send.
    pub(super) fn preflight<B>(request: &Request<B>, asked: &Asked) -> Option<Response<Answer>> {
        let headers = request.headers();
        let method = headers.get(header::ACCESS_CONTROL_REQUEST_METHOD)?;
        if *request.method() != Method::OPTIONS || asked.origin.is_none() {
            return None;
        }
        let mut response = nothing();
        let to = response.headers_mut();
        if method == "GET" || method == "POST" {
            to.insert(
                header::ACCESS_CONTROL_ALLOW_METHODS,
                HeaderValue::from_static("GET, POST"),
            );
        }
        if let Some(list) = headers
            .get(header::ACCESS_CONTROL_REQUEST_HEADERS)
            .filter(|list| is_list(list))
        {
            to.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, list.clone());
        }
        if headers
            .get(PRIVATE_ASKED)
            .is_some_and(|value| value == "true")
        {
            to.insert(PRIVATE_ALLOWED, HeaderValue::from_static("true"));
        }
        to.insert(
            header::ACCESS_CONTROL_MAX_AGE,
            HeaderValue::from(REMEMBERED_S),
        );
        Some(response)
    }

    /// The answer as it goes out.
    pub(super) async fn finish(
        &self,
        outcome: Result<Response<Answer>, Refusal>,
        asked: Asked,
    ) -> Response<Answer> {
        let mut response = match outcome {
            Ok(response) => response,
            Err(refusal) if asked.method == Method::OPTIONS && refusal.status == 405 => {
                methods_of(refusal)
            }
            Err(refusal) => rescue(refusal, asked.words),
        };
        if let Some(from) = self.pack_from {
            pack(&mut response, from, asked.coding).await;
        }
        if !self.origins.is_empty() {
            response
                .headers_mut()
                .append(header::VARY, HeaderValue::from_static("origin"));
        }
        if let Some(origin) = asked.origin {
            let headers = response.headers_mut();
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(
                header::ACCESS_CONTROL_EXPOSE_HEADERS,
                HeaderValue::from_static("*"),
            );
        }
        if asked.method == Method::HEAD && asked.version >= Version::HTTP_2 {
            // In HTTP/1.1, hyper leaves the body out by itself.
            if let Some(whole) = response.body().whole_bytes() {
                let length = HeaderValue::from(whole.len());
                response
                    .headers_mut()
                    .insert(header::CONTENT_LENGTH, length);
            }
            response.body_mut().leave_out();
        }
        response
    }
}

/// Names, commas and spaces only.
fn is_list(value: &HeaderValue) -> bool {
    let fine = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_, ".contains(byte);
    value.len() <= LONGEST_LIST && value.as_bytes().iter().all(fine)
}

/// The answer to `OPTIONS` where another method is the right one.
fn methods_of(refusal: Refusal) -> Response<Answer> {
    let mut response = nothing();
    for (name, value) in refusal.headers {
        if name == header::ALLOW {
            let list = [value.as_bytes(), b", OPTIONS"].concat();
            response
                .headers_mut()
                .extend(HeaderValue::try_from(list).ok().map(|list| (name, list)));
        }
    }
    response
}

fn nothing() -> Response<Answer> {
    let mut response = Response::new(Answer::whole(Bytes::new()));
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// Packs a whole answer that is large enough; a stream is never held back for that.
async fn pack(response: &mut Response<Answer>, from: usize, coding: Option<Coding>) {
    let packable = response.status() == StatusCode::OK
        && !response.headers().contains_key(header::CONTENT_ENCODING);
    let Some(whole) = response
        .body()
        .whole_bytes()
        .filter(|whole| packable && whole.len() >= from)
    else {
        return;
    };
    response
        .headers_mut()
        .append(header::VARY, HeaderValue::from_static("accept-encoding"));
    let Some(coding) = coding else { return };
    let packed = if whole.len() < LARGE_BYTES {
        coding::encode(coding, &whole)
    } else {
        let packing = tokio::task::spawn_blocking(move || coding::encode(coding, &whole));
        packing.await.ok().flatten()
    };
    if let Some(packed) = packed {
        response.body_mut().put_whole(packed.into());
        set_coding(response.headers_mut(), coding);
    }
}

fn set_coding(headers: &mut HeaderMap, coding: Coding) {
    headers.insert(
        header::CONTENT_ENCODING,
        HeaderValue::from_static(coding.name()),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_headers_is_names_only() {
        for (text, fine) in [
            ("authorization, content-type,x-stainless-os", true),
            ("", true),
            ("a\u{e9}", false),
            ("x: y", false),
        ] {
            let value = HeaderValue::from_bytes(text.as_bytes()).unwrap();
            assert_eq!(is_list(&value), fine, "{text}");
        }
    }
}
