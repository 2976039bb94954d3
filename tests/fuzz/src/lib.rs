//! What the fuzz targets share: a detector with one of everything, seeds, cuts and costs.

pub mod cost;
pub mod cut;
pub mod detector;
pub mod seeds;
