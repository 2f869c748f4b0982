//! One text, or two in one sequence, as token ids with what is known about every token.

use std::ops::Range;

use tokenizers::tokenizer::Encoding as Tokens;

use super::tokenizer::FILE;
use crate::error::{Error, Result};

/// A text, or a pair of texts, as token ids.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Encoding {
    /// Token ids, the special tokens included.
    pub ids: Vec<i32>,
    /// Token types (segments), as many as ids.
    pub types: Vec<i32>,
    /// Where each token starts and ends in its own text, in characters; (0, 0) for special tokens.
    pub offsets: Vec<(u32, u32)>,
    /// Which tokens are the first text's and which the second's: two ranges of places in `ids`. What is in neither is a
    /// token that the tokenizer puts around the texts; the second range is empty for a single text.
    pub texts: [Range<u32>; 2],
}

impl Encoding {
    /// The text that a token belongs to, 0 or 1; none for the tokens around the texts, as `sequence_ids` in
    /// transformers.
    pub fn text_of(&self, token: usize) -> Option<u8> {
        (0..2).find(|&text| self.texts[usize::from(text)].contains(&(token as u32)))
    }

    /// Takes over what the library gives.
    ///
    /// # Errors
    ///
    /// An id is beyond 31 bits.
    pub(super) fn new(tokens: &Tokens) -> Result<Self> {
        let narrow = |ids: &[u32]| -> Result<Vec<i32>> {
            let narrowed = ids.iter().map(|&id| i32::try_from(id).ok()).collect::<Option<_>>();
            narrowed.ok_or_else(|| Error::model(FILE, "It gives ids beyond 31 bits, which no model has."))
        };
        let texts = tokens.get_sequence_ids();
        let range = |text: usize| {
            let start = texts.iter().position(|&of| of == Some(text)).unwrap_or(0);
            start as u32..(start + texts.iter().filter(|&&of| of == Some(text)).count()) as u32
        };
        Ok(Self {
            ids: narrow(tokens.get_ids())?,
            types: narrow(tokens.get_type_ids())?,
            // Texts are cells of at most 1 MiB, so that their offsets fit.
            offsets: tokens.get_offsets().iter().map(|&(start, end)| (start as u32, end as u32)).collect(),
            texts: [range(0), range(1)],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_token_is_of_one_text_or_none() {
        let encoding = Encoding { ids: vec![0; 7], texts: [1..3, 4..6], ..Encoding::default() };
        let texts: Vec<Option<u8>> = (0..7).map(|token| encoding.text_of(token)).collect();
        assert_eq!(texts, [None, Some(0), Some(0), None, Some(1), Some(1), None]);
    }
}
