//! ELECTRA (Clark et al. 2020): BERT whose word embeddings may be narrower than its hidden states, with a head of two
//! layers and GELU between them (`ElectraClassificationHead`).

use super::{Family, HeadDense, HeadShape, Pooling, bert};
use crate::error::Result;
use crate::model::config::{Activation, EncoderConfig, Reader};

pub(super) fn read(family: &'static Family, read: &Reader) -> Result<EncoderConfig> {
    let dense = HeadDense { activation: Activation::Gelu, bias: true, norm: None };
    Ok(EncoderConfig {
        embedding_size: read.size_or("embedding_size", 8_192, 128)?,
        head: HeadShape { pooling: Pooling::First, dense: Some(dense), drops_first: true },
        ..bert::shared(family, read)?
    })
}
