//! The commands: one file a subcommand. The only place that prints.

pub mod model;
pub mod worker;
