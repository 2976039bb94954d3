//! The body of a response: whole, or a stream that is passed on item by item.
//!
//! It also carries what must live as long as the response does: the slot of the request and the note that the connection
//! is in use. Both are given back when the body ends or the client goes away. Refuses to know: what is in the body.

use super::activity::InFlight;
use super::rescue;
use crate::pipeline::{ReplyBody, StreamFault};
use crate::protocol::Format;
use bytes::Bytes;
use futures_util::stream::{BoxStream, StreamExt};
use http_body::{Body, Frame, SizeHint};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::OwnedSemaphorePermit;

/// What is sent back.
pub(super) struct Answer {
    content: Content,
    slot: Option<OwnedSemaphorePermit>,
    in_flight: Option<InFlight>,
}

enum Content {
    Whole(Bytes),
    Stream {
        source: BoxStream<'static, Result<Bytes, StreamFault>>,
        /// For event streams, the words of their events.
        events: Option<Format>,
    },
    Done,
}

impl Answer {
    /// All at once.
    pub(super) const fn whole(bytes: Bytes) -> Self {
        Self {
            content: Content::Whole(bytes),
            slot: None,
            in_flight: None,
        }
    }

    /// A reply's body; `events` are the words of its events where it is `text/event-stream`, so that a fault can be
    /// told as one.
    pub(super) fn of(body: ReplyBody, events: Option<Format>) -> Self {
        match body {
            ReplyBody::Whole(bytes) => Self::whole(bytes),
            ReplyBody::Stream(source) => Self {
                content: Content::Stream { source, events },
                slot: None,
                in_flight: None,
            },
        }
    }

    /// All of it, where it is there already.
    pub(super) fn whole_bytes(&self) -> Option<Bytes> {
        match &self.content {
            Content::Whole(bytes) => Some(bytes.clone()),
            Content::Stream { .. } | Content::Done => None,
        }
    }

    /// Other bytes in place of those.
    pub(super) fn put_whole(&mut self, bytes: Bytes) {
        self.content = Content::Whole(bytes);
    }

    /// Nothing in place of the body, as `HEAD` wants it.
    pub(super) fn leave_out(&mut self) {
        self.content = Content::Done;
    }

    /// Keeps the slot until the body has ended.
    pub(super) fn hold_slot(&mut self, slot: OwnedSemaphorePermit) {
        self.slot = Some(slot);
    }

    /// Keeps the connection marked as in use until the body has ended.
    pub(super) fn hold_in_flight(&mut self, in_flight: Option<InFlight>) {
        self.in_flight = in_flight;
    }

    fn end(&mut self) {
        self.content = Content::Done;
        self.slot = None;
        self.in_flight = None;
    }

    fn fail(
        &mut self,
        fault: StreamFault,
        events: Option<Format>,
    ) -> Poll<Option<Result<Frame<Bytes>, StreamFault>>> {
        tracing::warn!(code = fault.code, "a reply ended badly in mid-stream");
        self.end();
        Poll::Ready(Some(match events {
            Some(words) => Ok(Frame::data(rescue::event(&fault, words))),
            None => Err(fault),
        }))
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = StreamFault;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, StreamFault>>> {
        let (next, events) = match &mut self.content {
            Content::Done => return Poll::Ready(None),
            Content::Whole(bytes) => {
                let bytes = std::mem::take(bytes);
                self.end();
                return Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))));
            }
            Content::Stream { source, events } => (
                catch_unwind(AssertUnwindSafe(|| source.poll_next_unpin(cx))),
                *events,
            ),
        };
        match next {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(Some(Ok(bytes)))) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
            Ok(Poll::Ready(Some(Err(fault)))) => self.fail(fault, events),
            Ok(Poll::Ready(None)) => {
                self.end();
                Poll::Ready(None)
            }
            Err(_panic) => self.fail(broken(), events),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.content {
            Content::Done => true,
            Content::Whole(bytes) => bytes.is_empty(),
            Content::Stream { .. } => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::Done => SizeHint::with_exact(0),
            Content::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Content::Stream { .. } => SizeHint::default(),
        }
    }
}

fn broken() -> StreamFault {
    StreamFault {
        code: "internal_error",
        kind: "server_error",
        message: "internal error of the gateway; the reply is not complete".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;
    use http_body_util::BodyExt;

    fn fault() -> StreamFault {
        StreamFault {
            code: "broken",
            kind: "server_error",
            message: "broke off".into(),
        }
    }

    fn frames(answer: Answer) -> Vec<Result<Bytes, StreamFault>> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(answer.into_data_stream().collect())
    }

    fn streamed(items: Vec<Result<Bytes, StreamFault>>, events: bool) -> Answer {
        Answer::of(
            ReplyBody::Stream(stream::iter(items).boxed()),
            events.then_some(Format::Chat),
        )
    }

    #[test]
    fn items_come_as_they_are() {
        let items = vec![Ok(Bytes::from_static(b"a")), Ok(Bytes::from_static(b"bc"))];
        assert_eq!(frames(streamed(items.clone(), true)), items);
        assert_eq!(
            frames(Answer::whole(Bytes::from_static(b"abc"))),
            [Ok(Bytes::from_static(b"abc"))]
        );
        assert_eq!(frames(Answer::whole(Bytes::new())), []);
    }

    #[test]
    fn a_fault_is_an_event_in_an_event_stream_and_a_broken_body_elsewhere() {
        let items = vec![
            Ok(Bytes::from_static(b"a")),
            Err(fault()),
            Ok(Bytes::from_static(b"never")),
        ];
        let told = frames(streamed(items.clone(), true));
        assert_eq!(told.len(), 2);
        assert_eq!(told[1], Ok(rescue::event(&fault(), Format::Chat)));
        assert_eq!(frames(streamed(items, false))[1..], [Err(fault())]);
    }

    #[test]
    fn a_panic_in_the_source_is_a_fault_without_detail() {
        let source = stream::poll_fn(|_| -> Poll<Option<Result<Bytes, StreamFault>>> {
            panic!("a value that nobody may see")
        });
        let told = frames(Answer::of(
            ReplyBody::Stream(source.boxed()),
            Some(Format::Chat),
        ));
        let text = String::from_utf8(told[0].as_ref().unwrap().to_vec()).unwrap();
        assert!(
            text.contains("internal_error") && !text.contains("a value"),
            "{text}"
        );
    }

    #[tokio::test]
    async fn the_slot_is_given_back_at_the_end() {
        let slots = std::sync::Arc::new(tokio::sync::Semaphore::new(1));
        let mut answer = streamed(vec![Ok(Bytes::from_static(b"a"))], true);
        answer.hold_slot(slots.clone().try_acquire_owned().unwrap());
        assert!(answer.frame().await.is_some());
        assert_eq!(slots.available_permits(), 0);
        assert!(answer.frame().await.is_none());
        assert_eq!(slots.available_permits(), 1);
    }
}
