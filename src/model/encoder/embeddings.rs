//! Word, position and token-type embeddings, summed and normalised.

use burn::module::{Initializer, Module, Param};
use burn::nn::{Embedding, EmbeddingConfig};
use burn::tensor::{Device, Tensor};

use crate::kernel::{self, Lookup, Places};
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
        let [rows, tokens] = batch.shape();
        let sum = self.sum(batch).reshape([rows as i32, tokens as i32, -1]);
        match (self.rule.order, &self.projection) {
            (Order::NormFirst, None) => batch.dropout.apply(self.norm.forward(sum)),
            (Order::NormFirst, Some(wider)) => wider.forward(batch.dropout.apply(self.norm.forward(sum))),
            (Order::ProjectionFirst, projection) => {
                let wide = projection.as_ref().map_or(sum.clone(), |wider| wider.forward(sum));
                batch.dropout.apply(self.norm.forward(wide) * batch.real.clone().unsqueeze_dim(2))
            }
        }
    }

    /// The sum of all tables' rows, `[B · T, E]`.
    fn sum(&self, batch: &DeviceBatch) -> Tensor<2> {
        // PyTorch's `padding_idx` leaves the gradient of padding out, for words and for positions that count from it.
        // Where the loss does not look at padding it has none anywhere, and need not be summed up.
        let never = batch.padding.to_vec();
        let unless_learnt = if batch.learns_from_padding { Vec::new() } else { never.clone() };
        let (words, rows) = match &batch.words {
            Some(words) => (words.rows.clone(), words.places.clone()),
            None => (self.word.weight.val(), batch.ids.to_vec()),
        };
        let mut tables = vec![(words, rows, never.clone())];
        if let Some(table) = &self.position {
            let constant = if self.rule.positions == Positions::FromZero { unless_learnt.clone() } else { never };
            tables.push((table.weight.val(), self.positions(batch), constant));
        }
        if let Some(table) = &self.token_type {
            tables.push((table.weight.val(), batch.types.to_vec(), unless_learnt));
        }
        let place = |(table, rows, constant): (Tensor<2>, Vec<i32>, Vec<bool>)| {
            let count = table.dims()[0];
            (table, Places { rows, count, constant })
        };
        let (tables, places) = tables.into_iter().map(place).unzip();
        kernel::embed(tables, Lookup::new(places))
    }

    /// Which position each token has, `[B · T]`.
    fn positions(&self, batch: &DeviceBatch) -> Vec<i32> {
        let [_, tokens] = batch.shape();
        if self.rule.positions == Positions::FromZero {
            return (0..batch.ids.len()).map(|place| (place % tokens) as i32).collect();
        }
        let padding = self.rule.padding as i32;
        let of_row = |row: &[i32]| {
            let mut real = 0;
            let number = |&id: &i32| {
                real += i32::from(id != padding);
                if id == padding { padding } else { padding + real }
            };
            row.iter().map(number).collect::<Vec<_>>()
        };
        batch.ids.chunks(tokens.max(1)).flat_map(of_row).collect()
    }
}
