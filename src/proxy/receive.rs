//! *receive*: the data door. From an HTTP request to a call, and from a reply to an HTTP response.
//!
//! Answers `POST {,/v1,/beta}/chat/completions` and `GET {,/v1,/beta}/models`; everything else is refused, nothing is
//! passed through. Of a client's headers only its key and `X-Conversation-Id` are read; none is forwarded.
//! Refuses to know: what is in the body, which destinations there are.

use super::answer::Answer;
use super::body::{self, BodyLimits};
use super::credential;
use super::rescue::Fault;
use super::service::ChatService;
use super::stack::Door;
use crate::base::RequestId;
use crate::pipeline::{Call, Refusal, Reply};
use futures_util::future::BoxFuture;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response};
use hyper::body::Incoming;
use std::sync::Arc;

const CONVERSATION: HeaderName = HeaderName::from_static("x-conversation-id");
const CONVERSATION_MAX_BYTES: usize = 256;

/// The data door.
pub(super) struct DataDoor {
    pub(super) service: Arc<dyn ChatService>,
    /// Apps without a key of ours are let in.
    pub(super) open: bool,
    pub(super) limits: BodyLimits,
}

impl Door for DataDoor {
    fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
        id: RequestId,
    ) -> BoxFuture<'static, Result<Response<Answer>, Refusal>> {
        Box::pin(async move {
            let (head, mut body) = request.into_parts();
            let taken = self.take(&head, &mut body, id).await;
            match taken {
                Ok(Taken::Models(app)) => Ok(json(Answer::whole(self.service.models(&app)))),
                Ok(Taken::Chat(call)) => self.service.chat(call).await.map(response),
                Err(refusal) => {
                    body::discard(&mut body, &head.headers, &self.limits).await;
                    Err(refusal)
                }
            }
        })
    }
}

enum Taken {
    Models(Arc<str>),
    Chat(Call),
}

impl DataDoor {
    /// Everything about the head is checked before a byte of the body is read.
    async fn take(
        &self,
        head: &Parts,
        body: &mut Incoming,
        request_id: RequestId,
    ) -> Result<Taken, Refusal> {
        let route = route(&head.method, head.uri.path())?;
        let app = credential::app(self.service.as_ref(), &head.headers, self.open)?;
        let Route::Chat { beta } = route else {
            return Ok(Taken::Models(app));
        };
        let codings = body::codings(&head.headers)?;
        let conversation = conversation(&head.headers)?;
        let body = body::read(body, &self.limits).await?;
        let body = body::unpack(body, codings, &self.limits).await?;
        Ok(Taken::Chat(Call {
            app,
            body,
            beta,
            conversation,
            request_id,
        }))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Route {
    Chat { beta: bool },
    Models,
}

fn route(method: &Method, path: &str) -> Result<Route, Fault> {
    let (route, needed, allow) = match path {
        "/v1/chat/completions" | "/chat/completions" => {
            (Route::Chat { beta: false }, Method::POST, "POST")
        }
        "/beta/chat/completions" => (Route::Chat { beta: true }, Method::POST, "POST"),
        "/v1/models" | "/models" | "/beta/models" => (Route::Models, Method::GET, "GET"),
        _ => return Err(Fault::UnknownPath),
    };
    if *method == needed {
        Ok(route)
    } else {
        Err(Fault::WrongMethod { allow })
    }
}

/// Where metrics count this request: a place in [`super::metrics::ROUTES`].
pub(super) fn metric_index(method: &Method, path: &str) -> usize {
    match route(method, path) {
        Ok(Route::Chat { .. }) => 0,
        Ok(Route::Models) => 1,
        Err(_) => 2,
    }
}

fn conversation(headers: &HeaderMap) -> Result<Option<String>, Fault> {
    let mut values = headers.get_all(CONVERSATION).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let text = value.to_str().map_err(|_| Fault::BadConversation)?;
    let fine = (1..=CONVERSATION_MAX_BYTES).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic());
    if fine && values.next().is_none() {
        Ok(Some(text.to_owned()))
    } else {
        Err(Fault::BadConversation)
    }
}

fn response(reply: Reply) -> Response<Answer> {
    let events = reply
        .content_type
        .as_bytes()
        .starts_with(b"text/event-stream");
    let mut response = Response::new(Answer::of(reply.body, events));
    *response.status_mut() = reply.status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, reply.content_type);
    for (name, value) in reply.headers {
        headers.append(name, value);
    }
    response
}

/// A JSON response with status 200.
pub(super) fn json(answer: Answer) -> Response<Answer> {
    let mut response = Response::new(answer);
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_routing_table() {
        let chat = |beta| Ok(Route::Chat { beta });
        let cases = [
            (Method::POST, "/v1/chat/completions", chat(false)),
            (Method::POST, "/chat/completions", chat(false)),
            (Method::POST, "/beta/chat/completions", chat(true)),
            (Method::GET, "/v1/models", Ok(Route::Models)),
            (Method::GET, "/models", Ok(Route::Models)),
            (Method::GET, "/beta/models", Ok(Route::Models)),
            (
                Method::GET,
                "/v1/chat/completions",
                Err(Fault::WrongMethod { allow: "POST" }),
            ),
            (
                Method::OPTIONS,
                "/v1/chat/completions",
                Err(Fault::WrongMethod { allow: "POST" }),
            ),
            (
                Method::POST,
                "/v1/models",
                Err(Fault::WrongMethod { allow: "GET" }),
            ),
            (
                Method::HEAD,
                "/models",
                Err(Fault::WrongMethod { allow: "GET" }),
            ),
            (
                Method::POST,
                "/v1/chat/completions/",
                Err(Fault::UnknownPath),
            ),
            (
                Method::POST,
                "/V1/chat/completions",
                Err(Fault::UnknownPath),
            ),
            (
                Method::POST,
                "//v1/chat/completions",
                Err(Fault::UnknownPath),
            ),
            (
                Method::POST,
                "/v1/chat%2Fcompletions",
                Err(Fault::UnknownPath),
            ),
            (
                Method::POST,
                "/v1/../v1/chat/completions",
                Err(Fault::UnknownPath),
            ),
            (Method::POST, "/v1/completions", Err(Fault::UnknownPath)),
            (Method::POST, "/v1/embeddings", Err(Fault::UnknownPath)),
            (
                Method::GET,
                "/v1/models/deepseek-chat",
                Err(Fault::UnknownPath),
            ),
            (Method::GET, "/", Err(Fault::UnknownPath)),
        ];
        for (method, path, expected) in cases {
            assert_eq!(route(&method, path), expected, "{method} {path}");
        }
    }

    type Case<'a> = (&'a [&'a str], Result<Option<&'a str>, Fault>);

    #[test]
    fn conversation_ids_are_short_plain_and_single() {
        let long = "x".repeat(257);
        let cases: [Case<'_>; 7] = [
            (&[], Ok(None)),
            (&["c-17"], Ok(Some("c-17"))),
            (&[""], Err(Fault::BadConversation)),
            (&["two words"], Err(Fault::BadConversation)),
            (&["a", "a"], Err(Fault::BadConversation)),
            (&["会话"], Err(Fault::BadConversation)),
            (&[&long], Err(Fault::BadConversation)),
        ];
        for (values, expected) in cases {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(
                    CONVERSATION,
                    HeaderValue::from_bytes(value.as_bytes()).unwrap(),
                );
            }
            assert_eq!(
                conversation(&headers),
                expected.map(|id| id.map(str::to_owned)),
                "{values:?}"
            );
        }
    }
}
