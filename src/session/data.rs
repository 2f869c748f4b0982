//! Mapped data on its way to the model: examples, and their tokens once a model is open.

use crate::data::{Dataset, DatasetInfo, Dialect, Example, Mapping, Table};
use crate::error::{Error, Result};
use crate::kernel::threads;
use crate::session::model::OpenModel;
use crate::session::rows::{Preparation, Prepared};
use crate::task::Task;
use crate::text::{Encoding, Tokens, Words};

/// Where a data set came from.
#[derive(Debug, Clone)]
pub struct Source {
    /// The table's format in words.
    pub format: String,
    /// How its file was read.
    pub dialect: Dialect,
    /// Names of its columns.
    pub columns: Vec<String>,
    /// Which column is which.
    pub mapping: Mapping,
}

/// A data set and as many of its texts as have been tokenized, training rows first.
#[derive(Debug, Clone)]
pub struct OpenData {
    /// The examples.
    pub dataset: Dataset,
    /// Name of the table that they were in.
    pub name: String,
    /// The table and the columns that it was made of.
    pub source: Option<Source>,
    /// Bytes of a table that is no longer open, whose texts the examples keep in memory.
    pub outlived: usize,
    /// How many tokens the texts have, and how many the model has positions for.
    lengths: Vec<u32>,
    positions: usize,
    /// How many of these the model's vocabulary lacks.
    unknown: usize,
    /// The texts' tokens, where a run takes them as they are.
    tokens: Vec<Tokens>,
    /// Bytes that these take.
    bytes: usize,
    /// Words that were met, while texts are tokenized of which only the ids are wanted.
    words: Option<Words>,
}

/// Share of unknown tokens from which a model is of another language: names and emoji alone rarely reach it.
const FOREIGN: f64 = 0.05;
/// Texts that are tokenized and packed together.
const TOGETHER: usize = 512;

impl OpenData {
    /// A data set of which nothing is tokenized yet.
    pub fn new(dataset: Dataset, name: &str) -> Self {
        Self {
            dataset,
            name: name.to_owned(),
            source: None,
            outlived: 0,
            lengths: Vec::new(),
            positions: 0,
            unknown: 0,
            tokens: Vec::new(),
            bytes: 0,
            words: None,
        }
    }

    /// The same with the table that it was made of.
    #[must_use]
    pub fn of(self, table: &Table, mapping: &Mapping) -> Self {
        let source = Source {
            format: table.format().to_owned(),
            dialect: table.dialect().clone(),
            columns: table.columns().to_vec(),
            mapping: mapping.clone(),
        };
        Self { source: Some(source), ..self }
    }

    /// Forgets all tokens, as another model needs.
    pub fn forget_tokens(&mut self) {
        self.lengths = Vec::new();
        self.unknown = 0;
        self.tokens = Vec::new();
        self.bytes = 0;
        self.words = None;
    }

    /// Bytes of memory that the examples and tokens take beside an open table.
    pub fn bytes(&self) -> usize {
        self.outlived + self.total() * size_of::<Example>() + self.bytes
    }

    /// Tokenizes up to `rows` more texts; returns how many of how many are done.
    ///
    /// # Errors
    ///
    /// A tokenizer that does not fit the model; more tokens than `room` bytes hold.
    pub fn tokenize(&mut self, model: &OpenModel, rows: usize, room: usize) -> Result<(usize, usize)> {
        // One more than the encoder has positions for tells that a text is longer.
        let longest = model.config.longest() + 1;
        self.positions = model.config.longest();
        let preparation = self.preparation(model, longest);
        let alone = !preparation.looks_words_up() && self.dataset.task != Task::Embedding && self.is_single();
        let mut words = match self.words.take() {
            None if alone => Words::of(&model.tokenizer)?,
            words => words,
        };
        let goal = self.lengths.len().saturating_add(rows).min(self.total());
        while self.lengths.len() < goal {
            let until = goal.min(self.lengths.len() + TOGETHER);
            let examples: Vec<&Example> = (self.lengths.len()..until).map(|row| self.example(row)).collect();
            let encoded: Result<Vec<Encoding>> = match &mut words {
                Some(words) => {
                    let encode = |example: &&Example| words.encode(&model.tokenizer, &example.text, longest);
                    examples.iter().map(encode).collect()
                }
                None => threads::map(&examples, |example| preparation.counted(example, longest)).into_iter().collect(),
            };
            let encoded = encoded?;
            self.lengths.extend(encoded.iter().map(|text| text.ids.len() as u32));
            if let Some(unknown) = model.tokenizer.unknown_id() {
                self.unknown += encoded.iter().flat_map(|text| &text.ids).filter(|&&id| id == unknown).count();
            }
            self.bytes += size_of::<u32>() * encoded.len();
            // Of these tasks each text is tokenized by itself, or in windows, once a run knows how long they may be.
            if !matches!(self.dataset.task, Task::Answers | Task::Embedding) {
                let packed = Tokens::pack(&encoded, preparation.looks_words_up());
                self.bytes += packed.iter().map(Tokens::bytes).sum::<usize>();
                self.tokens.extend(packed);
            }
            if self.bytes > room {
                return Err(no_room(self.lengths.len(), self.total()));
            }
        }
        self.words = words.filter(|_| self.lengths.len() < self.total());
        Ok((self.lengths.len(), self.total()))
    }

