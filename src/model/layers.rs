//! What every encoder is made of: dense layers and LayerNorm, with parameters of their own, and activations.

use burn::module::{Module, Param};
use burn::tensor::{Device, Int, Tensor, TensorData, activation};

use crate::kernel::{self, Dropout};
use crate::model::config::{Activation, EncoderConfig};
use crate::model::family::Details;
use crate::model::lora::Lora;

/// `x·W + b`. Zero until a checkpoint or a seed fills it.
#[derive(Module, Debug)]
pub struct Dense {
    /// `[I, O]`
    weight: Param<Tensor<2>>,
    /// `[O]`; ModernBERT does without.
    bias: Option<Param<Tensor<1>>>,
    /// What is learnt beside the weight while the weight itself is frozen.
    lora: Option<Lora>,
}

/// The dense layers of a module, each with its path below that module.
pub type DenseLayers<'a> = Vec<(String, &'a mut Dense)>;

/// The dense layers of a part, as the module sees them that calls this part `name`.
pub fn below<'a>(name: &str, layers: DenseLayers<'a>) -> DenseLayers<'a> {
    layers.into_iter().map(|(path, layer)| (format!("{name}.{path}"), layer)).collect()
}

impl Dense {
    /// A layer from I inputs to O outputs.
    pub fn new(inputs: usize, outputs: usize, device: &Device) -> Self {
        let bias = Param::from_tensor(Tensor::zeros([outputs], device));
        Self { bias: Some(bias), ..Self::without_bias(inputs, outputs, device) }
    }

    /// A layer from I inputs to O outputs that only multiplies.
    pub fn without_bias(inputs: usize, outputs: usize, device: &Device) -> Self {
        Self { weight: Param::from_tensor(Tensor::zeros([inputs, outputs], device)), bias: None, lora: None }
    }

    /// A layer with or without bias.
    pub fn biased(bias: bool, inputs: usize, outputs: usize, device: &Device) -> Self {
        if bias { Self::new(inputs, outputs, device) } else { Self::without_bias(inputs, outputs, device) }
    }

    /// The same layer with these values: `weight` `[O, I]` as PyTorch has it, row-major, and `bias` `[O]`.
    #[must_use]
    pub fn filled(self, weight: &[f32], bias: &[f32]) -> Self {
        let ([inputs, outputs], device) = (self.sizes(), self.weight.lazy_device());
        assert_eq!((weight.len(), bias.len()), (inputs * outputs, outputs), "values for {inputs} to {outputs}");
        let weight = Tensor::<2>::from_data(TensorData::new(weight.to_vec(), [outputs, inputs]), &device).transpose();
        let bias = Tensor::from_data(TensorData::new(bias.to_vec(), [outputs]), &device);
        Self { weight: Param::from_tensor(weight), bias: Some(Param::from_tensor(bias)), ..self }
    }

    /// The layer `by · (x·W + b) + plus`; one without bias says `by · x·W`. Without autodiff.
    #[must_use]
    pub fn rescaled(self, by: f64, plus: f64) -> Self {
        let weight = self.weight.map(|weight| weight * by);
        let bias = self.bias.map(|bias| bias.map(|bias| bias * by + plus));
        Self { weight, bias, ..self }
    }

    /// The same layer with its outputs in another order: `order[k]` is the place that output k had.
    #[must_use]
    pub fn reordered(self, order: &[usize]) -> Self {
        let places: Vec<i64> = order.iter().map(|&place| place as i64).collect();
        let places = Tensor::<1, Int>::from_data(places.as_slice(), &self.weight.lazy_device());
        let weight = self.weight.map(|weight| weight.select(1, places.clone()));
        let bias = self.bias.map(|bias| bias.map(|bias| bias.select(0, places)));
        Self { weight, bias, ..self }
    }

    /// Weight `[O, I]` as PyTorch has it and bias `[O]`, if there is one.
    pub fn values(&self) -> (Tensor<2>, Option<Tensor<1>>) {
        let bias = self.bias.as_ref().map(|bias| bias.val().inner());
        (self.weight.val().inner().transpose(), bias)
    }

    /// I and O.
    pub fn sizes(&self) -> [usize; 2] {
        self.weight.lazy_shape().dims()
    }

    /// The same layer with an adapter beside it, in place of any that it had.
    pub fn adapt(&mut self, lora: Lora) {
        let [inputs, outputs] = self.sizes();
        assert_eq!(lora.sizes(), [inputs, outputs], "an adapter of the layer's own sizes");
        self.lora = Some(lora);
    }

    /// Has the adapter, if there is one, drop the next mask's share of what goes into it.
    pub fn drop_adapter_inputs(&mut self, dropout: &Dropout) {
        if let Some(lora) = &mut self.lora {
            lora.drop_inputs(dropout.mask());
        }
    }

    /// Folds the adapter, if there is one, into the weight: `W + A·B · α / r`.
    pub fn merge(&mut self) {
        if let Some(lora) = self.lora.take() {
            self.weight = self.weight.clone().map(|weight| weight + lora.change());
        }
    }

