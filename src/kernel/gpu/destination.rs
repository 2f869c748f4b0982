//! Where gradients of parameters go: into arrays of their own, or, while a backward pass runs for an optimiser that keeps
//! gradients side by side, to their places there.

use std::cell::RefCell;
use std::collections::HashSet;

use burn::backend::TensorMetadata;
use burn_wgpu::CubeTensor;

use super::shader::room;

thread_local! {
    static OPEN: RefCell<Vec<Places>> = const { RefCell::new(Vec::new()) };
}

/// One array with the gradients of all parameters that lie in another: each at the place of its parameter.
#[derive(Debug)]
pub struct Places {
    /// The memory that they lie in, by number.
    parameters: usize,
    gradients: CubeTensor,
    /// Offsets in bytes of the gradients that are there.
    written: HashSet<u64>,
}

impl Places {
    /// Gradients of what lies in `parameters` go to the same places in `gradients`, none of which is there yet.
    pub fn new(parameters: &CubeTensor, gradients: &CubeTensor) -> Self {
        Self { parameters: memory(parameters), gradients: gradients.clone(), written: HashSet::new() }
    }

    /// Whether the gradient of the parameter at an offset, in bytes, is there.
    pub fn has(&self, offset: u64) -> bool {
        self.written.contains(&offset)
    }

    /// Notes that it is; says whether it was before.
    pub fn note(&mut self, offset: u64) -> bool {
        !self.written.insert(offset)
    }

    /// Forgets all gradients.
    pub fn clear(&mut self) {
        self.written.clear();
    }
}

/// While `backward` runs, gradients of parameters that lie in one of the arrays of parameters go to their places, and are
/// added to what is there.
pub fn gathered<R>(places: &mut Vec<Places>, backward: impl FnOnce() -> R) -> R {
    OPEN.set(std::mem::take(places));
    let result = backward();
    *places = OPEN.take();
    result
}

/// Where one gradient goes.
#[derive(Debug)]
pub struct Destination {
    /// The array, or its part of the array of all.
    pub array: CubeTensor,
    /// Whether it is added to what is there.
    pub adds: bool,
    /// Whether it is in the array of all, where the graph has no more to do with it.
    pub placed: bool,
}

impl Destination {
    /// The gradient as the graph takes it.
    pub fn tensor(self) -> Option<CubeTensor> {
        (!self.placed).then_some(self.array)
    }
}

/// Where the gradient of a parameter goes.
pub fn destination(parameter: &CubeTensor) -> Destination {
    OPEN.with_borrow_mut(|open| {
        let own = || Destination { array: room(parameter, parameter.shape()), adds: false, placed: false };
        let memory = memory(parameter);
        let Some(places) = open.iter_mut().find(|places| places.parameters == memory) else { return own() };
        let offset = parameter.handle.offset_start.unwrap_or(0);
        let array = view(&places.gradients, offset, parameter.shape());
        Destination { array, adds: places.note(offset), placed: true }
    })
}

/// A part of an array as an array of its own, from a byte on.
pub fn view(array: &CubeTensor, offset: u64, shape: burn::tensor::Shape) -> CubeTensor {
    let bytes = (shape.num_elements() * size_of::<f32>()) as u64;
    let rest = array.handle.size_in_used() - offset - bytes;
    let handle = array.handle.clone().offset_start(offset).offset_end(rest);
    CubeTensor::new_contiguous(array.client.clone(), array.device.clone(), shape, handle, array.dtype)
}

/// The number of the memory that an array lies in: its own, or that of the array that it is a part of.
fn memory(array: &CubeTensor) -> usize {
    array.handle.memory.clone().binding().id().value
}

/// Arrays that are parts of one, each as far from the one before it: the part that holds all of them, and how far that is
/// in values.
pub fn evenly_apart(arrays: &[&CubeTensor]) -> Option<(CubeTensor, usize)> {
    let [first, .., last] = arrays else { return None };
    let start = |array: &CubeTensor| array.handle.offset_start.unwrap_or(0);
    let alike = arrays.iter().all(|array| memory(array) == memory(first));
    let distances: Option<Vec<u64>> =
        arrays.windows(2).map(|pair| start(pair[1]).checked_sub(start(pair[0]))).collect();
    let apart = distances.filter(|all| alike && all.iter().all(|&apart| apart > 0 && apart == all[0]))?[0] as usize;
    let values = (start(last) - start(first)) as usize / size_of::<f32>() + last.shape().num_elements();
    let mut handle = first.handle.clone();
    handle.offset_end = last.handle.offset_end;
    let shape = [values].into();
    let all = CubeTensor::new_contiguous(first.client.clone(), first.device.clone(), shape, handle, first.dtype);
    Some((all, apart / size_of::<f32>()))
}

/// The gradients of weights and biases of several layers, all in one array, each layer as far from the one before it.
pub struct Together {
    /// From the first weight's gradient to the end of the last bias's.
    pub array: CubeTensor,
    /// Values from one layer's to the next.
    pub apart: usize,
    /// Values from a weight's to its bias's.
    pub second: usize,
}

/// Pairs of gradients as parts of one array, if they are.
pub fn together(pairs: &[[Destination; 2]]) -> Option<Together> {
    let each = |which: usize| pairs.iter().map(|pair| &pair[which].array).collect::<Vec<_>>();
    let ([weights, biases], size) = ([each(0), each(1)], size_of::<f32>() as u64);
    let (from, apart) = evenly_apart(&weights)?;
    let (to, also_apart) = evenly_apart(&biases)?;
    let start = |array: &CubeTensor| array.handle.offset_start.unwrap_or(0);
    let second = start(&to).checked_sub(start(&from))? / size;
    if memory(&from) != memory(&to) || apart != also_apart {
        return None;
    }
    let values = second as usize + to.shape().num_elements();
    let mut handle = from.handle.clone();
    handle.offset_end = to.handle.offset_end;
    let array =
        CubeTensor::new_contiguous(from.client.clone(), from.device.clone(), [values].into(), handle, from.dtype);
    Some(Together { array, apart, second: second as usize })
}
