//! Replies and event streams of one wire format in the words of another: Chat Completions, Responses and Messages, in
//! every direction.
//!
//! Three steps: a reader of the destination's format finds what *happens* ([`happening`]), an [`order`] puts it into blocks
//! that are open one at a time, and a writer of the app's format tells it. A whole reply goes the same way and is told
//! at once. Text is passed on piece by piece; what is kept is the event that is not whole yet, pieces of a call that the
//! destination sends between those of another, and for Responses, whose last event repeats everything, the reply itself.
//!
//! What has no counterpart is left out: seals of thinking (`signature`, `encrypted_content`), log probabilities, citations,
//! further choices of a chat, and items of tools that run at the destination. The input of a tool that takes free text
//! is told as arguments. Half a surrogate pair becomes U+FFFD.
//!
//! Refuses to know: surrogates, requests, statuses, sockets.

mod fault;
mod happening;
mod order;
mod read;
#[cfg(test)]
mod tests;
mod whole;
mod write;

use super::super::json::{Limits, scan_reply};
use super::super::{Format, ProtocolError, SseDecoder, SseEvent};
use fault::Fault;
use happening::{Happening, Step};
use order::Order;
use read::Reader;
use std::fmt;
use whole::Whole;
use write::Writer;

/// Largest event of the destination's stream, in bytes.
const MAX_EVENT_BYTES: usize = 8 * 1024 * 1024;

/// Most text that is kept, in bytes: written as JSON, with escapes and among the rest of it, it still fits into one event.
/// DeepSeek's longest answer, 384 Ki tokens at about five bytes each, is half of that.
const MAX_KEPT_BYTES: usize = 4 * 1024 * 1024;

/// What a translated reply says that the destination's may not have said.
#[derive(Clone, Default)]
pub struct About {
    /// The model's name, where the reply has none.
    pub model: String,
    /// Whether the app asked a chat's stream for the counts of tokens. Other formats always tell them.
    pub include_usage: bool,
    /// From which ids are made, where the reply has none.
    pub id: String,
    /// When the request came, in seconds since 1970, where the reply does not say.
    pub created: u64,
}

impl fmt::Debug for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "About(created {})", self.created)
    }
}

/// Turns one reply of the destination into what the app asked for.
///
/// ```
/// use vestibule::protocol::Format;
/// use vestibule::protocol::translate::{About, ReplyTranslator};
/// let mut reply = ReplyTranslator::new(Format::Chat, Format::Messages, About::default()).unwrap();
/// let out = reply.push(b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}]}\n\n")?;
/// let out = String::from_utf8(out).unwrap();
/// assert!(out.contains(r#""delta":{"type":"text_delta","text":"Hi"}"#));
/// assert!(reply.finish().starts_with(b"event: error\n"), "there was no `[DONE]`");
/// # Ok::<(), vestibule::protocol::ProtocolError>(())
/// ```
pub struct ReplyTranslator {
    asked: Format,
    decoder: SseDecoder,
    reader: Reader,
    order: Order,
    writer: Writer,
}

impl ReplyTranslator {
    /// A translator of one reply that the destination writes in `wire` and the app reads in `asked`. `None` where one of
    /// them is not a conversation's format: completions, embeddings and counts are not translated.
    pub fn new(wire: Format, asked: Format, about: About) -> Option<Self> {
        Some(Self {
            asked,
            decoder: SseDecoder::new(MAX_EVENT_BYTES),
            reader: Reader::of(wire)?,
            writer: Writer::of(asked, about.include_usage)?,
            order: Order::new(about),
        })
    }

    /// A whole reply. One that tells of an error becomes an error body.
    ///
    /// # Errors
    /// What is not strict JSON, or not a reply in the destination's format.
    pub fn whole(&mut self, body: &[u8]) -> Result<Vec<u8>, ProtocolError> {
        let document = scan_reply(body, &Limits::default())?;
        let mut found = Vec::new();
        if let Some(root) = document.root() {
            self.reader.whole(root, &mut found)?;
        }
        self.check()?;
        found.push(Happening::End);
        let mut whole = Whole::default();
        for happening in found {
            let mut steps = Vec::new();
            self.order.take(happening, &mut steps)?;
            for step in steps {
                match step {
                    Step::Error(fault) => return Ok(fault.body(self.asked)),
                    step => whole.take(step),
                }
            }
        }
        Ok(self.writer.whole(&whole).into_bytes())
    }

    /// The next bytes of the destination's event stream, cut anywhere; the app's as far as they are known. Nothing comes
    /// out after the stream's last event or an error in it.
    ///
    /// # Errors
    /// An event that is too large or is not strict JSON, and a reply that would need more memory than is kept for one.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<u8>, ProtocolError> {
        let mut out = String::new();
        for event in self.decoder.push(bytes)? {
            self.event(event, &mut out)?;
        }
        Ok(out.into_bytes())
    }

    /// The destination's stream is over. Gives what is still to be told: an error event if it ended too early.
    pub fn finish(&mut self) -> Vec<u8> {
        let mut out = String::new();
        // What is left has no blank line after it. If it can't be read, it is not whole.
        if let Ok(Some(event)) = self.decoder.finish() {
            drop(self.event(event, &mut out));
        }
        if !self.is_over() {
            let mut steps = Vec::new();
            self.order.fail(Fault::cut(), &mut steps);
            for step in steps {
                // An error event keeps nothing, so there is nothing that could be too much.
                drop(self.writer.step(step, &mut out));
            }
        }
        out.into_bytes()
    }

    /// Whether the stream's last event, or an error in it, was seen.
    pub fn is_over(&self) -> bool {
        self.order.is_over()
    }

    /// The body of an error of the destination, in the app's format. `status` is the HTTP status that it came with; a body
    /// that tells nothing becomes a sentence with the status.
    pub fn error(&self, status: u16, body: &[u8]) -> Vec<u8> {
        Fault::of_body(status, body).body(self.asked)
    }

    fn check(&self) -> Result<(), ProtocolError> {
        if self.reader.is_full() {
            let max = MAX_KEPT_BYTES;
            return Err(ProtocolError::EventTooLarge { max });
        }
        Ok(())
    }

    fn event(&mut self, event: SseEvent, out: &mut String) -> Result<(), ProtocolError> {
        let mut found = Vec::new();
        match event {
            SseEvent::Data { json, .. } => {
                let document = scan_reply(&json, &Limits::default())?;
                if let Some(root) = document.root() {
                    self.reader.event(root, &mut found);
                }
            }
            SseEvent::Done { .. } => self.reader.done(&mut found),
            SseEvent::Other { raw } => {
                if !raw.trim_ascii().is_empty() {
                    found.push(Happening::Alive);
                }
            }
        }
        self.check()?;
        for happening in found {
            let mut steps = Vec::new();
            self.order.take(happening, &mut steps)?;
            for step in steps {
                self.writer.step(step, out)?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for ReplyTranslator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReplyTranslator(into {:?})", self.asked)
    }
}
