//! A model's `tokenizer.json`: how it is read and checked, and what models and batches need to know of it.

use std::fmt;

use tokenizers::{PostProcessor, PostProcessorWrapper};

use super::cut::Cut;
use super::special::SpecialTokens;
use super::{source, start};
use crate::error::{Error, Result};

/// The file that mistakes are laid to.
pub(super) const FILE: &str = "tokenizer.json";

/// Largest `tokenizer.json` in bytes; those of 250,000 tokens have some 17 MB.
const MAX_BYTES: usize = 64 << 20;

/// Turns texts into token ids.
#[derive(Clone)]
pub struct Tokenizer {
    /// Without its post-processor, padding and truncation: texts are cut between the model and the post-processor.
    pub(super) tokenizer: tokenizers::Tokenizer,
    pub(super) post_processor: Option<PostProcessorWrapper>,
    pub(super) special: SpecialTokens,
    vocabulary: usize,
    token_types: [usize; 2],
    /// Whether every token is of type 0, whatever the post-processor says.
    pub(super) typeless: bool,
    /// Whether no token depends on what is beyond a word, so that the start of a long text can be tokenized alone.
    pub(super) splits_at_spaces: bool,
    source: Vec<u8>,
}

impl Tokenizer {
    /// Reads a `tokenizer.json`. The file's own padding and truncation are set aside: a batch pads, a recipe cuts.
    ///
    /// # Errors
    ///
    /// The file is over 64 MiB, is not a tokenizer that the library knows, or gives ids beyond 31 bits.
    pub fn from_json(bytes: &[u8]) -> Result<Self> {
        if bytes.len() > MAX_BYTES {
            return Err(Error::model(FILE, "The file is larger than 64 MiB; that is no tokenizer of a small encoder."));
        }
        let unreadable = |error: &dyn fmt::Display| {
            Error::model(
                FILE,
                format!("It cannot be read as a tokenizer ({error}). Choose the one from the model's folder."),
            )
        };
        let json = source::read(bytes).map_err(|error| unreadable(&error))?;
        let mut tokenizer: tokenizers::Tokenizer = serde_json::from_value(json).map_err(|error| unreadable(&error))?;
        let vocabulary = tokenizer.get_vocab(true).into_values().max().map_or(0, |last| last as usize + 1);
        if vocabulary == 0 || i32::try_from(vocabulary).is_err() {
            return Err(Error::model(FILE, format!("Its vocabulary cannot be used: the ids end at {vocabulary}.")));
        }
        let special = SpecialTokens::find(&tokenizer, vocabulary)?;
        tokenizer.with_padding(None);
        tokenizer.with_truncation(None).map_err(|error| Error::model(FILE, format!("{error}.")))?;
        let post_processor = tokenizer.get_post_processor().cloned();
        if let Some(post_processor) = &post_processor {
            source::check_post_processor(post_processor).map_err(|error| unreadable(&error))?;
        }
        tokenizer.with_post_processor(None::<PostProcessorWrapper>);
        let splits_at_spaces = start::splits_at_spaces(&tokenizer);
        let source = bytes.to_vec();
        let mut tokenizer = Self {
            tokenizer,
            post_processor,
            special,
            vocabulary,
            token_types: [1; 2],
            typeless: false,
            splits_at_spaces,
            source,
        };
        tokenizer.probe()?;
        Ok(tokenizer)
    }

    /// Tokenizes a text of known, unknown and overlong words, alone and as a pair: template and vocabulary may
    /// contradict each other, which only shows in use, and better here than within a run.
    fn probe(&mut self) -> Result<()> {
        let text = format!("Probe 1, ꙮ {}", "x".repeat(1000));
        let probes = [self.encode(&text, None)?, self.encode_pair(&text, "1", Cut::Never)?];
        if let Some(id) = probes.iter().flat_map(|probe| &probe.ids).find(|&&id| id as usize >= self.vocabulary) {
            let message = format!("It gives the id {id}, but its vocabulary ends at {}.", self.vocabulary);
            return Err(Error::model(FILE, message));
        }
        self.token_types = probes.map(|probe| probe.types.iter().max().map_or(1, |&last| last as usize + 1));
        Ok(())
    }

    /// Fits the token types to a model: where it knows fewer than two (its `type_vocab_size` is 0, 1 or not there, as in
    /// RoBERTa, DistilBERT, MPNet, ModernBERT or DeBERTa-v3), every token is of type 0.
    #[must_use]
    pub fn for_types(mut self, type_vocab_size: usize) -> Self {
        self.typeless = type_vocab_size < 2;
        self
    }

    /// Tokens that are put around every text, such as `[CLS]` and `[SEP]`.
    pub fn special_tokens(&self) -> usize {
        self.post_processor.as_ref().map_or(0, |post_processor| post_processor.added_tokens(false))
    }

    /// Tokens that are put around and between the two texts of a pair: 3 in BERT, 4 in RoBERTa.
    pub fn special_tokens_of_pair(&self) -> usize {
        self.post_processor.as_ref().map_or(0, |post_processor| post_processor.added_tokens(true))
    }

    /// Id of the token that pads: the padding section's, else that of `[PAD]` or `<pad>`, else 0.
    pub fn pad_id(&self) -> i32 {
        self.special.pad
    }

    /// The token with an id, as the vocabulary writes it.
    pub fn token(&self, id: u32) -> Option<String> {
        self.tokenizer.id_to_token(id)
    }

    /// Id of the token that stands for what the vocabulary lacks, `[UNK]` or `<unk>`, if there is one.
    pub fn unknown_id(&self) -> Option<i32> {
        self.special.unknown
    }

    /// Id of the token that hides a word from a masked-language model, `[MASK]` or `<mask>`, if there is one.
    pub fn mask_id(&self) -> Option<i32> {
        self.special.mask
    }

    /// Ids of the special tokens, ascending: those that a masked-language model never has to guess, as
    /// `all_special_ids` in transformers.
    pub fn special_ids(&self) -> &[i32] {
        &self.special.ids
    }

    /// Whether an id is one of [`Tokenizer::special_ids`].
    pub fn is_special(&self, id: i32) -> bool {
        self.special.ids.binary_search(&id).is_ok()
    }

    /// Rows that an embedding needs for these ids: the largest id plus one.
    pub fn vocabulary(&self) -> usize {
        self.vocabulary
    }

    /// Token types that it gives to a single text: the largest plus one; 1 for most tokenizers.
    pub fn token_types(&self) -> usize {
        if self.typeless { 1 } else { self.token_types[0] }
    }

    /// Token types that it gives to a pair: the largest plus one; 2 in BERT, 1 in RoBERTa.
    pub fn token_types_of_pair(&self) -> usize {
        if self.typeless { 1 } else { self.token_types[1] }
    }

    /// The bytes of the `tokenizer.json`, unchanged, for export.
    pub fn source(&self) -> &[u8] {
        &self.source
    }
}

/// Without the vocabulary, which has tens of thousands of entries.
impl fmt::Debug for Tokenizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Tokenizer");
        shown.field("vocabulary", &self.vocabulary).field("special", &self.special).finish_non_exhaustive()
    }
}
