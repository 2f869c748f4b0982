//! What a device has to be able to compute for [`super::fused`]: forward and backward, without any graph.
//!
//! Letters: N rows (all dimensions but the last), I inputs, O outputs, P layers over the same input, B batch, T tokens,
//! A heads, H hidden, E values in a row of a table, V rows of it.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, TensorMetadata};
use burn::tensor::Shape;

use super::dropout::Mask;
use super::lookup::Lookup;
use super::targets::Targets;

/// How a sum is normalised.
#[derive(Debug, Clone, Copy)]
pub struct Normalise {
    /// Added to the variance.
    pub epsilon: f64,
    /// What is dropped before the residual is added.
    pub mask: Mask,
}

/// How tokens are mixed.
#[derive(Debug, Clone, Copy)]
pub struct Attention {
    /// Heads, A.
    pub heads: usize,
    /// What of the weights is dropped.
    pub mask: Mask,
}

/// The parameters of a dense layer, W `[I, O]` and b `[O]`, or W `[V, E]` and b `[V]` of one that is tied to a table; or of
/// LayerNorm, γ and β `[H]`.
#[derive(Debug, Clone)]
pub struct Affine<B: Backend> {
    /// W, or γ.
    pub weight: FloatTensor<B>,
    /// b, or β.
    pub bias: FloatTensor<B>,
}

/// The gradients of an [`Affine`]; none where the parameter does not learn, and none where it went straight to where the
/// optimiser reads it.
pub type Pair<B> = [Option<FloatTensor<B>>; 2];

/// Which of an [`Affine`]'s two learn.
pub type Learns = [bool; 2];

/// What LayerNorm's gradient needs of the forward pass.
#[derive(Debug, Clone)]
pub struct NormKept<B: Backend> {
    /// x̂ `[.., H]`
    pub normal: FloatTensor<B>,
    /// One over the deviations, `[N]`.
    pub scales: FloatTensor<B>,
    /// γ and β
    pub affine: Affine<B>,
}

/// What attention's gradient needs of the forward pass.
#[derive(Debug, Clone)]
pub struct AttentionKept<B: Backend> {
    /// Queries, keys and values side by side, `[B, T, 3·H]`.
    pub qkv: FloatTensor<B>,
    /// Added to the scores of each key, `[B, T]`.
    #[cfg_attr(not(feature = "gpu"), expect(dead_code, reason = "only GPUs compute scores again"))]
    pub bias: FloatTensor<B>,
    /// What came of it, `[B, T, H]`.
    #[cfg_attr(not(feature = "gpu"), expect(dead_code, reason = "only GPUs start from what came of it"))]
    pub mixed: FloatTensor<B>,
    /// The device's choice: the weights before dropout `[B, A, T, T]`, or the logarithms of the sums that they were
    /// divided by, `[B, A, T]`, from which they are computed again.
    pub weights: FloatTensor<B>,
}

/// A device's kernels. Those with `keep` leave out what only a gradient needs where there will be none.
pub trait Kernels: Backend {
    /// x `[.., I]` through P layers, `x·W + b`, side by side: `[.., P·O]`.
    fn dense<const P: usize>(x: FloatTensor<Self>, layers: &[Affine<Self>; P]) -> FloatTensor<Self>;
    /// dy `[.., P·O]` → dx `[.., I]`, the sum over the layers.
    fn dense_input_gradient<const P: usize>(
        gradient: FloatTensor<Self>,
        layers: &[Affine<Self>; P],
    ) -> FloatTensor<Self>;
    /// x `[.., I]`, dy `[.., P·O]` → dW `[I, O]` and db `[O]` of each layer.
    fn dense_gradients<const P: usize>(
        x: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        layers: &[Affine<Self>; P],
        learn: [Learns; P],
    ) -> [Pair<Self>; P];

    /// GELU(u), where `u = x·W + b`, and the slopes of GELU at u, `[.., O]` both; the slopes only if they are to be kept.
    fn dense_gelu(
        x: FloatTensor<Self>,
        layer: &Affine<Self>,
        keep: bool,
    ) -> (FloatTensor<Self>, Option<FloatTensor<Self>>);
    /// dy `[.., O]` of the layer that follows a GELU, and that GELU's slopes `[.., I]` → du `[.., I]`
    fn dense_gelu_gradient(
        gradient: FloatTensor<Self>,
        layer: &Affine<Self>,
        slopes: FloatTensor<Self>,
    ) -> FloatTensor<Self>;

