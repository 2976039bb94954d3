//! The gateway as it runs: the real binary on 127.0.0.1 between a plain HTTP client and a scripted destination.
//!
//! `upstream` plays the destination and keeps every raw body; `gateway` starts and stops the process, and whenever one
//! stops, searches everything that it left behind for the planted values; `client` speaks HTTP without rewriting a byte.
//! Tests find their own requests at the destination by a member `case` of the body, so one gateway serves many of them.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    clippy::needless_pass_by_value,
    reason = "a test reports by panicking, or by a line, and gives away what it made"
)]

mod client;
mod gateway;
mod planted;
mod proxied;
mod replies;
mod requests;
mod upstream;

mod audit;
mod canaries;
mod codings;
mod comes_back;
mod ends;
mod faithful;
mod files;
mod forward;
mod leaks;
mod listener;
mod local_model;
mod look_alikes;
mod made_up;
mod names;
mod opened;
mod refusals;
mod slow;
mod surfaces;
mod turns;
