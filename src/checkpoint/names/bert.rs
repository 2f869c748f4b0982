//! BERT's names, and those of the families that kept them: RoBERTa and ELECTRA as they are, MPNet and ALBERT in part.

use super::Kind::{Dense, Norm, Table};
use super::{Encoder, Row};

pub(super) const BERT: Encoder = Encoder {
    frame: &[
        ("embeddings.word_embeddings", "embeddings.word", Table),
        ("embeddings.position_embeddings", "embeddings.position", Table),
        ("embeddings.token_type_embeddings", "embeddings.token_type", Table),
        ("embeddings.LayerNorm", "embeddings.norm", Norm),
        ("embeddings_project", "embeddings.projection", Dense),
    ],
    layers: "encoder.layer.#",
    layer: &[
        ("attention.self.query", "query", Dense),
        ("attention.self.key", "key", Dense),
        ("attention.self.value", "value", Dense),
        AFTER_ATTENTION[0],
        AFTER_ATTENTION[1],
        AFTER_ATTENTION[2],
        AFTER_ATTENTION[3],
        AFTER_ATTENTION[4],
    ],
};

/// What follows attention in a layer, in BERT as in DeBERTa.
pub(super) const AFTER_ATTENTION: [Row; 5] = [
    ("attention.output.dense", "block.attention_output", Dense),
    ("attention.output.LayerNorm", "block.attention_norm", Norm),
    ("intermediate.dense", "block.intermediate", Dense),
    ("output.dense", "block.output", Dense),
    ("output.LayerNorm", "block.output_norm", Norm),
];

pub(super) const MPNET: Encoder = Encoder {
    frame: &[
        ("embeddings.word_embeddings", "embeddings.word", Table),
        ("embeddings.position_embeddings", "embeddings.position", Table),
        ("embeddings.LayerNorm", "embeddings.norm", Norm),
        ("encoder.relative_attention_bias", "relative", Table),
    ],
    layers: "encoder.layer.#",
    layer: &[
        ("attention.attn.q", "query", Dense),
        ("attention.attn.k", "key", Dense),
        ("attention.attn.v", "value", Dense),
        ("attention.attn.o", "block.attention_output", Dense),
        ("attention.LayerNorm", "block.attention_norm", Norm),
        AFTER_ATTENTION[2],
        AFTER_ATTENTION[3],
        AFTER_ATTENTION[4],
    ],
};

/// A layer per group; the configuration refuses groups of several.
pub(super) const ALBERT: Encoder = Encoder {
    frame: &[
        ("embeddings.word_embeddings", "embeddings.word", Table),
        ("embeddings.position_embeddings", "embeddings.position", Table),
        ("embeddings.token_type_embeddings", "embeddings.token_type", Table),
        ("embeddings.LayerNorm", "embeddings.norm", Norm),
        ("encoder.embedding_hidden_mapping_in", "embeddings.projection", Dense),
    ],
    layers: "encoder.albert_layer_groups.#.albert_layers.0",
    layer: &[
        ("attention.query", "query", Dense),
        ("attention.key", "key", Dense),
        ("attention.value", "value", Dense),
        ("attention.dense", "block.attention_output", Dense),
        ("attention.LayerNorm", "block.attention_norm", Norm),
        ("ffn", "block.intermediate", Dense),
        ("ffn_output", "block.output", Dense),
        ("full_layer_layer_norm", "block.output_norm", Norm),
    ],
};
