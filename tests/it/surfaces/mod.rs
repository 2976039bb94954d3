//! Every format beside Chat: nothing leaves, everything comes back, and each is spoken in its own words.

mod back;
mod leaks;
mod paths;
mod refused;
mod speak;

pub(crate) use speak::{Speech, Text, Texts, play};
