//! A client speaks one format and the destination another: nothing leaves, everything comes back.

mod agents;
mod back;
mod refused;
mod tongue;