    /// Whether examples have one text.
    fn is_single(&self) -> bool {
        self.total() == 0 || self.example(0).pair.is_none()
    }

    /// What a form shows; the tokens' figures once all are tokenized.
    pub fn info(&self) -> DatasetInfo {
        let mut info = self.dataset.info();
        if self.lengths.len() == self.total() {
            let longest = self.lengths.iter().max().map_or(0, |&length| length as usize);
            info.counted_to = Some(self.positions).filter(|most| longest > *most && !self.in_windows());
            info.longest_tokens = Some(info.counted_to.unwrap_or(longest)).filter(|_| self.total() > 0);
            let sum: f64 = self.lengths.iter().map(|&length| f64::from(length)).sum();
            info.mean_tokens = Some(sum / self.total().max(1) as f64);
            info.notes.extend(foreign(self.unknown as f64 / sum.max(1.0)));
        }
        info
    }

    /// Whether long texts are read in windows, so that all of their tokens count.
    fn in_windows(&self) -> bool {
        matches!(self.dataset.task, Task::Answers | Task::Tokens)
    }

    /// Tokens of each text that is tokenized; of tasks that do not read long ones in windows, one more than the encoder has
    /// positions for stands for all that are more. Where a row's texts are tokenized apart, of the longest of them.
    pub fn lengths(&self) -> &[u32] {
        &self.lengths
    }

    /// Training and validation rows, cut to `max_length` tokens.
    ///
    /// # Errors
    ///
    /// A maximum length that leaves no room for text.
    pub fn rows(&self, model: &OpenModel, max_length: usize) -> Result<[Prepared; 2]> {
        assert_eq!(self.lengths.len(), self.total(), "all texts are tokenized before a run");
        let preparation = self.preparation(model, max_length);
        let (train, validation) = self.tokens.split_at(self.dataset.train.len().min(self.tokens.len()));
        Ok([
            preparation.prepare(&self.dataset.train, train)?,
            preparation.prepare(&self.dataset.validation, validation)?,
        ])
    }

    fn preparation<'a>(&self, model: &'a OpenModel, max_length: usize) -> Preparation<'a> {
        let tokenizer = &model.tokenizer;
        Preparation { tokenizer, task: self.dataset.task, labels: self.dataset.labels.len(), max_length }
    }

    fn total(&self) -> usize {
        self.dataset.train.len() + self.dataset.validation.len()
    }

    fn example(&self, row: usize) -> &Example {
        let train = &self.dataset.train;
        train.get(row).unwrap_or_else(|| &self.dataset.validation[row - train.len()])
    }
}

/// What to say where so large a share of the tokens is unknown to a model.
fn foreign(share: f64) -> Option<String> {
    (share >= FOREIGN).then(|| {
        format!(
            "{:.0} % of the tokens are unknown to this model, which sees none of their letters. Choose one that was trained on \
             texts of this language or script.",
            share * 100.0
        )
    })
}

fn no_room(rows: usize, of: usize) -> Error {
    Error::table(format!(
        "A tab's memory has room for the tokens of {rows} of the {of} texts. Take fewer rows, or shorter texts; if a large \
         table was open before, reload the page first."
    ))
}
