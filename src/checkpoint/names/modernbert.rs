//! ModernBERT's names.

use super::Encoder;
use super::Kind::{Dense, Norm, Table};

pub(super) const MODERNBERT: Encoder = Encoder {
    frame: &[
        ("embeddings.tok_embeddings", "embeddings.word", Table),
        ("embeddings.norm", "embeddings.norm", Norm),
        ("final_norm", "final_norm", Norm),
    ],
    layers: "layers.#",
    layer: &[
        ("attn_norm", "attention_norm", Norm),
        ("attn.Wqkv", "qkv", Dense),
        ("attn.Wo", "attention_output", Dense),
        ("mlp_norm", "feed_forward_norm", Norm),
        ("mlp.Wi", "wide", Dense),
        ("mlp.Wo", "output", Dense),
    ],
};
