//! The operations that training spends its time in, each beside the plain burn expression that it must equal.

mod adamw;
mod backward;
mod dropout;
mod flex;
mod fused;
mod host;
mod plain;
#[cfg(test)]
mod tests;

pub use adamw::{RowGradient, Update, squared_sum};
pub use dropout::{Dropout, mix64};
pub use fused::{add_norm, attention, attention_with_bias, gelu, linear, norm};
pub use host::threads;
