//! Takes the reply as it arrives, restores it, and sees to it that its end is recorded, whatever the end is.

use crate::infer::{BackendError, Inbound};
use crate::protocol::{Format, Limits, Reply, SseDecoder, SseEvent};
use bytes::{Bytes, BytesMut};
use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt};
use std::future::poll_fn;
use std::task::Poll;

use super::off_thread;
use super::recording::{Outcome, ReplyRecord};
use super::restoring::ReplyRestorer;
use super::service::StreamFault;

/// Largest event of a stream, in bytes: far above what any destination sends.
const MAX_EVENT_BYTES: usize = 8 * 1024 * 1024;

/// Largest reply that comes whole, in bytes.
const MAX_REPLY_BYTES: usize = 64 * 1024 * 1024;

/// From this size on, a piece of a stream goes on without waiting for more, in bytes.
const ENOUGH_BYTES: usize = 16 * 1024;

/// So many pieces go on without waiting for more: people wait for the first words, and an empty event stands before them.
const SENT_ALONE: u32 = 2;

/// How often hyper asks for more before it lets other tasks go on. Were it more often, a piece would hold fewer events.
const POLLS_IN_A_TURN: u32 = 2;

/// A whole reply, restored, or why there is none.
pub(super) async fn whole(
    format: Format,
    inbound: Inbound,
    restorer: &mut ReplyRestorer,
) -> Result<Bytes, StreamFault> {
    let body = collect(inbound.body).await?;
    let reply = Reply::parse(format, body, &Limits::default()).map_err(|_| UNREADABLE)?;
    let work_bytes = restorer.work_bytes(reply.body().len());
    off_thread(work_bytes, || restorer.whole(&reply))
}

/// All of a body.
pub(super) async fn collect(
    mut body: BoxStream<'static, Result<Bytes, BackendError>>,
) -> Result<Bytes, StreamFault> {
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(|_| CUT)?;
        if first.is_empty() {
            first = piece;
            continue;
        }
        if rest.is_empty() {
            rest.extend_from_slice(&first);
        }
        rest.extend_from_slice(&piece);
        if rest.len() > MAX_REPLY_BYTES {
            return Err(TOO_LARGE);
        }
    }
    Ok(if rest.is_empty() {
        first
    } else {
        rest.freeze()
    })
}

const UNREADABLE: StreamFault = StreamFault::new(
    "reply_malformed",
    "the destination's reply can't be read; try again",
);

const CUT: StreamFault = StreamFault::new(
    "upstream_cut",
    "the destination broke off in the middle of its answer; try again",
);

const TOO_LARGE: StreamFault = StreamFault::new(
    "reply_too_large",
    "the destination's reply is larger than the gateway takes",
);

/// Why a stream ended, where the destination says so in its last event.
const TOLD_ERROR: &str = "upstream_error";

/// A streamed reply, restored event by event.
pub(super) fn events(
    format: Format,
    inbound: Inbound,
    restorer: ReplyRestorer,
    record: ReplyRecord,
) -> BoxStream<'static, Result<Bytes, StreamFault>> {
    let state = EventStream {
        body: inbound.body,
        events: Events::new(format, restorer),
        record,
        sent: 0,
        end: None,
    };
    stream::unfold(state, EventStream::next).boxed()
}

/// The next piece if it is there, or is once the task that reads the connection has had a turn.
async fn without_waiting<S: Stream + Unpin>(body: &mut S) -> Option<Option<S::Item>> {
    let mut polls = 0;
    poll_fn(|context| match body.poll_next_unpin(context) {
        Poll::Ready(piece) => Poll::Ready(Some(piece)),
        Poll::Pending if polls == POLLS_IN_A_TURN => Poll::Ready(None),
        Poll::Pending => {
            polls += 1;
            context.waker().wake_by_ref();
            Poll::Pending
        }
    })
    .await
}

struct EventStream {
    body: BoxStream<'static, Result<Bytes, BackendError>>,
    events: Events,
    record: ReplyRecord,
    /// How many pieces went to the client.
    sent: u32,
    /// The stream is over: nothing more is sent but this.
    end: Option<Result<(), StreamFault>>,
}

