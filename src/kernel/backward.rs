//! The fused operations while gradients are recorded: what each keeps of its forward pass, and which kernels give the
//! gradients of its inputs. Inputs that need no gradient cost none.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::{Autodiff, tensor::FloatTensor};

use super::fused::{Attention, Fused, Kernels, Normalise};

#[derive(Debug)]
struct LinearStep;

impl<B: Kernels> Backward<B, 3> for LinearStep {
    /// x and W.
    type State = [FloatTensor<B>; 2];

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let [x, weight] = ops.state;
        let [for_x, for_weight, for_bias] = ops.parents;
        if let Some(node) = for_bias {
            grads.register::<B>(node.id, B::linear_bias_gradient(gradient.clone()));
        }
        if let Some(node) = for_weight {
            grads.register::<B>(node.id, B::linear_weight_gradient(x, gradient.clone()));
        }
        if let Some(node) = for_x {
            grads.register::<B>(node.id, B::linear_input_gradient(gradient, weight));
        }
    }
}

#[derive(Debug)]
struct GeluStep;

impl<B: Kernels> Backward<B, 1> for GeluStep {
    type State = FloatTensor<B>;

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let [for_x] = ops.parents;
        if let Some(node) = for_x {
            grads.register::<B>(node.id, B::gelu_gradient(ops.state, gradient));
        }
    }
}

/// LayerNorm with N inputs: x, γ, β and, with 4, the residual as the last.
#[derive(Debug)]
struct NormaliseStep;

impl<B: Kernels, const N: usize> Backward<B, N> for NormaliseStep {
    /// x̂, one over the deviations, γ.
    type State = ([FloatTensor<B>; 3], Normalise);

    fn backward(self, ops: Ops<Self::State, N>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let (kept, how) = ops.state;
        let [dx, dresidual, dgamma, dbeta] = B::norm_gradient(kept, gradient, how);
        for (parent, gradient) in ops.parents.into_iter().zip([dx, dgamma, dbeta, dresidual]) {
            if let Some(node) = parent {
                grads.register::<B>(node.id, gradient);
            }
        }
    }
}

#[derive(Debug)]
struct AttentionStep;

impl<B: Kernels> Backward<B, 3> for AttentionStep {
    /// q, k, v and the weights.
    type State = ([FloatTensor<B>; 4], Attention);

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let (kept, how) = ops.state;
        let gradients = B::attention_gradient(kept, gradient, how);
        for (parent, gradient) in ops.parents.into_iter().zip(gradients) {
            if let Some(node) = parent {
                grads.register::<B>(node.id, gradient);
            }
        }
    }
}

impl<B: Kernels, C: CheckpointStrategy> Fused for Autodiff<B, C> {
    fn fused_linear(x: FloatTensor<Self>, weight: FloatTensor<Self>, bias: FloatTensor<Self>) -> FloatTensor<Self> {
        let ((x, x_node), (weight, weight_node), (bias, bias_node)) =
            (x.into_parts(), weight.into_parts(), bias.into_parts());
        let y = B::linear_forward(x.clone(), weight.clone(), bias);
        match LinearStep.prepare::<C>([x_node, weight_node, bias_node]).compute_bound().stateful() {
            OpsKind::Tracked(step) => step.finish([x, weight], y),
            OpsKind::UnTracked(step) => step.finish(y),
        }
    }

    fn fused_gelu(x: FloatTensor<Self>) -> FloatTensor<Self> {
        let (x, node) = x.into_parts();
        let y = B::gelu_forward(x.clone());
        match GeluStep.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(step) => step.finish(x, y),
            OpsKind::UnTracked(step) => step.finish(y),
        }
    }

    fn fused_norm(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        how: Normalise,
    ) -> FloatTensor<Self> {
        let ((x, x_node), (gamma, gamma_node), (beta, beta_node)) =
            (x.into_parts(), gamma.into_parts(), beta.into_parts());
        let [y, normal, scales] = B::norm_forward(x, None, gamma.clone(), beta, how);
        let nodes = [x_node, gamma_node, beta_node];
        match Backward::<B, 3>::prepare::<C>(NormaliseStep, nodes).compute_bound().stateful() {
            OpsKind::Tracked(step) => step.finish(([normal, scales, gamma], how), y),
            OpsKind::UnTracked(step) => step.finish(y),
        }
    }

    fn fused_add_norm(
        x: FloatTensor<Self>,
        residual: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        how: Normalise,
    ) -> FloatTensor<Self> {
        let ((x, x_node), (residual, residual_node)) = (x.into_parts(), residual.into_parts());
        let ((gamma, gamma_node), (beta, beta_node)) = (gamma.into_parts(), beta.into_parts());
        let [y, normal, scales] = B::norm_forward(x, Some(residual), gamma.clone(), beta, how);
        let nodes = [x_node, gamma_node, beta_node, residual_node];
        match Backward::<B, 4>::prepare::<C>(NormaliseStep, nodes).compute_bound().stateful() {
            OpsKind::Tracked(step) => step.finish(([normal, scales, gamma], how), y),
            OpsKind::UnTracked(step) => step.finish(y),
        }
    }

    fn fused_attention(
        query: FloatTensor<Self>,
        key: FloatTensor<Self>,
        value: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        how: Attention,
    ) -> FloatTensor<Self> {
        let ((query, query_node), (key, key_node), (value, value_node)) =
            (query.into_parts(), key.into_parts(), value.into_parts());
        let inputs = [query.clone(), key.clone(), value.clone()];
        // The bias only hides padding: nothing learns from it.
        let [mixed, weights] = B::attention_forward(inputs, bias.into_primitive(), how);
        match AttentionStep.prepare::<C>([query_node, key_node, value_node]).compute_bound().stateful() {
            OpsKind::Tracked(step) => step.finish(([query, key, value, weights], how), mixed),
            OpsKind::UnTracked(step) => step.finish(mixed),
        }
    }
}
