//! Encoders, one file per family.

mod bert;

pub use bert::{Bert, Encoded};
