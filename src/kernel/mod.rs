//! Fused operations that no library gives, each beside the plain burn expression that it must equal.

mod adamw;

pub use adamw::Update;
