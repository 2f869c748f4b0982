//! Mapped data on its way to the model: examples, and their tokens once a model is open.

use crate::data::{Dataset, DatasetInfo, Example, Mapping, Table};
use crate::error::Result;
use crate::session::model::OpenModel;
use crate::session::rows::{Preparation, Prepared};
use crate::text::Encoding;

/// Where a data set came from.
#[derive(Debug, Clone)]
pub struct Source {
    /// The table's format in words.
    pub format: String,
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
    encodings: Vec<Encoding>,
}

impl OpenData {
    /// A data set of which nothing is tokenized yet.
    pub fn new(dataset: Dataset, name: &str) -> Self {
        Self { dataset, name: name.to_owned(), source: None, encodings: Vec::new() }
    }

    /// The same with the table that it was made of.
    #[must_use]
    pub fn of(self, table: &Table, mapping: &Mapping) -> Self {
        let (format, columns) = (table.format().to_owned(), table.columns().to_vec());
        Self { source: Some(Source { format, columns, mapping: mapping.clone() }), ..self }
    }

    /// Forgets all tokens, as another model needs.
    pub fn forget_tokens(&mut self) {
        self.encodings.clear();
    }

    /// Tokenizes up to `rows` more texts; returns how many of how many are done.
    ///
    /// # Errors
    ///
    /// A tokenizer that does not fit the model.
    pub fn tokenize(&mut self, model: &OpenModel, rows: usize) -> Result<(usize, usize)> {
        let todo: Vec<&Example> = self.examples().skip(self.encodings.len()).take(rows).collect();
        let longest = model.config.longest();
        let preparation = self.preparation(model, longest);
        let encoded =
            todo.into_iter().map(|example| preparation.longest(example, longest)).collect::<Result<Vec<Encoding>>>()?;
        self.encodings.extend(encoded);
        Ok((self.encodings.len(), self.total()))
    }

    /// What a form shows; the tokens' figures once all are tokenized.
    pub fn info(&self) -> DatasetInfo {
        let mut info = self.dataset.info();
        if self.encodings.len() == self.total() {
            let lengths = || self.encodings.iter().map(|encoding| encoding.ids.len());
            info.longest_tokens = lengths().max();
            info.mean_tokens = Some(lengths().sum::<usize>() as f64 / self.total().max(1) as f64);
        }
        info
    }

    /// Longest tokenized text.
    pub fn longest(&self) -> usize {
        self.encodings.iter().map(|encoding| encoding.ids.len()).max().unwrap_or(0)
    }

    /// Training and validation rows, cut to `max_length` tokens.
    ///
    /// # Errors
    ///
    /// A maximum length that leaves no room for text.
    pub fn rows(&self, model: &OpenModel, max_length: usize) -> Result<[Prepared; 2]> {
        assert_eq!(self.encodings.len(), self.total(), "all texts are tokenized before a run");
        let preparation = self.preparation(model, max_length);
        let (train, validation) = self.encodings.split_at(self.dataset.train.len());
        Ok([
            preparation.prepare(&self.dataset.train, train)?,
            preparation.prepare(&self.dataset.validation, validation)?,
        ])
    }

    fn preparation<'a>(&self, model: &'a OpenModel, max_length: usize) -> Preparation<'a> {
        Preparation { model, task: self.dataset.task, labels: self.dataset.labels.len(), max_length }
    }

    fn total(&self) -> usize {
        self.dataset.train.len() + self.dataset.validation.len()
    }

    fn examples(&self) -> impl Iterator<Item = &Example> {
        self.dataset.train.iter().chain(&self.dataset.validation)
    }
}
