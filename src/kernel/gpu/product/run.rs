//! The products of dense layers, launched. Letters: N rows, I inputs, O outputs, P layers side by side.

use burn::backend::TensorMetadata;
use burn_wgpu::{CubeTensor, into_contiguous};

use super::ends::End;
use super::tiles::{parts, pick};
use super::{Kind, Product};
use crate::kernel::gpu::destination::{Destination, destination, evenly_apart, together};
use crate::kernel::gpu::fold::fold;
use crate::kernel::gpu::shader::{room, run};
use crate::kernel::halves;

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

/// Sizes of a product.
#[derive(Default)]
struct Sizes {
    /// Rows and columns of C.
    c: [usize; 2],
    depth: usize,
    /// Values from one row to the next of A, B and C.
    rows: [usize; 3],
    /// Values from one layer's weight, or its gradient, to the next, where they are parts of one array.
    apart: usize,
    /// Values from a weight's gradient to its bias's, there.
    second: usize,
    /// Slices of the depth that a workgroup sums up.
    chunk: usize,
}

impl Sizes {
    /// As the uniform has them: A and B in the product's units.
    fn numbers(&self, product: &Product) -> [u32; 9] {
        let ([m, n], [a, b, c], unit) = (self.c, self.rows, product.unit());
        let apart = if product.kind == Kind::ParameterGradients { self.apart } else { self.apart / unit };
        [m, n, self.depth, self.chunk, a / unit, b / unit, c, apart, self.second].map(|number| number as u32)
    }
}

/// The weights of layers; as one array if they lie evenly apart in it, with the distance in values.
fn weights(layers: &[Dense]) -> (Vec<CubeTensor>, Option<usize>) {
    let each: Vec<&CubeTensor> = layers.iter().map(|layer| &layer.weight).collect();
    match evenly_apart(&each) {
        Some((all, apart)) => (vec![all], Some(apart)),
        None => (each.into_iter().cloned().collect(), None),
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

/// How a product of layers is computed, and in how many workgroups; `z` products and parts of products side by side.
fn plan(kind: Kind, end: End, layers: &[Dense], sizes: &Sizes, z: usize) -> (Product, [u32; 3]) {
    let ([m, n], [inputs, outputs]) = (sizes.c, layers[0].sizes());
    let tile = pick(kind, [m, n, z]);
    let by_fours = inputs.is_multiple_of(4) && outputs.is_multiple_of(4);
    let even = by_fours && sizes.depth.is_multiple_of(tile.depth);
    let groups = [n.div_ceil(tile.columns), m.div_ceil(tile.rows), z].map(|size| size as u32);
    let (layers, evenly_apart) = (layers.len(), sizes.apart > 0);
    // Emulated adapters have no shared memory to save, and widen each value before they multiply it.
    let half = halves::wanted() && !tile.direct;
    (Product { kind, end, layers, by_fours, even, evenly_apart, heads: false, half, tile }, groups)
}

fn forward<'a>(x: &'a CubeTensor, layers: &'a [Dense], end: End, out: &[&'a CubeTensor]) {
    let ([inputs, outputs], side_by_side) = (layers[0].sizes(), layers.len());
    let (weights, apart) = weights(layers);
    let sizes = Sizes {
        c: [count(x) / inputs.max(1), outputs],
        depth: inputs,
        rows: [inputs, outputs, side_by_side * outputs],
        apart: apart.unwrap_or(0),
        ..Sizes::default()
    };
    let (product, groups) = plan(Kind::Forward, end, layers, &sizes, side_by_side);
    let biases = layers.iter().map(|layer| &layer.bias);
    let arrays: Vec<&CubeTensor> = [x].into_iter().chain(&weights).chain(biases).chain(out.iter().copied()).collect();
    run(product, groups, &arrays, &sizes.numbers(&product));
}

/// x `[.., I]` → `x·W + b` of each layer, side by side `[.., P·O]`.
pub fn y(x: CubeTensor, layers: &[Dense]) -> CubeTensor {
    let x = into_contiguous(x);
    let [_, outputs] = layers[0].sizes();
    let y = room(&x, with_last(&x, layers.len() * outputs));
    forward(&x, layers, End::Bias, &[&y]);
    y
}

