//! Single-label classification: dropout and one dense layer over the pooled output
//! (`BertForSequenceClassification` in transformers).

use burn::module::{Initializer, Module};
use burn::nn::{Dropout, DropoutConfig, Linear, LinearConfig};
use burn::tensor::{Device, Tensor};

/// Pooled output `[B, H]` → logits `[B, K]`.
#[derive(Module, Debug)]
pub struct ClassificationHead {
    dropout: Dropout,
    dense: Linear,
}

impl ClassificationHead {
    /// A head for K classes whose weights are zero until they are filled.
    pub fn new(hidden: usize, classes: usize, device: &Device) -> Self {
        Self {
            dropout: DropoutConfig::new(0.0).init(),
            dense: LinearConfig::new(hidden, classes).with_initializer(Initializer::Zeros).init(device),
        }
    }

    /// Sets the share of activations that are dropped while training; 0 to below 1.
    #[must_use]
    pub fn with_dropout(mut self, share: f64) -> Self {
        self.dropout.prob = share;
        self
    }

    /// A zero head of the same width for K classes, on the same device.
    #[must_use]
    pub fn with_classes(self, classes: usize) -> Self {
        let [hidden, _] = self.dense.weight.lazy_shape().dims();
        Self::new(hidden, classes, &self.dense.weight.lazy_device()).with_dropout(self.dropout.prob)
    }

    /// Classes, K.
    pub fn classes(&self) -> usize {
        self.dense.weight.lazy_shape()[1]
    }

    /// `[B, H]` → `[B, K]`
    pub fn forward(&self, pooled: Tensor<2>) -> Tensor<2> {
        self.dense.forward(self.dropout.forward(pooled))
    }
}
