//! The fused operations while gradients are recorded: each on the device's kernels, as one step of the graph.

mod steps;

use std::sync::Arc;

use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::ops::{Backward, NodeGuard, OpsKind};
use burn::backend::{Autodiff, tensor::FloatTensor};

use super::dropout::Mask;
use super::fused::Fused;
use super::kernels::{Affine, Attention, Kernels, Normalise};
use super::lookup::Lookup;
use super::targets::Targets;
use steps::{
    AttentionStep, CrossEntropyStep, DenseStep, EmbedStep, FeedForwardStep, GeluStep, MaskStep, NormaliseStep, TiedStep,
};

impl<B: Kernels, C: CheckpointStrategy> Fused for Autodiff<B, C> {
    fn fused_linear(x: FloatTensor<Self>, weight: FloatTensor<Self>, bias: FloatTensor<Self>) -> FloatTensor<Self> {
        let (x, [weight, bias]) = (x.into_parts(), [weight, bias].map(|tensor| tensor.into_parts()));
        dense::<B, C, 1, 3>([x.1, weight.1, bias.1], x.0, [Affine { weight: weight.0, bias: bias.0 }])
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
        let x = x.into_parts();
        let [w0, w1, w2] = [weight_0, weight_1, weight_2].map(|tensor| tensor.into_parts());
        let [b0, b1, b2] = [bias_0, bias_1, bias_2].map(|tensor| tensor.into_parts());
        let layers = [(w0.0, b0.0), (w1.0, b1.0), (w2.0, b2.0)].map(|(weight, bias)| Affine { weight, bias });
        dense::<B, C, 3, 7>([x.1, w0.1, w1.1, w2.1, b0.1, b1.1, b2.1], x.0, layers)
    }

    fn fused_tied(x: FloatTensor<Self>, table: FloatTensor<Self>, bias: FloatTensor<Self>) -> FloatTensor<Self> {
        let [x, table, bias] = [x, table, bias].map(|tensor| tensor.into_parts());
        let layer = Affine { weight: table.0, bias: bias.0 };
        let scores = B::tied(x.0.clone(), &layer);
        match TiedStep.prepare::<C>([x.1, table.1, bias.1]).compute_bound().stateful() {
            OpsKind::Tracked(step) => step.finish((x.0, layer), scores),
            OpsKind::UnTracked(step) => step.finish(scores),
        }
    }

