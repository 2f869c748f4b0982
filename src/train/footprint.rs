//! What training takes of a GPU's memory, counted from shapes before anything is taken.

use crate::model::{Details, EncoderConfig, Parameters};

/// Bytes of a number.
const F32: u64 = 4;

/// A run, as far as memory goes.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// What learns and what does not.
    pub parameters: Parameters,
    /// Rows of a batch, those that each is compared with among them: B.
    pub rows: usize,
    /// Longest text in tokens: T.
    pub tokens: usize,
    /// Whether layers are computed again rather than kept.
    pub checkpointing: bool,
}

/// Its memory in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Footprint {
    /// Parameters, their gradients and both moments: 16 for each that learns, 4 for each other.
    pub parameters: u64,
    /// What a forward pass keeps for the backward pass.
    pub activations: u64,
    /// The largest array of activations of one row of the batch.
    pub largest_of_row: u64,
}

impl Footprint {
    /// Counts.
    pub fn new(config: &EncoderConfig, plan: &Plan) -> Self {
        // In 64 bits: WebAssembly's own sizes have 32.
        let [hidden, wide, layers] =
            [config.hidden_size, config.intermediate_size, config.num_hidden_layers].map(|size| size as u64);
        let [trainable, frozen] = [plan.parameters.trainable, plan.parameters.frozen].map(|count| count as u64);
        let [rows, tokens, heads] = [plan.rows, plan.tokens, config.num_attention_heads].map(|size| size as u64);
        // Of a layer: what goes in, queries, keys and values, what attention mixes, both normalised states, what goes into
        // the feed-forward block, and of its wide half the values and the slopes.
        let layer = 8 * hidden + 2 * wide;
        let kept = if plan.checkpointing { layers * hidden + layer } else { layers * layer };
        // Families that add a bias of their own to the scores keep these, too: weights, masked weights, slopes.
        let biased =
            matches!(config.details, Details::RelativeBias { .. } | Details::Disentangled(_) | Details::Modern(_));
        let scores = if biased { heads * tokens } else { 0 };
        let scores_kept = 3 * scores * if plan.checkpointing { 1 } else { layers };
        // A gated feed-forward block computes both halves as one array.
        let widest = if matches!(config.details, Details::Modern(_)) { 2 * wide } else { wide };
        Self {
            parameters: F32 * (4 * trainable + frozen),
            activations: F32 * rows * tokens * (kept + scores_kept),
            largest_of_row: F32 * tokens * (3 * hidden).max(widest).max(scores),
        }
    }

    /// All of it.
    pub fn total(&self) -> u64 {
        self.parameters + self.activations
    }

    /// The largest batch whose arrays are at most so many bytes long.
    pub fn largest_batch(&self, bytes: u64) -> usize {
        usize::try_from(bytes / self.largest_of_row.max(1)).unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counted by hand for all-MiniLM-L6-v2 with 2 labels.
    #[test]
    fn a_small_encoder_is_counted() {
        let file = r#"{"model_type": "bert", "vocab_size": 30522, "hidden_size": 384, "num_hidden_layers": 6,
            "num_attention_heads": 12, "intermediate_size": 1536, "max_position_embeddings": 512, "type_vocab_size": 2}"#;
        let config = EncoderConfig::from_json(file.as_bytes()).expect("a configuration");
        let parameters = Parameters { trainable: 22_713_986, frozen: 0 };
        let plan = Plan { parameters, rows: 16, tokens: 128, checkpointing: false };
        let kept = Footprint::new(&config, &plan);
        assert_eq!(kept.parameters, 363_423_776);
        assert_eq!(kept.activations, 4 * 16 * 128 * 6 * 16 * 384);
        // 128 tokens of 1536 values between the feed-forward layers.
        assert_eq!(kept.largest_of_row, 4 * 128 * 1536);
        assert_eq!(kept.largest_batch(128 << 20), 170);
        let again = Footprint::new(&config, &Plan { checkpointing: true, ..plan });
        assert_eq!(again.activations, 4 * 16 * 128 * (6 * 384 + 16 * 384));
    }
}
