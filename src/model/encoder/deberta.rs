//! DeBERTa v2 and v3, exactly as `transformers` computes them (`models/deberta_v2/modeling_deberta_v2.py`).

use burn::module::Module;
use burn::nn::{Embedding, EmbeddingConfig};
use burn::tensor::{Device, Int, Tensor, TensorData};

use super::block::Block;
use super::embeddings::{Embeddings, Order};
use super::stack::Stack;
use super::{Wanted, distance};
use crate::kernel;
use crate::model::batch::DeviceBatch;
use crate::model::config::EncoderConfig;
use crate::model::family::Disentangled;
use crate::model::layers::{Dense, DenseLayers, Norm, below};

/// The encoder.
#[derive(Module, Debug)]
pub struct Deberta {
    pub(super) embeddings: Embeddings,
    layers: Vec<Layer>,
    /// A vector per distance, `[R, H]`, R twice the span.
    distances: Option<Embedding>,
    distances_norm: Option<Norm>,
    #[module(skip)]
    how: Disentangled,
}

/// What all layers share of a batch.
pub struct Shared {
    /// Added to the scores, `[B, 1, T, T]`.
    bias: Tensor<4>,
    distances: Option<Distances>,
}

/// The vectors of the distances between all pairs of tokens.
struct Distances {
    /// The table, normalised, `[R, H]`.
    table: Tensor<2>,
    /// Rows of the table for a content that looks at positions, `[T, T]`, query by key.
    content_to_position: Tensor<2, Int>,
    /// Rows for a position that looks at contents, `[T, T]`, key by query.
    position_to_content: Tensor<2, Int>,
}

impl Deberta {
    /// An encoder of the right shapes whose weights are zero until a checkpoint fills them.
    pub fn new(config: &EncoderConfig, how: Disentangled, device: &Device) -> Self {
        let distances = how.relative.then(|| EmbeddingConfig::new(2 * how.span(), config.hidden_size).init(device));
        Self {
            embeddings: Embeddings::new(config, Order::ProjectionFirst, device),
            layers: (0..config.num_hidden_layers).map(|_| Layer::new(config, how, device)).collect(),
            distances,
            distances_norm: how.normalises.then(|| config.norm(config.hidden_size, device)),
            how,
        }
    }

    /// The dense layers.
    pub fn dense(&mut self) -> DenseLayers<'_> {
        let layers = self.layers.iter_mut().enumerate();
        let layers = layers.flat_map(|(at, layer)| below(&format!("layers.{at}"), layer.dense()));
        below("embeddings", self.embeddings.dense()).into_iter().chain(layers).collect()
    }

    fn distances(&self, tokens: usize, batch: &DeviceBatch) -> Option<Distances> {
        let table = self.distances.as_ref()?.weight.val();
        let device = table.device();
        let rows = |sign| {
            let rows = distance::rows(tokens, self.how.buckets, self.how.longest, sign);
            Tensor::from_data(TensorData::new(rows, [tokens, tokens]), &device)
        };
        let table = self.distances_norm.as_ref().map_or(table.clone(), |norm| norm.forward(table));
        Some(Distances {
            table: batch.dropout.apply(table),
            content_to_position: rows(1),
            position_to_content: rows(-1),
        })
    }
}

impl Stack for Deberta {
    type Shared = Shared;

    fn order(&self) -> Vec<usize> {
        (0..self.layers.len()).collect()
    }

    fn embed(&self, batch: &DeviceBatch) -> Tensor<3> {
        self.embeddings.forward(batch)
    }

    fn share(&self, batch: &DeviceBatch) -> Shared {
        let [_, tokens] = batch.shape();
        // Padding neither looks nor is looked at; its rows weigh all tokens alike, as those of the reference do.
        let real = batch.real.clone().unsqueeze_dim::<3>(1).unsqueeze_dim::<4>(1);
        let bias = (real.clone() * real.swap_dims(2, 3) - 1.0) * -f64::from(f32::MIN);
        Shared { bias, distances: self.distances(tokens, batch) }
    }

    fn layer(
        &self,
        depth: usize,
        hidden: Tensor<3>,
        shared: &Shared,
        batch: &DeviceBatch,
        wanted: Wanted,
    ) -> Tensor<3> {
        self.layers[depth].forward(hidden, shared, batch, wanted)
    }
}

