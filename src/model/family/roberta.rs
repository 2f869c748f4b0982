//! RoBERTa (Liu et al. 2019), XLM-RoBERTa and CamemBERT: BERT whose positions begin after the padding id, with a head of
//! two layers (`RobertaClassificationHead`).

use super::{Family, HeadShape, Positions, bert};
use crate::error::Result;
use crate::model::config::{EncoderConfig, Reader};

pub(super) fn read(family: &'static Family, read: &Reader) -> Result<EncoderConfig> {
    let config = bert::shared(family, read)?;
    Ok(EncoderConfig {
        positions: Positions::AfterPadding,
        pad_token_id: read.id("pad_token_id", 1)?,
        layer_norm_eps: read.number("layer_norm_eps", 1e-12)?,
        head: HeadShape { drops_first: true, ..config.head },
        ..config
    })
}
