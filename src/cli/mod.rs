//! One file a subcommand.

pub mod policy;
