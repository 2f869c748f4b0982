//! Arrays on a GPU that are written in place, which burn's own operations never do with what another tensor may hold:
//! parameters that lie in one array, with their gradients and moments in others of the same layout.

use burn::backend::{BackendTensor, DispatchAutodiffContext, DispatchTensor, DispatchTensorKind, TensorMetadata};
use burn::tensor::{Device, Tensor};
use burn_wgpu::CubeTensor;

use super::adamw::Update;
pub use super::gpu::adamw::BLOCK;
use super::gpu::destination::{Places, gathered, view};
use super::gpu::{adamw, each, embed};

/// A tensor of a GPU, outside any graph, as its backend has it.
pub(super) fn cube<const D: usize>(tensor: &Tensor<D>) -> CubeTensor {
    match tensor.clone().into_dispatch().kind {
        DispatchTensorKind::Cube(BackendTensor::Float(tensor)) => tensor,
        other => panic!("a tensor on a GPU, outside any graph, rather than {other:?}"),
    }
}

pub(super) fn tensor<const D: usize>(tensor: CubeTensor) -> Tensor<D> {
    let kind = DispatchTensorKind::Cube(BackendTensor::Float(tensor));
    Tensor::from_dispatch(DispatchTensor { kind, autodiff: DispatchAutodiffContext::Disabled })
}

/// The same values in an array of their own.
pub fn copied<const D: usize>(values: &Tensor<D>) -> Tensor<D> {
    let copy = Tensor::empty(values.dims(), &values.device());
    each::put(cube(values), &cube(&copy), false);
    copy
}

/// How a block of [`BLOCK`] values moves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// What the learning rate is multiplied by.
    pub factor: f64,
    /// Decoupled weight decay.
    pub weight_decay: f64,
}

/// Where a parameter lies: in which array, and from which value on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spot {
    /// The array, by number.
    pub array: usize,
    /// Its first value there, a multiple of [`BLOCK`].
    pub first: usize,
}

/// Parameters that lie side by side in a few arrays, with what an optimiser needs of them: 16 bytes for each in all.
#[derive(Debug)]
pub struct FlatParameters {
    slabs: Vec<Slab>,
    /// Which gradients are there, for each slab.
    places: Vec<Places>,
}

/// One array of parameters, N values, and others like it.
#[derive(Debug)]
struct Slab {
    parameters: CubeTensor,
    gradients: CubeTensor,
    first: CubeTensor,
    second: CubeTensor,
    /// `[N / BLOCK, 2]`
    blocks: CubeTensor,
}

impl FlatParameters {
    /// Room for arrays of so many values, each a multiple of [`BLOCK`], all zero.
    ///
    /// # Panics
    ///
    /// If one is no multiple.
    pub fn new(sizes: &[usize], device: &Device) -> Self {
        let slabs: Vec<Slab> = sizes.iter().map(|&size| Slab::new(size, device)).collect();
        let places = slabs.iter().map(|slab| Places::new(&slab.parameters, &slab.gradients)).collect();
        Self { slabs, places }
    }

    /// Puts a parameter's values at a spot and returns the parameter as a part of the array. Steps change it.
    pub fn place<const D: usize>(&mut self, spot: Spot, values: &Tensor<D>) -> Tensor<D> {
        let part = view(&self.slabs[spot.array].parameters, bytes(spot.first), values.shape());
        each::put(cube(values), &part, false);
        tensor(part)
    }

    /// Runs a backward pass whose kernels put the gradients of these parameters where they belong.
    pub fn gather<R>(&mut self, backward: impl FnOnce() -> R) -> R {
        gathered(&mut self.places, backward)
    }

    /// Whether the gradient of the parameter at a spot is there.
    pub fn has_gradient(&self, spot: Spot) -> bool {
        self.places[spot.array].has(bytes(spot.first))
    }

    /// Puts a gradient that came by the graph to its place, or adds it to what is there.
    pub fn add_gradient<const D: usize>(&mut self, spot: Spot, gradient: &Tensor<D>) {
        let part = view(&self.slabs[spot.array].gradients, bytes(spot.first), gradient.shape());
        let adds = self.places[spot.array].note(bytes(spot.first));
        each::put(cube(gradient), &part, adds);
    }

