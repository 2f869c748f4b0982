//! DistilBERT (Sanh et al. 2019): BERT without token types and with names of its own for its sizes; its head has ReLU
//! between two layers (`DistilBertForSequenceClassification`).

use super::{Details, Family, HeadDense, HeadShape, Pooling, Positions};
use crate::error::Result;
use crate::model::config::{Activation, EncoderConfig, Reader};

pub(super) fn read(family: &'static Family, read: &Reader) -> Result<EncoderConfig> {
    let hidden_size = read.size("dim", 8_192)?;
    let dense = HeadDense { activation: Activation::Relu, bias: true, norm: None };
    Ok(EncoderConfig {
        family,
        vocab_size: read.size("vocab_size", 1_048_576)?,
        hidden_size,
        embedding_size: hidden_size,
        num_hidden_layers: read.size("n_layers", 128)?,
        num_attention_heads: read.size("n_heads", 256)?,
        intermediate_size: read.size("hidden_dim", 65_536)?,
        max_position_embeddings: read.size("max_position_embeddings", 65_536)?,
        type_vocab_size: 0,
        pad_token_id: read.id("pad_token_id", 0)?,
        positions: Positions::FromZero,
        layer_norm_eps: 1e-12,
        initializer_range: read.number("initializer_range", 0.02)?,
        activation: read.activation("activation", Activation::Gelu)?,
        drops: [false, true],
        head: HeadShape { pooling: Pooling::First, dense: Some(dense), drops_first: false },
        details: Details::None,
        labels: read.labels()?,
        source: read.source.clone(),
    })
}
