//! Word, position and token-type embeddings as nodes, after `model/encoder/embeddings`.

use super::graph::Value;
use super::layers::Net;
use super::proto::Element;
use super::weights::WORDS;
use crate::model::{Details, Positions};

const AT: &str = "encoder.embeddings";

impl Net<'_> {
    /// → `[B, T, H]`
    pub fn embeddings(&mut self) -> Value {
        let sum = self.embedded();
        let (norm, projection) = (format!("{AT}.norm"), format!("{AT}.projection"));
        let projects = self.has(&format!("{projection}.weight"));
        if !matches!(self.config.details, Details::Disentangled(_)) {
            let normed = self.norm(&norm, sum);
            return if projects { self.dense(&projection, normed) } else { normed };
        }
        let wide = if projects { self.dense(&projection, sum) } else { sum };
        let normed = self.norm(&norm, wide);
        let real = self.graph.unsqueeze(self.inputs.real, &[2]);
        self.graph.mul(normed, real)
    }

    /// The sum of all tables' rows, `[B, T, E]`.
    fn embedded(&mut self) -> Value {
        let mut sum = self.lookup(WORDS, self.inputs.ids);
        if let Some(rows) = self.positions() {
            sum = self.graph.add(sum, rows);
        }
        let types = format!("{AT}.token_type.weight");
        if self.has(&types) {
            let rows = match self.inputs.types {
                Some(places) => self.lookup(&types, places),
                // A table of one row, which is every token's.
                None => self.parameter(&types),
            };
            sum = self.graph.add(sum, rows);
        }
        sum
    }

    /// Rows of the table of positions, `[T, E]` or `[B, T, E]`.
    fn positions(&mut self) -> Option<Value> {
        let path = format!("{AT}.position.weight");
        match self.config.positions {
            Positions::None => None,
            Positions::FromZero => {
                let table = self.parameter(&path);
                Some(self.graph.first_rows(table, self.inputs.tokens))
            }
            Positions::AfterPadding => {
                let graph = &mut self.graph;
                let padding = graph.integer(self.config.pad_token_id as i64);
                let is_padding = graph.equal(self.inputs.ids, padding);
                let counts = graph.not(is_padding);
                let counts = graph.cast(counts, Element::Int64);
                let numbers = graph.running_sum(counts, 1);
                let numbers = graph.mul(numbers, counts);
                let places = graph.add(numbers, padding);
                Some(self.lookup(&path, places))
            }
        }
    }
}
