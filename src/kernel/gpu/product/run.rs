//! The products of dense layers, launched. Letters: N rows, I inputs, O outputs, P layers side by side.

use burn::backend::TensorMetadata;
use burn_wgpu::{CubeTensor, into_contiguous};

use super::ends::End;
use super::tiles::{parts, pick};
use super::{Kind, Product};
use crate::kernel::gpu::destination::{Destination, destination};
use crate::kernel::gpu::fold::fold;
use crate::kernel::gpu::shader::{room, run};

/// The weight `[I, O]` and bias `[O]` of a layer, values one after the other.
pub struct Dense {
    pub weight: CubeTensor,
    pub bias: CubeTensor,
}

impl Dense {
    pub fn new(weight: &CubeTensor, bias: &CubeTensor) -> Self {
        Self { weight: into_contiguous(weight.clone()), bias: into_contiguous(bias.clone()) }
    }

    fn sizes(&self) -> [usize; 2] {
        self.weight.shape().dims()
    }
}

/// Sizes of a product as the uniform has them.
struct Sizes {
    c: [usize; 2],
    depth: usize,
    /// Values from one row to the next of A, B and C.
    rows: [usize; 3],
    chunk: usize,
    add: bool,
}

impl Sizes {
    fn numbers(&self) -> [u32; 8] {
        let ([m, n], [a, b, c]) = (self.c, self.rows);
        [m, n, self.depth, a, b, c, self.chunk, usize::from(self.add)].map(|number| number as u32)
    }
}

fn with_last(tensor: &CubeTensor, size: usize) -> burn::tensor::Shape {
    let mut shape = tensor.shape();
    let last = shape.num_dims() - 1;
    shape[last] = size;
    shape
}

fn count(tensor: &CubeTensor) -> usize {
    tensor.shape().num_elements()
}

/// How a product is computed, and in how many workgroups.
fn plan(
    kind: Kind,
    end: End,
    layers: usize,
    [inputs, outputs]: [usize; 2],
    sizes: &Sizes,
    z: usize,
) -> (Product, [u32; 3]) {
    let [m, n] = sizes.c;
    let tile = pick(kind, [m, n, z]);
    let by_fours = inputs.is_multiple_of(4) && outputs.is_multiple_of(4);
    let even = by_fours && sizes.depth.is_multiple_of(tile.depth);
    let groups = [n.div_ceil(tile.columns), m.div_ceil(tile.rows), z].map(|size| size as u32);
    (Product { kind, end, layers, by_fours, even, heads: false, tile }, groups)
}

fn forward<'a>(x: &'a CubeTensor, layers: &'a [Dense], end: End, out: &[&'a CubeTensor]) {
    let ([inputs, outputs], side_by_side) = (layers[0].sizes(), layers.len());
    let c = [count(x) / inputs.max(1), outputs];
    let sizes = Sizes { c, depth: inputs, rows: [inputs, outputs, side_by_side * outputs], chunk: 0, add: false };
    let (product, groups) = plan(Kind::Forward, end, side_by_side, [inputs, outputs], &sizes, side_by_side);
    let weights = layers.iter().map(|layer| &layer.weight);
    let biases = layers.iter().map(|layer| &layer.bias);
    let arrays: Vec<&CubeTensor> = [x].into_iter().chain(weights).chain(biases).chain(out.iter().copied()).collect();
    run(product, groups, &arrays, &sizes.numbers());
}

/// x `[.., I]` → `x·W + b` of each layer, side by side `[.., P·O]`.
pub fn y(x: CubeTensor, layers: &[Dense]) -> CubeTensor {
    let x = into_contiguous(x);
    let [_, outputs] = layers[0].sizes();
    let y = room(&x, with_last(&x, layers.len() * outputs));
    forward(&x, layers, End::Bias, &[&y]);
    y
}

/// x `[.., I]` → GELU(u) `[.., O]` and, if it is to be kept, `u = x·W + b`.
pub fn y_gelu(x: CubeTensor, layer: Dense, keep: bool) -> (CubeTensor, Option<CubeTensor>) {
    let x = into_contiguous(x);
    let [_, outputs] = layer.sizes();
    let [y, u] = [0, 1].map(|_| room(&x, with_last(&x, outputs)));
    let out = if keep { vec![&y, &u] } else { vec![&y] };
    forward(&x, &[layer], End::Gelu { keep }, &out);
    (y.clone(), keep.then_some(u))
}

