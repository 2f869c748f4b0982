//! The operations that an encoder spends its time in, each as one step of the graph where a device has a kernel for
//! it, else as the plain burn expression that the kernel must equal ([`super::plain`]).
//!
//! A tensor's way: [`linear`] and its like → burn's dispatch ([`Fused`]) → the device's [`Kernels`], with
//! [`super::backward`] between them while gradients are recorded.

use std::sync::Arc;

use burn::backend::{Backend, Dispatch, backend_extension, tensor::FloatTensor};
use burn::tensor::Tensor;

use super::dropout::{Dropout, Mask};
use super::kernels::{Affine, Attention, Kernels, Normalise};
use super::lookup::Lookup;
use super::plain;
use super::targets::Targets;

/// What burn dispatches by a tensor's device and by whether gradients are recorded.
#[backend_extension(Flex, Cube: cfg(feature = "gpu"), Autodiff)]
pub trait Fused: Backend {
    /// [`linear`]
    fn fused_linear(x: FloatTensor<Self>, weight: FloatTensor<Self>, bias: FloatTensor<Self>) -> FloatTensor<Self>;
    /// [`linears`]
    fn fused_linears(
        x: FloatTensor<Self>,
        weight_0: FloatTensor<Self>,
        weight_1: FloatTensor<Self>,
        weight_2: FloatTensor<Self>,
        bias_0: FloatTensor<Self>,
        bias_1: FloatTensor<Self>,
        bias_2: FloatTensor<Self>,
    ) -> FloatTensor<Self>;
    /// [`tied`]
    fn fused_tied(x: FloatTensor<Self>, table: FloatTensor<Self>, bias: FloatTensor<Self>) -> FloatTensor<Self>;
    /// [`feed_forward`]
    fn fused_feed_forward(
        x: FloatTensor<Self>,
        weight_0: FloatTensor<Self>,
        weight_1: FloatTensor<Self>,
        bias_0: FloatTensor<Self>,
        bias_1: FloatTensor<Self>,
    ) -> FloatTensor<Self>;
    /// [`embed`], from one table.
    fn fused_embed_1(table_0: FloatTensor<Self>, lookup: Arc<Lookup>) -> FloatTensor<Self>;
    /// [`embed`], from two.
    fn fused_embed_2(table_0: FloatTensor<Self>, table_1: FloatTensor<Self>, lookup: Arc<Lookup>) -> FloatTensor<Self>;
    /// [`embed`], from three.
    fn fused_embed_3(
        table_0: FloatTensor<Self>,
        table_1: FloatTensor<Self>,
        table_2: FloatTensor<Self>,
        lookup: Arc<Lookup>,
    ) -> FloatTensor<Self>;
    /// [`gelu`]
    fn fused_gelu(x: FloatTensor<Self>) -> FloatTensor<Self>;
    /// [`Dropout::apply`]
    fn fused_mask(x: FloatTensor<Self>, mask: Mask) -> FloatTensor<Self>;
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
    fn fused_attention(qkv: FloatTensor<Self>, bias: FloatTensor<Self>, how: Attention) -> FloatTensor<Self>;
    /// [`cross_entropy`]
    fn fused_cross_entropy(outputs: FloatTensor<Self>, targets: Arc<Targets>) -> FloatTensor<Self>;
}

