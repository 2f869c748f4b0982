//! BERT, RoBERTa, DistilBERT, ELECTRA, MPNet and ALBERT, exactly as `transformers` computes them: the same layers, with
//! what differs taken from the configuration.

use burn::module::Module;
use burn::nn::{Embedding, EmbeddingConfig};
use burn::tensor::{Device, Tensor};

use super::block::Block;
use super::embeddings::{Embeddings, Order};
use super::stack::Stack;
use super::{Wanted, distance};
use crate::kernel;
use crate::model::batch::DeviceBatch;
use crate::model::config::EncoderConfig;
use crate::model::family::Details;
use crate::model::layers::{Dense, DenseLayers, below, first_attention, side_by_side, thirds};

/// The encoder.
#[derive(Module, Debug)]
pub struct PostNorm {
    pub(super) embeddings: Embeddings,
    layers: Vec<Layer>,
    /// MPNet: a bias per bucket of distances and head, `[R, A]`.
    relative: Option<Embedding>,
    /// Which layer is used at each depth: each once, but in ALBERT.
    #[module(skip)]
    order: Vec<usize>,
}

impl PostNorm {
    /// An encoder of the right shapes whose weights are zero until a checkpoint fills them.
    pub fn new(config: &EncoderConfig, device: &Device) -> Self {
        let order = match &config.details {
            Details::Shared { order } => order.clone(),
            _ => (0..config.num_hidden_layers).collect(),
        };
        let layers = order.iter().max().map_or(0, |last| last + 1);
        let relative = match config.details {
            Details::RelativeBias { buckets } => Some(EmbeddingConfig::new(buckets, config.num_attention_heads)),
            _ => None,
        };
        Self {
            embeddings: Embeddings::new(config, Order::NormFirst, device),
            layers: (0..layers).map(|_| Layer::new(config, device)).collect(),
            relative: relative.map(|table| table.init(device)),
            order,
        }
    }

    /// The dense layers.
    pub fn dense(&mut self) -> DenseLayers<'_> {
        let layers = self.layers.iter_mut().enumerate();
        let layers = layers.flat_map(|(at, layer)| below(&format!("layers.{at}"), layer.dense()));
        below("embeddings", self.embeddings.dense()).into_iter().chain(layers).collect()
    }
}

impl Stack for PostNorm {
    /// MPNet's bias of distances, `[B, A, T, T]`.
    type Shared = Option<Tensor<4>>;

    fn order(&self) -> Vec<usize> {
        self.order.clone()
    }

    fn embed(&self, batch: &DeviceBatch) -> Tensor<3> {
        self.embeddings.forward(batch)
    }

    fn share(&self, batch: &DeviceBatch) -> Option<Tensor<4>> {
        let [_, tokens] = batch.shape();
        self.relative.as_ref().map(|table| distance::bias(table, tokens, &batch.attention_bias))
    }

    fn layer(
        &self,
        depth: usize,
        hidden: Tensor<3>,
        relative: &Option<Tensor<4>>,
        batch: &DeviceBatch,
        wanted: Wanted,
    ) -> Tensor<3> {
        self.layers[self.order[depth]].forward(hidden, relative.as_ref(), batch, wanted)
    }
}

/// One layer: self-attention and feed-forward.
#[derive(Module, Debug)]
struct Layer {
    query: Dense,
    key: Dense,
    value: Dense,
    block: Block,
    heads: usize,
}

impl Layer {
    fn new(config: &EncoderConfig, device: &Device) -> Self {
        let square = || Dense::new(config.hidden_size, config.hidden_size, device);
        Self {
            query: square(),
            key: square(),
            value: square(),
            block: Block::new(config, device),
            heads: config.num_attention_heads,
        }
    }

    fn dense(&mut self) -> DenseLayers<'_> {
        let Self { query, key, value, block, .. } = self;
        let attention =
            [("query", query), ("key", key), ("value", value)].map(|(name, layer)| (name.to_owned(), layer));
        attention.into_iter().chain(below("block", block.dense())).collect()
    }

    /// `[B, T, H]` → what is wanted of `[B, T, H]`; `relative` is added to the scores, `[B, A, T, T]`, padding included.
    fn forward(
        &self,
        input: Tensor<3>,
        relative: Option<&Tensor<4>>,
        batch: &DeviceBatch,
        wanted: Wanted,
    ) -> Tensor<3> {
        let layers = [&self.query, &self.key, &self.value];
        if wanted == Wanted::First && relative.is_none() {
            let first = wanted.of(input.clone());
            let (bias, dropout) = (&batch.attention_bias, &batch.dropout);
            if let Some(mixed) = first_attention(layers, first.clone(), &input, bias, self.heads, dropout) {
                return self.block.forward(mixed, first, batch);
            }
        }
        let qkv = side_by_side(layers, input.clone());
        let mixed = match relative {
            None => kernel::attention(qkv, batch.attention_bias.clone(), self.heads, &batch.dropout),
            Some(bias) => kernel::attention_with_bias(thirds(qkv), bias.clone(), self.heads, &batch.dropout),
        };
        self.block.forward(wanted.of(mixed), wanted.of(input), batch)
    }
}
