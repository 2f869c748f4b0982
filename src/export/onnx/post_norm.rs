//! BERT and all that normalise after their sublayers as nodes, after `model/encoder/post_norm`; MPNet's bias of distances.

use super::graph::Value;
use super::layers::Net;
use crate::model::{Details, distance};

impl Net<'_> {
    /// → `[B, T, H]`
    pub fn post_norm(&mut self) -> Value {
        let mut hidden = self.embeddings();
        let mut bias = self.padding_bias();
        if let Details::RelativeBias { buckets } = self.config.details {
            let relative = self.relative_bias(buckets);
            bias = self.graph.add(relative, bias);
        }
        for layer in self.config.layer_order() {
            let at = format!("encoder.layers.{layer}");
            let qkv = ["query", "key", "value"].map(|part| self.dense(&format!("{at}.{part}"), hidden));
            let mixed = self.attention(qkv, bias);
            hidden = self.block(&format!("{at}.block"), mixed, hidden);
        }
        hidden
    }

    /// What attention mixed and what came into the layer, both `[B, T, H]` → `[B, T, H]`.
    pub fn block(&mut self, at: &str, mixed: Value, input: Value) -> Value {
        let attended = self.dense(&format!("{at}.attention_output"), mixed);
        let attended = self.graph.add(attended, input);
        let attended = self.norm(&format!("{at}.attention_norm"), attended);
        let wide = self.dense(&format!("{at}.intermediate"), attended);
        let wide = self.activation(self.config.activation, wide);
        let fed = self.dense(&format!("{at}.output"), wide);
        let fed = self.graph.add(fed, attended);
        self.norm(&format!("{at}.output_norm"), fed)
    }

    /// MPNet's learned bias per distance, `[1, A, T, T]`.
    fn relative_bias(&mut self, buckets: usize) -> Value {
        // From here on every distance is in the last bucket of its direction.
        let longest = distance::MPNET_LONGEST as i64;
        let bucket = |far: i64| distance::t5_bucket(-far, buckets as i64);
        let places = self.rows_by_distance(longest, bucket);
        let rows = self.lookup("encoder.relative.weight", places);
        let by_head = self.graph.transpose(rows, &[2, 0, 1]);
        self.graph.unsqueeze(by_head, &[0])
    }

    /// A row of a table for each pair of tokens, `[T, T]`, by how far the key is from the query, q − k; farther than
    /// `longest` is as far as that.
    pub fn rows_by_distance(&mut self, longest: i64, row: impl Fn(i64) -> i64) -> Value {
        let rows: Vec<i64> = (-longest..=longest).map(row).collect();
        let rows = self.graph.integers(&rows);
        let distances = self.distances();
        let clipped = self.graph.clip(distances, [-longest, longest]);
        let longest = self.graph.integer(longest);
        let places = self.graph.add(clipped, longest);
        self.graph.gather(rows, places, 0)
    }
}