/// The operations on a device's own backend, where no gradients are recorded: its kernels, and nothing kept.
macro_rules! without_graph {
    ($backend:ty) => {
        impl Fused for $backend {
            fn fused_linear(
                x: FloatTensor<Self>,
                weight: FloatTensor<Self>,
                bias: FloatTensor<Self>,
            ) -> FloatTensor<Self> {
                Self::dense(x, &[Affine { weight, bias }])
            }

            fn fused_linears(
                x: FloatTensor<Self>,
                weight_0: FloatTensor<Self>,
                weight_1: FloatTensor<Self>,
                weight_2: FloatTensor<Self>,
                bias_0: FloatTensor<Self>,
                bias_1: FloatTensor<Self>,
                bias_2: FloatTensor<Self>,
            ) -> FloatTensor<Self> {
                let layers = [(weight_0, bias_0), (weight_1, bias_1), (weight_2, bias_2)];
                Self::dense(x, &layers.map(|(weight, bias)| Affine { weight, bias }))
            }

            fn fused_tied(
                x: FloatTensor<Self>,
                table: FloatTensor<Self>,
                bias: FloatTensor<Self>,
            ) -> FloatTensor<Self> {
                Self::tied(x, &Affine { weight: table, bias })
            }

            fn fused_feed_forward(
                x: FloatTensor<Self>,
                weight_0: FloatTensor<Self>,
                weight_1: FloatTensor<Self>,
                bias_0: FloatTensor<Self>,
                bias_1: FloatTensor<Self>,
            ) -> FloatTensor<Self> {
                let (wide, _) = Self::dense_gelu(x, &Affine { weight: weight_0, bias: bias_0 }, false);
                Self::dense(wide, &[Affine { weight: weight_1, bias: bias_1 }])
            }

            fn fused_embed_1(table_0: FloatTensor<Self>, lookup: Arc<Lookup>) -> FloatTensor<Self> {
                Self::embed(&[table_0], &lookup)
            }

            fn fused_embed_2(
                table_0: FloatTensor<Self>,
                table_1: FloatTensor<Self>,
                lookup: Arc<Lookup>,
            ) -> FloatTensor<Self> {
                Self::embed(&[table_0, table_1], &lookup)
            }

            fn fused_embed_3(
                table_0: FloatTensor<Self>,
                table_1: FloatTensor<Self>,
                table_2: FloatTensor<Self>,
                lookup: Arc<Lookup>,
            ) -> FloatTensor<Self> {
                Self::embed(&[table_0, table_1, table_2], &lookup)
            }

            fn fused_gelu(x: FloatTensor<Self>) -> FloatTensor<Self> {
                Self::gelu_forward(x)
            }

            fn fused_mask(x: FloatTensor<Self>, mask: Mask) -> FloatTensor<Self> {
                Self::masked(x, mask)
            }

            fn fused_norm(
                x: FloatTensor<Self>,
                gamma: FloatTensor<Self>,
                beta: FloatTensor<Self>,
                how: Normalise,
            ) -> FloatTensor<Self> {
                Self::norm_forward(x, None, Affine { weight: gamma, bias: beta }, how, false).0
            }

            fn fused_add_norm(
                x: FloatTensor<Self>,
                residual: FloatTensor<Self>,
                gamma: FloatTensor<Self>,
                beta: FloatTensor<Self>,
                how: Normalise,
            ) -> FloatTensor<Self> {
                Self::norm_forward(x, Some(residual), Affine { weight: gamma, bias: beta }, how, false).0
            }

            fn fused_attention(qkv: FloatTensor<Self>, bias: FloatTensor<Self>, how: Attention) -> FloatTensor<Self> {
                Self::attention_forward(qkv, bias, how, false).0
            }

            fn fused_cross_entropy(outputs: FloatTensor<Self>, targets: Arc<Targets>) -> FloatTensor<Self> {
                Self::cross_entropy(outputs, &targets, false).0
            }
        }
    };
}

without_graph!(burn::backend::Flex);
#[cfg(feature = "gpu")]
without_graph!(burn_wgpu::CubeBackend);

/// `x·W + b`: x `[.., I]`, W `[I, O]`, b `[O]` → `[.., O]`.
pub fn linear<const D: usize>(x: Tensor<D>, weight: Tensor<2>, bias: Tensor<1>) -> Tensor<D> {
    Tensor::from_dispatch(Dispatch::fused_linear(x.into_dispatch(), weight.into_dispatch(), bias.into_dispatch()))
}

/// Three dense layers over the same input, side by side: x `[.., I]`, W `[I, O]` and b `[O]` each → `[.., 3·O]`.
pub fn linears<const D: usize>(x: Tensor<D>, weights: [Tensor<2>; 3], biases: [Tensor<1>; 3]) -> Tensor<D> {
    let ([w0, w1, w2], [b0, b1, b2]) = (weights.map(Tensor::into_dispatch), biases.map(Tensor::into_dispatch));
    Tensor::from_dispatch(Dispatch::fused_linears(x.into_dispatch(), w0, w1, w2, b0, b1, b2))
}

/// `x·Wᵀ + b`, a last layer whose weight is a table of words (Press and Wolf 2017, "Using the Output Embedding to Improve
/// Language Models"): x `[N, E]`, W `[V, E]`, b `[V]` → `[N, V]`.
pub fn tied(x: Tensor<2>, table: Tensor<2>, bias: Tensor<1>) -> Tensor<2> {
    Tensor::from_dispatch(Dispatch::fused_tied(x.into_dispatch(), table.into_dispatch(), bias.into_dispatch()))
}