/// x `[.., I]` → GELU(u) `[.., O]`, where `u = x·W + b`, and the slopes of GELU at u if they are to be kept.
pub fn y_gelu(x: CubeTensor, layer: Dense, keep: bool) -> (CubeTensor, Option<CubeTensor>) {
    let x = into_contiguous(x);
    let [_, outputs] = layer.sizes();
    let y = room(&x, with_last(&x, outputs));
    let slopes = keep.then(|| room(&x, with_last(&x, outputs)));
    let out: Vec<&CubeTensor> = [&y].into_iter().chain(&slopes).collect();
    forward(&x, &[layer], End::Gelu { keep }, &out);
    (y, slopes)
}

fn backward(gradient: &CubeTensor, layers: &[Dense], end: End, more: &[&CubeTensor]) {
    let ([inputs, outputs], side_by_side) = (layers[0].sizes(), layers.len());
    let (weights, apart) = weights(layers);
    let sizes = Sizes {
        c: [count(gradient) / (side_by_side * outputs).max(1), inputs],
        depth: outputs,
        rows: [side_by_side * outputs, outputs, inputs],
        apart: apart.unwrap_or(0),
        ..Sizes::default()
    };
    let (product, groups) = plan(Kind::InputGradient, end, layers, &sizes, 1);
    let arrays: Vec<&CubeTensor> = [gradient].into_iter().chain(&weights).chain(more.iter().copied()).collect();
    run(product, groups, &arrays, &sizes.numbers(&product));
}

/// dy `[.., P·O]` → dx `[.., I]`
pub fn input_gradient(gradient: CubeTensor, layers: &[Dense]) -> CubeTensor {
    let gradient = into_contiguous(gradient);
    let [inputs, _] = layers[0].sizes();
    let dx = room(&gradient, with_last(&gradient, inputs));
    backward(&gradient, layers, End::Plain, &[&dx]);
    dx
}

/// dy `[.., O]` of a layer over GELU(u), and the slopes at u `[.., I]` → du `[.., I]`
pub fn du(gradient: CubeTensor, layer: Dense, slopes: CubeTensor) -> CubeTensor {
    let (gradient, slopes) = (into_contiguous(gradient), into_contiguous(slopes));
    let du = room(&slopes, slopes.shape());
    backward(&gradient, &[layer], End::Sloped, &[&slopes, &du]);
    du
}

/// x `[.., I]`, dy `[.., P·O]` → dW `[I, O]` and db `[O]` of each layer, where the optimiser wants them or as tensors.
pub fn parameter_gradients(x: CubeTensor, gradient: CubeTensor, layers: &[Dense]) -> Vec<[Destination; 2]> {
    let (x, gradient) = (into_contiguous(x), into_contiguous(gradient));
    let ([inputs, outputs], side_by_side) = (layers[0].sizes(), layers.len());
    let places: Vec<[Destination; 2]> =
        layers.iter().map(|layer| [destination(&layer.weight), destination(&layer.bias)]).collect();
    let depth = count(&x) / inputs.max(1);
    let z = side_by_side;
    let tile = pick(Kind::ParameterGradients, [inputs, outputs, z]);
    let slices = depth.div_ceil(tile.depth);
    let chunk = slices.div_ceil(parts(tile, [inputs, outputs, z], depth)).max(1);
    let parts = slices.div_ceil(chunk).max(1);
    let sizes = Sizes {
        c: [inputs, outputs],
        depth,
        rows: [inputs, side_by_side * outputs, outputs],
        chunk,
        ..Sizes::default()
    };
    // All of one step are new, or all add to what another step has put there.
    let adds = places[0][0].adds;
    let alike = places.iter().flatten().all(|place| place.adds == adds);
    if parts == 1 && alike {
        let together = together(&places);
        let (apart, second) = together.as_ref().map_or((0, 0), |together| (together.apart, together.second));
        let sizes = Sizes { apart, second, ..sizes };
        let (product, groups) = plan(Kind::ParameterGradients, End::Parameters { adds }, layers, &sizes, z);
        let [weights, biases] = [0, 1].map(|which| places.iter().map(move |pair| &pair[which].array));
        let targets: Vec<&CubeTensor> = match &together {
            Some(together) => vec![&together.array],
            None => weights.chain(biases).collect(),
        };
        let arrays: Vec<&CubeTensor> = [&x, &gradient].into_iter().chain(targets).collect();
        run(product, groups, &arrays, &sizes.numbers(&product));
    } else {
        let each = (inputs + 1) * outputs;
        let partial = room(&x, [side_by_side * parts * each]);
        let (product, groups) = plan(Kind::ParameterGradients, End::Partial, layers, &sizes, z * parts);
        run(product, groups, &[&x, &gradient, &partial], &sizes.numbers(&product));
        fold(&partial, parts, [inputs * outputs, each], &places);
    }
    places
}
