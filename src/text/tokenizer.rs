//! A model's `tokenizer.json`: text → token ids with types and offsets, cut to a length as transformers cuts.

use std::fmt;

use tokenizers::tokenizer::Encoding as Tokens;
use tokenizers::{NormalizerWrapper, PostProcessor, PostProcessorWrapper, PreTokenizerWrapper};

use super::source;
use crate::error::{Error, Result};

/// The file that mistakes are laid to.
const FILE: &str = "tokenizer.json";

/// Largest `tokenizer.json` in bytes; those of 250,000 tokens have some 17 MB.
const MAX_BYTES: usize = 64 << 20;

/// Bytes of a text that are tokenized at first per token wanted: twice what English needs.
const BYTES_PER_TOKEN: usize = 10;

/// Usual names of the padding token, where the file has no padding section.
const PADDING_TOKENS: [&str; 2] = ["[PAD]", "<pad>"];

/// A text as token ids.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Encoding {
    /// Token ids, the special tokens included.
    pub ids: Vec<i32>,
    /// Token types (segments), as many as ids.
    pub types: Vec<i32>,
    /// Where each token starts and ends in the text, in characters; (0, 0) for special tokens.
    pub offsets: Vec<(u32, u32)>,
}

/// Turns texts into token ids.
#[derive(Clone)]
pub struct Tokenizer {
    /// Without its post-processor, padding and truncation: texts are cut between the model and the post-processor.
    tokenizer: tokenizers::Tokenizer,
    post_processor: Option<PostProcessorWrapper>,
    pad_id: i32,
    vocabulary: usize,
    token_types: usize,
    /// Whether no token depends on what is beyond a space, so that the start of a long text can be tokenized alone.
    splits_at_spaces: bool,
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
        let named = || PADDING_TOKENS.iter().find_map(|token| tokenizer.token_to_id(token));
        let pad_id = tokenizer.get_padding().map(|padding| padding.pad_id).or_else(named).unwrap_or(0);
        let pad_id = i32::try_from(pad_id).ok().filter(|&id| (id as usize) < vocabulary).ok_or_else(|| {
            Error::model(
                FILE,
                format!("Its padding token has the id {pad_id}, but the vocabulary ends at {vocabulary}."),
            )
        })?;
        tokenizer.with_padding(None);
        tokenizer.with_truncation(None).map_err(|error| Error::model(FILE, format!("{error}.")))?;
        let post_processor = tokenizer.get_post_processor().cloned();
        if let Some(post_processor) = &post_processor {
            source::check_post_processor(post_processor).map_err(|error| unreadable(&error))?;
        }
        tokenizer.with_post_processor(None::<PostProcessorWrapper>);
        let splits_at_spaces = splits_at_spaces(&tokenizer);
        let source = bytes.to_vec();
        let mut tokenizer =
            Self { tokenizer, post_processor, pad_id, vocabulary, token_types: 0, splits_at_spaces, source };
        tokenizer.probe()?;
        Ok(tokenizer)
    }

    /// Tokenizes a text of known, unknown and overlong words: template and vocabulary may contradict each other, which
    /// only shows in use, and better here than within a run.
    fn probe(&mut self) -> Result<()> {
        let probe = self.encode(&format!("Probe 1, ꙮ {}", "x".repeat(1000)), None)?;
        if let Some(id) = probe.ids.iter().find(|&&id| id as usize >= self.vocabulary) {
            let message = format!("It gives the id {id}, but its vocabulary ends at {}.", self.vocabulary);
            return Err(Error::model(FILE, message));
        }
        self.token_types = probe.types.iter().max().map_or(1, |&last| last as usize + 1);
        Ok(())
    }

    /// Token ids of a text; with `max_length` at most that many, cut at the end but for the special tokens, as
    /// `truncation=True, max_length=…` does in transformers.
    ///
    /// Of a long text only as much is tokenized as its cut needs, where that cannot change the result.
    ///
    /// # Errors
    ///
    /// `max_length` is below the number of special tokens, or the tokenizer contradicts itself (an unknown token
    /// that is not in the vocabulary, for example).
    pub fn encode(&self, text: &str, max_length: Option<usize>) -> Result<Encoding> {
        let mut tokens = match max_length {
            None => self.tokenize(text)?,
            Some(max_length) => self.tokenize_start(text, self.room(max_length)?)?,
        };
        if let Some(post_processor) = &self.post_processor {
            tokens = post_processor.process(tokens, None, true).map_err(untokenizable)?;
        }
        let narrow = |ids: &[u32]| -> Result<Vec<i32>> {
            let narrowed = ids.iter().map(|&id| i32::try_from(id).ok()).collect::<Option<_>>();
            narrowed.ok_or_else(|| Error::model(FILE, "It gives ids beyond 31 bits, which no model has."))
        };
        Ok(Encoding {
            ids: narrow(tokens.get_ids())?,
            types: narrow(tokens.get_type_ids())?,
            // Texts are cells of at most 1 MiB, so that their offsets fit.
            offsets: tokens.get_offsets().iter().map(|&(start, end)| (start as u32, end as u32)).collect(),
        })
    }

    /// Tokens of a whole text, without special ones.
    fn tokenize(&self, text: &str) -> Result<Tokens> {
        self.tokenizer.encode_char_offsets(text, false).map_err(untokenizable)
    }

    /// The first `room` tokens of a text, or all if it has fewer: tried with a start of the text that ends before a
    /// space, and with longer ones until there are enough.
    fn tokenize_start(&self, text: &str, room: usize) -> Result<Tokens> {
        let mut bytes = room.saturating_mul(BYTES_PER_TOKEN);
        loop {
            let space = |rest: &str| rest.find([' ', '\n']);
            let from = text.floor_char_boundary(bytes);
            let end = if self.splits_at_spaces { space(&text[from..]).map(|at| from + at) } else { None };
            let tokens = self.tokenize(&text[..end.unwrap_or(text.len())])?;
            if tokens.len() >= room || end.is_none() {
                return Ok(if tokens.len() > room { cut(&tokens, room) } else { tokens });
            }
            bytes = bytes.saturating_mul(4).max(BYTES_PER_TOKEN);
        }
    }

    /// Tokens that a maximum length leaves beside the special ones.
    fn room(&self, max_length: usize) -> Result<usize> {
        let special = self.special_tokens();
        max_length.checked_sub(special).ok_or_else(|| {
            let least = special + 1;
            Error::recipe("max_length", format!("Maximum length must be at least {least} tokens; it is {max_length}."))
        })
    }

    /// Number of tokens of a text, uncut and with the special tokens.
    ///
    /// # Errors
    ///
    /// As [`Tokenizer::encode`].
    pub fn length(&self, text: &str) -> Result<usize> {
        self.encode(text, None).map(|encoding| encoding.ids.len())
    }

    /// Tokens that are put around every text, such as `[CLS]` and `[SEP]`.
    pub fn special_tokens(&self) -> usize {
        self.post_processor.as_ref().map_or(0, |post_processor| post_processor.added_tokens(false))
    }

    /// Id of the token that pads: the padding section's, else that of `[PAD]` or `<pad>`, else 0.
    pub fn pad_id(&self) -> i32 {
        self.pad_id
    }

    /// Rows that an embedding needs for these ids: the largest id plus one.
    pub fn vocabulary(&self) -> usize {
        self.vocabulary
    }

    /// Token types that it gives: the largest plus one; 1 for most tokenizers.
    pub fn token_types(&self) -> usize {
        self.token_types
    }

    /// The bytes of the file, unchanged, for export.
    pub fn source(&self) -> &[u8] {
        &self.source
    }
}