/// One layer: disentangled self-attention and feed-forward.
#[derive(Module, Debug)]
struct Layer {
    query: Dense,
    key: Dense,
    value: Dense,
    position_key: Option<Dense>,
    position_query: Option<Dense>,
    block: Block,
    heads: usize,
    #[module(skip)]
    how: Disentangled,
}

impl Layer {
    fn new(config: &EncoderConfig, how: Disentangled, device: &Device) -> Self {
        let square = || Dense::new(config.hidden_size, config.hidden_size, device);
        let apart = how.relative && !how.shares_layers;
        Self {
            query: square(),
            key: square(),
            value: square(),
            position_key: (apart && how.content_to_position).then(square),
            position_query: (apart && how.position_to_content).then(square),
            block: Block::new(config, device),
            heads: config.num_attention_heads,
            how,
        }
    }

    fn dense(&mut self) -> DenseLayers<'_> {
        let Self { query, key, value, position_key, position_query, block, .. } = self;
        let contents = [("query", Some(query)), ("key", Some(key)), ("value", Some(value))];
        let positions = [("position_key", position_key.as_mut()), ("position_query", position_query.as_mut())];
        let present = contents.into_iter().chain(positions);
        let present = present.filter_map(|(name, layer)| layer.map(|layer| (name.to_owned(), layer)));
        present.chain(below("block", block.dense())).collect()
    }

    /// `[B, T, H]` → what is wanted of `[B, T, H]`
    fn forward(&self, input: Tensor<3>, shared: &Shared, batch: &DeviceBatch, wanted: Wanted) -> Tensor<3> {
        let [mut query, key, value] = [&self.query, &self.key, &self.value].map(|dense| dense.forward(input.clone()));
        if batch.learns_from_padding {
            // The reference overwrites the scores of padding instead of adding to them, so that no gradient passes.
            query = query * batch.real.clone().unsqueeze_dim(2);
        }
        let compared =
            1.0 + f64::from(u8::from(self.how.content_to_position)) + f64::from(u8::from(self.how.position_to_content));
        let mut scores = shared.bias.clone();
        if let Some(distances) = &shared.distances {
            let mut relative = self.relative_scores(&query, &key, distances);
            if batch.learns_from_padding {
                let real = batch.real.clone().unsqueeze_dim::<3>(2).unsqueeze_dim::<4>(1);
                relative = relative.map(|relative| relative * real);
            }
            let width = query.dims()[2] / self.heads;
            scores = relative.map_or(scores.clone(), |relative| relative / (width as f64 * compared).sqrt() + scores);
        }
        // Attention divides by √D; here it is √(D · compared).
        let qkv = [query / compared.sqrt(), key, value];
        let mixed = kernel::attention_with_bias(qkv, scores, self.heads, &batch.dropout);
        self.block.forward(wanted.of(mixed), wanted.of(input), batch)
    }

    /// How contents match positions and positions contents, `[B, A, T, T]`, before scaling.
    fn relative_scores(&self, query: &Tensor<3>, key: &Tensor<3>, distances: &Distances) -> Option<Tensor<4>> {
        let [rows, tokens, hidden] = query.dims();
        let (heads, width) = (self.heads, hidden / self.heads);
        // [B, T, H] → [B, A, T, D], and the table [R, H] → [1, A, D, R]
        let split = |x: &Tensor<3>| x.clone().reshape([rows, tokens, heads, width]).swap_dims(1, 2);
        let table = |apart: &Option<Dense>, shared: &Dense| {
            let table = apart.as_ref().unwrap_or(shared).forward(distances.table.clone());
            let [all, _] = table.dims();
            table.reshape([1, all, heads, width]).permute([0, 2, 3, 1])
        };
        let pick = |scores: Tensor<4>, places: &Tensor<2, Int>| {
            let places = places.clone().unsqueeze_dim::<3>(0).unsqueeze_dim::<4>(0);
            scores.gather(3, places.expand([rows, heads, tokens, tokens]))
        };
        let seen = self
            .how
            .content_to_position
            .then(|| pick(split(query).matmul(table(&self.position_key, &self.key)), &distances.content_to_position));
        let seeing = self.how.position_to_content.then(|| {
            let scores = split(key).matmul(table(&self.position_query, &self.query));
            pick(scores, &distances.position_to_content).swap_dims(2, 3)
        });
        match (seen, seeing) {
            (Some(seen), Some(seeing)) => Some(seen + seeing),
            (one, other) => one.or(other),
        }
    }
}
