//! Texts and pairs of texts → encodings, cut to a length; of a long text only its start is tokenized where that is safe.

use tokenizers::PostProcessor;
use tokenizers::tokenizer::Encoding as Tokens;

use super::cut::{self, Cut};
use super::encoding::Encoding;
use super::start;
use super::tokenizer::{FILE, Tokenizer};
use crate::error::{Error, Result};

/// Bytes of a text that are tokenized at first per token wanted: twice what English needs.
const BYTES_PER_TOKEN: usize = 10;

/// How a text begins.
struct Start {
    /// As many tokens as were asked for or more, or all that the text has.
    tokens: Tokens,
    /// Whether the text has no more.
    whole: bool,
}

impl Tokenizer {
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
        let tokens = match max_length {
            None => self.tokenize(text)?,
            Some(max_length) => {
                let room = room(max_length, self.special_tokens())?;
                cut::start(self.start(text, room)?.tokens, room)
            }
        };
        self.finish(tokens, None)
    }

    /// Token ids of two texts in one sequence, as `tokenizer(first, second, truncation=…, max_length=…)`.
    ///
    /// # Errors
    ///
    /// As [`Tokenizer::encode`]; also where one text alone is to be cut and the other leaves no room for it.
    pub fn encode_pair(&self, first: &str, second: &str, cut: Cut) -> Result<Encoding> {
        let (first, second) = match cut {
            Cut::Never => (self.tokenize(first)?, self.tokenize(second)?),
            Cut::LongestFirst(max_length) => self.cut_longest(first, second, self.pair_room(max_length)?)?,
            Cut::OnlySecond(max_length) => self.cut_other(first, second, self.pair_room(max_length)?)?,
            Cut::OnlyFirst(max_length) => {
                let (second, first) = self.cut_other(second, first, self.pair_room(max_length)?)?;
                (first, second)
            }
        };
        self.finish(first, Some(second))
    }

    /// A question with each window of its context, as `tokenizer(question, context, truncation="only_second",
    /// max_length=…, stride=…, return_overflowing_tokens=True)`: at most `max_length` tokens each, of which the last
    /// `stride` tokens of the context come again in the next window. One encoding if all fits.
    ///
    /// # Errors
    ///
    /// As [`Tokenizer::encode_pair`]; also if no room is left beyond the stride, or if the windows have more than 4 Mi
    /// tokens.
    pub fn encode_windows(
        &self,
        question: &str,
        context: &str,
        max_length: usize,
        stride: usize,
    ) -> Result<Vec<Encoding>> {
        let room = self.pair_room(max_length)?;
        let question = self.start(question, room.saturating_add(1))?.tokens;
        let context = self.tokenize(context)?;
        let left = room_beside(&question, context.len(), room)?;
        let windows = cut::windows(context.len(), left, stride, max_length)?;
        windows.into_iter().map(|window| self.finish(question.clone(), Some(cut::part(&context, window)))).collect()
    }

    /// The windows of a text alone, as `tokenizer(text, truncation=True, max_length=…, stride=…,
    /// return_overflowing_tokens=True)`: of each the last `stride` tokens come again in the next one.
    ///
    /// # Errors
    ///
    /// As [`Tokenizer::encode_windows`].
    pub fn encode_text_windows(&self, text: &str, max_length: usize, stride: usize) -> Result<Vec<Encoding>> {
        let room = room(max_length, self.special_tokens())?;
        let tokens = self.tokenize(text)?;
        let windows = cut::windows(tokens.len(), room, stride, max_length)?;
        windows.into_iter().map(|window| self.finish(cut::part(&tokens, window), None)).collect()
    }

    /// Number of tokens of a text, uncut and with the special tokens.
    ///
    /// # Errors
    ///
    /// As [`Tokenizer::encode`].
    pub fn length(&self, text: &str) -> Result<usize> {
        self.encode(text, None).map(|encoding| encoding.ids.len())
    }

    /// Both texts, cut by [`cut::longest_first`].
    fn cut_longest(&self, first: &str, second: &str, room: usize) -> Result<(Tokens, Tokens)> {
        let mut starts = [self.start(first, room)?, self.start(second, room)?];
        loop {
            let lengths = [starts[0].tokens.len(), starts[1].tokens.len()];
            if cut::is_settled(lengths, [starts[0].whole, starts[1].whole], room) {
                let (of_first, of_second) = cut::longest_first(lengths[0], lengths[1], room);
                let [first, second] = starts;
                return Ok((cut::start(first.tokens, of_first), cut::start(second.tokens, of_second)));
            }
            // Which of the two is longer shows further on.
            let further = lengths[0].max(lengths[1]).saturating_mul(4);
            for (start, text) in starts.iter_mut().zip([first, second]).filter(|(start, _)| !start.whole) {
                *start = self.start(text, further)?;
            }
        }
    }

    /// One text whole and another cut to what it leaves.
    fn cut_other(&self, whole: &str, other: &str, room: usize) -> Result<(Tokens, Tokens)> {
        let whole = self.start(whole, room.saturating_add(1))?.tokens;
        let other = self.start(other, room.saturating_sub(whole.len()).saturating_add(1))?.tokens;
        let left = room_beside(&whole, other.len(), room)?;
        Ok((whole, cut::start(other, left)))
    }

    /// Puts the special tokens around one text or two.
    fn finish(&self, first: Tokens, second: Option<Tokens>) -> Result<Encoding> {
        let mut tokens = match &self.post_processor {
            Some(post_processor) => post_processor.process(first, second, true).map_err(untokenizable)?,
            None => beside(first, second),
        };
        if self.typeless {
            tokens.set_type_ids(vec![0; tokens.len()]);
        }
        Encoding::new(&tokens)
    }

    /// Tokens of a whole text, without special ones.
    fn tokenize(&self, text: &str) -> Result<Tokens> {
        self.tokenizer.encode_char_offsets(text, false).map_err(untokenizable)
    }

    /// At least the first `room` tokens of a text, or all if it has fewer: tried with a start of the text, and with
    /// longer ones until there are enough.
    fn start(&self, text: &str, room: usize) -> Result<Start> {
        let mut bytes = room.saturating_mul(BYTES_PER_TOKEN);
        loop {
            let end = if self.splits_at_spaces { start::end(text, bytes) } else { None };
            let tokens = self.tokenize(&text[..end.unwrap_or(text.len())])?;
            if tokens.len() >= room || end.is_none() {
                return Ok(Start { tokens, whole: end.is_none() });
            }
            bytes = bytes.saturating_mul(4).max(BYTES_PER_TOKEN);
        }
    }

    fn pair_room(&self, max_length: usize) -> Result<usize> {
        room(max_length, self.special_tokens_of_pair())
    }
}