    /// Makes the gradient of a parameter of so many values zero.
    pub fn clear_gradient(&mut self, spot: Spot, size: usize, device: &Device) {
        let part = view(&self.slabs[spot.array].gradients, bytes(spot.first), [size].into());
        each::put(cube(&Tensor::<1>::zeros([size], device)), &part, false);
    }

    /// Says how each block of an array moves; those without a pace stay as they are.
    ///
    /// # Panics
    ///
    /// If there are more or fewer than blocks.
    pub fn set_paces(&mut self, array: usize, paces: &[Option<Pace>]) {
        let numbers = paces.iter().flat_map(|pace| match pace {
            Some(pace) => [pace.factor as f32, pace.weight_decay as f32],
            None => [adamw::IDLE, 0.0],
        });
        let bits: Vec<u32> = numbers.map(f32::to_bits).collect();
        let slab = &mut self.slabs[array];
        assert_eq!(bits.len(), slab.blocks.shape().num_elements(), "a pace for each block");
        slab.blocks = embed::upload(&slab.parameters, &bits);
    }

    /// The global norm of all gradients, those of some rows of a table among them, and what gradients have to be
    /// multiplied by for it to be at most `largest` (0 for no limit): `[2]`.
    pub fn norm(&self, rows: Option<&Tensor<2>>, largest: f64, device: &Device) -> Tensor<1> {
        let slabs = self.slabs.iter().map(|slab| slab.gradients.clone());
        let arrays: Vec<CubeTensor> = slabs.chain(rows.map(cube)).collect();
        let runs: Vec<usize> = arrays.iter().map(adamw::runs).collect();
        let sums = cube(&Tensor::<1>::empty([runs.iter().sum::<usize>()], device));
        let mut first = 0;
        for (array, runs) in arrays.iter().zip(runs) {
            adamw::squares(array, &sums, first);
            first += runs;
        }
        tensor(adamw::clip(&sums, largest))
    }

    /// Moves all parameters one step, with gradients multiplied by the second of `norm`'s numbers. Afterwards there are no
    /// gradients.
    pub fn update(&mut self, norm: &Tensor<1>, update: &Update) {
        for slab in &self.slabs {
            let arrays = [&slab.parameters, &slab.gradients, &slab.first, &slab.second];
            adamw::flat(arrays, &slab.blocks, &cube(norm), update);
        }
        self.places.iter_mut().for_each(Places::clear);
    }

    /// Both moments of the parameter of so many values at a spot: parts of their arrays, which the next step changes.
    pub fn moments(&self, spot: Spot, size: usize) -> [Tensor<1>; 2] {
        let slab = &self.slabs[spot.array];
        [&slab.first, &slab.second].map(|array| tensor(view(array, bytes(spot.first), [size].into())))
    }

    /// Puts both moments of the parameter at a spot to their places.
    pub fn set_moments(&mut self, spot: Spot, moments: &[Tensor<1>; 2]) {
        let slab = &self.slabs[spot.array];
        for (array, values) in [&slab.first, &slab.second].into_iter().zip(moments) {
            each::put(cube(values), &view(array, bytes(spot.first), values.shape()), false);
        }
    }

    /// Bytes of both moments.
    pub fn moment_bytes(&self) -> usize {
        let values = self.slabs.iter().map(|slab| slab.first.shape().num_elements());
        2 * values.sum::<usize>() * size_of::<f32>()
    }
}

impl Slab {
    fn new(size: usize, device: &Device) -> Self {
        assert!(size.is_multiple_of(BLOCK), "blocks of {size} values");
        let array = |size| cube(&Tensor::<1>::zeros([size], device));
        Self {
            parameters: array(size),
            gradients: array(size),
            first: array(size),
            second: array(size),
            blocks: array(2 * size / BLOCK),
        }
    }
}

/// Where a value lies, in bytes.
fn bytes(place: usize) -> u64 {
    (place * size_of::<f32>()) as u64
}