    /// x `[N, E]` against every row of a table W `[V, E]`: `x·Wᵀ + b`, `[N, V]`.
    fn tied(x: FloatTensor<Self>, table: &Affine<Self>) -> FloatTensor<Self> {
        let scores = Self::float_matmul(x, Self::float_swap_dims(table.weight.clone(), 0, 1));
        let [rows] = table.bias.shape().dims();
        Self::float_add(scores, Self::float_reshape(table.bias.clone(), Shape::new([1, rows])))
    }
    /// dy `[N, V]` → dx `[N, E]`
    fn tied_input_gradient(gradient: FloatTensor<Self>, table: &Affine<Self>) -> FloatTensor<Self> {
        Self::float_matmul(gradient, table.weight.clone())
    }
    /// x `[N, E]`, dy `[N, V]` → dW `[V, E]` and db `[V]`
    fn tied_gradients(x: FloatTensor<Self>, gradient: FloatTensor<Self>, [table, bias]: Learns) -> Pair<Self> {
        let [_, rows] = gradient.shape().dims();
        let sums = |dy| Self::float_reshape(Self::float_sum_dim(dy, 0), Shape::new([rows]));
        let dbias = bias.then(|| sums(gradient.clone()));
        [table.then(|| Self::float_matmul(Self::float_swap_dims(gradient, 0, 1), x)), dbias]
    }

    /// `x · Φ(x)`
    fn gelu_forward(x: FloatTensor<Self>) -> FloatTensor<Self>;
    /// x, dy → dx
    fn gelu_gradient(x: FloatTensor<Self>, gradient: FloatTensor<Self>) -> FloatTensor<Self>;

    /// Rows of P tables `[_, E]` → their sums for each of N tokens, `[N, E]`.
    fn embed<const P: usize>(tables: &[FloatTensor<Self>; P], lookup: &Lookup) -> FloatTensor<Self>;
    /// dsums `[N, E]` → the gradients of those tables that learn.
    fn embed_gradients<const P: usize>(
        tables: &[FloatTensor<Self>; P],
        gradient: FloatTensor<Self>,
        lookup: &Lookup,
        learn: [bool; P],
    ) -> [Option<FloatTensor<Self>>; P];

    /// `x · mask`; its gradient is the same of the gradient.
    fn masked(x: FloatTensor<Self>, mask: Mask) -> FloatTensor<Self>;

    /// x and residual `[.., H]` → y `[.., H]`
    fn norm_forward(
        x: FloatTensor<Self>,
        residual: Option<FloatTensor<Self>>,
        affine: Affine<Self>,
        how: Normalise,
        keep: bool,
    ) -> (FloatTensor<Self>, Option<NormKept<Self>>);
    /// dy → dx and that of the residual; dγ and dβ.
    fn norm_gradient(
        kept: NormKept<Self>,
        gradient: FloatTensor<Self>,
        how: Normalise,
        learns: Learns,
    ) -> ([FloatTensor<Self>; 2], Pair<Self>);

    /// Queries, keys and values side by side `[B, T, 3·H]`, bias `[B, T]` → mixed `[B, T, H]`.
    fn attention_forward(
        qkv: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        how: Attention,
        keep: bool,
    ) -> (FloatTensor<Self>, Option<AttentionKept<Self>>);
    /// d mixed → dqkv
    fn attention_gradient(kept: AttentionKept<Self>, gradient: FloatTensor<Self>, how: Attention) -> FloatTensor<Self>;

    /// Outputs `[N, K]` → the loss `[1]`, and its gradient `[N, K]` if it is to be kept.
    fn cross_entropy(
        outputs: FloatTensor<Self>,
        targets: &Targets,
        keep: bool,
    ) -> (FloatTensor<Self>, Option<FloatTensor<Self>>);
    /// That gradient and the loss's own, `[1]` → dz `[N, K]`
    fn cross_entropy_gradient(kept: FloatTensor<Self>, gradient: FloatTensor<Self>) -> FloatTensor<Self>;
}
