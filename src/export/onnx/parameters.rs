//! Parameters in the graph: as they are, or narrow with what makes them wide again; and products of narrow ones.

use super::graph::Value;
use super::layers::Net;
use super::proto::Element;
use super::weights::{Bytes, Precision, WORDS, Weight, ZERO, halves};

/// A parameter that is in the graph.
#[derive(Debug, Clone, Copy)]
pub(super) enum Placed {
    /// As numbers.
    Wide(Value),
    /// As bytes, and what a step is: for each row of a table, or each column of a layer.
    Narrow { bytes: Value, scales: Value },
}

/// States in 8 bits: bytes, what a step is, and the byte that stands for 0.
#[derive(Debug, Clone, Copy)]
pub(super) struct Narrow {
    bytes: Value,
    scale: Value,
    zero: Value,
}

impl Net<'_> {
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

    pub(super) fn place(&mut self, path: &str) -> Placed {
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

    /// `x·W` in whole numbers: states get the step that their range asks for, as the model runs.
    pub(super) fn narrow_product(&mut self, x: Value, weight: Value, scales: Value) -> Value {
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
}