impl EventStream {
    /// The next piece for the client: all events that are there go on in one piece, for each costs a write.
    async fn next(mut self) -> Option<(Result<Bytes, StreamFault>, Self)> {
        if let Some(end) = self.end.take() {
            let fault = end.err()?;
            self.end = Some(Ok(()));
            return Some((Err(fault), self));
        }
        let mut out = BytesMut::new();
        while out.is_empty() && self.end.is_none() {
            let first = self.body.next().await;
            self.piece(first, &mut out);
        }
        while self.sent >= SENT_ALONE
            && !out.is_empty()
            && out.len() < ENOUGH_BYTES
            && self.end.is_none()
        {
            match without_waiting(&mut self.body).await {
                Some(piece) => self.piece(piece, &mut out),
                None => break,
            }
        }
        if out.is_empty() {
            let fault = self.end.take()?.err()?;
            self.end = Some(Ok(()));
            return Some((Err(fault), self));
        }
        self.sent = self.sent.saturating_add(1);
        self.record.sent(out.len());
        Some((Ok(out.freeze()), self))
    }

    /// Takes what came from the destination; `None` is its end.
    fn piece(&mut self, piece: Option<Result<Bytes, BackendError>>, out: &mut BytesMut) {
        let taken = match piece {
            Some(Ok(bytes)) => {
                let work_bytes = self.events.restorer.work_bytes(bytes.len());
                off_thread(work_bytes, || self.events.take(&bytes, out))
            }
            Some(Err(_)) => Err(CUT),
            None => {
                let closed = self.events.close(out);
                self.end = closed.is_ok().then_some(Ok(()));
                closed
            }
        };
        self.record.tally(self.events.restorer.tally());
        if let Some(outcome) = self.events.outcome {
            self.record.end(outcome);
        }
        if let Err(fault) = taken {
            self.record.end(Outcome::Fault(fault.code));
            self.end = Some(Err(fault));
        }
    }
}

/// Restores the bytes of a stream, however they are cut.
pub(super) struct Events {
    format: Format,
    decoder: SseDecoder,
    restorer: ReplyRestorer,
    /// How it ended, once the last event of the format, or `[DONE]`, was seen.
    outcome: Option<Outcome>,
}

impl Events {
    /// At the beginning of a stream in this format.
    pub(super) fn new(format: Format, restorer: ReplyRestorer) -> Self {
        Self {
            format,
            decoder: SseDecoder::new(MAX_EVENT_BYTES),
            restorer,
            outcome: None,
        }
    }

    /// The next bytes of the stream; what may go on is added to `out`.
    pub(super) fn take(&mut self, bytes: &[u8], out: &mut BytesMut) -> Result<(), StreamFault> {
        for event in self.decoder.push(bytes).map_err(|_| UNREADABLE)? {
            self.event(event, out)?;
        }
        Ok(())
    }

    fn event(&mut self, event: SseEvent, out: &mut BytesMut) -> Result<(), StreamFault> {
        match event {
            SseEvent::Data { ref json, .. } => {
                let reply = Reply::parse(self.format, json.clone(), &Limits::default());
                let reply = reply.map_err(|_| UNREADABLE)?;
                let (last, failed) = (reply.is_last(), reply.is_error());
                self.restorer.event(reply, &event, out)?;
                if last && failed {
                    self.outcome = Some(Outcome::Fault(TOLD_ERROR));
                } else if last {
                    self.outcome = Some(Outcome::Complete);
                }
                Ok(())
            }
            SseEvent::Done { raw } => {
                self.restorer.end(out)?;
                self.outcome.get_or_insert(Outcome::Complete);
                out.extend_from_slice(&raw);
                Ok(())
            }
            SseEvent::Other { raw } => {
                out.extend_from_slice(&raw);
                Ok(())
            }
        }
    }

    /// The destination ended the stream: without its last event it is cut, and the client must learn it.
    pub(super) fn close(&mut self, out: &mut BytesMut) -> Result<(), StreamFault> {
        if let Some(event) = self.decoder.finish().map_err(|_| UNREADABLE)? {
            self.event(event, out)?;
        }
        self.restorer.end(out)?;
        self.outcome.map(|_| ()).ok_or(CUT)
    }
}
