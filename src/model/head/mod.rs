//! Heads: hidden states → outputs, one kind for all tasks with labels, one for hidden words, one for sentence vectors.

mod language;
mod outputs;
mod sentence;

pub use language::LanguageHead;
pub use outputs::OutputHead;
pub(crate) use sentence::lengths;
pub use sentence::{SentenceHead, pool, unit};

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use crate::model::batch::DeviceBatch;
use crate::model::config::EncoderConfig;
use crate::model::encoder::Wanted;
use crate::model::layers::DenseLayers;
use crate::task::Task;

/// A head of any kind.
#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant)] // A model has one.
pub enum Head {
    /// K outputs for a text or for each token.
    Outputs(OutputHead),
    /// A score for each word of the vocabulary at each hidden word.
    Language(LanguageHead),
    /// A vector for a text.
    Sentence(SentenceHead),
}

impl Head {
    /// The head of a task with so many outputs, zero until it is filled.
    pub fn new(config: &EncoderConfig, task: Task, outputs: usize, device: &Device) -> Self {
        match task {
            Task::Classification | Task::MultiLabel | Task::Regression => {
                Self::Outputs(OutputHead::over_texts(config, outputs, device))
            }
            Task::Tokens => Self::Outputs(OutputHead::over_tokens(config, outputs, true, device)),
            Task::Answers => Self::Outputs(OutputHead::over_tokens(config, 2, false, device)),
            Task::Language => Self::Language(LanguageHead::new(config, device)),
            Task::Embedding => Self::Sentence(SentenceHead::new(config.pooling(), false)),
        }
    }

    /// The dense layers.
    pub(super) fn dense(&mut self) -> DenseLayers<'_> {
        match self {
            Self::Outputs(head) => head.dense(),
            Self::Language(head) => head.dense(),
            Self::Sentence(_) => Vec::new(),
        }
    }

    /// The same head that says `by · y + plus` where this one says y; no other than [`Self::Outputs`] can.
    #[must_use]
    pub fn rescaled(self, by: f64, plus: f64) -> Self {
        match self {
            Self::Outputs(head) => Self::Outputs(head.rescaled(by, plus)),
            other => other,
        }
    }

    /// The same with its outputs in another order: `order[k]` is the place that output k had. Of a head without labels nothing.
    #[must_use]
    pub fn reordered(self, order: &[usize]) -> Self {
        match self {
            Self::Outputs(head) => Self::Outputs(head.reordered(order)),
            other => other,
        }
    }

    /// Which hidden states it reads.
    pub fn wants(&self) -> Wanted {
        match self {
            Self::Outputs(head) => head.wants(),
            Self::Language(_) => Wanted::All,
            Self::Sentence(head) => head.pooling().wants(),
        }
    }

    /// Hidden states `[B, T, H]`, at least those it [`wants`](Self::wants), and the table of words `[V, E]` → `[B, K]` over texts, `[B · T, K]` over tokens,
    /// `[M, V]` over hidden words, `[B, H]` for sentence vectors.
    pub fn forward(&self, hidden: Tensor<3>, words: &Tensor<2>, batch: &DeviceBatch) -> Tensor<2> {
        match self {
            Self::Outputs(head) => head.forward(hidden, batch),
            Self::Language(head) => head.forward(hidden, words.clone(), batch),
            Self::Sentence(head) => head.forward(hidden, batch),
        }
    }
}