    /// `[.., I]` → `[.., O]`
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let y = kernel::linear(x.clone(), self.weight.val(), self.bias(&x.device()));
        match &self.lora {
            Some(lora) => y + lora.forward(x),
            None => y,
        }
    }

    /// The weight with the change of its adapter, if there is one; none where that is not all that the adapter does.
    fn whole_weight(&self) -> Option<Tensor<2>> {
        match &self.lora {
            None => Some(self.weight.val()),
            Some(lora) if lora.drops_inputs() => None,
            Some(lora) => Some(self.weight.val() + lora.change()),
        }
    }

    fn bias(&self, device: &Device) -> Tensor<1> {
        match &self.bias {
            Some(bias) => bias.val(),
            None => Tensor::zeros([self.sizes()[1]], device),
        }
    }
}

/// Queries, keys and values of the same states side by side: `[B, T, H]` → `[B, T, 3·H]`.
pub fn side_by_side(layers: [&Dense; 3], x: Tensor<3>) -> Tensor<3> {
    if layers.iter().any(|layer| layer.lora.is_some()) {
        return Tensor::cat(layers.map(|layer| layer.forward(x.clone())).into(), 2);
    }
    let device = x.device();
    kernel::linears(x, layers.map(|layer| layer.weight.val()), layers.map(|layer| layer.bias(&device)))
}

/// What attention mixes for the first token of `x` `[B, T, H]`, given that token's state `[B, 1, H]` → `[B, 1, H]`, without
/// keys and values of all tokens; none where they are needed: by an adapter that drops some of what goes into it, or by
/// GPUs, which have kernels for attention as a whole, but none for this.
pub fn first_attention(
    [query, key, value]: [&Dense; 3],
    first: Tensor<3>,
    x: &Tensor<3>,
    bias: &Tensor<2>,
    heads: usize,
    dropout: &Dropout,
) -> Option<Tensor<3>> {
    let device = x.device();
    if device.clone().inner() != Device::flex() {
        return None;
    }
    let keys_and_values = [(key.whole_weight()?, key.bias(&device)), (value.whole_weight()?, value.bias(&device))];
    Some(kernel::first_attention(query.forward(first), x.clone(), keys_and_values, bias.clone(), heads, dropout))
}

/// `[B, T, 3·H]` → three times `[B, T, H]`
pub fn thirds(x: Tensor<3>) -> [Tensor<3>; 3] {
    let width = x.dims()[2] / 3;
    [0, 1, 2].map(|part| x.clone().narrow(2, part * width, width))
}

/// `down(activation(up(x)))`: `[.., H]` → `[.., H]`.
pub fn feed_forward<const D: usize>(up: &Dense, down: &Dense, activation: Activation, x: Tensor<D>) -> Tensor<D> {
    if activation != Activation::Gelu || up.lora.is_some() || down.lora.is_some() {
        return down.forward(activation.apply(up.forward(x)));
    }
    let device = x.device();
    kernel::feed_forward(x, [up.weight.val(), down.weight.val()], [up.bias(&device), down.bias(&device)])
}

/// LayerNorm over the last dimension. γ is 1 and β 0 until a checkpoint fills them.
#[derive(Module, Debug)]
pub struct Norm {
    /// `[H]`
    gamma: Param<Tensor<1>>,
    /// `[H]`; ModernBERT does without.
    beta: Option<Param<Tensor<1>>>,
    #[module(skip)]
    epsilon: f64,
}

impl Norm {
    /// Over rows of H values, with or without β; `epsilon` is added to the variance.
    pub fn biased(bias: bool, hidden: usize, epsilon: f64, device: &Device) -> Self {
        Self {
            gamma: Param::from_tensor(Tensor::ones([hidden], device)),
            beta: bias.then(|| Param::from_tensor(Tensor::zeros([hidden], device))),
            epsilon,
        }
    }

    /// `[.., H]` → `[.., H]`
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let beta = self.beta(&x.device());
        kernel::norm(x, self.gamma.val(), beta, self.epsilon)
    }

    /// `LayerNorm(residual + dropout(x))`, `[.., H]`: how the sublayers of BERT and its like end.
    pub fn after<const D: usize>(&self, x: Tensor<D>, residual: Tensor<D>, dropout: &Dropout) -> Tensor<D> {
        let beta = self.beta(&x.device());
        kernel::add_norm(x, residual, [self.gamma.val(), beta], self.epsilon, dropout)
    }

    fn beta(&self, device: &Device) -> Tensor<1> {
        match &self.beta {
            Some(beta) => beta.val(),
            None => Tensor::zeros(self.gamma.lazy_shape(), device),
        }
    }
}

impl EncoderConfig {
    /// A LayerNorm over so many values, as the family has them.
    pub(super) fn norm(&self, width: usize, device: &Device) -> Norm {
        let bias = !matches!(&self.details, Details::Modern(modern) if !modern.biases.norm);
        Norm::biased(bias, width, self.layer_norm_eps, device)
    }
}

impl Activation {
    /// Of each value.
    pub fn apply<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        match self {
            Self::Gelu => kernel::gelu(x),
            Self::GeluTanh => activation::gelu_approximate(x),
            Self::Relu => activation::relu(x),
            Self::Silu => activation::silu(x),
            Self::Tanh => x.tanh(),
        }
    }
}
