//! What each fused operation keeps of its forward pass, and which kernels give the gradients of its inputs. Inputs that need
//! no gradient cost none.

use std::sync::Arc;

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops};
use burn::backend::tensor::FloatTensor;

use crate::kernel::dropout::Mask;
use crate::kernel::kernels::{Affine, Attention, AttentionKept, Kernels, NormKept, Normalise, Pair};
use crate::kernel::lookup::Lookup;

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
pub struct DenseStep<const P: usize>;

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

/// A last layer that is tied to a table of words.
#[derive(Debug)]
pub struct TiedStep;

impl<B: Kernels> Backward<B, 3> for TiedStep {
    type State = (FloatTensor<B>, Affine<B>);

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let (x, layer) = ops.state;
        let [for_x, table, bias] = ops.parents;
        let learns = [table.is_some(), bias.is_some()];
        if learns.contains(&true) {
            give_each!(grads, [table, bias], B::tied_gradients(x, gradient.clone(), learns));
        }
        give!(grads, for_x, B::tied_input_gradient(gradient, &layer));
    }
}

/// Two dense layers with a GELU between them.
#[derive(Debug)]
pub struct FeedForwardStep;

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
pub struct EmbedStep;

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

/// GELU.
#[derive(Debug)]
pub struct GeluStep;

impl<B: Kernels> Backward<B, 1> for GeluStep {
    type State = FloatTensor<B>;

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let [for_x] = ops.parents;
        give!(grads, for_x, B::gelu_gradient(ops.state, gradient));
    }
}

/// A mask.
#[derive(Debug)]
pub struct MaskStep;

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
pub struct NormaliseStep;

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

/// Attention, whose bias learns nothing.
#[derive(Debug)]
pub struct AttentionStep;

impl<B: Kernels> Backward<B, 1> for AttentionStep {
    type State = (AttentionKept<B>, Attention);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let (kept, how) = ops.state;
        let [for_qkv] = ops.parents;
        give!(grads, for_qkv, B::attention_gradient(kept, gradient, how));
    }
}

/// Cross-entropy.
#[derive(Debug)]
pub struct CrossEntropyStep;

impl<B: Kernels> Backward<B, 1> for CrossEntropyStep {
    /// The gradient at a loss's gradient of one.
    type State = FloatTensor<B>;

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let [for_outputs] = ops.parents;
        give!(grads, for_outputs, B::cross_entropy_gradient(ops.state, gradient));
    }
}
