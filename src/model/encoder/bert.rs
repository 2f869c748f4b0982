//! BERT, exactly as `transformers` computes it (`models/bert/modeling_bert.py`).
//!
//! Letters in shapes: B batch, T tokens, H hidden, A heads, D = H / A, V vocabulary, F feed-forward width.

use burn::module::{Initializer, Module};
use burn::nn::{Embedding, EmbeddingConfig, LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::{Device, Tensor, activation};

use crate::model::batch::DeviceBatch;
use crate::model::config::{Activation, EncoderConfig};

/// The encoder with its pooler.
#[derive(Module, Debug)]
pub struct Bert {
    embeddings: Embeddings,
    layers: Vec<Layer>,
    pooler: Linear,
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
            pooler: linear(config.hidden_size, config.hidden_size, device),
        }
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
    norm: LayerNorm,
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
        let [_, tokens] = batch.ids.dims();
        let positions: Tensor<3> = self.position.weight.val().narrow(0, 0, tokens).unsqueeze();
        let types = self.token_type.forward(batch.types.clone());
        let sum = self.word.forward(batch.ids.clone()) + types + positions;
        batch.dropout.apply(self.norm.forward(sum))
    }
}

/// One transformer layer: self-attention and feed-forward, each with a residual and LayerNorm after it.
#[derive(Module, Debug)]
struct Layer {
    attention: SelfAttention,
    attention_output: Linear,
    attention_norm: LayerNorm,
    intermediate: Linear,
    output: Linear,
    output_norm: LayerNorm,
    #[module(skip)]
    activation: Activation,
}

impl Layer {
    fn new(config: &EncoderConfig, device: &Device) -> Self {
        let (hidden, wide) = (config.hidden_size, config.intermediate_size);
        Self {
            attention: SelfAttention::new(config, device),
            attention_output: linear(hidden, hidden, device),
            attention_norm: norm(config, device),
            intermediate: linear(hidden, wide, device),
            output: linear(wide, hidden, device),
            output_norm: norm(config, device),
            activation: config.activation,
        }
    }

    /// `[B, T, H]` → `[B, T, H]`
    fn forward(&self, input: Tensor<3>, batch: &DeviceBatch) -> Tensor<3> {
        let dropout = &batch.dropout;
        let mixed = self.attention_output.forward(self.attention.forward(input.clone(), batch));
        let attended = self.attention_norm.forward(dropout.apply(mixed) + input);
        let wide = activate(self.intermediate.forward(attended.clone()), self.activation);
        self.output_norm.forward(dropout.apply(self.output.forward(wide)) + attended)
    }
}

/// Scaled dot-product attention over A heads.
#[derive(Module, Debug)]
struct SelfAttention {
    query: Linear,
    key: Linear,
    value: Linear,
    heads: usize,
}

impl SelfAttention {
    fn new(config: &EncoderConfig, device: &Device) -> Self {
        let square = || linear(config.hidden_size, config.hidden_size, device);
        Self { query: square(), key: square(), value: square(), heads: config.num_attention_heads }
    }

    /// `[B, T, H]` → `[B, T, H]`
    fn forward(&self, input: Tensor<3>, batch: &DeviceBatch) -> Tensor<3> {
        let [rows, tokens, hidden] = input.dims();
        let width = hidden / self.heads;
        // [B, T, H] → [B, A, T, D]
        let split = |x: Tensor<3>| x.reshape([rows, tokens, self.heads, width]).swap_dims(1, 2);
        let query = split(self.query.forward(input.clone())) * (width as f64).sqrt().recip();
        let key = split(self.key.forward(input.clone()));
        let value = split(self.value.forward(input));
        let scores = query.matmul(key.swap_dims(2, 3)) + batch.attention_bias.clone();
        let weights = batch.dropout.apply(activation::softmax(scores, 3));
        weights.matmul(value).swap_dims(1, 2).reshape([rows, tokens, hidden])
    }
}

fn activate(x: Tensor<3>, kind: Activation) -> Tensor<3> {
    match kind {
        Activation::Gelu => gelu(x),
        Activation::GeluTanh => activation::gelu_approximate(x),
        Activation::Relu => activation::relu(x),
    }
}

/// `x · Φ(x)` with an exact gradient on every device.
///
/// Where a backend does not bring its own, burn differentiates `activation::gelu` as if it were the tanh approximation,
/// which puts gradients off by 1e-3. Flex brings its own, in one pass; elsewhere the formula is spelled out until burn's
/// `gelu_backward` uses the error function.
fn gelu(x: Tensor<3>) -> Tensor<3> {
    if !x.is_autodiff() || x.device() == Device::flex() {
        return activation::gelu(x);
    }
    let share = (x.clone() * std::f64::consts::FRAC_1_SQRT_2).erf() * 0.5 + 0.5;
    x * share
}

// Zeros rather than burn's random defaults: the values are replaced by the checkpoint, or by draws from the run's
// seed, and a lazy random tensor that were read by mistake would not be noticed.
fn linear(inputs: usize, outputs: usize, device: &Device) -> Linear {
    LinearConfig::new(inputs, outputs).with_initializer(Initializer::Zeros).init(device)
}

fn norm(config: &EncoderConfig, device: &Device) -> LayerNorm {
    LayerNormConfig::new(config.hidden_size).with_epsilon(config.layer_norm_eps).init(device)
}
