//! ALBERT (Lan et al. 2019): one layer, or a few, used at every depth, and narrow word embeddings.

use super::{Details, Family, bert};
use crate::error::Result;
use crate::model::config::{Activation, EncoderConfig, Reader, mistake};

pub(super) fn read(family: &'static Family, read: &Reader) -> Result<EncoderConfig> {
    let config = bert::shared(family, read)?;
    let groups = read.size_or("num_hidden_groups", 128, 1)?;
    if groups > config.num_hidden_layers {
        return Err(mistake(format!(
            "num_hidden_groups {groups} must not be larger than num_hidden_layers {}.",
            config.num_hidden_layers
        )));
    }
    if read.size_or("inner_group_num", 16, 1)? != 1 {
        return Err(mistake("inner_group_num must be 1: one layer per group."));
    }
    let depth = config.num_hidden_layers;
    let order = (0..depth).map(|at| at * groups / depth).collect();
    Ok(EncoderConfig {
        embedding_size: read.size_or("embedding_size", 8_192, 128)?,
        activation: read.activation("hidden_act", Activation::GeluTanh)?,
        drops: [true, false],
        details: Details::Shared { order },
        ..config
    })
}
