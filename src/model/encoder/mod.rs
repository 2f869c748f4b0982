//! Encoders: token ids → hidden states.
//!
//! Letters in shapes: B batch, T tokens, E embedding width, H hidden, A heads, D = H / A, V vocabulary, F feed-forward
//! width, R rows of a table of distances.

mod block;
mod deberta;
pub(crate) mod distance;
mod embeddings;
mod modernbert;
mod post_norm;
mod stack;

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

use crate::model::batch::DeviceBatch;
use crate::model::config::EncoderConfig;
use crate::model::family::Details;
use crate::model::layers::DenseLayers;
use deberta::Deberta;
use modernbert::ModernBert;
use post_norm::PostNorm;
use stack::Stack;

/// Which tokens' last states are wanted. What nobody reads is not computed: of BERT's layers the last one then ends for all
/// tokens but the first after attention, two thirds of its work, or before it where a device does without keys and values.
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

    /// Encodes a batch and shows `watch` the states after the embeddings and after each layer, the last one before any
    /// LayerNorm that ends the encoder: `[B, T, H]`, after the last layer as many as are wanted.
    pub fn watched(&self, batch: &DeviceBatch, wanted: Wanted, watch: impl FnMut(&Tensor<3>)) -> Tensor<3> {
        match self {
            Self::PostNorm(encoder) => stack::pass(encoder, batch, wanted, watch),
            Self::Deberta(encoder) => stack::pass(encoder, batch, wanted, watch),
            Self::ModernBert(encoder) => stack::pass(encoder, batch, wanted, watch),
        }
    }

    /// Which layer of the module tree is used at each depth, the lowest first: each once, but in ALBERT.
    pub fn order(&self) -> Vec<usize> {
        match self {
            Self::PostNorm(encoder) => encoder.order(),
            Self::Deberta(encoder) => encoder.order(),
            Self::ModernBert(encoder) => encoder.order(),
        }
    }

    /// The embeddings alone, `[B, T, H]`.
    pub fn embed(&self, batch: &DeviceBatch) -> Tensor<3> {
        match self {
            Self::PostNorm(encoder) => encoder.embed(batch),
            Self::Deberta(encoder) => encoder.embed(batch),
            Self::ModernBert(encoder) => encoder.embed(batch),
        }
    }

    /// The layer at a depth once more, on what came into it in a pass, `[B, T, H]`, with the masks that it drew then:
    /// `drawn` says how many had been drawn by the end of the embeddings, and by the layer's beginning.
    pub fn layer_again(
        &self,
        depth: usize,
        hidden: Tensor<3>,
        drawn: [u64; 2],
        batch: &DeviceBatch,
        wanted: Wanted,
    ) -> Tensor<3> {
        match self {
            Self::PostNorm(encoder) => stack::layer_again(encoder, depth, hidden, drawn, batch, wanted),
            Self::Deberta(encoder) => stack::layer_again(encoder, depth, hidden, drawn, batch, wanted),
            Self::ModernBert(encoder) => stack::layer_again(encoder, depth, hidden, drawn, batch, wanted),
        }
    }

    /// What follows the last layer.
    pub fn finish(&self, hidden: Tensor<3>) -> Tensor<3> {
        match self {
            Self::PostNorm(encoder) => encoder.finish(hidden),
            Self::Deberta(encoder) => encoder.finish(hidden),
            Self::ModernBert(encoder) => encoder.finish(hidden),
        }
    }
}
