//! Vestibule: the room between a company and a cloud model.
//!
//! # The way of one request
//!
//! 1. *receive*: [`proxy`] takes a request from an internal app and knows which app it is
//! 2. *understand*: [`protocol`] shows its body as addressable text parts
//! 3. *detect*: [`detect`] finds what is sensitive in each part
//! 4. *decide*: [`policy`] says, for each destination, what happens to each finding
//! 5. *route*: [`route`] chooses one destination among those the policy allows
//! 6. *transform*: [`transform`] puts surrogates in, with originals sealed in the [`vault`]
//! 7. *record*: [`audit`] commits an entry before anything leaves
//! 8. *infer*: [`infer`] sends it to the cloud or to the model in the building
//! 9. *restore*: [`restore`] puts the originals back into the reply, also while it streams
//!
//! The story is one function, [`pipeline`]. A module uses only modules on lower floors; `tests/architecture.rs`
//! keeps it so.

pub mod base;
pub mod cli;
pub mod detect;
pub mod store;