fn backward(gradient: &CubeTensor, layers: &[Dense], end: End, more: &[&CubeTensor]) {
    let ([inputs, outputs], side_by_side) = (layers[0].sizes(), layers.len());
    let c = [count(gradient) / (side_by_side * outputs).max(1), inputs];
    let sizes = Sizes { c, depth: outputs, rows: [side_by_side * outputs, outputs, inputs], chunk: 0, add: false };
    let (product, groups) = plan(Kind::InputGradient, end, side_by_side, [inputs, outputs], &sizes, 1);
    let weights = layers.iter().map(|layer| &layer.weight);
    let arrays: Vec<&CubeTensor> = [gradient].into_iter().chain(weights).chain(more.iter().copied()).collect();
    run(product, groups, &arrays, &sizes.numbers());
}

/// dy `[.., P·O]` → dx `[.., I]`
pub fn input_gradient(gradient: CubeTensor, layers: &[Dense]) -> CubeTensor {
    let gradient = into_contiguous(gradient);
    let [inputs, _] = layers[0].sizes();
    let dx = room(&gradient, with_last(&gradient, inputs));
    backward(&gradient, layers, End::Plain, &[&dx]);
    dx
}

/// dy `[.., O]` of a layer over GELU(u), and u `[.., I]` → du `[.., I]`
pub fn du(gradient: CubeTensor, layer: Dense, u: CubeTensor) -> CubeTensor {
    let (gradient, u) = (into_contiguous(gradient), into_contiguous(u));
    let du = room(&u, u.shape());
    backward(&gradient, &[layer], End::GeluSlope, &[&u, &du]);
    du
}

/// x `[.., I]`, dy `[.., P·O]` → dW `[I, O]` and db `[O]` of each layer, where the optimiser wants them or as tensors.
pub fn parameter_gradients(x: CubeTensor, gradient: CubeTensor, layers: &[Dense]) -> Vec<[Destination; 2]> {
    let (x, gradient) = (into_contiguous(x), into_contiguous(gradient));
    let ([inputs, outputs], side_by_side) = (layers[0].sizes(), layers.len());
    let places: Vec<[Destination; 2]> =
        layers.iter().map(|layer| [destination(&layer.weight), destination(&layer.bias)]).collect();
    let depth = count(&x) / inputs.max(1);
    let rows = [inputs, side_by_side * outputs, outputs];
    let mut sizes = Sizes { c: [inputs, outputs], depth, rows, chunk: 0, add: places[0][0].adds };
    let tile = pick(Kind::ParameterGradients, [inputs, outputs, side_by_side]);
    let parts = parts(tile, [inputs, outputs, side_by_side], depth);
    sizes.chunk = depth.div_ceil(tile.depth).div_ceil(parts).max(1);
    let parts = depth.div_ceil(tile.depth).div_ceil(sizes.chunk).max(1);
    let targets = || {
        let weights = places.iter().map(|[weight, _]| &weight.array);
        weights.chain(places.iter().map(|[_, bias]| &bias.array))
    };
    // All of one step are new, or all add to what another step has put there.
    let alike = places.iter().flatten().all(|place| place.adds == sizes.add);
    if parts == 1 && alike {
        let (product, groups) =
            plan(Kind::ParameterGradients, End::Parameters, side_by_side, [inputs, outputs], &sizes, side_by_side);
        let arrays: Vec<&CubeTensor> = [&x, &gradient].into_iter().chain(targets()).collect();
        run(product, groups, &arrays, &sizes.numbers());
    } else {
        let each = (inputs + 1) * outputs;
        let partial = room(&x, [side_by_side * parts * each]);
        let (product, groups) =
            plan(Kind::ParameterGradients, End::Partial, side_by_side, [inputs, outputs], &sizes, side_by_side * parts);
        run(product, groups, &[&x, &gradient, &partial], &sizes.numbers());
        fold(&partial, parts, [inputs * outputs, each], &places);
    }
    places
}
