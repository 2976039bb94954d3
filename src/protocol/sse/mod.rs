//! Event streams (WHATWG HTML, section 9.2): bytes in, whole events out, across any cut.
//!
//! Raw bytes are kept, so an event that nobody changes goes on byte for byte. Lines end in CRLF, LF or CR; a CR at the
//! end of what has come so far waits for the next byte. Comments and blank lines between events come out at once, a
//! line each, since they are keep-alives. Every byte is looked at once, however small the pushes.
//!
//! Refuses to know: what is in an event, but for `[DONE]`.

use super::ProtocolError;
use crate::base::Span;
use bytes::{Bytes, BytesMut};
use memchr::{memchr_iter, memchr2, memchr2_iter};
use std::fmt;

/// What came in a stream. The raw bytes of all events, one after another, are the stream.
#[derive(Clone, PartialEq, Eq)]
pub enum SseEvent {
    /// An event with data.
    Data {
        /// The data; several `data:` lines are joined by line feeds.
        json: Bytes,
        /// The event as it came, with its blank line.
        raw: Bytes,
    },
    /// `data: [DONE]`.
    Done {
        /// The event as it came.
        raw: Bytes,
    },
    /// Comments, blank keep-alive lines, and events without data.
    Other {
        /// As it came.
        raw: Bytes,
    },
}

impl SseEvent {
    /// The event as it came.
    pub fn raw(&self) -> &Bytes {
        match self {
            Self::Data { raw, .. } | Self::Done { raw } | Self::Other { raw } => raw,
        }
    }

    /// The event with other data: the lines that are not data stay, `json` stands where the first data line was.
    pub fn with_data(&self, json: &[u8]) -> Bytes {
        let raw = self.raw();
        let mut out = Vec::with_capacity(raw.len() + json.len());
        let mut written = false;
        for line in pieces(raw, memchr2_iter(b'\r', b'\n', raw)) {
            if line.is_empty() {
                continue;
            }
            if data_value(line).is_none() {
                out.extend_from_slice(line);
                out.push(b'\n');
            } else if !written {
                written = true;
                push_data(json, &mut out);
            }
        }
        out.push(b'\n');
        out.into()
    }
}

/// What stands between these places of a text, a byte each.
fn pieces(text: &[u8], parted: impl Iterator<Item = usize>) -> impl Iterator<Item = &[u8]> {
    let mut begin = 0;
    parted.chain([text.len()]).map(move |end| {
        let piece = text.get(begin..end).unwrap_or_default();
        begin = end + 1;
        piece
    })
}

/// Adds the `data:` lines for some data, without the blank line.
pub(super) fn push_data(data: &[u8], out: &mut Vec<u8>) {
    for line in pieces(data, memchr_iter(b'\n', data)) {
        out.extend_from_slice(b"data: ");
        out.extend_from_slice(line);
        out.push(b'\n');
    }
}

impl fmt::Debug for SseEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Data { .. } => "Data",
            Self::Done { .. } => "Done",
            Self::Other { .. } => "Other",
        };
        write!(f, "{kind}({} bytes)", self.raw().len())
    }
}

/// Cuts a byte stream into events.
///
/// ```
/// use vestibule::protocol::{SseDecoder, SseEvent};
/// let mut decoder = SseDecoder::new(1 << 20);
/// assert!(decoder.push(b"data: {\"a\"")?.is_empty());
/// let events = decoder.push(b":1}\n\n: keep-alive\n")?;
/// assert!(matches!(&events[0], SseEvent::Data { json, .. } if json == "{\"a\":1}"));
/// assert!(matches!(&events[1], SseEvent::Other { raw } if raw == ": keep-alive\n"));
/// # Ok::<(), vestibule::protocol::ProtocolError>(())
/// ```
pub struct SseDecoder {
    /// What belongs to no finished event.
    buffer: BytesMut,
    /// Up to here `buffer` was searched for line ends.
    searched: usize,
    /// Where the current line begins.
    line: usize,
    /// Whether the current event has lines.
    begun: bool,
    data: Data,
    max_event_bytes: usize,
    failed: bool,
    /// Whether no line was read yet: the first may begin with a byte order mark.
    fresh: bool,
}

/// The data lines of the current event. One line is not copied.
enum Data {
    None,
    One(Span),
    Joined(Vec<u8>),
}

impl SseDecoder {
    /// A decoder that refuses events over `max_event_bytes`, their blank line included.
    pub fn new(max_event_bytes: usize) -> Self {
        Self {
            buffer: BytesMut::new(),
            searched: 0,
            line: 0,
            begun: false,
            data: Data::None,
            max_event_bytes,
            failed: false,
            fresh: true,
        }
    }

