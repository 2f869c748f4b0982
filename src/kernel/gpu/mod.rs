//! The kernels of GPUs: WGSL, completed by the constants of each use and run over burn's tensors, whose values lie one
//! after the other, row-major, f32. The same texts serve WebGPU in browsers and Vulkan, Metal and DirectX natively.

pub mod adamw;
pub mod adapter;
pub mod attention;
pub mod cross_entropy;
pub mod destination;
pub mod each;
pub mod embed;
mod fold;
pub mod norm;
pub mod product;
mod shader;
