//! DeBERTa v2 and v3 (He et al. 2020, 2021): attention in which content and distance are compared apart
//! (`models/deberta_v2` in transformers).

use super::{Details, Family, HeadDense, HeadShape, Pooling, Positions, bert};
use crate::error::Result;
use crate::model::config::{Activation, EncoderConfig, Reader, mistake};

/// How DeBERTa's attention treats distances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disentangled {
    /// Whether distances are compared at all.
    pub relative: bool,
    /// Whether a token's content is compared with where the other is.
    pub content_to_position: bool,
    /// Whether where a token is, is compared with the other's content.
    pub position_to_content: bool,
    /// Whether distances pass through the same layers as contents do.
    pub shares_layers: bool,
    /// Whether LayerNorm is taken over the table of distances.
    pub normalises: bool,
    /// Buckets of distances in one direction; 0 where every distance has a row.
    pub buckets: usize,
    /// Longest distance.
    pub longest: usize,
}

impl Disentangled {
    /// Distances in one direction that the table has rows for.
    pub fn span(&self) -> usize {
        if self.buckets > 0 { self.buckets } else { self.longest }
    }
}

pub(super) fn read(family: &'static Family, read: &Reader) -> Result<EncoderConfig> {
    let types = read.count("type_vocab_size", 1_024, 0)?;
    let with_types = Reader::with(read.source, "type_vocab_size", types.max(1));
    let config = bert::shared(family, &Reader { source: &with_types })?;
    if read.count("conv_kernel_size", 1_024, 0)? > 0 {
        return Err(mistake(
            "DeBERTa models with a convolution (conv_kernel_size) are not supported; the v3 models have none.",
        ));
    }
    let kinds = read.words("pos_att_type");
    let longest = read.count("max_relative_positions", 65_536, 0)?;
    let attention = Disentangled {
        relative: read.flag("relative_attention", false)?,
        content_to_position: kinds.iter().any(|kind| kind == "c2p"),
        position_to_content: kinds.iter().any(|kind| kind == "p2c"),
        shares_layers: read.flag("share_att_key", false)?,
        normalises: read.words("norm_rel_ebd").iter().any(|word| word == "layer_norm"),
        buckets: read.count("position_buckets", 65_536, 0)?,
        longest: if longest > 0 { longest } else { config.max_position_embeddings },
    };
    if attention.buckets == 1 || attention.longest < 3 || attention.buckets > attention.longest {
        return Err(mistake("position_buckets must be 0, or from 2 to max_relative_positions."));
    }
    let positioned = read.flag("position_biased_input", true)?;
    let activation = read.activation("pooler_hidden_act", Activation::Gelu)?;
    Ok(EncoderConfig {
        type_vocab_size: types,
        embedding_size: read.size_or("embedding_size", 8_192, config.hidden_size)?,
        positions: if positioned { Positions::FromZero } else { Positions::None },
        layer_norm_eps: read.number("layer_norm_eps", 1e-7)?,
        head: HeadShape {
            pooling: Pooling::First,
            dense: Some(HeadDense { activation, bias: true, norm: None }),
            drops_first: true,
        },
        details: Details::Disentangled(attention),
        source: read.source.clone(),
        ..config
    })
}
