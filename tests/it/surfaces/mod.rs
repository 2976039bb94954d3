//! Every format beside Chat: nothing leaves, everything comes back, and each is spoken in its own words.

mod back;
mod ends;
mod leaks;
mod paths;
mod refused;
pub(crate) mod speak;
