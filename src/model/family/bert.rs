//! BERT (Devlin et al. 2018; `models/bert` in transformers), and the fields that most families share with it.

use super::{Details, Family, HeadDense, HeadShape, Pooling, Positions};
use crate::error::Result;
use crate::model::config::{Activation, EncoderConfig, Reader, mistake};

pub(super) fn read(family: &'static Family, read: &Reader) -> Result<EncoderConfig> {
    match read.word("position_embedding_type") {
        None | Some("absolute") => {}
        Some(other) => {
            return Err(mistake(format!(
                "position_embedding_type \u{201c}{}\u{201d} is not supported; only \u{201c}absolute\u{201d} is.",
                read.shown(other)
            )));
        }
    }
    shared(family, read)
}

/// The fields as `BertConfig` names them, and BERT's head: tanh of a dense layer over the first token.
pub(super) fn shared(family: &'static Family, read: &Reader) -> Result<EncoderConfig> {
    let hidden_size = read.size("hidden_size", 8_192)?;
    Ok(EncoderConfig {
        family,
        vocab_size: read.size("vocab_size", 1_048_576)?,
        hidden_size,
        embedding_size: hidden_size,
        num_hidden_layers: read.size("num_hidden_layers", 128)?,
        num_attention_heads: read.size("num_attention_heads", 256)?,
        intermediate_size: read.size("intermediate_size", 65_536)?,
        max_position_embeddings: read.size("max_position_embeddings", 65_536)?,
        type_vocab_size: read.size("type_vocab_size", 1_024)?,
        pad_token_id: read.id("pad_token_id", 0)?,
        positions: Positions::FromZero,
        layer_norm_eps: read.number("layer_norm_eps", 1e-12)?,
        initializer_range: read.number("initializer_range", 0.02)?,
        activation: read.activation("hidden_act", Activation::Gelu)?,
        drops: [true, true],
        head: HeadShape {
            pooling: Pooling::First,
            dense: Some(HeadDense { activation: Activation::Tanh, bias: true, norm: None }),
            drops_first: false,
        },
        details: Details::None,
        labels: read.labels()?,
        source: read.source.clone(),
    })
}
