//! What every encoder is made of, as nodes: dense layers, LayerNorm, tables, activations, attention.

use std::collections::HashMap;
use std::f32::consts::{FRAC_2_PI, SQRT_2};

use super::graph::{Graph, Setting, Value};
use super::proto::Element;
use super::weights::{Bytes, Precision, WORDS, Weight, Weights, ZERO, halves};
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
    weights: Weights,
    precision: Precision,
    /// Parameters that are in the graph, by path: a layer that is used at several depths is there once.
    placed: HashMap<String, Placed>,
    /// States in 8 bits: queries, keys and values read the same.
    narrowed: HashMap<Value, Narrow>,
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

/// A parameter that is in the graph.
#[derive(Debug, Clone, Copy)]
enum Placed {
    /// As numbers.
    Wide(Value),
    /// As bytes, and what a step is: for each row of a table, or each column of a layer.
    Narrow { bytes: Value, scales: Value },
}

/// States in 8 bits: bytes, what a step is, and the byte that stands for 0.
#[derive(Debug, Clone, Copy)]
struct Narrow {
    bytes: Value,
    scale: Value,
    zero: Value,
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

    /// Whether the model has a parameter of this path.
    pub fn has(&self, path: &str) -> bool {
        self.placed.contains_key(path) || self.weights.has(path)
    }

    /// A parameter as numbers.
    pub fn parameter(&mut self, path: &str) -> Value {
        match self.place(path) {
            Placed::Wide(value) => value,
            Placed::Narrow { bytes, scales } => {
                // Only the table of words is read both ways: by rows, and all of it.
                let scales = self.graph.unsqueeze(scales, &[1]);
                self.widened(bytes, scales)
            }
        }
    }

    fn place(&mut self, path: &str) -> Placed {
        if let Some(placed) = self.placed.get(path) {
            return *placed;
        }
        let Weight { shape, values } = self.weights.take(path);
        let placed = match self.precision.of(path, shape.len()) {
            Precision::Int8 => self.place_bytes(path, &shape, &values),
            Precision::F16 => self.place_halves(path, &shape, &values),
            Precision::F32 => self.place_floats(path, &shape, &values),
        };
        self.placed.insert(path.to_owned(), placed);
        placed
    }

    fn place_floats(&mut self, path: &str, shape: &[usize], values: &[f32]) -> Placed {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        Placed::Wide(self.graph.constant(path, Element::Float, shape, bytes))
    }

    fn place_halves(&mut self, path: &str, shape: &[usize], values: &[f32]) -> Placed {
        let Some(bytes) = halves(values) else { return self.place_floats(path, shape, values) };
        let narrow = self.graph.constant(path, Element::Float16, shape, bytes);
        Placed::Wide(self.graph.cast(narrow, Element::Float))
    }

    fn place_bytes(&mut self, path: &str, shape: &[usize], values: &[f32]) -> Placed {
        let columns = shape.last().copied().unwrap_or(0);
        let Bytes { bytes, scales } =
            if path == WORDS { Bytes::by_row(values, columns) } else { Bytes::by_column(values, columns) };
        let count = scales.len();
        let scales = scales.iter().flat_map(|scale| scale.to_le_bytes()).collect();
        Placed::Narrow {
            bytes: self.graph.constant(path, Element::Uint8, shape, bytes),
            scales: self.graph.constant(&format!("{path}.scales"), Element::Float, &[count], scales),
        }
    }

    /// `scales · (bytes − 128)`
    fn widened(&mut self, bytes: Value, scales: Value) -> Value {
        let wide = self.graph.cast(bytes, Element::Float);
        let around_zero = self.graph.plus(wide, -f32::from(ZERO));
        self.graph.mul(around_zero, scales)
    }

    /// Rows of a table, `[R, E]`, at these places: `[…]` → `[…, E]`.
    pub fn lookup(&mut self, path: &str, places: Value) -> Value {
        match self.place(path) {
            Placed::Wide(table) => self.graph.gather(table, places, 0),
            Placed::Narrow { bytes, scales } => {
                let (rows, scales) = (self.graph.gather(bytes, places, 0), self.graph.gather(scales, places, 0));
                let scales = self.graph.unsqueeze(scales, &[-1]);
                self.widened(rows, scales)
            }
        }
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

    /// `x·W` in whole numbers: states get the step that their range asks for, as the model runs.
    fn narrow_product(&mut self, x: Value, weight: Value, scales: Value) -> Value {
        let graph = &mut self.graph;
        let Narrow { bytes, scale, zero } = *self.narrowed.entry(x).or_insert_with(|| {
            let [bytes, scale, zero] = graph.node_of("DynamicQuantizeLinear", &[x], []);
            Narrow { bytes, scale, zero }
        });
        let name = "zero_of_weights";
        let zero_of_weights = match self.placed.get(name) {
            Some(Placed::Wide(value)) => *value,
            _ => {
                let value = graph.constant(name, Element::Uint8, &[], vec![ZERO]);
                self.placed.insert(name.to_owned(), Placed::Wide(value));
                value
            }
        };
        let product = graph.node("MatMulInteger", &[bytes, weight, zero, zero_of_weights], []);
        let product = graph.cast(product, Element::Float);
        let scales = graph.mul(scale, scales);
        graph.mul(product, scales)
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
