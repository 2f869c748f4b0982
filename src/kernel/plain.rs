//! The operations of [`super::fused`] as burn's own expressions, which kernels must equal, value and gradient; and those
//! that no device has a kernel for.

use burn::tensor::{Tensor, activation};
#[cfg(test)]
use burn::tensor::{TensorData, module};

use super::dropout::Dropout;
#[cfg(test)]
use super::targets::{Target, Targets};

/// `x·W + b`
#[cfg(test)]
pub fn linear<const D: usize>(x: Tensor<D>, weight: Tensor<2>, bias: Tensor<1>) -> Tensor<D> {
    module::linear(x, weight, Some(bias))
}

/// `x·Wᵀ + b`
#[cfg(test)]
pub fn tied(x: Tensor<2>, table: Tensor<2>, bias: Tensor<1>) -> Tensor<2> {
    x.matmul(table.transpose()) + bias.unsqueeze()
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

/// `−Σ q · log softmax(outputs)`
#[cfg(test)]
pub fn cross_entropy(outputs: Tensor<2>, targets: &Targets) -> Tensor<1> {
    let [_, classes] = outputs.dims();
    let of_row = |target: &Option<Target>| {
        let mut row = vec![0.0_f32; classes];
        if let Some(Target { class, share }) = target {
            row[..targets.spread().len()].copy_from_slice(targets.spread());
            row[*class] += share;
        }
        row
    };
    let soft: Vec<f32> = targets.rows().iter().flat_map(of_row).collect();
    let soft = Tensor::from_data(TensorData::new(soft, outputs.dims()), &outputs.device());
    (activation::log_softmax(outputs, 1) * soft).sum().neg()
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

/// What [`attention`] mixes for the first token alone: its query `[B, 1, H]` and all states x `[B, T, H]`, weights `[H, H]`
/// and biases `[H]` of keys and values, bias `[B, T]` → `[B, 1, H]`.
///
/// `q·(x·K + k)ᵀ = (q·Kᵀ)·xᵀ + q·k` and `p·(x·V + v) = (p·x)·V + Σp·v`, so no token's key or value is ever computed:
/// instead of B·T rows, B·A of D values go through K and V.
pub fn first_attention(
    query: Tensor<3>,
    x: Tensor<3>,
    [keys, values]: [(Tensor<2>, Tensor<1>); 2],
    bias: Tensor<2>,
    heads: usize,
    dropout: &Dropout,
) -> Tensor<3> {
    let [rows, _, hidden] = x.dims();
    let width = hidden / heads;
    // [B, 1, H] → [A, B, D]
    let query = query.reshape([rows, heads, width]).swap_dims(0, 1) * (width as f64).sqrt().recip();
    // [H, A·D] → [A, H, D]
    let by_head = |weight: Tensor<2>| weight.reshape([hidden, heads, width]).swap_dims(0, 1);
    let shift = query.clone().matmul(keys.1.reshape([heads, width, 1])).swap_dims(0, 1);
    let through = query.matmul(by_head(keys.0).swap_dims(1, 2)).swap_dims(0, 1);
    let scores = through.matmul(x.clone().swap_dims(1, 2)) + shift + bias.unsqueeze_dim(1);
    // [B, A, T]
    let weights = dropout.apply(activation::softmax(scores, 2));
    let mixed = weights.clone().matmul(x).swap_dims(0, 1).matmul(by_head(values.0)).swap_dims(0, 1);
    let mixed = mixed + weights.sum_dim(2) * values.1.reshape([1, heads, width]);
    mixed.reshape([rows, 1, hidden])
}
