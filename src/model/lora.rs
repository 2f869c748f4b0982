//! LoRA (Hu et al. 2021): beside a frozen weight, two thin matrices that learn its change.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

use crate::kernel;

/// `x·A·B · α / r`, added to what a frozen layer gives, as PEFT's `LoraLayer` computes it.
#[derive(Module, Debug)]
pub struct Lora {
    /// `[I, r]`
    a: Param<Tensor<2>>,
    /// `[r, O]`; zero at first, so that training starts from the pretrained model.
    b: Param<Tensor<2>>,
    /// α / r
    #[module(skip)]
    scale: f64,
}

impl Lora {
    /// `[.., I]` → `[.., O]`
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let (a, b) = (self.a.val(), self.b.val());
        let ([_, rank], [_, outputs]) = (a.dims(), b.dims());
        let zero = |size: usize, device: &Device| Tensor::zeros([size], device);
        let device = x.device();
        let thin = kernel::linear(x, a, zero(rank, &device));
        kernel::linear(thin, b, zero(outputs, &device)) * self.scale
    }
}
