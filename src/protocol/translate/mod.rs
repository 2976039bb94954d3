//! Turns what is written in one format into the words of another, so that any client can be answered by any destination.
//!
//! It works on bodies that are already de-identified: surrogates are text and come through as they are. Only the three
//! formats of conversations have counterparts; completions, embeddings and counts of tokens stay in their own.
//!
//! Refuses to know: what is sensitive, destinations, sockets.

mod reply;
mod request;

pub use reply::{About, ReplyTranslator};
pub use request::{Untranslatable, request};

use super::format::Format;

/// The formats in which a request of this one can be told instead, best first.
///
/// Chat comes first, for every destination that answers conversations at all speaks it.
///
/// ```
/// use vestibule::protocol::{Format, translate};
/// assert_eq!(translate::instead_of(Format::Messages), [Format::Chat, Format::Responses]);
/// assert!(translate::instead_of(Format::Embeddings).is_empty());
/// ```
pub const fn instead_of(asked: Format) -> &'static [Format] {
    match asked {
        Format::Chat => &[Format::Messages, Format::Responses],
        Format::Responses => &[Format::Chat, Format::Messages],
        Format::Messages => &[Format::Chat, Format::Responses],
        Format::Completions | Format::Embeddings | Format::CountTokens => &[],
    }
}
