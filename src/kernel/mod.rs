//! The operations that training spends its time in, each beside the plain burn expression that it must equal.
//!
//! `fused` has them as the model calls them; `kernels` is what a device has to compute for them; `flex` and `cube`
//! are burn's tensors handed to the kernels of the CPU (`host`) and of GPUs (`gpu`).

mod adamw;
mod backward;
#[cfg(feature = "gpu")]
mod cube;
mod dropout;
mod flex;
mod fused;
#[cfg(feature = "gpu")]
mod gpu;
mod halves;
mod host;
#[cfg(feature = "gpu")]
mod in_place;
mod kernels;
mod late;
mod lookup;
mod plain;
mod targets;
#[cfg(test)]
mod tests;

pub use adamw::{Update, squared_sum};
pub use dropout::{Dropout, Mask, mix64};
pub use flex::changed;
pub use fused::{
    add_norm, attention, attention_with_bias, cross_entropy, embed, feed_forward, first_attention, gelu, linear,
    linears, norm, tied,
};
#[cfg(feature = "gpu")]
pub use gpu::adapter::{set_quads, set_software};
pub use halves::in_halves;
pub use host::{double, threads};
#[cfg(feature = "gpu")]
pub use in_place::{BLOCK, FlatParameters, Pace, Spot, copied};
#[cfg(feature = "gpu")]
pub use late::LateTable;
pub use late::{Progress, RowGradient};
pub use lookup::{Lookup, Places};
pub use targets::{Target, Targets};
