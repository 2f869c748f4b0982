//! The operations that an encoder spends its time in, each as one step of the graph where a device has a kernel for
//! it, else as the plain burn expression that the kernel must equal ([`super::plain`]).
//!
//! A tensor's way: [`linear`] and its like → burn's dispatch ([`Fused`]) → the device's [`Kernels`], with
//! [`super::backward`] between them while gradients are recorded.

use burn::backend::{Backend, Dispatch, backend_extension, tensor::FloatTensor};
use burn::tensor::{Device, Tensor};

use super::dropout::{Dropout, Mask};
use super::plain;

/// How [`add_norm`] normalises.
#[derive(Debug, Clone, Copy)]
pub struct Normalise {
    /// Added to the variance.
    pub epsilon: f64,
    /// What is dropped before the residual is added.
    pub mask: Mask,
}

/// How [`attention`] mixes.
#[derive(Debug, Clone, Copy)]
pub struct Attention {
    /// Heads, A.
    pub heads: usize,
    /// What of the weights is dropped.
    pub mask: Mask,
}

/// A device's kernels, forward and backward, without any graph.
pub trait Kernels: Backend {
    /// x `[.., I]`, W `[I, O]`, b `[O]` → `x·W + b` `[.., O]`
    fn linear_forward(x: FloatTensor<Self>, weight: FloatTensor<Self>, bias: FloatTensor<Self>) -> FloatTensor<Self>;
    /// dy `[.., O]`, W `[I, O]` → dx `[.., I]`
    fn linear_input_gradient(gradient: FloatTensor<Self>, weight: FloatTensor<Self>) -> FloatTensor<Self>;
    /// x `[.., I]`, dy `[.., O]` → dW `[I, O]`
    fn linear_weight_gradient(x: FloatTensor<Self>, gradient: FloatTensor<Self>) -> FloatTensor<Self>;
    /// dy `[.., O]` → db `[O]`
    fn linear_bias_gradient(gradient: FloatTensor<Self>) -> FloatTensor<Self>;

    /// `x · Φ(x)`
    fn gelu_forward(x: FloatTensor<Self>) -> FloatTensor<Self>;
    /// x, dy → dx
    fn gelu_gradient(x: FloatTensor<Self>, gradient: FloatTensor<Self>) -> FloatTensor<Self>;

    /// x and residual `[.., H]`, γ and β `[H]` → y, and what the gradient needs: x̂ `[.., H]` and one over the
    /// deviations.
    fn norm_forward(
        x: FloatTensor<Self>,
        residual: Option<FloatTensor<Self>>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        how: Normalise,
    ) -> [FloatTensor<Self>; 3];
    /// x̂, one over the deviations and γ; dy → dx, that of the residual, dγ, dβ
    fn norm_gradient(
        kept: [FloatTensor<Self>; 3],
        gradient: FloatTensor<Self>,
        how: Normalise,
    ) -> [FloatTensor<Self>; 4];

    /// q, k, v `[B, T, H]`, bias `[B, T]` → mixed `[B, T, H]` and the weights before dropout, `[B, A, T, T]`.
    fn attention_forward(
        qkv: [FloatTensor<Self>; 3],
        bias: FloatTensor<Self>,
        how: Attention,
    ) -> [FloatTensor<Self>; 2];
    /// q, k, v and the weights; d mixed → dq, dk, dv
    fn attention_gradient(
        kept: [FloatTensor<Self>; 4],
        gradient: FloatTensor<Self>,
        how: Attention,
    ) -> [FloatTensor<Self>; 3];
}

/// What burn dispatches by a tensor's device and by whether gradients are recorded.
#[backend_extension(Flex, Autodiff)]
pub trait Fused: Backend {
    /// [`linear`]
    fn fused_linear(x: FloatTensor<Self>, weight: FloatTensor<Self>, bias: FloatTensor<Self>) -> FloatTensor<Self>;
    /// [`gelu`]
    fn fused_gelu(x: FloatTensor<Self>) -> FloatTensor<Self>;
    /// [`norm`]
    fn fused_norm(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        how: Normalise,
    ) -> FloatTensor<Self>;
    /// [`add_norm`]
    fn fused_add_norm(
        x: FloatTensor<Self>,
        residual: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        how: Normalise,
    ) -> FloatTensor<Self>;
    /// [`attention`]
    fn fused_attention(
        query: FloatTensor<Self>,
        key: FloatTensor<Self>,
        value: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        how: Attention,
    ) -> FloatTensor<Self>;
}

