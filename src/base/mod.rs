//! The words every other module speaks: spans, entity types, findings, sensitive values, ids, time.
//!
//! Refuses to know: files, sockets, threads, policy, JSON. Nothing here does I/O and nothing is async.

mod clock;
mod entity;
mod finding;
mod id;
mod sensitive;
mod span;

pub use clock::{Clock, Timestamp};
pub use entity::{EntityType, Language};
pub use finding::{Confidence, Finding, View, Why};
pub use id::RequestId;
pub use sensitive::Sensitive;
pub use span::Span;
