//! ModernBERT, exactly as `transformers` computes it (`models/modernbert/modeling_modernbert.py`).

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};

use super::Wanted;
use super::embeddings::{Embeddings, Order};
use super::stack::Stack;
use crate::kernel;
use crate::model::batch::DeviceBatch;
use crate::model::config::{Activation, EncoderConfig};
use crate::model::family::{Modern, Rotary};
use crate::model::layers::{Dense, DenseLayers, Norm, below, thirds};

/// The encoder.
#[derive(Module, Debug)]
pub struct ModernBert {
    pub(super) embeddings: Embeddings,
    layers: Vec<Layer>,
    final_norm: Norm,
    heads: usize,
    /// Values of a head, D.
    width: usize,
    /// Tokens to each side that layers see which do not see all.
    reach: usize,
    #[module(skip)]
    global_rotary: Rotary,
    #[module(skip)]
    local_rotary: Rotary,
}

/// What layers of one kind, those that see all or those that see a neighbourhood, share of a batch.
pub struct View {
    /// Cosines and sines of the positions, `[1, T, 1, D]`.
    rotation: [Tensor<4>; 2],
    /// Added to the scores, `[B, 1, T, T]`, where padding alone does not decide what is seen.
    window: Option<Tensor<4>>,
}

impl ModernBert {
    /// An encoder of the right shapes whose weights are zero until a checkpoint fills them.
    pub fn new(config: &EncoderConfig, modern: &Modern, device: &Device) -> Self {
        let layer = |index: usize| Layer::new(config, modern, index, device);
        Self {
            embeddings: Embeddings::new(config, Order::NormFirst, device),
            layers: (0..config.num_hidden_layers).map(layer).collect(),
            final_norm: config.norm(config.hidden_size, device),
            heads: config.num_attention_heads,
            width: config.hidden_size / config.num_attention_heads,
            reach: modern.reach,
            global_rotary: modern.global_rotary,
            local_rotary: modern.local_rotary,
        }
    }

    /// The dense layers.
    pub fn dense(&mut self) -> DenseLayers<'_> {
        let layers = self.layers.iter_mut().enumerate();
        let layers = layers.flat_map(|(at, layer)| below(&format!("layers.{at}"), layer.dense()));
        below("embeddings", self.embeddings.dense()).into_iter().chain(layers).collect()
    }
}

impl Stack for ModernBert {
    /// What layers see that see all, and what those that see a neighbourhood.
    type Shared = [View; 2];

    fn order(&self) -> Vec<usize> {
        (0..self.layers.len()).collect()
    }

    fn embed(&self, batch: &DeviceBatch) -> Tensor<3> {
        self.embeddings.forward(batch)
    }

    fn share(&self, batch: &DeviceBatch) -> [View; 2] {
        let [_, tokens] = batch.shape();
        let (device, width) = (batch.attention_bias.device(), self.width);
        let global = View { rotation: rotation(self.global_rotary, tokens, width, &device), window: None };
        let local = View {
            rotation: rotation(self.local_rotary, tokens, width, &device),
            window: (tokens > self.reach + 1).then(|| window(self.reach, &batch.attention_bias)),
        };
        [global, local]
    }

    fn layer(
        &self,
        depth: usize,
        hidden: Tensor<3>,
        [global, local]: &[View; 2],
        batch: &DeviceBatch,
        wanted: Wanted,
    ) -> Tensor<3> {
        let layer = &self.layers[depth];
        layer.forward(hidden, if layer.global { global } else { local }, self.heads, batch, wanted)
    }

    fn finish(&self, hidden: Tensor<3>) -> Tensor<3> {
        self.final_norm.forward(hidden)
    }
}

/// One layer: LayerNorm, self-attention, LayerNorm, gated feed-forward, with a residual around each pair.
#[derive(Module, Debug)]
struct Layer {
    /// The first layer has none: the embeddings are normalised already.
    attention_norm: Option<Norm>,
    /// Queries, keys and values at once, H → 3·H.
    qkv: Dense,
    attention_output: Dense,
    feed_forward_norm: Norm,
    /// What is activated and what gates it at once, H → 2·F.
    wide: Dense,
    output: Dense,
    global: bool,
    #[module(skip)]
    activation: Activation,
}

