//! Examples → rows of tokens with what is right for each, per task.

use std::sync::Arc;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::data::{Example, Target, Truth};
use crate::error::{Error, Result};
use crate::session::word_rows;
use crate::task::Task;
use crate::text::{Cut, Encoding, Tokenizer, Tokens};
use crate::train::{Masking, Rows};

/// Share of the room for a context that comes again in its next window: a third, as the 128 of 384 tokens that question
/// answering is usually trained with.
const OVERLAP: usize = 3;

/// Share of the tokens of a row that comes again in the next window of a text of words: a quarter, so that each word has an
/// eighth of a row around it on either side.
const OVERLAP_OF_WORDS: usize = 4;

/// Tokens of a row of so many at most that come again in the next window of a text, for tasks that read long texts so. (Of
/// answers it is a share of what the question leaves; this is the most.)
pub fn overlap(task: Task, max_length: usize) -> Option<usize> {
    match task {
        Task::Answers => Some(max_length / OVERLAP),
        Task::Tokens => Some(max_length / OVERLAP_OF_WORDS),
        _ => None,
    }
}

/// Examples as rows. Of most tasks a row is an example; of answers it is a window of an example's context, and of words that
/// are to be labelled one of its text.
#[derive(Debug, Clone, Default)]
pub struct Prepared {
    /// What they are rows of.
    pub examples: Arc<[Example]>,
    /// The rows.
    pub rows: Rows,
    /// Which example each row is of.
    pub origins: Vec<usize>,
    /// Examples that were cut, or are read in windows.
    pub cut: usize,
    /// Whether the model that they are measured with may say that a context has no answer.
    pub may_lack: bool,
}

/// How examples become rows.
#[derive(Debug, Clone, Copy)]
pub struct Preparation<'a> {
    /// The tokenizer of the model whose tokens they become.
    pub tokenizer: &'a Tokenizer,
    /// The task.
    pub task: Task,
    /// K, of tasks with labels.
    pub labels: usize,
    /// Longest row in tokens.
    pub max_length: usize,
}

