//! Burn's tensors on the CPU as plain arrays, and back.

use burn::backend::flex::FlexTensor;
use burn::backend::{BackendTensor, DispatchAutodiffContext, DispatchTensor, DispatchTensorKind};
use burn::tensor::{Shape, Tensor, TensorData};

/// A tensor of the CPU, outside any graph, whose values are changed where they are; in a copy if others hold them, too.
///
/// # Panics
///
/// If it is on a GPU or part of a graph.
pub fn changed<const D: usize>(tensor: Tensor<D>, change: impl FnOnce(&mut [f32])) -> Tensor<D> {
    let mut array = match tensor.into_dispatch().kind {
        DispatchTensorKind::Flex(BackendTensor::Float(array)) => dense(array),
        other => panic!("a tensor of the CPU, outside any graph, rather than {other:?}"),
    };
    let (begin, end) = array.layout().contiguous_offsets().unwrap_or_else(|| unreachable!("made dense before"));
    change(&mut array.storage_mut()[begin..end]);
    let kind = DispatchTensorKind::Flex(BackendTensor::Float(array));
    Tensor::from_dispatch(DispatchTensor { kind, autodiff: DispatchAutodiffContext::Disabled })
}

/// The tensor with its values one after the other, as kernels read them: copied only if they are not.
pub fn dense(tensor: FlexTensor) -> FlexTensor {
    if tensor.as_slice::<f32>().is_some() { tensor } else { tensor.to_contiguous() }
}

/// Its values, after [`dense`].
pub fn values(tensor: &FlexTensor) -> &[f32] {
    tensor.as_slice().unwrap_or_else(|| unreachable!("made dense before"))
}

/// A tensor of this shape whose values `fill` writes, every one of them.
pub fn array(shape: Shape, fill: impl FnOnce(&mut [f32])) -> FlexTensor {
    let mut values = fresh(shape.num_elements());
    fill(&mut values);
    tensor(values, shape)
}

/// Room for a kernel's result. Nothing is written there first: a step has room made for some 250 MB, and zeros that no
/// one reads would cost it a tenth of its time.
#[allow(clippy::uninit_vec)] // Kernels write every value before one is read; debug builds fill in NaN to show it.
pub fn fresh(size: usize) -> Vec<f32> {
    if cfg!(debug_assertions) {
        return vec![f32::NAN; size];
    }
    let mut room = Vec::with_capacity(size);
    // SAFETY: the capacity is there, any bits are an f32, and every kernel here writes all of its result.
    unsafe { room.set_len(size) };
    room
}

/// A tensor of this shape that has these values.
pub fn tensor(values: Vec<f32>, shape: Shape) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, shape))
}
