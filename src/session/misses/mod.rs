//! Where a model is wrong: rows that it says something else of than the data, those first that it is surest of. It may be the
//! data that is wrong: labels by mistake are found so (tests/bench/LOG.md, "Labels by mistake").

mod judge;

use serde::{Deserialize, Serialize};

use self::judge::judge;
pub use self::judge::{Right, RightMark};
use crate::data::{Dataset, Example, Mapping, Table};
use crate::error::{Error, Result};
use crate::session::{Prediction, Session};
use crate::task::Task;

/// Which rows of a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Rows that are trained on.
    Train,
    /// Rows held out.
    Validation,
}

/// A row that a model is wrong about.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Miss {
    /// Line of the table's file in which it starts, from 1; of a workbook its row.
    pub line: u64,
    /// What the model says, with the row's texts.
    pub said: Prediction,
    /// What the data says.
    pub right: Right,
    /// How sure the model is of what is wrong, from 0 to 1; of numbers how far it is off, in their own unit.
    pub sure: f64,
}

/// The rows that a model is wrong about.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Misses {
    /// Rows that were looked at.
    pub rows: usize,
    /// How many of them it is wrong about; of numbers all that are not met to the last digit.
    pub wrong: usize,
    /// Those first that it is surest of; not all if there are many.
    pub found: Vec<Miss>,
}

/// A search for them under way.
#[derive(Debug)]
pub struct MissSearch {
    examples: Vec<Example>,
    labels: Vec<String>,
    most: usize,
    misses: Misses,
}

impl Session {
    /// Prepares to look for at most so many rows of the open data that the model that predicts is wrong about.
    ///
    /// # Errors
    ///
    /// No model that predicts, no data, other data than the model was trained on, or a task without right and wrong.
    pub fn misses(&self, side: Side, most: usize) -> Result<MissSearch> {
        let (task, labels) = self.head()?;
        refuse_task(task)?;
        let open = self.data.as_ref().ok_or_else(|| Error::order("Open a table and choose its columns first."))?;
        let dataset = &open.dataset;
        let trained_on_it = self.trained.as_ref().is_none_or(|trained| trained.data_hash == dataset.hash);
        if dataset.task != task || dataset.labels != labels || !trained_on_it {
            return Err(Error::order(
                "The model was trained on other data than is open now. Open that table again, with the same columns and the \
                 same rows held out.",
            ));
        }
        let examples = match side {
            Side::Train => &dataset.train,
            Side::Validation => &dataset.validation,
        };
        if examples.is_empty() {
            return Err(Error::order("No rows are held out. Look among those that were trained on."));
        }
        Ok(MissSearch::new(examples.clone(), labels, most))
    }

    /// The same of the rows of a table that have a label.
    ///
    /// # Errors
    ///
    /// No model that predicts, a label that the model does not know, or a task without right and wrong.
    pub fn misses_of(&self, table: &Table, mapping: &Mapping, most: usize) -> Result<MissSearch> {
        let (task, labels) = self.head()?;
        refuse_task(task)?;
        let examples = Dataset::with_labels(table, &Mapping { task, ..mapping.clone() }, labels)?;
        Ok(MissSearch::new(examples, labels, most))
    }

    /// Looks at up to so many more rows; returns how many are left.
    ///
    /// # Errors
    ///
    /// A device that failed, or another model than the search began with.
    pub async fn search_misses(&self, search: &mut MissSearch, rows: usize) -> Result<usize> {
        if self.head()?.1 != search.labels {
            return Err(Error::order("Another model was opened meanwhile. Look again."));
        }
        let from = search.misses.rows;
        let until = search.examples.len().min(from.saturating_add(rows));
        let examples = &search.examples[from..until];
        let said = self.predict_examples(examples.to_vec()).await?;
        for (example, said) in examples.iter().zip(said) {
            let Some((right, sure)) = judge(example, &said, &search.labels) else { continue };
            search.misses.wrong += 1;
            search.misses.found.push(Miss { line: example.line, said, right, sure });
        }
        search.misses.rows = until;
        search.misses.keep(search.most);
        Ok(search.examples.len() - until)
    }
}

impl MissSearch {
    fn new(examples: Vec<Example>, labels: &[String], most: usize) -> Self {
        Self { examples, labels: labels.to_vec(), most, misses: Misses::default() }
    }

    /// Rows that are looked at altogether.
    pub fn total(&self) -> usize {
        self.examples.len()
    }

    /// What was found.
    pub fn finish(self) -> Misses {
        self.misses
    }
}

impl Misses {
    /// Keeps so many, the surest; of equally sure ones those that stand first.
    fn keep(&mut self, most: usize) {
        self.found.sort_by(|a, b| b.sure.total_cmp(&a.sure).then(a.line.cmp(&b.line)));
        self.found.truncate(most);
    }
}

/// Of vectors and hidden words, nothing is right or wrong row by row.
fn refuse_task(task: Task) -> Result<()> {
    match task {
        Task::Embedding | Task::Language => Err(Error::order(
            "This task has no right and wrong for each row, so that there are no mistakes to be shown.",
        )),
        _ => Ok(()),
    }
}
