//! Fused operations that no library gives, each beside the plain burn expression that it must equal.

mod adamw;
mod dropout;

pub use adamw::Update;
pub use dropout::{Dropout, mix64};
