//! ModernBERT as nodes, after `model/encoder/modernbert`.

use super::graph::Value;
use super::layers::Net;
use crate::model::{EncoderConfig, Modern, Rotary};

/// What layers of one kind, those that see all or those that see a neighbourhood, share.
#[derive(Clone, Copy)]
struct View {
    /// Cosines of the positions, `[T, 1, D]`.
    cosine: Value,
    /// Their sines.
    sine: Value,
    /// Added to the scores, `[B, 1, 1 or T, T]`.
    bias: Value,
}

/// Bytes of the tables of rotary positions.
pub(super) fn rotary_bytes(config: &EncoderConfig) -> u64 {
    let width = (config.hidden_size / config.num_attention_heads.max(1)) as u64;
    4 * 4 * width * config.longest() as u64
}

impl Net<'_> {
    /// → `[B, T, H]`
    pub fn modernbert(&mut self, modern: &Modern) -> Value {
        let mut hidden = self.embeddings();
        let [global, local] = self.views(modern);
        for (layer, &sees_all) in modern.global.iter().enumerate() {
            hidden =
                self.modern_layer(&format!("encoder.layers.{layer}"), hidden, if sees_all { global } else { local });
        }
        self.norm("encoder.final_norm", hidden)
    }

    fn views(&mut self, modern: &Modern) -> [View; 2] {
        let padding = self.padding_bias();
        let window = self.window(modern.reach);
        let biases = [padding, window];
        let rotaries = [modern.global_rotary, modern.local_rotary].map(|rotary| self.rotation(rotary));
        [0, 1].map(|kind| {
            let [cosine, sine] = rotaries[kind];
            View { cosine, sine, bias: biases[kind] }
        })
    }

    /// The lowest f32 for what lies beyond `reach` tokens to either side or is padding, else 0, `[B, 1, T, T]`.
    fn window(&mut self, reach: usize) -> Value {
        let distances = self.distances();
        let graph = &mut self.graph;
        let (far, reach, none) = (graph.abs(distances), graph.integer(reach as i64), graph.number(0.5));
        let far = graph.greater(far, reach);
        let padding = graph.greater(none, self.inputs.real);
        let padding = graph.unsqueeze(padding, &[1, 2]);
        let hidden = graph.or(far, padding);
        graph.choose(hidden, f32::MIN, 0.0)
    }

    /// Cosines and sines of the positions, each `[T, 1, D]`. Tables, since not every device computes them well far out.
    fn rotation(&mut self, rotary: Rotary) -> [Value; 2] {
        let (longest, width) = (self.config.longest(), self.width());
        let half = width / 2;
        let angles = || (0..longest).flat_map(|place| (0..width).map(move |at| rotary.angle(place, at % half, width)));
        [f32::cos, f32::sin].map(|of: fn(f32) -> f32| {
            let table = self.graph.numbers(&[longest, 1, width], &angles().map(of).collect::<Vec<f32>>());
            self.graph.first_rows(table, self.inputs.tokens)
        })
    }

    fn modern_layer(&mut self, at: &str, input: Value, view: View) -> Value {
        let norm = format!("{at}.attention_norm");
        let normed = if self.has(&format!("{norm}.gamma")) { self.norm(&norm, input) } else { input };
        let qkv = self.dense(&format!("{at}.qkv"), normed);
        let [query, key, value] = self.graph.split(qkv, 2);
        let qkv = [self.rotated(query, view), self.rotated(key, view), value];
        let mixed = self.attention(qkv, view.bias);
        let attended = self.dense(&format!("{at}.attention_output"), mixed);
        let attended = self.graph.add(input, attended);
        let normed = self.norm(&format!("{at}.feed_forward_norm"), attended);
        let both = self.dense(&format!("{at}.wide"), normed);
        let [activated, gate] = self.graph.split(both, 2);
        let activated = self.activation(self.config.activation, activated);
        let gated = self.graph.mul(activated, gate);
        let fed = self.dense(&format!("{at}.output"), gated);
        self.graph.add(attended, fed)
    }

    /// Rotates the two halves of each head's values against each other: `[B, T, H]` → `[B, T, H]`.
    fn rotated(&mut self, x: Value, view: View) -> Value {
        let (heads, width) = (self.config.num_attention_heads as i64, self.width() as i64);
        let graph = &mut self.graph;
        let x = graph.reshape(x, &[0, 0, heads, width]);
        let [first, second] = graph.split(x, 3);
        let second = graph.neg(second);
        let turned = graph.concat(&[second, first], 3);
        let (straight, turned) = (graph.mul(x, view.cosine), graph.mul(turned, view.sine));
        let sum = graph.add(straight, turned);
        graph.reshape(sum, &[0, 0, heads * width])
    }
}