impl Preparation<'_> {
    /// Prepares examples; `whole` are their uncut tokens as far as they are known already.
    ///
    /// # Errors
    ///
    /// A tokenizer that contradicts itself, or a maximum length that leaves no room.
    pub fn prepare(&self, examples: &[Example], whole: &[Tokens]) -> Result<Prepared> {
        let mut prepared = Prepared { examples: examples.into(), ..Prepared::default() };
        for (origin, example) in examples.iter().enumerate() {
            match self.task {
                Task::Answers => {
                    self.add_windows(&mut prepared, origin, example)?;
                    continue;
                }
                Task::Embedding => {
                    self.add_group(&mut prepared, origin, example)?;
                    continue;
                }
                Task::Tokens => {
                    self.add_words(&mut prepared, origin, example, whole.get(origin))?;
                    continue;
                }
                _ => {}
            }
            let known = whole.get(origin).filter(|whole| whole.len() <= self.max_length);
            let tokens = match known {
                Some(whole) => whole.clone(),
                None => self.packed(self.tokens(example, self.max_length)?),
            };
            // Texts that are known and did not fit were longer; of others the tokens alone do not tell.
            prepared.cut += usize::from(known.is_none() && whole.get(origin).is_some());
            let truth = self.truth(&example.target);
            prepared.add(origin, tokens, truth);
        }
        Ok(prepared)
    }

    /// Prepares texts whose words are to be labelled, however long they are: windows of them.
    ///
    /// # Errors
    ///
    /// As [`Self::prepare`].
    pub fn prepare_windows(&self, examples: &[Example]) -> Result<Prepared> {
        let mut prepared = Prepared { examples: examples.into(), ..Prepared::default() };
        for (origin, example) in examples.iter().enumerate() {
            for tokens in self.windows_of_words(example)? {
                prepared.add(origin, self.packed(tokens), Truth::None);
            }
        }
        Ok(prepared)
    }

    fn windows_of_words(&self, example: &Example) -> Result<Vec<Encoding>> {
        let overlap = self.max_length / OVERLAP_OF_WORDS;
        self.tokenizer.encode_text_windows(&example.text, self.max_length, overlap)
    }

    /// A row for each window of a text of words that has any that count there.
    fn add_words(
        &self,
        prepared: &mut Prepared,
        origin: usize,
        example: &Example,
        whole: Option<&Tokens>,
    ) -> Result<()> {
        let (rows, windows) = match whole.filter(|whole| whole.len() <= self.max_length) {
            Some(whole) => (vec![whole.clone()], vec![whole.unpack()]),
            None => {
                let windows = self.windows_of_words(example)?;
                (Tokens::pack(&windows, self.looks_words_up()), windows)
            }
        };
        let words = if let Target::Words(words) = &example.target { words.as_slice() } else { &[] };
        let truths = word_rows::truths(words, &windows);
        let several = windows.len() > 1;
        prepared.cut += usize::from(several);
        for (tokens, truth) in rows.into_iter().zip(truths) {
            if !several || word_rows::teaches(&truth) {
                prepared.add(origin, tokens, truth);
            }
        }
        Ok(())
    }

    /// Tokens of an example by which its length is told: all of them of texts that are read in windows, of others `most`.
    ///
    /// # Errors
    ///
    /// A tokenizer that contradicts itself.
    pub fn counted(&self, example: &Example, most: usize) -> Result<Encoding> {
        match (self.task, &example.pair) {
            (Task::Tokens, _) => self.tokenizer.encode(&example.text, None),
            (Task::Answers, Some(pair)) => self.tokenizer.encode_pair(&example.text, pair, Cut::Never),
            _ => self.longest(example, most),
        }
    }

    /// Tokens of an example's text or texts, cut to `max_length`.
    ///
    /// # Errors
    ///
    /// A tokenizer that contradicts itself.
    pub fn tokens(&self, example: &Example, max_length: usize) -> Result<Encoding> {
        let tokenizer = self.tokenizer;
        match example.pair.as_ref().filter(|_| self.task != Task::Embedding) {
            None => tokenizer.encode(&example.text, Some(max_length)),
            Some(pair) => tokenizer.encode_pair(&example.text, pair, Cut::LongestFirst(max_length)),
        }
    }

    /// The longest tokens that an example gives: where its texts are tokenized apart, those of the longest of them.
    ///
    /// # Errors
    ///
    /// A tokenizer that contradicts itself.
    fn longest(&self, example: &Example, max_length: usize) -> Result<Encoding> {
        let mut longest = self.tokens(example, max_length)?;
        if self.task == Task::Embedding {
            let negative = if let Target::Negative(text) = &example.target { Some(text) } else { None };
            for text in example.pair.iter().chain(negative) {
                let tokens = self.tokenizer.encode(text, Some(max_length))?;
                if tokens.ids.len() > longest.ids.len() {
                    longest = tokens;
                }
            }
        }
        Ok(longest)
    }

    /// What is right for a text as a whole.
    fn truth(&self, target: &Target) -> Truth {
        match target {
            Target::Class(class) => Truth::Class(*class),
            Target::Classes(classes) => {
                let mut labels = vec![0.0; self.labels];
                classes.iter().for_each(|&class| labels[class] = 1.0);
                Truth::Labels(labels)
            }
            Target::Score(score) => Truth::Score(*score as f32),
            Target::None | Target::Words(_) | Target::Answers(_) | Target::Negative(_) => Truth::None,
        }
    }

    /// A row with the texts that it is compared with, each tokenized by itself.
    fn add_group(&self, prepared: &mut Prepared, origin: usize, example: &Example) -> Result<()> {
        let negative = if let Target::Negative(text) = &example.target { Some(text) } else { None };
        for (column, text) in example.pair.iter().chain(negative).enumerate() {
            if prepared.rows.partners.len() == column {
                prepared.rows.partners.push(Vec::new());
            }
            let tokens = self.tokenizer.encode(text, Some(self.max_length))?;
            prepared.rows.partners[column].push(self.packed(tokens));
        }
        let truth = match &example.target {
            Target::Score(score) => Truth::Score(*score as f32),
            _ => Truth::Together,
        };
        prepared.add(origin, self.packed(self.tokens(example, self.max_length)?), truth);
        Ok(())
    }

    /// A row for each window of a question's context.
    fn add_windows(&self, prepared: &mut Prepared, origin: usize, example: &Example) -> Result<()> {
        let context = example.pair.as_deref().unwrap_or_default();
        let tokenizer = self.tokenizer;
        let around =
            tokenizer.special_tokens_of_pair() - tokenizer.special_tokens().min(tokenizer.special_tokens_of_pair());
        let room = self.max_length.saturating_sub(tokenizer.length(&example.text)? + around);
        if room == 0 {
            return Err(Error::Table {
                line: Some(example.line),
                column: None,
                message: format!(
                    "The question takes all of the {} tokens and leaves none for its context. Shorten it, or choose a \
                     larger maximum length.",
                    self.max_length
                ),
            });
        }
        let windows = tokenizer.encode_windows(&example.text, context, self.max_length, room / OVERLAP)?;
        prepared.cut += usize::from(windows.len() > 1);
        for tokens in windows {
            let truth = match &example.target {
                Target::Answers(answers) => {
                    let found = answers.first().and_then(|answer| span(&tokens, answer.start, answer.end));
                    Truth::Span(found.unwrap_or([0, 0]))
                }
                _ => Truth::None,
            };
            prepared.add(origin, self.packed(tokens), truth);
        }
        Ok(())
    }

    fn packed(&self, tokens: Encoding) -> Tokens {
        Tokens::pack(&[tokens], self.looks_words_up()).swap_remove(0)
    }

    /// Whether somebody asks later where in its text a token stands.
    pub fn looks_words_up(&self) -> bool {
        matches!(self.task, Task::Tokens | Task::Answers | Task::Language)
    }
}