    /// Takes the next bytes of the stream and gives the events that are now whole.
    ///
    /// # Errors
    /// [`ProtocolError::EventTooLarge`], and again at every later call: there is no way back into step.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<SseEvent>, ProtocolError> {
        self.check_size(0)?;
        self.buffer.extend_from_slice(bytes);
        let mut events = Vec::new();
        while let Some((end, next)) = self.line_end() {
            self.check_size(next)?;
            events.extend(self.end_line(end, next));
        }
        self.check_size(self.buffer.len())?;
        Ok(events)
    }

    /// The stream is over: gives the event that has no blank line after it, if there is one.
    ///
    /// # Errors
    /// As [`Self::push`].
    pub fn finish(&mut self) -> Result<Option<SseEvent>, ProtocolError> {
        self.check_size(self.buffer.len())?;
        let all = self.buffer.len();
        if all == 0 {
            return Ok(None);
        }
        // What is left is one line at most, without its end or with a CR that waited.
        let end = if self.buffer.last() == Some(&b'\r') {
            all - 1
        } else {
            all
        };
        let event = if self.line < all {
            self.end_line(end, all)
        } else {
            None
        };
        Ok(event.or_else(|| (!self.buffer.is_empty()).then(|| self.end_event(all))))
    }

    fn check_size(&mut self, event_bytes: usize) -> Result<(), ProtocolError> {
        self.failed |= event_bytes > self.max_event_bytes;
        if !self.failed {
            return Ok(());
        }
        self.buffer.clear();
        Err(ProtocolError::EventTooLarge {
            max: self.max_event_bytes,
        })
    }

    /// Where the current line ends, and where the next one begins.
    fn line_end(&mut self) -> Option<(usize, usize)> {
        let fresh = self.buffer.get(self.searched..).unwrap_or_default();
        let Some(found) = memchr2(b'\r', b'\n', fresh) else {
            self.searched = self.buffer.len();
            return None;
        };
        let end = self.searched + found;
        let after = match (self.buffer.get(end), self.buffer.get(end + 1)) {
            (Some(b'\n'), _) => 1,
            (_, Some(b'\n')) => 2,
            (_, Some(_)) => 1,
            (_, None) => {
                self.searched = end;
                return None;
            }
        };
        Some((end, end + after))
    }

    /// Takes in the line that ends at `end`; the next one begins at `next`.
    fn end_line(&mut self, end: usize, next: usize) -> Option<SseEvent> {
        let line = Span::new(self.line, end);
        let bytes = line.bytes(&self.buffer).unwrap_or_default();
        let mark = if self.fresh && bytes.starts_with(b"\xef\xbb\xbf") {
            3
        } else {
            0
        };
        let bytes = bytes.get(mark..).unwrap_or_default();
        self.fresh = false;
        (self.line, self.searched) = (next, next);
        let keep_alive = !self.begun && matches!(bytes.first(), None | Some(b':'));
        if bytes.is_empty() || keep_alive {
            return Some(self.end_event(next));
        }
        self.begun = true;
        if let Some(value) = data_value(bytes) {
            self.add_data(Span::new(end - value.len(), end));
        }
        None
    }

    fn add_data(&mut self, value: Span) {
        let bytes = |span: Span| span.bytes(&self.buffer).unwrap_or_default();
        match &mut self.data {
            Data::None => self.data = Data::One(value),
            Data::One(first) => {
                self.data = Data::Joined([bytes(*first), bytes(value)].join(&b'\n'));
            }
            Data::Joined(joined) => {
                joined.push(b'\n');
                joined.extend_from_slice(bytes(value));
            }
        }
    }

    /// Gives out everything before `next`.
    fn end_event(&mut self, next: usize) -> SseEvent {
        let raw = self.buffer.split_to(next.min(self.buffer.len())).freeze();
        (self.line, self.searched, self.begun) = (0, 0, false);
        let json = match std::mem::replace(&mut self.data, Data::None) {
            Data::None => return SseEvent::Other { raw },
            Data::One(span) => raw.slice(span.start..span.end),
            Data::Joined(joined) => joined.into(),
        };
        match json.trim_ascii() {
            b"" => SseEvent::Other { raw },
            b"[DONE]" => SseEvent::Done { raw },
            _ => SseEvent::Data { json, raw },
        }
    }
}

/// The value of a `data` line: after the colon and one space.
fn data_value(line: &[u8]) -> Option<&[u8]> {
    let rest = line.strip_prefix(b"data")?;
    match rest.strip_prefix(b":") {
        Some(value) => Some(value.strip_prefix(b" ").unwrap_or(value)),
        None => rest.is_empty().then_some(rest),
    }
}

impl fmt::Debug for SseDecoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SseDecoder({} bytes held)", self.buffer.len())
    }
}

#[cfg(test)]
mod tests;
