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
//! The way in: [`ChatRequest::parse`], [`SseDecoder::push`], [`ChatReply::parse`].
//!
//! ```
//! use bytes::Bytes;
//! use vestibule::base::Span;
//! use vestibule::protocol::{ChatRequest, Limits, splice};
//! let body = Bytes::from_static(br#"{"model":"m","messages":[{"role":"user","content":"I am Lena"}]}"#);
//! let request = ChatRequest::parse(body, &Limits::default())?;
//! let part = &request.parts()[0];
//! assert_eq!(part.text(request.body()), "I am Lena");
//! let edit = part.edit(request.body(), Span::new(5, 9), "PERSON_1").unwrap();
//! let sent = splice(request.body(), &mut vec![edit])?;
//! assert!(sent.ends_with(br#""content":"I am PERSON_1"}]}"#));
//! # Ok::<(), vestibule::protocol::ProtocolError>(())
//! ```

mod chat;
mod error;
mod escape;
mod json;
mod number;
mod part;
mod splice;
mod sse;

pub use chat::{
    Channel, ChatReply, ChatRequest, Field, LEGACY_CALL, ReplyPart, Shape, Uninspectable,
    UninspectableKind, Usage, synthetic_chunk,
};
pub use error::ProtocolError;
pub use json::Limits;
pub use part::{Place, TextPart};
pub use splice::{Edit, splice};
pub use sse::{SseDecoder, SseEvent};
