//! The model: an encoder and a head over it.

mod batch;
mod config;
mod encoder;
mod head;
mod layers;

pub use batch::{DeviceBatch, Words};
pub use config::{Activation, EncoderConfig, SUPPORTED};
pub use encoder::{Bert, Encoded};
pub use head::ClassificationHead;

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use crate::data::Batch;
use crate::device::Compute;

/// An encoder with a classification head: what transformers calls `BertForSequenceClassification`.
#[derive(Module, Debug)]
pub struct Classifier {
    encoder: Bert,
    head: ClassificationHead,
}

impl Classifier {
    /// A classifier for K classes whose weights are zero until a checkpoint and a seed fill them.
    pub fn new(config: &EncoderConfig, classes: usize, device: &Device) -> Self {
        Self { encoder: Bert::new(config, device), head: ClassificationHead::new(config.hidden_size, classes, device) }
    }

    /// The same encoder with a zero head for K classes.
    #[must_use]
    pub fn with_classes(self, classes: usize) -> Self {
        Self { head: self.head.with_classes(classes), ..self }
    }

    /// Classes of the head, K.
    pub fn classes(&self) -> usize {
        self.head.classes()
    }

    /// The encoder.
    pub fn encoder(&self) -> &Bert {
        &self.encoder
    }

    /// A batch to learn from: on the CPU the gradient of the word table is wanted for the batch's rows alone. On a GPU,
    /// where one dense pass is cheaper than many small ones, for all.
    pub fn training_input(&self, batch: &Batch, compute: &Compute) -> DeviceBatch {
        let input = DeviceBatch::new(batch, &compute.device.clone().autodiff());
        if compute.is_cpu() { input.with_words(self.encoder.word_table(), batch) } else { input }
    }

    /// Logits, `[B, K]`.
    pub fn forward(&self, batch: &DeviceBatch) -> Tensor<2> {
        self.head.forward(self.encoder.forward(batch).pooled, &batch.dropout)
    }
}
