//! The commands: one file each. The only place that prints to standard output.

pub mod audit;
pub mod key;
mod when;
