//! Single-label classification: dropout and one dense layer over the pooled output
//! (`BertForSequenceClassification` in transformers).

use burn::module::{Initializer, Module};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor};

use crate::kernel::Dropout;

/// Pooled output `[B, H]` → logits `[B, K]`.
#[derive(Module, Debug)]
pub struct ClassificationHead {
    dense: Linear,
}

impl ClassificationHead {
    /// A head for K classes whose weights are zero until they are filled.
    pub fn new(hidden: usize, classes: usize, device: &Device) -> Self {
        Self { dense: LinearConfig::new(hidden, classes).with_initializer(Initializer::Zeros).init(device) }
    }

    /// A zero head of the same width for K classes, on the same device.
    #[must_use]
    pub fn with_classes(self, classes: usize) -> Self {
        let [hidden, _] = self.dense.weight.lazy_shape().dims();
        Self::new(hidden, classes, &self.dense.weight.lazy_device())
    }

    /// Classes, K.
    pub fn classes(&self) -> usize {
        self.dense.weight.lazy_shape()[1]
    }

    /// `[B, H]` → `[B, K]`
    pub fn forward(&self, pooled: Tensor<2>, dropout: &Dropout) -> Tensor<2> {
        self.dense.forward(dropout.apply(pooled))
    }
}
