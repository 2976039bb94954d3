//! Chat Completions, as DeepSeek and OpenAI speak it: requests, replies and stream chunks.
//!
//! What a member of a request means is one table, [`table`]; [`walk`] goes by it. Whatever the table doesn't know is a
//! part. Refuses to know: other endpoints.

mod chunk;
mod facts;
mod hints;
mod media;
mod places;
mod reply;
mod request;
mod schema;
mod source;
mod table;
mod walk;

pub use chunk::synthetic_chunk;
pub use facts::Shape;
pub use media::{Uninspectable, UninspectableKind};
pub use reply::{Channel, ChatReply, Field, LEGACY_CALL, ReplyPart, Usage};
pub use request::ChatRequest;
