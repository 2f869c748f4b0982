//! Hidden words: `…ForMaskedLM` of every family, with the word table as its last layer.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

use crate::kernel;
use crate::model::batch::DeviceBatch;
use crate::model::config::{Activation, EncoderConfig};
use crate::model::layers::{Dense, DenseLayers, Norm};

/// A dense layer, LayerNorm, and the word table read backwards.
#[derive(Module, Debug)]
pub struct LanguageHead {
    /// H → E
    dense: Dense,
    norm: Norm,
    /// `[V]`
    bias: Param<Tensor<1>>,
    #[module(skip)]
    activation: Activation,
}

impl LanguageHead {
    /// A head that is zero until a checkpoint fills it.
    pub fn new(config: &EncoderConfig, device: &Device) -> Self {
        let of_head = config.head.dense.filter(|dense| dense.norm.is_some());
        let bias = of_head.is_none_or(|dense| dense.bias);
        Self {
            dense: Dense::biased(bias, config.hidden_size, config.embedding_size, device),
            norm: config.norm(config.embedding_size, device),
            bias: Param::from_tensor(Tensor::zeros([config.vocab_size], device)),
            activation: config.language_activation(),
        }
    }

    /// The dense layer.
    pub fn dense(&mut self) -> DenseLayers<'_> {
        vec![("dense".to_owned(), &mut self.dense)]
    }

    /// `[B, T, H]` and the word table `[V, E]` → `[M, V]`, for the M places that the batch asks for, or all.
    pub fn forward(&self, hidden: Tensor<3>, words: Tensor<2>, batch: &DeviceBatch) -> Tensor<2> {
        let [rows, tokens, width] = hidden.dims();
        let states = hidden.reshape([rows * tokens, width]);
        let states = match &batch.places {
            Some(places) => states.select(0, places.clone()),
            None => states,
        };
        let narrow = self.norm.forward(self.activation.apply(self.dense.forward(states)));
        kernel::tied(narrow, words, self.bias.val())
    }
}
