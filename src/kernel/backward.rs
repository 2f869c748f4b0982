//! The fused operations while gradients are recorded: what each keeps of its forward pass, and which kernels give the
//! gradients of its inputs. Inputs that need no gradient cost none.

use std::sync::Arc;

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, NodeGuard, Ops, OpsKind};
use burn::backend::{Autodiff, tensor::FloatTensor};

use super::dropout::Mask;
use super::fused::Fused;
use super::kernels::{Affine, Attention, AttentionKept, Kernels, NormKept, Normalise, Pair};
use super::lookup::Lookup;

/// Hands a gradient to an input, if both are there.
macro_rules! give {
    ($grads:expr, $node:expr, $gradient:expr) => {
        if let Some(node) = $node {
            $grads.register::<B>(node.id, $gradient);
        }
    };
}

/// The same for several parameters.
macro_rules! give_each {
    ($grads:expr, $nodes:expr, $gradients:expr) => {
        for (node, gradient) in $nodes.into_iter().zip($gradients) {
            if let (Some(node), Some(gradient)) = (node, gradient) {
                $grads.register::<B>(node.id, gradient);
            }
        }
    };
}

/// P dense layers over one input; N = 1 + 2·P inputs: x, the weights, the biases.
#[derive(Debug)]
struct DenseStep<const P: usize>;

impl<B: Kernels, const P: usize, const N: usize> Backward<B, N> for DenseStep<P> {
    type State = (FloatTensor<B>, [Affine<B>; P]);

    fn backward(self, ops: Ops<Self::State, N>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let (x, layers) = ops.state;
        let mut parents = ops.parents.into_iter();
        let for_x = parents.next().flatten();
        let parameters: Vec<_> = parents.collect();
        let nodes: [_; P] = std::array::from_fn(|at| [parameters[at].clone(), parameters[P + at].clone()]);
        let learn = nodes.each_ref().map(|pair| pair.each_ref().map(Option::is_some));
        if learn.iter().flatten().any(|learns| *learns) {
            let pairs: [Pair<B>; P] = B::dense_gradients(x, gradient.clone(), &layers, learn);
            for (nodes, pair) in nodes.into_iter().zip(pairs) {
                give_each!(grads, nodes, pair);
            }
        }
        give!(grads, for_x, B::dense_input_gradient(gradient, &layers));
    }
}

#[derive(Debug)]
struct FeedForwardStep;

impl<B: Kernels> Backward<B, 5> for FeedForwardStep {
    /// x, GELU(u) and its slopes, and both layers.
    type State = ([FloatTensor<B>; 3], [Affine<B>; 2]);

    fn backward(self, ops: Ops<Self::State, 5>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let ([x, wide, slopes], [up, down]) = ops.state;
        let [for_x, up_weight, down_weight, up_bias, down_bias] = ops.parents;
        let learns = |weight: &Option<_>, bias: &Option<_>| [weight.is_some(), bias.is_some()];
        let [up_learns, down_learns] = [learns(&up_weight, &up_bias), learns(&down_weight, &down_bias)];
        if down_learns.contains(&true) {
            let [pair] = B::dense_gradients(wide, gradient.clone(), std::array::from_ref(&down), [down_learns]);
            give_each!(grads, [down_weight, down_bias], pair);
        }
        let gradient = B::dense_gelu_gradient(gradient, &down, slopes);
        if up_learns.contains(&true) {
            let [pair] = B::dense_gradients(x, gradient.clone(), std::array::from_ref(&up), [up_learns]);
            give_each!(grads, [up_weight, up_bias], pair);
        }
        give!(grads, for_x, B::dense_input_gradient(gradient, &[up]));
    }
}

/// The sum of rows of N tables.
#[derive(Debug)]
struct EmbedStep;

impl<B: Kernels, const N: usize> Backward<B, N> for EmbedStep {
    type State = ([FloatTensor<B>; N], Arc<Lookup>);

    fn backward(self, ops: Ops<Self::State, N>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let (tables, lookup) = ops.state;
        let learn = ops.parents.each_ref().map(Option::is_some);
        let gradients = B::embed_gradients(&tables, gradient, &lookup, learn);
        give_each!(grads, ops.parents, gradients);
    }
}

#[derive(Debug)]
struct GeluStep;

impl<B: Kernels> Backward<B, 1> for GeluStep {
    type State = FloatTensor<B>;

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let [for_x] = ops.parents;
        give!(grads, for_x, B::gelu_gradient(ops.state, gradient));
    }
}

#[derive(Debug)]
struct MaskStep;

impl<B: Kernels> Backward<B, 1> for MaskStep {
    type State = Mask;

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let [for_x] = ops.parents;
        give!(grads, for_x, B::masked(gradient, ops.state));
    }
}

/// LayerNorm with N inputs: x, γ, β and, with 4, the residual as the last.
#[derive(Debug)]
struct NormaliseStep;

impl<B: Kernels, const N: usize> Backward<B, N> for NormaliseStep {
    type State = (NormKept<B>, Normalise);

    fn backward(self, ops: Ops<Self::State, N>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let (kept, how) = ops.state;
        let mut parents = ops.parents.into_iter();
        let [for_x, gamma, beta, for_residual] = std::array::from_fn(|_| parents.next().flatten());
        let ([dx, dresidual], pair) = B::norm_gradient(kept, gradient, how, [gamma.is_some(), beta.is_some()]);
        give_each!(grads, [gamma, beta], pair);
        give!(grads, for_x, dx);
        give!(grads, for_residual, dresidual);
    }
}

#[derive(Debug)]
struct AttentionStep;

impl<B: Kernels> Backward<B, 1> for AttentionStep {
    type State = (AttentionKept<B>, Attention);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let (kept, how) = ops.state;
        let [for_qkv] = ops.parents;
        give!(grads, for_qkv, B::attention_gradient(kept, gradient, how));
    }
}

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
