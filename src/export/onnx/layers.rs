//! What every encoder is made of, as nodes: dense layers, LayerNorm, tables, activations, attention.

use std::collections::HashMap;
use std::f32::consts::{FRAC_2_PI, SQRT_2};

use super::graph::{Graph, Setting, Value};
use super::parameters::{Narrow, Placed};
use super::weights::{Precision, WORDS, Weights};
use crate::model::{Activation, EncoderConfig};

/// A graph and the parameters that go into it.
#[derive(Debug)]
pub struct Net<'a> {
    /// What has been made so far.
    pub graph: Graph,
    /// The model's configuration.
    pub config: &'a EncoderConfig,
    /// What the caller gives and what follows from it alone.
    pub inputs: Inputs,
    pub(super) weights: Weights,
    pub(super) precision: Precision,
    /// Parameters that are in the graph, by path: a layer that is used at several depths is there once.
    pub(super) placed: HashMap<String, Placed>,
    /// States in 8 bits: queries, keys and values read the same.
    pub(super) narrowed: HashMap<Value, Narrow>,
}

/// Inputs of an encoder.
#[derive(Debug, Clone, Copy)]
pub struct Inputs {
    /// Token ids, `[B, T]`.
    pub ids: Value,
    /// Token types, `[B, T]`, of models that tell several apart.
    pub types: Option<Value>,
    /// 1 for tokens, 0 for padding, `[B, T]`.
    pub real: Value,
    /// T as a list of one number.
    pub tokens: Value,
}

impl<'a> Net<'a> {
    /// A net of nothing but its inputs.
    pub(super) fn new(
        graph: Graph,
        inputs: Inputs,
        config: &'a EncoderConfig,
        weights: Weights,
        precision: Precision,
    ) -> Self {
        Self { graph, config, inputs, weights, precision, placed: HashMap::new(), narrowed: HashMap::new() }
    }

    /// A dense layer, `[…, I]` → `[…, O]`.
    pub fn dense(&mut self, path: &str, x: Value) -> Value {
        let y = match self.place(&format!("{path}.weight")) {
            Placed::Wide(weight) => self.graph.matmul(x, weight),
            Placed::Narrow { bytes, scales } => self.narrow_product(x, bytes, scales),
        };
        self.biased(&format!("{path}.bias"), y)
    }

    /// The word table read backwards, `[…, E]` → `[…, V]`.
    pub fn words_backwards(&mut self, x: Value) -> Value {
        match self.place(WORDS) {
            Placed::Wide(table) => {
                let backwards = self.graph.transpose(table, &[1, 0]);
                self.graph.matmul(x, backwards)
            }
            Placed::Narrow { bytes, scales } => {
                let backwards = self.graph.transpose(bytes, &[1, 0]);
                self.narrow_product(x, backwards, scales)
            }
        }
    }

    /// With a bias of this path, if the model has one.
    pub fn biased(&mut self, path: &str, x: Value) -> Value {
        if !self.has(path) {
            return x;
        }
        let bias = self.parameter(path);
        self.graph.add(x, bias)
    }

    /// LayerNorm over the last side, `[…, H]` → `[…, H]`.
    pub fn norm(&mut self, path: &str, x: Value) -> Value {
        let mut inputs = vec![x, self.parameter(&format!("{path}.gamma"))];
        let beta = format!("{path}.beta");
        if self.has(&beta) {
            inputs.push(self.parameter(&beta));
        }
        let epsilon = Setting::Float(self.config.layer_norm_eps as f32);
        self.graph.node("LayerNormalization", &inputs, [("axis", Setting::Int(-1)), ("epsilon", epsilon)])
    }

    /// An activation of each value.
    pub fn activation(&mut self, activation: Activation, x: Value) -> Value {
        let graph = &mut self.graph;
        match activation {
            Activation::Relu => graph.relu(x),
            Activation::Tanh => graph.tanh(x),
            Activation::Silu => {
                let gate = graph.sigmoid(x);
                graph.mul(x, gate)
            }
            Activation::Gelu => {
                let root = graph.number(SQRT_2);
                let scaled = graph.div(x, root);
                let share = graph.erf(scaled);
                half_gated(graph, x, share)
            }
            Activation::GeluTanh => {
                let square = graph.mul(x, x);
                let cube = graph.mul(square, x);
                let cube = graph.times(cube, 0.044_715);
                let sum = graph.add(x, cube);
                let scaled = graph.times(sum, FRAC_2_PI.sqrt());
                let share = graph.tanh(scaled);
                half_gated(graph, x, share)
            }
        }
    }

    /// `softmax(q·kᵀ / √D + bias)·v`, three times `[B, T, H]` → `[B, T, H]`; `bias` broadcasts to `[B, A, T, T]`.
    pub fn attention(&mut self, [query, key, value]: [Value; 3], bias: Value) -> Value {
        let query = self.heads(query, &[0, 2, 1, 3]);
        let key = self.heads(key, &[0, 2, 3, 1]);
        let value = self.heads(value, &[0, 2, 1, 3]);
        let width = self.width() as f32;
        let graph = &mut self.graph;
        let scores = graph.matmul(query, key);
        let scores = graph.times(scores, width.sqrt().recip());
        let scores = graph.add(scores, bias);
        let weights = graph.softmax(scores);
        let mixed = graph.matmul(weights, value);
        let mixed = graph.transpose(mixed, &[0, 2, 1, 3]);
        graph.reshape(mixed, &[0, 0, self.config.hidden_size as i64])
    }

    /// `[B, T, H]` → `[B, T, A, D]` with its sides in this order.
    pub fn heads(&mut self, x: Value, order: &[i64]) -> Value {
        let heads = self.config.num_attention_heads as i64;
        let split = self.graph.reshape(x, &[0, 0, heads, self.width() as i64]);
        self.graph.transpose(split, order)
    }

    /// D
    pub fn width(&self) -> usize {
        self.config.hidden_size / self.config.num_attention_heads
    }

    /// What padding adds to the scores of its keys: 0 for tokens, the lowest f32 for padding, `[B, 1, 1, T]`.
    pub fn padding_bias(&mut self) -> Value {
        let missing = self.graph.plus(self.inputs.real, -1.0);
        // (0 or −1) · −lowest, so that no infinity comes up on the way.
        let bias = self.graph.times(missing, -f32::MIN);
        self.graph.unsqueeze(bias, &[1, 2])
    }

    /// How far each key is from each query, q − k, `[T, T]`.
    pub fn distances(&mut self) -> Value {
        let places = self.graph.range(self.inputs.tokens);
        let (queries, keys) = (self.graph.unsqueeze(places, &[1]), self.graph.unsqueeze(places, &[0]));
        self.graph.sub(queries, keys)
    }
}

/// `x · (1 + share) / 2`
fn half_gated(graph: &mut Graph, x: Value, share: Value) -> Value {
    let gate = graph.plus(share, 1.0);
    let gated = graph.mul(x, gate);
    graph.times(gated, 0.5)
}
