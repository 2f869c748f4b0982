//! The kernels of [`Kernels`] for burn's GPU backend: its tensors handed to [`super::gpu`].

use burn::backend::ops::FloatTensorOps;
use burn::tensor::Shape;
use burn_wgpu::{CubeBackend, CubeTensor, into_contiguous};

use super::dropout::Mask;
use super::gpu::destination::Destination;
use super::gpu::product::{self, Dense};
use super::gpu::{attention, cross_entropy, each, embed, norm};
use super::kernels::{Affine, Attention, AttentionKept, Kernels, Learns, NormKept, Normalise, Pair};
use super::lookup::Lookup;
use super::targets::Targets;

impl Kernels for CubeBackend {
    fn dense<const P: usize>(x: CubeTensor, layers: &[Affine<Self>; P]) -> CubeTensor {
        product::y(x, &layers.each_ref().map(values))
    }

    fn dense_input_gradient<const P: usize>(gradient: CubeTensor, layers: &[Affine<Self>; P]) -> CubeTensor {
        product::input_gradient(gradient, &layers.each_ref().map(values))
    }

    fn dense_gradients<const P: usize>(
        x: CubeTensor,
        gradient: CubeTensor,
        layers: &[Affine<Self>; P],
        learn: [Learns; P],
    ) -> [Pair<Self>; P] {
        let mut places = product::parameter_gradients(x, gradient, &layers.each_ref().map(values)).into_iter();
        learn.map(|learns| wanted(places.next().map(|pair| pair.map(Destination::tensor)), learns))
    }

    fn dense_gelu(x: CubeTensor, layer: &Affine<Self>, keep: bool) -> (CubeTensor, Option<CubeTensor>) {
        product::y_gelu(x, values(layer), keep)
    }

    fn dense_gelu_gradient(gradient: CubeTensor, layer: &Affine<Self>, slopes: CubeTensor) -> CubeTensor {
        product::du(gradient, values(layer), slopes)
    }

    fn gelu_forward(x: CubeTensor) -> CubeTensor {
        each::gelu(x)
    }

    fn gelu_gradient(x: CubeTensor, gradient: CubeTensor) -> CubeTensor {
        each::gelu_gradient(x, gradient)
    }

    fn embed<const P: usize>(tables: &[CubeTensor; P], lookup: &Lookup) -> CubeTensor {
        embed::forward(tables, lookup)
    }

    fn embed_gradients<const P: usize>(
        tables: &[CubeTensor; P],
        gradient: CubeTensor,
        lookup: &Lookup,
        learn: [bool; P],
    ) -> [Option<CubeTensor>; P] {
        let mut places = embed::gradients(tables, gradient, lookup, &learn).into_iter();
        learn.map(|_| places.next().flatten().and_then(Destination::tensor))
    }

    fn masked(x: CubeTensor, mask: Mask) -> CubeTensor {
        each::masked(x, mask)
    }

    fn norm_forward(
        x: CubeTensor,
        residual: Option<CubeTensor>,
        affine: Affine<Self>,
        how: Normalise,
        keep: bool,
    ) -> (CubeTensor, Option<NormKept<Self>>) {
        let affine = Affine { weight: into_contiguous(affine.weight), bias: into_contiguous(affine.bias) };
        let how = (how.epsilon, how.mask);
        let (y, kept) = norm::forward(x, residual, [&affine.weight, &affine.bias], how, keep);
        (y, kept.map(|[normal, scales]| NormKept { normal, scales, affine }))
    }

    fn norm_gradient(
        kept: NormKept<Self>,
        gradient: CubeTensor,
        how: Normalise,
        learns: Learns,
    ) -> ([CubeTensor; 2], Pair<Self>) {
        let gradient = into_contiguous(gradient);
        let NormKept { normal, scales, affine } = kept;
        let inputs = norm::input_gradients([&normal, &scales], &affine.weight, &gradient, how.mask);
        let places = learns
            .contains(&true)
            .then(|| norm::parameter_gradients(&normal, &gradient, [&affine.weight, &affine.bias]));
        (inputs, wanted(places.map(|pair| pair.map(Destination::tensor)), learns))
    }

    fn attention_forward(
        qkv: CubeTensor,
        bias: CubeTensor,
        how: Attention,
        keep: bool,
    ) -> (CubeTensor, Option<AttentionKept<Self>>) {
        let (qkv, bias) = (into_contiguous(qkv), into_contiguous(bias));
        let (mixed, sums) = attention::forward(&qkv, &bias, how.heads, how.mask, keep);
        (mixed.clone(), sums.map(|weights| AttentionKept { qkv, bias, mixed, weights }))
    }

    fn attention_gradient(kept: AttentionKept<Self>, gradient: CubeTensor, how: Attention) -> CubeTensor {
        let AttentionKept { qkv, bias, mixed, weights } = kept;
        attention::backward([&qkv, &bias, &mixed, &weights], gradient, how.heads, how.mask)
    }

    fn cross_entropy(outputs: CubeTensor, targets: &Targets, keep: bool) -> (CubeTensor, Option<CubeTensor>) {
        let (losses, dz) = cross_entropy::forward(outputs, targets, keep);
        (Self::float_sum(losses), dz)
    }

    fn cross_entropy_gradient(kept: CubeTensor, gradient: CubeTensor) -> CubeTensor {
        Self::float_mul(kept, Self::float_reshape(gradient, Shape::new([1, 1])))
    }
}

fn values(layer: &Affine<CubeBackend>) -> Dense {
    Dense::new(&layer.weight, &layer.bias)
}

/// Gradients of those parameters of a pair that learn.
fn wanted(pair: Option<Pair<CubeBackend>>, [first, second]: Learns) -> Pair<CubeBackend> {
    let [weight, bias] = pair.unwrap_or_default();
    [weight.filter(|_| first), bias.filter(|_| second)]
}
