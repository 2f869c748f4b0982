//! The model: an encoder and a head over it.

mod batch;
mod config;
mod encoder;
mod family;
mod head;
mod layers;
mod learnt;
mod lora;
mod path;
mod tuning;

pub use batch::{DeviceBatch, Words};
pub use config::{Activation, EncoderConfig};
pub(crate) use encoder::distance;
pub use encoder::{Encoder, Wanted};
pub use family::{Details, FAMILIES, Family, Pooling, Positions, Table};
pub(crate) use family::{Disentangled, HeadShape, Modern, Rotary};
pub(crate) use head::lengths;
pub use head::{Head, LanguageHead, OutputHead, SentenceHead, pool, unit};
pub use learnt::{Learnt, Read};
pub use lora::LoraPlan;
pub use path::ModulePath;
pub use tuning::{Frozen, Parameters, Place};

use burn::module::{Module, ParamId};
use burn::tensor::{Device, Tensor};

use crate::data::Batch;
use crate::device::Compute;
use crate::task::Task;
use layers::{DenseLayers, below};

/// An encoder with the head of a task: what transformers calls `BertForSequenceClassification` and the like.
#[derive(Module, Debug)]
pub struct Model {
    encoder: Encoder,
    head: Head,
}

impl Model {
    /// A model for a task with so many outputs whose weights are zero until a checkpoint and a seed fill them.
    pub fn new(config: &EncoderConfig, task: Task, outputs: usize, device: &Device) -> Self {
        Self { encoder: Encoder::new(config, device), head: Head::new(config, task, outputs, device) }
    }

    /// The same encoder with another head.
    #[must_use]
    pub fn with_head(self, head: Head) -> Self {
        Self { head, ..self }
    }

    /// The same model that says `by · y + plus` where this one says y; of heads with outputs alone.
    #[must_use]
    pub fn rescaled(self, by: f64, plus: f64) -> Self {
        Self { head: self.head.rescaled(by, plus), ..self }
    }

    /// The same model with its outputs in another order: `order[k]` is the place that output k had.
    #[must_use]
    pub fn reordered(self, order: &[usize]) -> Self {
        Self { head: self.head.reordered(order), ..self }
    }

    /// The encoder.
    pub fn encoder(&self) -> &Encoder {
        &self.encoder
    }

    /// The head.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The dense layers, each with its path in the model.
    fn dense(&mut self) -> DenseLayers<'_> {
        let Self { encoder, head } = self;
        below("encoder", encoder.dense()).into_iter().chain(below("head", head.dense())).collect()
    }

    /// A batch to learn from: the gradient of the word table is wanted for the batch's rows alone; for all where the head
    /// reads the table, too; and for none where the table is frozen.
    pub fn training_input(&self, batch: &Batch, compute: &Compute) -> DeviceBatch {
        let input = DeviceBatch::new(batch, &compute.device.clone().autodiff());
        let table = self.encoder.word_table();
        if self.learns_by_rows().is_some() { input.with_words(table, batch) } else { input }
    }

    /// The table of words, where its gradient comes by rows.
    pub fn learns_by_rows(&self) -> Option<ParamId> {
        let table = self.encoder.word_table();
        (!matches!(self.head, Head::Language(_)) && table.is_require_grad()).then_some(table.id)
    }

    /// What the head says, see [`Head::forward`].
    pub fn forward(&self, batch: &DeviceBatch) -> Tensor<2> {
        self.judge(self.encoder.forward(batch, self.head.wants()), batch)
    }

    /// What the head says of the encoder's states.
    pub fn judge(&self, states: Tensor<3>, batch: &DeviceBatch) -> Tensor<2> {
        self.head.forward(states, &self.encoder.word_table().val(), batch)
    }
}
