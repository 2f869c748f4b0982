//! MPNet (Song et al. 2020): BERT without token types, with positions after the padding id and a learned bias per
//! distance of two tokens (`MPNetEncoder.compute_position_bias`).

use super::{Details, Family, HeadShape, Positions, bert};
use crate::error::Result;
use crate::model::config::{EncoderConfig, Reader, mistake};

/// Rows of the table of distances: the reference uses so many whatever the file says.
const BUCKETS: usize = 32;

pub(super) fn read(family: &'static Family, read: &Reader) -> Result<EncoderConfig> {
    let with_types = Reader::with(read.source, "type_vocab_size", 1);
    let config = bert::shared(family, &Reader { source: &with_types })?;
    if read.size_or("relative_attention_num_buckets", 1_024, BUCKETS)? != BUCKETS {
        return Err(mistake(format!("relative_attention_num_buckets must be {BUCKETS}.")));
    }
    Ok(EncoderConfig {
        positions: Positions::AfterPadding,
        // The reference counts positions from 1 whatever the file says of the padding token.
        pad_token_id: 1,
        type_vocab_size: 0,
        head: HeadShape { drops_first: true, ..config.head },
        details: Details::RelativeBias { buckets: BUCKETS },
        source: read.source.clone(),
        ..config
    })
}
