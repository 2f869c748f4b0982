//! A [`Batch`] on the device: the encoder's inputs as tensors.

use burn::tensor::{Device, Int, Tensor, TensorData};

use crate::data::Batch;
use crate::kernel::Dropout;

/// Inputs of the encoder.
#[derive(Debug, Clone)]
pub struct DeviceBatch {
    /// Token ids, `[B, T]`.
    pub ids: Tensor<2, Int>,
    /// Token types, `[B, T]`.
    pub types: Tensor<2, Int>,
    /// Added to the scores of each key, `[B, T]`: 0 for tokens, the lowest f32 for padding, as transformers does.
    pub attention_bias: Tensor<2>,
    /// What is dropped on the way: nothing but in training.
    pub dropout: Dropout,
}

impl DeviceBatch {
    /// Uploads a batch.
    ///
    /// # Panics
    ///
    /// If the arrays are not B × T and B long.
    pub fn new(batch: &Batch, device: &Device) -> Self {
        let (rows, tokens) = (batch.batch, batch.tokens);
        assert_eq!(batch.ids.len(), rows * tokens, "ids of {rows} rows of {tokens} tokens");
        let grid = |values: &[i32]| Tensor::from_data(TensorData::new(values.to_vec(), [rows, tokens]), device);
        let bias: Vec<f32> = batch.mask.iter().map(|&real| if real == 1 { 0.0 } else { f32::MIN }).collect();
        Self {
            ids: grid(&batch.ids),
            types: grid(&batch.types),
            attention_bias: Tensor::from_data(TensorData::new(bias, [rows, tokens]), device),
            dropout: Dropout::off(),
        }
    }

    /// The same batch for a pass that drops activations.
    #[must_use]
    pub fn with_dropout(self, dropout: Dropout) -> Self {
        Self { dropout, ..self }
    }
}