impl Layer {
    fn new(config: &EncoderConfig, modern: &Modern, index: usize, device: &Device) -> Self {
        let (hidden, wide) = (config.hidden_size, config.intermediate_size);
        let (attention, feed_forward) = (modern.biases.attention, modern.biases.feed_forward);
        Self {
            attention_norm: (index > 0).then(|| config.norm(hidden, device)),
            qkv: Dense::biased(attention, hidden, 3 * hidden, device),
            attention_output: Dense::biased(attention, hidden, hidden, device),
            feed_forward_norm: config.norm(hidden, device),
            wide: Dense::biased(feed_forward, hidden, 2 * wide, device),
            output: Dense::biased(feed_forward, wide, hidden, device),
            global: modern.global[index],
            activation: config.activation,
        }
    }

    fn dense(&mut self) -> DenseLayers<'_> {
        let Self { qkv, attention_output, wide, output, .. } = self;
        [("qkv", qkv), ("attention_output", attention_output), ("wide", wide), ("output", output)]
            .map(|(name, layer)| (name.to_owned(), layer))
            .into()
    }

    /// `[B, T, H]` → what is wanted of `[B, T, H]`
    fn forward(&self, input: Tensor<3>, view: &View, heads: usize, batch: &DeviceBatch, wanted: Wanted) -> Tensor<3> {
        let normed = self.attention_norm.as_ref().map_or(input.clone(), |norm| norm.forward(input.clone()));
        let [query, key, value] = thirds(self.qkv.forward(normed));
        let qkv = [rotate(query, &view.rotation, heads), rotate(key, &view.rotation, heads), value];
        let mixed = match &view.window {
            None => kernel::attention(Tensor::cat(qkv.into(), 2), batch.attention_bias.clone(), heads, &batch.dropout),
            Some(bias) => kernel::attention_with_bias(qkv, bias.clone(), heads, &batch.dropout),
        };
        let attended = wanted.of(input) + batch.dropout.apply(self.attention_output.forward(wanted.of(mixed)));
        let both = self.wide.forward(self.feed_forward_norm.forward(attended.clone()));
        let half = both.dims()[2] / 2;
        let gated = self.activation.apply(both.clone().narrow(2, 0, half)) * both.narrow(2, half, half);
        attended + self.output.forward(batch.dropout.apply(gated))
    }
}

/// Rotary positions (Su et al. 2021): the angle of pair p of D / 2 at place t is `t · θ^(−2p / D)`.
fn rotation(rotary: Rotary, tokens: usize, width: usize, device: &Device) -> [Tensor<4>; 2] {
    let half = width / 2;
    let angles: Vec<f32> =
        (0..tokens).flat_map(|place| (0..width).map(move |at| rotary.angle(place, at % half, width))).collect();
    let grid = |f: fn(f32) -> f32| {
        Tensor::from_data(TensorData::new(angles.iter().copied().map(f).collect(), [1, tokens, 1, width]), device)
    };
    [grid(f32::cos), grid(f32::sin)]
}

/// Rotates the two halves of each head's values against each other: `[B, T, H]` → `[B, T, H]`.
fn rotate(x: Tensor<3>, [cosine, sine]: &[Tensor<4>; 2], heads: usize) -> Tensor<3> {
    let [rows, tokens, hidden] = x.dims();
    let half = hidden / heads / 2;
    let x = x.reshape([rows, tokens, heads, 2 * half]);
    let turned = Tensor::cat(vec![x.clone().narrow(3, half, half).neg(), x.clone().narrow(3, 0, half)], 3);
    (x * cosine.clone() + turned * sine.clone()).reshape([rows, tokens, hidden])
}

/// The lowest f32 for what lies beyond `reach` tokens to either side or is padding, else 0: padding `[B, T]` →
/// `[B, 1, T, T]`.
fn window(reach: usize, padding: &Tensor<2>) -> Tensor<4> {
    let [_, tokens] = padding.dims();
    let far = |query: usize, key: usize| if query.abs_diff(key) > reach { f32::MIN } else { 0.0 };
    let values: Vec<f32> = (0..tokens).flat_map(|query| (0..tokens).map(move |key| far(query, key))).collect();
    let far = Tensor::<4>::from_data(TensorData::new(values, [1, 1, tokens, tokens]), &padding.device());
    let shape = [padding.dims()[0], 1, tokens, tokens];
    // The smaller of the two, not their sum: twice the lowest is −∞, and a row of those no longer sums to 1.
    far.expand(shape).min_pair(padding.clone().unsqueeze_dim::<3>(1).unsqueeze_dim::<4>(1).expand(shape))
}
