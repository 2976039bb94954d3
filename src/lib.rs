//! Vestibule: the room between a company and a cloud model.
//!
//! # The way of one request
//!
//! 1. *receive*: [`proxy`] takes a request from an internal app; [`identity`] knows which app it is
//! 2. *understand*: [`protocol`] shows its body as addressable text parts
//! 3. *detect*: [`detect`] finds what is sensitive in each part
//! 4. *decide*: [`policy`] says, for each destination, what happens to each finding
//! 5. *route*: [`route`] puts the destinations that the policy allows in order
//! 6. *transform*: [`transform`] puts surrogates in, with originals sealed in the [`vault`]
//! 7. *record*: [`audit`] commits an entry before anything leaves
//! 8. *infer*: [`infer`] sends it to the cloud or to the model in the building
//! 9. *restore*: [`review`] finds in the reply what the model made up, where the policy asks for it; [`restore`] puts the
//!    originals back, also while it streams
//!
//! The story is one function, [`pipeline::Pipeline::answer`]. A module uses only modules on lower floors;
//! `tests/architecture.rs` keeps it so. Keys are [`crypto`]'s, rows on disk [`store`]'s, words [`base`]'s; [`cli`] and
//! [`config`] are how people set it up, and [`app`] wires it.

pub mod app;
pub mod audit;
pub mod authority;
pub mod base;
pub mod cli;
pub mod coding;
pub mod config;
pub mod crypto;
pub mod detect;
pub mod files;
pub mod identity;
pub mod infer;
pub mod pipeline;
pub mod policy;
pub mod protocol;
pub mod proxy;
pub mod restore;
pub mod review;
pub mod route;
pub mod store;
pub mod transform;
pub mod vault;