    fn fused_feed_forward(
        x: FloatTensor<Self>,
        weight_0: FloatTensor<Self>,
        weight_1: FloatTensor<Self>,
        bias_0: FloatTensor<Self>,
        bias_1: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let [x, w0, w1, b0, b1] = [x, weight_0, weight_1, bias_0, bias_1].map(|tensor| tensor.into_parts());
        let [up, down] = [(w0.0, b0.0), (w1.0, b1.0)].map(|(weight, bias)| Affine { weight, bias });
        let nodes = [x.1, w0.1, w1.1, b0.1, b1.1];
        match FeedForwardStep.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(step) => {
                let (wide, slopes) = B::dense_gelu(x.0.clone(), &up, true);
                let y = B::dense(wide.clone(), std::array::from_ref(&down));
                step.finish(([x.0, wide, kept(slopes)], [up, down]), y)
            }
            OpsKind::UnTracked(step) => {
                let (wide, _) = B::dense_gelu(x.0, &up, false);
                step.finish(B::dense(wide, &[down]))
            }
        }
    }

    fn fused_embed_1(table_0: FloatTensor<Self>, lookup: Arc<Lookup>) -> FloatTensor<Self> {
        let [t0] = [table_0].map(|table| table.into_parts());
        embedded::<B, C, 1>([t0.1], [t0.0], lookup)
    }

    fn fused_embed_2(table_0: FloatTensor<Self>, table_1: FloatTensor<Self>, lookup: Arc<Lookup>) -> FloatTensor<Self> {
        let [t0, t1] = [table_0, table_1].map(|table| table.into_parts());
        embedded::<B, C, 2>([t0.1, t1.1], [t0.0, t1.0], lookup)
    }

    fn fused_embed_3(
        table_0: FloatTensor<Self>,
        table_1: FloatTensor<Self>,
        table_2: FloatTensor<Self>,
        lookup: Arc<Lookup>,
    ) -> FloatTensor<Self> {
        let [t0, t1, t2] = [table_0, table_1, table_2].map(|table| table.into_parts());
        embedded::<B, C, 3>([t0.1, t1.1, t2.1], [t0.0, t1.0, t2.0], lookup)
    }

    fn fused_gelu(x: FloatTensor<Self>) -> FloatTensor<Self> {
        let (x, node) = x.into_parts();
        let y = B::gelu_forward(x.clone());
        match GeluStep.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(step) => step.finish(x, y),
            OpsKind::UnTracked(step) => step.finish(y),
        }
    }

    fn fused_mask(x: FloatTensor<Self>, mask: Mask) -> FloatTensor<Self> {
        let (x, node) = x.into_parts();
        let y = B::masked(x, mask);
        match MaskStep.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(step) => step.finish(mask, y),
            OpsKind::UnTracked(step) => step.finish(y),
        }
    }

    fn fused_norm(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        how: Normalise,
    ) -> FloatTensor<Self> {
        let [x, gamma, beta] = [x, gamma, beta].map(|tensor| tensor.into_parts());
        let affine = Affine { weight: gamma.0, bias: beta.0 };
        normalised::<B, C, 3>([x.1, gamma.1, beta.1], x.0, None, affine, how)
    }

    fn fused_add_norm(
        x: FloatTensor<Self>,
        residual: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        how: Normalise,
    ) -> FloatTensor<Self> {
        let [x, residual, gamma, beta] = [x, residual, gamma, beta].map(|tensor| tensor.into_parts());
        let affine = Affine { weight: gamma.0, bias: beta.0 };
        normalised::<B, C, 4>([x.1, gamma.1, beta.1, residual.1], x.0, Some(residual.0), affine, how)
    }

    fn fused_attention(qkv: FloatTensor<Self>, bias: FloatTensor<Self>, how: Attention) -> FloatTensor<Self> {
        let ((qkv, node), bias) = (qkv.into_parts(), bias.into_primitive());
        match AttentionStep.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(step) => {
                let (mixed, state) = B::attention_forward(qkv, bias, how, true);
                step.finish((kept(state), how), mixed)
            }
            OpsKind::UnTracked(step) => step.finish(B::attention_forward(qkv, bias, how, false).0),
        }
    }

    fn fused_cross_entropy(outputs: FloatTensor<Self>, targets: Arc<Targets>) -> FloatTensor<Self> {
        let (outputs, node) = outputs.into_parts();
        match CrossEntropyStep.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(step) => {
                let (loss, gradient) = B::cross_entropy(outputs, &targets, true);
                step.finish(kept(gradient), loss)
            }
            OpsKind::UnTracked(step) => step.finish(B::cross_entropy(outputs, &targets, false).0),
        }
    }
}

fn dense<B: Kernels, C: CheckpointStrategy, const P: usize, const N: usize>(
    nodes: [NodeGuard; N],
    x: FloatTensor<B>,
    layers: [Affine<B>; P],
) -> FloatTensor<Autodiff<B, C>> {
    let y = B::dense(x.clone(), &layers);
    match Backward::<B, N>::prepare::<C>(DenseStep::<P>, nodes).compute_bound().stateful() {
        OpsKind::Tracked(step) => step.finish((x, layers), y),
        OpsKind::UnTracked(step) => step.finish(y),
    }
}

fn embedded<B: Kernels, C: CheckpointStrategy, const N: usize>(
    nodes: [NodeGuard; N],
    tables: [FloatTensor<B>; N],
    lookup: Arc<Lookup>,
) -> FloatTensor<Autodiff<B, C>> {
    let sums = B::embed(&tables, &lookup);
    match Backward::<B, N>::prepare::<C>(EmbedStep, nodes).compute_bound().stateful() {
        OpsKind::Tracked(step) => step.finish((tables, lookup), sums),
        OpsKind::UnTracked(step) => step.finish(sums),
    }
}

fn normalised<B: Kernels, C: CheckpointStrategy, const N: usize>(
    nodes: [NodeGuard; N],
    x: FloatTensor<B>,
    residual: Option<FloatTensor<B>>,
    affine: Affine<B>,
    how: Normalise,
) -> FloatTensor<Autodiff<B, C>> {
    match Backward::<B, N>::prepare::<C>(NormaliseStep, nodes).compute_bound().stateful() {
        OpsKind::Tracked(step) => {
            let (y, state) = B::norm_forward(x, residual, affine, how, true);
            step.finish((kept(state), how), y)
        }
        OpsKind::UnTracked(step) => step.finish(B::norm_forward(x, residual, affine, how, false).0),
    }
}

fn kept<T>(state: Option<T>) -> T {
    state.unwrap_or_else(|| unreachable!("kernels keep what they are told to"))
}
