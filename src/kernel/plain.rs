//! The operations of [`super::fused`] as burn's own expressions, which kernels must equal, value and gradient; and those
//! that no device has a kernel for.

#[cfg(test)]
use burn::tensor::module;
use burn::tensor::{Tensor, activation};

use super::dropout::Dropout;

/// `x·W + b`
#[cfg(test)]
pub fn linear<const D: usize>(x: Tensor<D>, weight: Tensor<2>, bias: Tensor<1>) -> Tensor<D> {
    module::linear(x, weight, Some(bias))
}

/// `x · Φ(x)`, spelled out: burn 0.22.1 differentiates `activation::gelu` as if it were the tanh approximation, which
/// puts gradients off by 1e-3.
#[cfg(test)]
pub fn gelu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    if !x.is_autodiff() {
        return activation::gelu(x);
    }
    let share = (x.clone() * std::f64::consts::FRAC_1_SQRT_2).erf() * 0.5 + 0.5;
    x * share
}

/// LayerNorm over the last dimension.
#[cfg(test)]
pub fn norm<const D: usize>(x: Tensor<D>, gamma: Tensor<1>, beta: Tensor<1>, epsilon: f64) -> Tensor<D> {
    module::layer_norm(x, gamma, Some(beta), epsilon)
}

/// Scaled dot-product attention over A heads; q, k, v `[B, T, H]`, bias `[B or 1, A or 1, T or 1, T]`.
pub fn attention([query, key, value]: [Tensor<3>; 3], bias: Tensor<4>, heads: usize, dropout: &Dropout) -> Tensor<3> {
    let [rows, tokens, hidden] = query.dims();
    let width = hidden / heads;
    // [B, T, H] → [B, A, T, D]
    let split = |x: Tensor<3>| x.reshape([rows, tokens, heads, width]).swap_dims(1, 2);
    let scores = (split(query) * (width as f64).sqrt().recip()).matmul(split(key).swap_dims(2, 3));
    let weights = dropout.apply(activation::softmax(scores + bias, 3));
    weights.matmul(split(value)).swap_dims(1, 2).reshape([rows, tokens, hidden])
}
