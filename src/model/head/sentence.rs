//! A vector for a whole text, as sentence-transformers makes it: pooled, and scaled to length 1 where the model's layout
//! says so; no parameters.

use burn::module::Module;
use burn::tensor::Tensor;

use crate::model::batch::DeviceBatch;
use crate::model::family::Pooling;

/// One of the hidden states, or their mean.
#[derive(Module, Debug)]
pub struct SentenceHead {
    #[module(skip)]
    pooling: Pooling,
    /// Whether vectors are scaled to length 1.
    normalises: bool,
}

impl SentenceHead {
    /// A head that pools in this way, and scales vectors to length 1 or leaves them as they are.
    pub fn new(pooling: Pooling, normalises: bool) -> Self {
        Self { pooling, normalises }
    }

    /// How it pools.
    pub fn pooling(&self) -> Pooling {
        self.pooling
    }

    /// Whether vectors are scaled to length 1.
    pub fn normalises(&self) -> bool {
        self.normalises
    }

    /// `[B, T, H]` → `[B, H]`
    pub fn forward(&self, hidden: Tensor<3>, batch: &DeviceBatch) -> Tensor<2> {
        let pooled = pool(hidden, self.pooling, &batch.real);
        if self.normalises { unit(pooled) } else { pooled }
    }
}

/// `[B, T, H]` → `[B, H]`; `real` `[B, T]` is 1 for tokens and 0 for padding.
pub fn pool(hidden: Tensor<3>, pooling: Pooling, real: &Tensor<2>) -> Tensor<2> {
    match pooling {
        // Where the encoder knew that no other is wanted, there is no other, and the gradient goes straight back.
        Pooling::First if hidden.dims()[1] == 1 => hidden.squeeze_dim(1),
        Pooling::First => hidden.narrow(1, 0, 1).squeeze_dim(1),
        Pooling::Mean => {
            let counts = real.clone().sum_dim(1);
            let sum: Tensor<2> = (hidden * real.clone().unsqueeze_dim(2)).sum_dim(1).squeeze_dim(1);
            sum / counts
        }
    }
}

/// Rows of length 1, `x / max(‖x‖₂, 1e-12)` of each row, `[N, H]` → `[N, H]` (`torch.nn.functional.normalize`).
pub fn unit(rows: Tensor<2>) -> Tensor<2> {
    let lengths = lengths(rows.clone());
    rows / lengths
}

/// `‖x‖₂` of each row, at least 1e-12, `[N, H]` → `[N, 1]`.
pub(crate) fn lengths(rows: Tensor<2>) -> Tensor<2> {
    // The limit comes before the root, whose slope at 0 is infinite: a row of zeros then has the gradient 0.
    rows.square().sum_dim(1).clamp_min(1e-24).sqrt()
}
