//! Word, position and token-type embeddings, summed and normalised.

use burn::module::{Initializer, Module, Param};
use burn::nn::{Embedding, EmbeddingConfig};
use burn::tensor::{Device, Tensor};

use crate::model::batch::DeviceBatch;
use crate::model::config::EncoderConfig;
use crate::model::family::Positions;
use crate::model::layers::{Dense, DenseLayers, Norm};

/// Token ids → `[B, T, H]`.
#[derive(Module, Debug)]
pub struct Embeddings {
    word: Embedding,
    position: Option<Embedding>,
    token_type: Option<Embedding>,
    norm: Norm,
    /// From E to H, where they differ.
    projection: Option<Dense>,
    #[module(skip)]
    rule: Rule,
}

/// Where families differ.
#[derive(Debug, Clone, Copy)]
struct Rule {
    positions: Positions,
    padding: usize,
    order: Order,
}

/// What comes after the sum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Order {
    /// LayerNorm over E, dropout, projection: BERT and most others.
    NormFirst,
    /// Projection, LayerNorm over H, zeros for padding, dropout: DeBERTa.
    ProjectionFirst,
}

impl Embeddings {
    /// Tables and layers of the right shapes, zero until a checkpoint fills them.
    pub fn new(config: &EncoderConfig, order: Order, device: &Device) -> Self {
        let (narrow, wide) = (config.embedding_size, config.hidden_size);
        let table = |rows| EmbeddingConfig::new(rows, narrow).with_initializer(Initializer::Zeros).init(device);
        let projects = narrow != wide;
        let (normalised, projection) = match order {
            Order::NormFirst => (narrow, projects.then(|| Dense::new(narrow, wide, device))),
            Order::ProjectionFirst => (wide, projects.then(|| Dense::without_bias(narrow, wide, device))),
        };
        Self {
            word: table(config.vocab_size),
            position: (config.positions != Positions::None).then(|| table(config.max_position_embeddings)),
            token_type: (config.type_vocab_size > 0).then(|| table(config.type_vocab_size)),
            norm: config.norm(normalised, device),
            projection,
            rule: Rule { positions: config.positions, padding: config.pad_token_id, order },
        }
    }

    /// The table of word embeddings, `[V, E]`.
    pub fn word_table(&self) -> &Param<Tensor<2>> {
        &self.word.weight
    }

    /// The dense layer, where there is one.
    pub fn dense(&mut self) -> DenseLayers<'_> {
        self.projection.iter_mut().map(|layer| ("projection".to_owned(), layer)).collect()
    }

    /// → `[B, T, H]`
    pub fn forward(&self, batch: &DeviceBatch) -> Tensor<3> {
        let [rows, tokens] = batch.ids.dims();
        let mut sum = match &batch.words {
            Some(words) => words.embedded().reshape([rows as i32, tokens as i32, -1]),
            None => self.word.forward(batch.ids.clone()),
        };
        sum = without_padding(sum, batch);
        if let Some(table) = &self.token_type {
            sum = sum + table.forward(batch.types.clone());
        }
        if let Some(table) = &self.position {
            sum = sum + self.positions(table, batch);
        }
        match (self.rule.order, &self.projection) {
            (Order::NormFirst, None) => batch.dropout.apply(self.norm.forward(sum)),
            (Order::NormFirst, Some(wider)) => wider.forward(batch.dropout.apply(self.norm.forward(sum))),
            (Order::ProjectionFirst, projection) => {
                let wide = projection.as_ref().map_or(sum.clone(), |wider| wider.forward(sum));
                batch.dropout.apply(self.norm.forward(wide) * batch.real.clone().unsqueeze_dim(2))
            }
        }
    }

    /// The positions' embeddings, `[1 or B, T, E]`.
    fn positions(&self, table: &Embedding, batch: &DeviceBatch) -> Tensor<3> {
        let [_, tokens] = batch.ids.dims();
        if self.rule.positions == Positions::FromZero {
            return table.weight.val().narrow(0, 0, tokens).unsqueeze();
        }
        let padding = self.rule.padding as i64;
        let real = batch.ids.clone().not_equal_elem(padding).int();
        without_padding(table.forward(real.clone().cumsum(1) * real + padding), batch)
    }
}

/// The same values `[B, T, E]`, of which those of padding are constants: PyTorch's `padding_idx` leaves the gradient of
/// that row of a table out.
fn without_padding(x: Tensor<3>, batch: &DeviceBatch) -> Tensor<3> {
    if !batch.learns_from_padding || !x.is_autodiff() {
        return x;
    }
    let real = batch.real.clone().unsqueeze_dim::<3>(2);
    let constant = Tensor::from_inner(x.clone().inner());
    x * real.clone() + constant * (real * -1.0 + 1.0)
}
