//! Tokens that are no words: what pads, what masks, and all that a masked-language model never has to guess.

use tokenizers::Tokenizer;

use super::tokenizer::FILE;
use crate::error::{Error, Result};

/// Usual names of the padding token.
const PADDING: [&str; 2] = ["[PAD]", "<pad>"];

/// Usual names of the mask.
const MASK: [&str; 2] = ["[MASK]", "<mask>"];

/// Usual names of the token that stands for what the vocabulary lacks.
const UNKNOWN: [&str; 2] = ["[UNK]", "<unk>"];

/// The special tokens of one tokenizer.
#[derive(Debug, Clone)]
pub(super) struct SpecialTokens {
    /// In ascending order.
    pub ids: Vec<i32>,
    pub pad: i32,
    pub mask: Option<i32>,
    pub unknown: Option<i32>,
}

impl SpecialTokens {
    /// Finds them in a tokenizer whose ids are below `vocabulary`, before its padding section is set aside.
    ///
    /// A token counts before a word of the vocabulary: MPNet's `<pad>` and `<mask>` are special tokens, while its
    /// vocabulary has BERT's `[PAD]` and `[MASK]` among the words.
    ///
    /// # Errors
    ///
    /// The padding section names an id beyond the vocabulary.
    pub(super) fn find(tokenizer: &Tokenizer, vocabulary: usize) -> Result<Self> {
        let added = tokenizer.get_added_tokens_decoder();
        let special = |name: &str| added.iter().find(|(_, token)| token.special && token.content == name);
        let named = |names: [&str; 2]| {
            let among_special = names.iter().find_map(|name| special(name).map(|(&id, _)| id));
            among_special.or_else(|| names.iter().find_map(|name| tokenizer.token_to_id(name)))
        };
        let pad = tokenizer.get_padding().map(|padding| padding.pad_id).or_else(|| named(PADDING)).unwrap_or(0);
        let known = |id: u32| i32::try_from(id).ok().filter(|&id| (id as usize) < vocabulary);
        let pad = known(pad).ok_or_else(|| {
            Error::model(FILE, format!("Its padding token has the id {pad}, but the vocabulary ends at {vocabulary}."))
        })?;
        let [mask, unknown] = [MASK, UNKNOWN].map(|names| named(names).and_then(known));
        let mut ids: Vec<i32> =
            added.iter().filter(|(_, token)| token.special).filter_map(|(&id, _)| known(id)).collect();
        ids.sort_unstable();
        Ok(Self { ids, pad, mask, unknown })
    }
}
