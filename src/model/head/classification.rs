//! Single-label classification: dropout and one dense layer over the pooled output
//! (`BertForSequenceClassification` in transformers).

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use crate::kernel::Dropout;
use crate::model::layers::Dense;

/// Pooled output `[B, H]` → logits `[B, K]`.
#[derive(Module, Debug)]
pub struct ClassificationHead {
    dense: Dense,
}

impl ClassificationHead {
    /// A head for K classes whose weights are zero until they are filled.
    pub fn new(hidden: usize, classes: usize, device: &Device) -> Self {
        Self { dense: Dense::new(hidden, classes, device) }
    }

    /// A zero head of the same width for K classes, on the same device.
    #[must_use]
    pub fn with_classes(self, classes: usize) -> Self {
        let [hidden, _] = self.dense.sizes();
        Self::new(hidden, classes, &self.dense.device())
    }

    /// Classes, K.
    pub fn classes(&self) -> usize {
        self.dense.sizes()[1]
    }

    /// `[B, H]` → `[B, K]`
    pub fn forward(&self, pooled: Tensor<2>, dropout: &Dropout) -> Tensor<2> {
        self.dense.forward(dropout.apply(pooled))
    }
}