impl Fused for burn::backend::Flex {
    fn fused_linear(x: FloatTensor<Self>, weight: FloatTensor<Self>, bias: FloatTensor<Self>) -> FloatTensor<Self> {
        Self::linear_forward(x, weight, bias)
    }

    fn fused_gelu(x: FloatTensor<Self>) -> FloatTensor<Self> {
        Self::gelu_forward(x)
    }

    fn fused_norm(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        how: Normalise,
    ) -> FloatTensor<Self> {
        let [y, ..] = Self::norm_forward(x, None, gamma, beta, how);
        y
    }

    fn fused_add_norm(
        x: FloatTensor<Self>,
        residual: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        how: Normalise,
    ) -> FloatTensor<Self> {
        let [y, ..] = Self::norm_forward(x, Some(residual), gamma, beta, how);
        y
    }

    fn fused_attention(
        query: FloatTensor<Self>,
        key: FloatTensor<Self>,
        value: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        how: Attention,
    ) -> FloatTensor<Self> {
        let [mixed, _] = Self::attention_forward([query, key, value], bias, how);
        mixed
    }
}

/// Whether the device of a tensor has [`Kernels`].
fn has_kernels<const D: usize>(x: &Tensor<D>) -> bool {
    x.device().without_autodiff() == Device::flex()
}

/// `x·W + b`: x `[.., I]`, W `[I, O]`, b `[O]` → `[.., O]`.
pub fn linear<const D: usize>(x: Tensor<D>, weight: Tensor<2>, bias: Tensor<1>) -> Tensor<D> {
    if !has_kernels(&x) {
        return plain::linear(x, weight, bias);
    }
    Tensor::from_dispatch(Dispatch::fused_linear(x.into_dispatch(), weight.into_dispatch(), bias.into_dispatch()))
}

/// The exact GELU, `x · Φ(x)`.
pub fn gelu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    if !has_kernels(&x) {
        return plain::gelu(x);
    }
    Tensor::from_dispatch(Dispatch::fused_gelu(x.into_dispatch()))
}

/// LayerNorm over the last dimension: x `[.., H]`, γ and β `[H]`.
pub fn norm<const D: usize>(x: Tensor<D>, gamma: Tensor<1>, beta: Tensor<1>, epsilon: f64) -> Tensor<D> {
    if !has_kernels(&x) {
        return plain::norm(x, gamma, beta, epsilon);
    }
    let how = Normalise { epsilon, mask: Mask::none() };
    let (x, gamma, beta) = (x.into_dispatch(), gamma.into_dispatch(), beta.into_dispatch());
    Tensor::from_dispatch(Dispatch::fused_norm(x, gamma, beta, how))
}

/// `LayerNorm(residual + dropout(x))`: how a transformer's sublayers end.
pub fn add_norm<const D: usize>(
    x: Tensor<D>,
    residual: Tensor<D>,
    [gamma, beta]: [Tensor<1>; 2],
    epsilon: f64,
    dropout: &Dropout,
) -> Tensor<D> {
    if !has_kernels(&x) {
        return plain::norm(dropout.apply(x) + residual, gamma, beta, epsilon);
    }
    let how = Normalise { epsilon, mask: dropout.mask() };
    let (gamma, beta) = (gamma.into_dispatch(), beta.into_dispatch());
    Tensor::from_dispatch(Dispatch::fused_add_norm(x.into_dispatch(), residual.into_dispatch(), gamma, beta, how))
}

/// `dropout(softmax(q·kᵀ / √D + bias))·v` over A heads: q, k, v `[B, T, H]`, bias `[B, T]` per key → `[B, T, H]`.
pub fn attention(qkv: [Tensor<3>; 3], bias: Tensor<2>, heads: usize, dropout: &Dropout) -> Tensor<3> {
    if !has_kernels(&qkv[0]) {
        let [rows, tokens] = bias.dims();
        return plain::attention(qkv, bias.reshape([rows, 1, 1, tokens]), heads, dropout);
    }
    let how = Attention { heads, mask: dropout.mask() };
    let [query, key, value] = qkv.map(Tensor::into_dispatch);
    Tensor::from_dispatch(Dispatch::fused_attention(query, key, value, bias.into_dispatch(), how))
}

/// [`attention`] with a bias per pair of tokens, `[B or 1, A or 1, T, T]`, that may be learned and holds what hides
/// padding. No device has a kernel for it yet.
pub fn attention_with_bias(qkv: [Tensor<3>; 3], bias: Tensor<4>, heads: usize, dropout: &Dropout) -> Tensor<3> {
    plain::attention(qkv, bias, heads, dropout)
}
