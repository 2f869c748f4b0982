//! What follows attention in a layer that normalises after its sublayers: BERT's, and those of most families.

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use crate::kernel::Dropout;
use crate::model::batch::DeviceBatch;
use crate::model::config::{Activation, EncoderConfig};
use crate::model::layers::{Dense, DenseLayers, Norm, feed_forward};

/// Attention's output layer and the feed-forward block, each with a residual and LayerNorm after it.
#[derive(Module, Debug)]
pub struct Block {
    attention_output: Dense,
    attention_norm: Norm,
    intermediate: Dense,
    output: Dense,
    output_norm: Norm,
    #[module(skip)]
    activation: Activation,
    /// Whether dropout follows attention and feed-forward.
    #[module(skip)]
    drops: [bool; 2],
}

impl Block {
    /// Layers of the right shapes, zero until a checkpoint fills them.
    pub fn new(config: &EncoderConfig, device: &Device) -> Self {
        let (hidden, wide) = (config.hidden_size, config.intermediate_size);
        Self {
            attention_output: Dense::new(hidden, hidden, device),
            attention_norm: config.norm(hidden, device),
            intermediate: Dense::new(hidden, wide, device),
            output: Dense::new(wide, hidden, device),
            output_norm: config.norm(hidden, device),
            activation: config.activation,
            drops: config.drops,
        }
    }

    /// The dense layers.
    pub fn dense(&mut self) -> DenseLayers<'_> {
        let Self { attention_output, intermediate, output, .. } = self;
        vec![
            ("attention_output".to_owned(), attention_output),
            ("intermediate".to_owned(), intermediate),
            ("output".to_owned(), output),
        ]
    }

    /// What attention mixed and what came into the layer, both `[B, T, H]` → `[B, T, H]`.
    pub fn forward(&self, mixed: Tensor<3>, input: Tensor<3>, batch: &DeviceBatch) -> Tensor<3> {
        let none = Dropout::off();
        let [after_attention, after_output] = self.drops.map(|drops| if drops { &batch.dropout } else { &none });
        let attended = self.attention_norm.after(self.attention_output.forward(mixed), input, after_attention);
        let fed = feed_forward(&self.intermediate, &self.output, self.activation, attended.clone());
        self.output_norm.after(fed, attended, after_output)
    }
}