/// Tokens that a maximum length leaves beside the special ones.
fn room(max_length: usize, special: usize) -> Result<usize> {
    max_length.checked_sub(special).ok_or_else(|| {
        let least = special + 1;
        Error::recipe("max_length", format!("Maximum length must be at least {least} tokens; it is {max_length}."))
    })
}

/// Tokens that one text, which stays whole, leaves to another of `length` tokens.
fn room_beside(whole: &Tokens, length: usize, room: usize) -> Result<usize> {
    let left = room.saturating_sub(whole.len());
    let fits = whole.len().saturating_add(length) <= room;
    if left == 0 && !fits {
        return Err(Error::recipe(
            "max_length",
            format!(
                "One of two texts must stay whole, but it fills all {room} tokens that the maximum length leaves to both. \
                 Choose a larger maximum length or shorten that text."
            ),
        ));
    }
    Ok(left)
}

/// Two texts with nothing around or between them, the second of type 1, for a file without post-processor.
fn beside(first: Tokens, second: Option<Tokens>) -> Tokens {
    let texts = [Some(first), second].into_iter().flatten().enumerate().map(|(text, mut tokens)| {
        tokens.set_sequence_id(text);
        tokens.set_type_ids(vec![text as u32; tokens.len()]);
        tokens
    });
    Tokens::merge(texts, false)
}

fn untokenizable(error: tokenizers::Error) -> Error {
    Error::model(FILE, format!("A text cannot be tokenized ({error})."))
}
