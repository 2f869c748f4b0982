//! The CPU's kernels, over plain arrays: no tensors, no graph. Row-major f32 throughout; shapes are checked on entry.

pub mod attention;
#[cfg(feature = "threads")]
mod crew;
pub mod cross_entropy;
pub mod double;
pub mod dropout;
pub mod embed;
pub mod gelu;
pub mod gemm;
pub mod linear;
pub mod math;
pub mod norm;
mod pack;
mod piece;
pub mod threads;
mod tile;
mod turn;
pub mod wide;
mod work;
