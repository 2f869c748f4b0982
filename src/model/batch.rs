//! A [`Batch`] on the device: the encoder's inputs as tensors.

use std::sync::Arc;

use burn::module::{Param, ParamId};
use burn::tensor::{Device, Int, Tensor, TensorData};

use crate::data::{Batch, Truth};
use crate::kernel::{self, Dropout, Lookup, Places};

/// Inputs of the encoder.
#[derive(Debug, Clone)]
pub struct DeviceBatch {
    /// B and T.
    shape: [usize; 2],
    /// Token ids, `[B, T]`.
    pub ids: Arc<[i32]>,
    /// Token types, `[B, T]`.
    pub types: Arc<[i32]>,
    /// Whether a token is padding, `[B, T]`.
    pub padding: Arc<[bool]>,
    /// Added to the scores of each key, `[B, T]`: 0 for tokens, the lowest f32 for padding, as transformers does.
    pub attention_bias: Tensor<2>,
    /// 1 for tokens, 0 for padding, `[B, T]`.
    pub real: Tensor<2>,
    /// What is dropped on the way: nothing but in training.
    pub dropout: Dropout,
    /// Whether the loss looks at padding, too, as that of answers does: elsewhere padding has no gradient at all.
    pub learns_from_padding: bool,
    /// Places in `[B · T]` whose outputs are wanted of a head over hidden words; all where it is `None`.
    pub places: Option<Tensor<1, Int>>,
    /// The rows of the word table that these tokens are, where gradients are wanted of them alone.
    pub words: Option<Words>,
}

/// The rows of an embedding table that a batch uses, as a leaf of the graph of their own: the table's gradient is zero
/// everywhere else, and passes over 30,000 rows for a few hundred would cost more than the encoder of a small batch.
#[derive(Debug, Clone)]
pub struct Words {
    /// The table.
    pub table: ParamId,
    /// Which rows, ascending, U of them.
    pub ids: Vec<usize>,
    /// Their values, `[U, H]`.
    pub rows: Tensor<2>,
    /// Which of them each token is, `[B · T]`.
    pub places: Vec<i32>,
}

impl Words {
    /// Takes the rows for `tokens` out of a table.
    fn new(table: &Param<Tensor<2>>, tokens: &[i32]) -> Self {
        let mut ids = tokens.to_vec();
        ids.sort_unstable();
        ids.dedup();
        // Every token is among them, so that each search finds its place.
        let places = tokens.iter().map(|token| ids.binary_search(token).unwrap_or_else(|at| at) as i32).collect();
        let values = table.val().inner();
        let [count, _] = values.dims();
        let rows = Lookup::new(vec![Places { rows: ids.clone(), count, constant: Vec::new() }]);
        Self {
            table: table.id,
            rows: Tensor::from_inner(kernel::embed(vec![values], rows)).require_grad(),
            places,
            ids: ids.into_iter().map(|id| id as usize).collect(),
        }
    }
}

impl DeviceBatch {
    /// Uploads a batch.
    ///
    /// # Panics
    ///
    /// If the arrays are not B × T and B long.
    pub fn new(batch: &Batch, device: &Device) -> Self {
        let shape @ [rows, tokens] = [batch.batch, batch.tokens];
        assert_eq!(batch.ids.len(), rows * tokens, "ids of {rows} rows of {tokens} tokens");
        let grid = |of: fn(i32) -> f32| {
            let values: Vec<f32> = batch.mask.iter().map(|&real| of(real)).collect();
            Tensor::from_data(TensorData::new(values, shape), device)
        };
        let hidden = batch.hidden_places();
        Self {
            shape,
            ids: batch.ids.as_slice().into(),
            types: batch.types.as_slice().into(),
            padding: batch.mask.iter().map(|&real| real == 0).collect(),
            attention_bias: grid(|real| if real == 1 { 0.0 } else { f32::MIN }),
            real: grid(|real| real as f32),
            dropout: Dropout::off(),
            learns_from_padding: batch.truths.iter().any(|truth| matches!(truth, Truth::Span(_))),
            places: (!hidden.is_empty()).then(|| {
                let size = hidden.len();
                Tensor::from_data(TensorData::new(hidden, [size]), device)
            }),
            words: None,
        }
    }

    /// B and T.
    pub fn shape(&self) -> [usize; 2] {
        self.shape
    }

    /// The same batch for a pass whose gradients of this word table are wanted for the batch's rows alone.
    ///
    /// # Panics
    ///
    /// If the table's values are not on an autodiff device.
    #[must_use]
    pub fn with_words(self, table: &Param<Tensor<2>>, batch: &Batch) -> Self {
        Self { words: Some(Words::new(table, &batch.ids)), ..self }
    }

    /// The same batch for a pass that records no gradients; masks are drawn as in this one, and apart from it.
    #[must_use]
    pub fn valid(&self) -> Self {
        let words = self.words.as_ref().map(|words| Words { rows: words.rows.clone().inner(), ..words.clone() });
        Self {
            attention_bias: self.attention_bias.clone().inner(),
            real: self.real.clone().inner(),
            places: self.places.clone().map(Tensor::inner),
            words,
            ..self.clone()
        }
    }

    /// The same batch for a pass that drops activations.
    #[must_use]
    pub fn with_dropout(self, dropout: Dropout) -> Self {
        Self { dropout, ..self }
    }
}