/// `GELU(x·W₀ + b₀)·W₁ + b₁`: x `[.., I]`, W₀ `[I, F]`, W₁ `[F, O]` → `[.., O]`.
pub fn feed_forward<const D: usize>(x: Tensor<D>, weights: [Tensor<2>; 2], biases: [Tensor<1>; 2]) -> Tensor<D> {
    let ([w0, w1], [b0, b1]) = (weights.map(Tensor::into_dispatch), biases.map(Tensor::into_dispatch));
    Tensor::from_dispatch(Dispatch::fused_feed_forward(x.into_dispatch(), w0, w1, b0, b1))
}

/// The sum of rows of one, two or three tables `[_, E]` for each of N tokens → `[N, E]`.
///
/// # Panics
///
/// If there are more tables, or others than are looked up in.
pub fn embed(tables: Vec<Tensor<2>>, lookup: Lookup) -> Tensor<2> {
    assert_eq!(tables.len(), lookup.tables().len(), "rows of each table");
    let (tables, lookup) = (tables.into_iter().map(Tensor::into_dispatch).collect::<Vec<_>>(), Arc::new(lookup));
    Tensor::from_dispatch(match <[_; 3]>::try_from(tables) {
        Ok([t0, t1, t2]) => Dispatch::fused_embed_3(t0, t1, t2, lookup),
        Err(tables) => match <[_; 2]>::try_from(tables) {
            Ok([t0, t1]) => Dispatch::fused_embed_2(t0, t1, lookup),
            Err(mut tables) => {
                assert_eq!(tables.len(), 1, "one, two or three tables");
                Dispatch::fused_embed_1(tables.remove(0), lookup)
            }
        },
    })
}

/// The exact GELU, `x · Φ(x)`.
pub fn gelu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    Tensor::from_dispatch(Dispatch::fused_gelu(x.into_dispatch()))
}

/// `x · mask`
pub(super) fn masked<const D: usize>(x: Tensor<D>, mask: Mask) -> Tensor<D> {
    Tensor::from_dispatch(Dispatch::fused_mask(x.into_dispatch(), mask))
}

/// LayerNorm over the last dimension: x `[.., H]`, γ and β `[H]`.
pub fn norm<const D: usize>(x: Tensor<D>, gamma: Tensor<1>, beta: Tensor<1>, epsilon: f64) -> Tensor<D> {
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
    let how = Normalise { epsilon, mask: dropout.mask() };
    let (gamma, beta) = (gamma.into_dispatch(), beta.into_dispatch());
    Tensor::from_dispatch(Dispatch::fused_add_norm(x.into_dispatch(), residual.into_dispatch(), gamma, beta, how))
}

/// `dropout(softmax(q·kᵀ / √D + bias))·v` over A heads: q, k and v side by side `[B, T, 3·H]`, bias `[B, T]` per key →
/// `[B, T, H]`. Nothing learns from the bias.
pub fn attention(qkv: Tensor<3>, bias: Tensor<2>, heads: usize, dropout: &Dropout) -> Tensor<3> {
    let how = Attention { heads, mask: dropout.mask() };
    Tensor::from_dispatch(Dispatch::fused_attention(qkv.into_dispatch(), bias.into_dispatch(), how))
}

/// `−Σ q · log softmax(outputs)` with soft targets q, as `torch.nn.functional.cross_entropy` sums it up for targets that are
/// probabilities: outputs `[N, K]` → `[1]`.
///
/// # Panics
///
/// If there are not N targets, or a class is not among the K.
pub fn cross_entropy(outputs: Tensor<2>, targets: Targets) -> Tensor<1> {
    Tensor::from_dispatch(Dispatch::fused_cross_entropy(outputs.into_dispatch(), Arc::new(targets)))
}

/// [`attention`] of separate q, k and v with a bias per pair of tokens, `[B or 1, A or 1, T, T]`, that may be learned and
/// holds what hides padding. No device has a kernel for it yet.
pub fn attention_with_bias(qkv: [Tensor<3>; 3], bias: Tensor<4>, heads: usize, dropout: &Dropout) -> Tensor<3> {
    plain::attention(qkv, bias, heads, dropout)
}

/// [`attention`] for the first token alone, from the states before they become keys and values: its query `[B, 1, H]`,
/// all states `[B, T, H]`, weight and bias of keys and of values, bias `[B, T]` per key → `[B, 1, H]`. No device has a
/// kernel for it yet.
pub fn first_attention(
    query: Tensor<3>,
    states: Tensor<3>,
    keys_and_values: [(Tensor<2>, Tensor<1>); 2],
    bias: Tensor<2>,
    heads: usize,
    dropout: &Dropout,
) -> Tensor<3> {
    plain::first_attention(query, states, keys_and_values, bias, heads, dropout)
}
