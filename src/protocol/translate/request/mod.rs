//! A request in the words of another format: read into a [`Conversation`], and told again from it.
//!
//! The same conversation gives the same bytes, and one that goes on begins with the same ones: tools and settings come
//! first, turns last, so that the provider's prefix cache keeps hitting.
//!
//! What has no counterpart is dropped where that changes nothing in what is asked:
//!
//! - bookkeeping: `metadata` (a user's id stays), `service_tier`, `store`, cache hints and breakpoints, ids and states of
//!   items, profiles and diagnostics, what the service may forget (`context_management`, `truncation`), padding of streams;
//! - finer points of sampling and style: `seed`, `top_k`, `min_p`, penalties, verbosity, budgets of thinking, predictions;
//! - what a provider signed or sealed for itself: signatures, encrypted thinking, and thoughts altogether but for Chat,
//!   where they stand unsigned;
//! - traces of earlier answers (annotations, citations, log probabilities), examples of a tool's input, the mark of a
//!   failed tool (its text says so), names in results of tools.
//!
//! Everything else that has no counterpart is [`Untranslatable`]: pictures, sounds, files that aren't text, tools of the
//! provider or with free input, several choices, log probabilities, biased tokens, an answer to go on from, stop strings
//! for Responses, and whatever this module does not know.

mod conversation;
mod read;
#[cfg(test)]
mod tests;
mod write;

use crate::protocol::format::Format;
use crate::protocol::json::{Kind, Limits, scan};
use bytes::Bytes;
use conversation::Conversation;

/// What a request holds that can't be told in another format. Holds protocol words only, never text of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{what} has no counterpart in another format")]
pub struct Untranslatable {
    /// What, as it stands in a sentence: an article and a word, or a member in backticks.
    pub what: &'static str,
}

/// What is read or told, or why it can't be.
type Told<T> = Result<T, Untranslatable>;

const fn untold<T>(what: &'static str) -> Told<T> {
    Err(Untranslatable { what })
}

/// The request of a body in `from`, told in `to`. Time and memory are linear in the body.
///
/// ```
/// use vestibule::protocol::{Format, translate};
/// let body = br#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Hello"}]}"#;
/// let told = translate::request(body, Format::Messages, Format::Chat)?;
/// assert_eq!(told, &br#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Hello"}]}"#[..]);
/// # Ok::<(), translate::Untranslatable>(())
/// ```
///
/// # Errors
/// [`Untranslatable`] where anything that changes what is asked has no counterpart, and for formats that have none.
pub fn request(body: &[u8], from: Format, to: Format) -> Result<Bytes, Untranslatable> {
    let Ok(document) = scan(body, &Limits::default()) else {
        return untold("a body that isn't JSON");
    };
    let root = document.root().filter(|root| root.kind() == Kind::Object);
    let Some(root) = root else {
        return untold("a body that isn't an object");
    };
    let read: Conversation<'_> = match from {
        Format::Chat => read::chat(root)?,
        Format::Responses => read::responses(root)?,
        Format::Messages => read::messages(root)?,
        _ => return untold("a request that is no conversation"),
    };
    match to {
        Format::Chat => write::chat(&read),
        Format::Responses => write::responses(&read),
        Format::Messages => write::messages(&read),
        _ => untold("a conversation"),
    }
}
