//! BERT, exactly as `transformers` computes it (`models/bert/modeling_bert.py`).
//!
//! Letters in shapes: B batch, T tokens, H hidden, A heads, D = H / A, V vocabulary, F feed-forward width.

use burn::module::{Initializer, Module, Param};
use burn::nn::{Embedding, EmbeddingConfig};
use burn::tensor::{Device, Tensor, activation};

use crate::kernel;
use crate::model::batch::DeviceBatch;
use crate::model::config::{Activation, EncoderConfig};
use crate::model::layers::{Dense, Norm};

/// The encoder with its pooler.
#[derive(Module, Debug)]
pub struct Bert {
    embeddings: Embeddings,
    layers: Vec<Layer>,
    pooler: Dense,
}

/// What the encoder hands to a head.
#[derive(Debug, Clone)]
pub struct Encoded {
    /// Last hidden states, `[B, T, H]`.
    pub hidden: Tensor<3>,
    /// tanh of a dense layer over the first token, `[B, H]`.
    pub pooled: Tensor<2>,
}

impl Bert {
    /// An encoder of the right shapes whose weights are zero until a checkpoint fills them.
    pub fn new(config: &EncoderConfig, device: &Device) -> Self {
        Self {
            embeddings: Embeddings::new(config, device),
            layers: (0..config.num_hidden_layers).map(|_| Layer::new(config, device)).collect(),
            pooler: Dense::new(config.hidden_size, config.hidden_size, device),
        }
    }

    /// The table of word embeddings, `[V, H]`.
    pub fn word_table(&self) -> &Param<Tensor<2>> {
        &self.embeddings.word.weight
    }

    /// Encodes a batch.
    pub fn forward(&self, batch: &DeviceBatch) -> Encoded {
        self.hidden_states(batch, |_| ())
    }

    /// Encodes a batch and shows `watch` the hidden states `[B, T, H]` after the embeddings and after each layer.
    pub fn hidden_states(&self, batch: &DeviceBatch, mut watch: impl FnMut(&Tensor<3>)) -> Encoded {
        let mut hidden = self.embeddings.forward(batch);
        watch(&hidden);
        for layer in &self.layers {
            hidden = layer.forward(hidden, batch);
            watch(&hidden);
        }
        let first: Tensor<2> = hidden.clone().narrow(1, 0, 1).squeeze_dim(1);
        Encoded { pooled: self.pooler.forward(first).tanh(), hidden }
    }
}

/// Word, token-type and position embeddings, summed, normalised, dropped out.
#[derive(Module, Debug)]
struct Embeddings {
    word: Embedding,
    position: Embedding,
    token_type: Embedding,
    norm: Norm,
}

impl Embeddings {
    fn new(config: &EncoderConfig, device: &Device) -> Self {
        let table =
            |rows| EmbeddingConfig::new(rows, config.hidden_size).with_initializer(Initializer::Zeros).init(device);
        Self {
            word: table(config.vocab_size),
            position: table(config.max_position_embeddings),
            token_type: table(config.type_vocab_size),
            norm: norm(config, device),
        }
    }

    /// → `[B, T, H]`. Positions count from 0 in every row, padding included.
    fn forward(&self, batch: &DeviceBatch) -> Tensor<3> {
        let [rows, tokens] = batch.ids.dims();
        let positions: Tensor<3> = self.position.weight.val().narrow(0, 0, tokens).unsqueeze();
        let types = self.token_type.forward(batch.types.clone());
        let words = match &batch.words {
            Some(words) => words.embedded().reshape([rows as i32, tokens as i32, -1]),
            None => self.word.forward(batch.ids.clone()),
        };
        let sum = words + types + positions;
        batch.dropout.apply(self.norm.forward(sum))
    }
}

/// One transformer layer: self-attention and feed-forward, each with a residual and LayerNorm after it.
#[derive(Module, Debug)]
struct Layer {
    attention: SelfAttention,
    attention_output: Dense,
    attention_norm: Norm,
    intermediate: Dense,
    output: Dense,
    output_norm: Norm,
    #[module(skip)]
    activation: Activation,
}

impl Layer {
    fn new(config: &EncoderConfig, device: &Device) -> Self {
        let (hidden, wide) = (config.hidden_size, config.intermediate_size);
        Self {
            attention: SelfAttention::new(config, device),
            attention_output: Dense::new(hidden, hidden, device),
            attention_norm: norm(config, device),
            intermediate: Dense::new(hidden, wide, device),
            output: Dense::new(wide, hidden, device),
            output_norm: norm(config, device),
            activation: config.activation,
        }
    }

    /// `[B, T, H]` → `[B, T, H]`
    fn forward(&self, input: Tensor<3>, batch: &DeviceBatch) -> Tensor<3> {
        let dropout = &batch.dropout;
        let mixed = self.attention_output.forward(self.attention.forward(input.clone(), batch));
        let attended = self.attention_norm.after(mixed, input, dropout);
        let wide = activate(self.intermediate.forward(attended.clone()), self.activation);
        self.output_norm.after(self.output.forward(wide), attended, dropout)
    }
}

/// Scaled dot-product attention over A heads.
#[derive(Module, Debug)]
struct SelfAttention {
    query: Dense,
    key: Dense,
    value: Dense,
    heads: usize,
}

impl SelfAttention {
    fn new(config: &EncoderConfig, device: &Device) -> Self {
        let square = || Dense::new(config.hidden_size, config.hidden_size, device);
        Self { query: square(), key: square(), value: square(), heads: config.num_attention_heads }
    }

    /// `[B, T, H]` → `[B, T, H]`
    fn forward(&self, input: Tensor<3>, batch: &DeviceBatch) -> Tensor<3> {
        let qkv = [&self.query, &self.key, &self.value].map(|dense| dense.forward(input.clone()));
        kernel::attention(qkv, batch.attention_bias.clone(), self.heads, &batch.dropout)
    }
}

fn activate(x: Tensor<3>, kind: Activation) -> Tensor<3> {
    match kind {
        Activation::Gelu => kernel::gelu(x),
        Activation::GeluTanh => activation::gelu_approximate(x),
        Activation::Relu => activation::relu(x),
    }
}

fn norm(config: &EncoderConfig, device: &Device) -> Norm {
    Norm::new(config.hidden_size, config.layer_norm_eps, device)
}
