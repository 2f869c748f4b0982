//! DeBERTa v2 and v3 as nodes, after `model/encoder/deberta`.

use super::graph::Value;
use super::layers::Net;
use crate::model::{Disentangled, distance};

/// The vectors of the distances between all pairs of tokens.
#[derive(Clone, Copy)]
struct Distances {
    /// The table, normalised, `[R, H]`.
    table: Value,
    /// Rows of it for a content that looks at positions, `[1, 1, T, T]`, query by key.
    content_to_position: Option<Value>,
    /// Rows for a position that looks at contents, `[1, 1, T, T]`, key by query.
    position_to_content: Option<Value>,
}

impl Net<'_> {
    /// → `[B, T, H]`
    pub fn deberta(&mut self, how: Disentangled) -> Value {
        let mut hidden = self.embeddings();
        let bias = self.padding_of_pairs();
        let distances = self.has("encoder.distances.weight").then(|| self.distance_vectors(how));
        for layer in 0..self.config.num_hidden_layers {
            let at = format!("encoder.layers.{layer}");
            let [query, key, value] = ["query", "key", "value"].map(|part| self.dense(&format!("{at}.{part}"), hidden));
            let compared =
                1.0 + f32::from(u8::from(how.content_to_position)) + f32::from(u8::from(how.position_to_content));
            let relative = distances.and_then(|distances| self.relative_scores(&at, how, query, key, distances));
            let scores = match relative {
                None => bias,
                Some(relative) => {
                    let scaled = self.graph.times(relative, (self.width() as f32 * compared).sqrt().recip());
                    self.graph.add(scaled, bias)
                }
            };
            // Attention divides by √D; here it is √(D · compared).
            let query = self.graph.times(query, compared.sqrt().recip());
            let mixed = self.attention([query, key, value], scores);
            hidden = self.block(&format!("{at}.block"), mixed, hidden);
        }
        hidden
    }

    /// 0 for pairs of tokens, the lowest f32 for pairs with padding, `[B, 1, T, T]`.
    fn padding_of_pairs(&mut self) -> Value {
        let real = self.inputs.real;
        let graph = &mut self.graph;
        let (queries, keys) = (graph.unsqueeze(real, &[1, 3]), graph.unsqueeze(real, &[1, 2]));
        let both = graph.mul(queries, keys);
        let missing = graph.plus(both, -1.0);
        graph.times(missing, -f32::MIN)
    }

    fn distance_vectors(&mut self, how: Disentangled) -> Distances {
        let mut table = self.parameter("encoder.distances.weight");
        if self.has("encoder.distances_norm.gamma") {
            table = self.norm("encoder.distances_norm", table);
        }
        // From the longest distance on all have the table's first or last row.
        let rows = |net: &mut Self, sign: i64| {
            let rows =
                net.rows_by_distance(how.longest as i64, |far| distance::row(far, how.buckets, how.longest, sign));
            net.graph.unsqueeze(rows, &[0, 1])
        };
        Distances {
            table,
            content_to_position: how.content_to_position.then(|| rows(self, 1)),
            position_to_content: how.position_to_content.then(|| rows(self, -1)),
        }
    }

    /// How contents match positions and positions contents, `[B, A, T, T]`, before scaling.
    fn relative_scores(
        &mut self,
        at: &str,
        how: Disentangled,
        query: Value,
        key: Value,
        distances: Distances,
    ) -> Option<Value> {
        let layer = |apart: &str, shared: &str| format!("{at}.{}", if how.shares_layers { shared } else { apart });
        let seen = distances.content_to_position.map(|rows| {
            let (keys, query) = (layer("position_key", "key"), self.heads(query, &[0, 2, 1, 3]));
            self.scores_of_distances(query, &keys, distances.table, rows)
        });
        let seeing = distances.position_to_content.map(|rows| {
            let (queries, key) = (layer("position_query", "query"), self.heads(key, &[0, 2, 1, 3]));
            let scores = self.scores_of_distances(key, &queries, distances.table, rows);
            self.graph.transpose(scores, &[0, 1, 3, 2])
        });
        match (seen, seeing) {
            (Some(seen), Some(seeing)) => Some(self.graph.add(seen, seeing)),
            (one, other) => one.or(other),
        }
    }

    /// Contents `[B, A, T, D]`, the layer that the table passes through, and rows `[1, 1, T, T]` → `[B, A, T, T]`.
    fn scores_of_distances(&mut self, contents: Value, layer: &str, table: Value, rows: Value) -> Value {
        let table = self.dense(layer, table);
        // [R, H] → [A, D, R]
        let (heads, width) = (self.config.num_attention_heads as i64, self.width() as i64);
        let table = self.graph.reshape(table, &[0, heads, width]);
        let table = self.graph.transpose(table, &[1, 2, 0]);
        let scores = self.graph.matmul(contents, table);
        // Rows as often as there are texts and heads: [B, A, T, 1] spreads them.
        let one = self.graph.integers(&[1]);
        let shape = self.graph.shape(contents);
        let three = self.graph.integers(&[0, 1, 2]);
        let shape = self.graph.gather(shape, three, 0);
        let shape = self.graph.concat(&[shape, one], 0);
        let rows = self.graph.expand(rows, shape);
        self.graph.gather_each(scores, rows)
    }
}
