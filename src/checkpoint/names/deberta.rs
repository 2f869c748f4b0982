//! The names of DeBERTa v2 and v3.

use super::Encoder;
use super::Kind::{Dense, Norm, Table};
use super::bert::AFTER_ATTENTION;

pub(super) const DEBERTA: Encoder = Encoder {
    frame: &[
        ("embeddings.word_embeddings", "embeddings.word", Table),
        ("embeddings.position_embeddings", "embeddings.position", Table),
        ("embeddings.token_type_embeddings", "embeddings.token_type", Table),
        ("embeddings.embed_proj", "embeddings.projection", Dense),
        ("embeddings.LayerNorm", "embeddings.norm", Norm),
        ("encoder.rel_embeddings", "distances", Table),
        ("encoder.LayerNorm", "distances_norm", Norm),
    ],
    layers: "encoder.layer.#",
    layer: &[
        ("attention.self.query_proj", "query", Dense),
        ("attention.self.key_proj", "key", Dense),
        ("attention.self.value_proj", "value", Dense),
        ("attention.self.pos_key_proj", "position_key", Dense),
        ("attention.self.pos_query_proj", "position_query", Dense),
        AFTER_ATTENTION[0],
        AFTER_ATTENTION[1],
        AFTER_ATTENTION[2],
        AFTER_ATTENTION[3],
        AFTER_ATTENTION[4],
    ],
};