impl Prepared {
    fn add(&mut self, origin: usize, tokens: Tokens, truth: Truth) {
        self.rows.texts.push(tokens);
        self.rows.truths.push(truth);
        self.origins.push(origin);
    }

    /// Every first and every second text as a row of its own, first ones first: to be encoded rather than learnt from.
    #[must_use]
    pub fn apart(mut self) -> Self {
        let partners = std::mem::take(&mut self.rows.partners).into_iter().take(1).flatten();
        self.rows.texts.extend(partners);
        self.rows.truths.resize(self.rows.texts.len(), Truth::None);
        self.origins.extend_from_within(..);
        self.origins.truncate(self.rows.texts.len());
        self
    }

    /// The rows that have a word to hide; a batch of others would have no loss.
    #[must_use]
    pub fn hideable(mut self, masking: &Masking) -> Self {
        let Rows { texts, truths, .. } = std::mem::take(&mut self.rows);
        let origins = std::mem::take(&mut self.origins);
        for ((tokens, truth), origin) in texts.into_iter().zip(truths).zip(origins) {
            if masking.can_hide(tokens.ids()) {
                self.add(origin, tokens, truth);
            }
        }
        self
    }

    /// Hides words once and for all, so that every validation asks for the same ones.
    #[must_use]
    pub fn hidden(mut self, masking: &Masking, seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        for (text, truth) in self.rows.texts.iter_mut().zip(&mut self.rows.truths) {
            let mut tokens = text.unpack();
            let real = vec![1; tokens.ids.len()];
            *truth = Truth::Hidden(masking.hide_row(&mut tokens.ids, &real, &mut random));
            *text = Tokens::of(tokens);
        }
        self
    }
}

/// First and last token of a span of the second text's characters, if the window holds all of it.
fn span(tokens: &Encoding, start: u32, end: u32) -> Option<[usize; 2]> {
    let range = tokens.texts[1].start as usize..tokens.texts[1].end as usize;
    let offsets = &tokens.offsets[range.clone()];
    let (first, last) = (offsets.first()?, offsets.last()?);
    if first.0 > start || last.1 < end {
        return None;
    }
    // The last token that begins no later, and the first that ends no earlier, as `prepare_train_features` of
    // transformers' question answering script has it.
    let from = offsets.iter().rposition(|&(begin, _)| begin <= start)?;
    let to = offsets.iter().position(|&(_, stop)| stop >= end)?;
    Some([range.start + from, range.start + to.max(from)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_found_in_the_window_that_holds_all_of_it() {
        let tokens = Encoding {
            ids: vec![0; 8],
            offsets: vec![(0, 0), (0, 5), (0, 0), (10, 14), (15, 18), (18, 20), (21, 25), (0, 0)],
            texts: [1..2, 3..7],
            ..Encoding::default()
        };
        assert_eq!(span(&tokens, 15, 20), Some([4, 5]));
        assert_eq!(span(&tokens, 10, 25), Some([3, 6]));
        assert_eq!(span(&tokens, 16, 17), Some([4, 4]), "within a token");
        assert_eq!(span(&tokens, 8, 14), None, "begins before the window");
        assert_eq!(span(&tokens, 21, 26), None, "ends after it");
        assert_eq!(span(&Encoding::default(), 0, 1), None);
    }
}