fn untokenizable(error: tokenizers::Error) -> Error {
    Error::model(FILE, format!("A text cannot be tokenized ({error})."))
}

/// Holds for BERT's tokenizers: their normalizer works on single characters (and combining marks), their pre-tokenizer
/// splits at white space, and no added token has a space inside.
fn splits_at_spaces(tokenizer: &tokenizers::Tokenizer) -> bool {
    matches!(tokenizer.get_normalizer(), None | Some(NormalizerWrapper::BertNormalizer(_)))
        && matches!(tokenizer.get_pre_tokenizer(), Some(PreTokenizerWrapper::BertPreTokenizer(_)))
        && tokenizer.get_added_tokens_decoder().values().all(|added| !added.content.contains(char::is_whitespace))
}

/// Without the vocabulary, which has tens of thousands of entries.
impl fmt::Debug for Tokenizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Tokenizer");
        shown.field("vocabulary", &self.vocabulary).field("pad_id", &self.pad_id).finish_non_exhaustive()
    }
}

/// The first `room` tokens; `Encoding::truncate` would also build every piece that is cut off.
fn cut(tokens: &Tokens, room: usize) -> Tokens {
    Tokens::new(
        tokens.get_ids()[..room].to_vec(),
        tokens.get_type_ids()[..room].to_vec(),
        tokens.get_tokens()[..room].to_vec(),
        tokens.get_word_ids()[..room].to_vec(),
        tokens.get_offsets()[..room].to_vec(),
        tokens.get_special_tokens_mask()[..room].to_vec(),
        tokens.get_attention_mask()[..room].to_vec(),
        Vec::new(),
        std::iter::empty().collect(),
    )
}
