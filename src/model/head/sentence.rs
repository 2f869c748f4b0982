//! A vector for a whole text, as sentence-transformers pools it; no parameters.

use burn::module::Module;
use burn::tensor::Tensor;

use crate::model::batch::DeviceBatch;
use crate::model::family::Pooling;

/// One of the hidden states, or their mean.
#[derive(Module, Debug)]
pub struct SentenceHead {
    #[module(skip)]
    pooling: Pooling,
}

impl SentenceHead {
    /// A head that pools in this way.
    pub fn new(pooling: Pooling) -> Self {
        Self { pooling }
    }

    /// `[B, T, H]` → `[B, H]`
    pub fn forward(&self, hidden: Tensor<3>, batch: &DeviceBatch) -> Tensor<2> {
        pool(hidden, self.pooling, &batch.real)
    }
}

/// `[B, T, H]` → `[B, H]`; `real` `[B, T]` is 1 for tokens and 0 for padding.
pub fn pool(hidden: Tensor<3>, pooling: Pooling, real: &Tensor<2>) -> Tensor<2> {
    match pooling {
        Pooling::First => hidden.narrow(1, 0, 1).squeeze_dim(1),
        Pooling::Mean => {
            let counts = real.clone().sum_dim(1);
            let sum: Tensor<2> = (hidden * real.clone().unsqueeze_dim(2)).sum_dim(1).squeeze_dim(1);
            sum / counts
        }
    }
}
