//! *receive*: the data door. From an HTTP request to a call, and from a reply to an HTTP response.
//!
//! Answers what [`super::paths`] knows; everything else is refused, nothing is passed through. Of a client's headers only its key and `X-Conversation-Id`
//! are read; on go those that `protocol::headers` lets pass.
//! Refuses to know: what is in the body, which destinations there are.

use super::answer::Answer;
use super::body::{self, BodyLimits};
use super::credential;
use super::paths::{Route, route};
use super::rescue::Fault;
use super::service::ChatService;
use super::stack::Door;
use crate::base::RequestId;
use crate::pipeline::{Call, Refusal, Reply};
use crate::protocol::{Format, headers};
use futures_util::future::BoxFuture;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
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
                Ok(Taken::Balance(app)) => {
                    let reply = self.service.balance(&app).await;
                    reply.map(|reply| response(reply, Format::Chat))
                }
                Ok(Taken::Call(call)) => {
                    let format = call.format;
                    let reply = self.service.chat(call).await;
                    reply.map(|reply| response(reply, format))
                }
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
    Balance(Arc<str>),
    Call(Call),
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
        let (format, beta) = match route {
            Route::Models => return Ok(Taken::Models(app)),
            Route::Balance => return Ok(Taken::Balance(app)),
            Route::Ask { format, beta } => (format, beta),
        };
        let codings = body::codings(&head.headers)?;
        let conversation = conversation(&head.headers)?;
        let body = body::read(body, &self.limits).await?;
        let body = body::unpack(body, codings, &self.limits).await?;
        Ok(Taken::Call(Call {
            app,
            format,
            body,
            beta,
            headers: headers::of_request(format, &head.headers),
            conversation,
            request_id,
        }))
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

fn response(reply: Reply, format: Format) -> Response<Answer> {
    let events = reply
        .content_type
        .as_bytes()
        .starts_with(b"text/event-stream");
    let mut response = Response::new(Answer::of(reply.body, events.then_some(format)));
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
