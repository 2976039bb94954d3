//! One wire format in the words of another: what the app speaks and what the destination speaks need not be the same.
//!
//! Refuses to know: policy, sockets, what is sensitive.

mod reply;

pub use reply::{About, ReplyTranslator};
