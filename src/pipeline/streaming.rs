//! Takes the reply as it arrives, restores it, and sees to it that its end is recorded, whatever the end is.

use crate::infer::{BackendError, Inbound};
use crate::protocol::{ChatReply, Limits, SseDecoder, SseEvent};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};

use super::recording::{Outcome, ReplyRecord};
use super::restoring::ReplyRestorer;
use super::service::StreamFault;

/// Largest event of a stream, in bytes: far above what any destination sends.
const MAX_EVENT_BYTES: usize = 8 * 1024 * 1024;

/// Largest reply that comes whole, in bytes.
const MAX_REPLY_BYTES: usize = 64 * 1024 * 1024;

/// A whole reply, restored, or why there is none.
pub(super) async fn whole(
    inbound: Inbound,
    restorer: &mut ReplyRestorer,
) -> Result<Bytes, StreamFault> {
    let body = collect(inbound.body).await?;
    let reply = ChatReply::parse(body, &Limits::default()).map_err(|_| UNREADABLE)?;
    restorer.whole(&reply)
}

async fn collect(
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

/// A streamed reply, restored event by event.
pub(super) fn events(
    inbound: Inbound,
    restorer: ReplyRestorer,
    record: ReplyRecord,
) -> BoxStream<'static, Result<Bytes, StreamFault>> {
    let decoder = SseDecoder::new(MAX_EVENT_BYTES);
    let state = EventStream {
        body: inbound.body,
        decoder,
        restorer,
        record,
        done: false,
        end: None,
    };
    stream::unfold(state, EventStream::next).boxed()
}

struct EventStream {
    body: BoxStream<'static, Result<Bytes, BackendError>>,
    decoder: SseDecoder,
    restorer: ReplyRestorer,
    record: ReplyRecord,
    /// `[DONE]` was seen.
    done: bool,
    /// The stream is over: nothing more is sent but this.
    end: Option<Result<(), StreamFault>>,
}

impl EventStream {
    /// The next piece for the client; all events that one read brought go on in one piece.
    async fn next(mut self) -> Option<(Result<Bytes, StreamFault>, Self)> {
        loop {
            if let Some(end) = self.end {
                let fault = end.err()?;
                self.end = Some(Ok(()));
                return Some((Err(fault), self));
            }
            let mut out = BytesMut::new();
            let taken = match self.body.next().await {
                Some(Ok(bytes)) => self.take(&bytes, &mut out),
                Some(Err(_)) => Err(CUT),
                None => self.close(&mut out),
            };
            self.record.tally(self.restorer.tally());
            if let Err(fault) = taken {
                self.record.end(Outcome::Fault(fault.code));
                self.end = Some(Err(fault));
            }
            if !out.is_empty() {
                self.record.sent(out.len());
                return Some((Ok(out.freeze()), self));
            }
        }
    }

    fn take(&mut self, bytes: &[u8], out: &mut BytesMut) -> Result<(), StreamFault> {
        for event in self.decoder.push(bytes).map_err(|_| UNREADABLE)? {
            self.event(event, out)?;
        }
        Ok(())
    }

    fn event(&mut self, event: SseEvent, out: &mut BytesMut) -> Result<(), StreamFault> {
        match event {
            SseEvent::Data { ref json, .. } => {
                let reply = ChatReply::parse(json.clone(), &Limits::default());
                self.restorer
                    .event(reply.map_err(|_| UNREADABLE)?, &event, out)
            }
            SseEvent::Done { raw } => {
                self.restorer.end(out)?;
                self.done = true;
                self.record.end(Outcome::Complete);
                out.extend_from_slice(&raw);
                Ok(())
            }
            SseEvent::Other { raw } => {
                out.extend_from_slice(&raw);
                Ok(())
            }
        }
    }

    /// The destination ended the stream: without `[DONE]` it is cut, and the client must learn it.
    fn close(&mut self, out: &mut BytesMut) -> Result<(), StreamFault> {
        if let Some(event) = self.decoder.finish().map_err(|_| UNREADABLE)? {
            self.event(event, out)?;
        }
        self.restorer.end(out)?;
        self.end = Some(Ok(()));
        if self.done { Ok(()) } else { Err(CUT) }
    }
}
