//! DistilBERT's names.

use super::Encoder;
use super::Kind::{Dense, Norm, Table};

pub(super) const DISTILBERT: Encoder = Encoder {
    frame: &[
        ("embeddings.word_embeddings", "embeddings.word", Table),
        ("embeddings.position_embeddings", "embeddings.position", Table),
        ("embeddings.LayerNorm", "embeddings.norm", Norm),
    ],
    layers: "transformer.layer.#",
    layer: &[
        ("attention.q_lin", "query", Dense),
        ("attention.k_lin", "key", Dense),
        ("attention.v_lin", "value", Dense),
        ("attention.out_lin", "block.attention_output", Dense),
        ("sa_layer_norm", "block.attention_norm", Norm),
        ("ffn.lin1", "block.intermediate", Dense),
        ("ffn.lin2", "block.output", Dense),
        ("output_layer_norm", "block.output_norm", Norm),
    ],
};
