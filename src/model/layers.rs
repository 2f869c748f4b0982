//! The two layers that every encoder is made of, with parameters of their own and the kernels that compute them.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

use crate::kernel::{self, Dropout};

/// `x·W + b`. Zero until a checkpoint or a seed fills it.
#[derive(Module, Debug)]
pub struct Dense {
    /// `[I, O]`
    weight: Param<Tensor<2>>,
    /// `[O]`
    bias: Param<Tensor<1>>,
}

impl Dense {
    /// A layer from I inputs to O outputs.
    pub fn new(inputs: usize, outputs: usize, device: &Device) -> Self {
        Self {
            weight: Param::from_tensor(Tensor::zeros([inputs, outputs], device)),
            bias: Param::from_tensor(Tensor::zeros([outputs], device)),
        }
    }

    /// I and O.
    pub fn sizes(&self) -> [usize; 2] {
        self.weight.lazy_shape().dims()
    }

    /// Where the parameters live.
    pub fn device(&self) -> Device {
        self.weight.lazy_device()
    }

    /// `[.., I]` → `[.., O]`
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        kernel::linear(x, self.weight.val(), self.bias.val())
    }
}

/// LayerNorm over the last dimension. γ is 1 and β 0 until a checkpoint fills them.
#[derive(Module, Debug)]
pub struct Norm {
    /// `[H]`
    gamma: Param<Tensor<1>>,
    /// `[H]`
    beta: Param<Tensor<1>>,
    #[module(skip)]
    epsilon: f64,
}

impl Norm {
    /// Over rows of H values; `epsilon` is added to the variance.
    pub fn new(hidden: usize, epsilon: f64, device: &Device) -> Self {
        Self {
            gamma: Param::from_tensor(Tensor::ones([hidden], device)),
            beta: Param::from_tensor(Tensor::zeros([hidden], device)),
            epsilon,
        }
    }

    /// `[.., H]` → `[.., H]`
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        kernel::norm(x, self.gamma.val(), self.beta.val(), self.epsilon)
    }

    /// `LayerNorm(residual + dropout(x))`, `[.., H]`: how a transformer's sublayers end.
    pub fn after<const D: usize>(&self, x: Tensor<D>, residual: Tensor<D>, dropout: &Dropout) -> Tensor<D> {
        kernel::add_norm(x, residual, [self.gamma.val(), self.beta.val()], self.epsilon, dropout)
    }
}
