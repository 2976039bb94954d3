//! *Understand*: request and reply bodies, and event streams, as addressable text parts, and back.
//!
//! A body is never turned into a tree and printed again. It is read once by a strict scanner ([`Limits`]) that
//! gives byte ranges; what changes is spliced into the original bytes ([`splice`]), everything else leaves as it came.
//!
//! Everything that isn't on a short protocol allow-list is a part: strings, keys, long bare numbers, and the same
//! again inside strings that are themselves JSON.
//!
//! Refuses to know: what is sensitive, what a policy says, sockets. No error and no `Debug` output holds input text.
//!
//! A [`Format`] is one module with a table of its requests and a walker of its replies; everything else is shared.
//!
//! The way in: [`Request::parse`], [`SseDecoder::push`], [`Reply::parse`].
//!
//! ```
//! use bytes::Bytes;
//! use vestibule::base::Span;
//! use vestibule::protocol::{Format, Limits, Request, splice};
//! let body = Bytes::from_static(br#"{"model":"m","messages":[{"role":"user","content":"I am Lena"}]}"#);
//! let request = Request::parse(Format::Chat, body, &Limits::default())?;
//! let part = &request.parts()[0];
//! assert_eq!(request.text(part), "I am Lena");
//! let edit = request.edit(part, Span::new(5, 9), "PERSON_1").unwrap();
//! let sent = splice(request.body(), &mut vec![edit])?;
//! assert!(sent.ends_with(br#""content":"I am PERSON_1"}]}"#));
//! # Ok::<(), vestibule::protocol::ProtocolError>(())
//! ```

mod chat;
mod completions;
mod embeddings;
mod error;
mod escape;
mod format;
pub mod headers;
mod json;
mod messages;
mod number;
mod part;
mod reply;
mod request;
mod responses;
mod splice;
mod sse;
#[cfg(test)]
mod told;
pub mod translate;

pub use error::ProtocolError;
pub use format::{Format, Held};
pub use json::Limits;
pub use part::{Place, TextPart};
pub use reply::{Channel, Field, LEGACY_CALL, Offset, Reply, ReplyPart, Usage};
pub use request::{Embedded, JsonText, Request, Shape, Uninspectable, UninspectableKind};
pub use splice::{Edit, splice};
pub use sse::{SseDecoder, SseEvent};
