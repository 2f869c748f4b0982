//! Encoders: token ids → hidden states.
//!
//! Letters in shapes: B batch, T tokens, E embedding width, H hidden, A heads, D = H / A, V vocabulary, F feed-forward
//! width, R rows of a table of distances.

mod block;
mod deberta;
mod distance;
mod embeddings;
mod modernbert;
mod post_norm;

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

use crate::model::batch::DeviceBatch;
use crate::model::config::EncoderConfig;
use crate::model::family::Details;
use crate::model::layers::DenseLayers;
use deberta::Deberta;
use modernbert::ModernBert;
use post_norm::PostNorm;

/// Which tokens' last states are wanted. What nobody reads is not computed: of BERT's layers the last one then ends after
/// attention for all tokens but the first, two thirds of its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// All tokens', `[B, T, H]`.
    All,
    /// The first token's, `[B, 1, H]`.
    First,
}

impl Wanted {
    /// What is wanted of layer `depth`, counted from 0, of so many: all that another layer still reads.
    fn of_layer(self, depth: usize, layers: usize) -> Self {
        if depth + 1 == layers { self } else { Self::All }
    }

    /// `[B, T, H]` → what is wanted of it.
    fn of(self, states: Tensor<3>) -> Tensor<3> {
        match self {
            Self::All => states,
            Self::First => states.narrow(1, 0, 1),
        }
    }
}

/// An encoder of any family.
#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant)] // A model is one of them, not thousands.
pub enum Encoder {
    /// BERT and all that differ from it in details: LayerNorm after each sublayer.
    PostNorm(PostNorm),
    /// DeBERTa v2 and v3.
    Deberta(Deberta),
    /// ModernBERT.
    ModernBert(ModernBert),
}

impl Encoder {
    /// An encoder of the right shapes whose weights are zero until a checkpoint fills them.
    pub fn new(config: &EncoderConfig, device: &Device) -> Self {
        match &config.details {
            Details::Disentangled(how) => Self::Deberta(Deberta::new(config, *how, device)),
            Details::Modern(modern) => Self::ModernBert(ModernBert::new(config, modern, device)),
            Details::None | Details::RelativeBias { .. } | Details::Shared { .. } => {
                Self::PostNorm(PostNorm::new(config, device))
            }
        }
    }

    /// The table of word embeddings, `[V, E]`.
    pub fn word_table(&self) -> &Param<Tensor<2>> {
        match self {
            Self::PostNorm(encoder) => encoder.embeddings.word_table(),
            Self::Deberta(encoder) => encoder.embeddings.word_table(),
            Self::ModernBert(encoder) => encoder.embeddings.word_table(),
        }
    }

    /// The dense layers.
    pub(super) fn dense(&mut self) -> DenseLayers<'_> {
        match self {
            Self::PostNorm(encoder) => encoder.dense(),
            Self::Deberta(encoder) => encoder.dense(),
            Self::ModernBert(encoder) => encoder.dense(),
        }
    }

    /// Encodes a batch: hidden states `[B, T, H]`, or as many as are wanted.
    pub fn forward(&self, batch: &DeviceBatch, wanted: Wanted) -> Tensor<3> {
        self.watched(batch, wanted, |_| ())
    }

    /// Encodes a batch and shows `watch` the states `[B, T, H]` after the embeddings and after each layer, the last one
    /// before any LayerNorm that ends the encoder.
    pub fn hidden_states(&self, batch: &DeviceBatch, watch: impl FnMut(&Tensor<3>)) -> Tensor<3> {
        self.watched(batch, Wanted::All, watch)
    }

    fn watched(&self, batch: &DeviceBatch, wanted: Wanted, watch: impl FnMut(&Tensor<3>)) -> Tensor<3> {
        match self {
            Self::PostNorm(encoder) => encoder.hidden_states(batch, wanted, watch),
            Self::Deberta(encoder) => encoder.hidden_states(batch, wanted, watch),
            Self::ModernBert(encoder) => encoder.hidden_states(batch, wanted, watch),
        }
    }
}
