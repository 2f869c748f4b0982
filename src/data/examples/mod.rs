//! The rows of a table → examples, each as its task reads it.

mod annotators;
mod answers;
mod cell;
mod cutting;
mod labels;
mod many;
mod marks;
mod scores;
mod spans;
mod tags;
mod verdict;

pub use cutting::cut_words;
pub use marks::Marks;
pub use tags::join as join_words;

pub(super) use answers::texts as answers_in;
pub(super) use cell::{Cell, holds_nul, is_array, is_printed, scalar};
pub(super) use labels::Labels;
pub(super) use many::parts;
pub(super) use marks::{Numbers, meaning};
pub(super) use scores::without_sign;
pub(super) use spans::{list as spans_in, wraps as wraps_spans};

use serde_json::Value;

use self::annotators::Annotators;
use super::columns::{Columns, Nouns};
use super::places::Places;
use super::table::Table;
use super::target::{Example, Target};
use crate::error::{Error, Result};
use crate::task::Task;

/// The cell of a text that was annotated and in which nothing is marked.
const NO_SPANS: &str = "[]";

/// Of so many rows one may be marked as it cannot be.
const MOST_SLIPS: usize = 10;

/// What happened to rows on the way, by their lines.
#[derive(Debug, Default)]
pub(super) struct Remarks {
    no_text: Places,
    no_pair: Places,
    no_label: Places,
    no_negative: Places,
    /// Sentences of which no word is left.
    no_words: Places,
    /// Sentences that lost empty words.
    pub empty_words: Places,
    /// Texts with a span that was widened to whole words.
    pub widened: Places,
    /// Texts with marks that cannot be, and what is wrong with the first of them.
    unusable: Places,
    first_unusable: Option<Error>,
    /// Rows that somebody rejected or passed over while annotating.
    rejected: Places,
}

/// Reads the rows of a table, one at a time.
pub(super) struct Reader<'a> {
    table: &'a Table,
    columns: &'a Columns,
    task: Task,
    separator: Option<&'a str>,
    /// How the column with the scores writes its numbers, where the task reads one.
    numbers: Numbers,
    annotators: Annotators,
    /// The labels met so far, or a model's.
    pub labels: Labels,
    remarks: Remarks,
}

impl<'a> Reader<'a> {
    pub fn new(table: &'a Table, columns: &'a Columns, task: Task, separator: Option<&'a str>, labels: Labels) -> Self {
        let scores = columns.label.filter(|_| matches!(task, Task::Regression | Task::Embedding));
        let cells = |column: usize| (0..table.rows()).map(move |row| table.cell(row, column));
        let numbers = scores.map_or_else(Numbers::default, |column| Numbers::of(cells(column)));
        let annotators = Annotators::of(table, columns, task);
        Self { table, columns, task, separator, numbers, annotators, labels, remarks: Remarks::default() }
    }

    /// How the scores are written.
    pub fn marks(&self) -> Marks {
        self.numbers.marks
    }

    /// The example of a row, if the row holds all that its task needs; else the row is remarked.
    ///
    /// # Errors
    ///
    /// A cell that cannot be read.
    pub fn usable(&mut self, row: usize) -> Result<Option<Example>> {
        let (columns, line) = (self.columns, self.table.line(row));
        let empty = |column: usize| self.table.cell(row, column).trim().is_empty();
        let places = if empty(columns.text) {
            &mut self.remarks.no_text
        } else if columns.pair.is_some_and(empty) {
            &mut self.remarks.no_pair
        } else if self.lacks_label(row) {
            &mut self.remarks.no_label
        } else if columns.negative.is_some_and(empty) {
            &mut self.remarks.no_negative
        } else if self.is_rejected(row) {
            &mut self.remarks.rejected
        } else {
            match self.example(row) {
                Ok(example) if !matches!(&example.target, Target::Words(words) if words.is_empty()) => {
                    return Ok(Some(example));
                }
                Ok(_) => &mut self.remarks.no_words,
                // Many are marked by hand: one slip is no reason to do without all others.
                Err(mistake) if self.task == Task::Tokens => {
                    self.remarks.first_unusable.get_or_insert(mistake);
                    &mut self.remarks.unusable
                }
                Err(mistake) => return Err(mistake),
            }
        };
        places.add(line);
        Ok(None)
    }

    /// Refuses a table of which more than a tenth of the rows are marked as they cannot be: then it is no slip.
    ///
    /// # Errors
    ///
    /// The first of them.
    pub fn check_slips(&self, usable: usize) -> Result<()> {
        match &self.remarks.first_unusable {
            Some(mistake) if self.remarks.unusable.count() * MOST_SLIPS > usable => Err(mistake.clone()),
            _ => Ok(()),
        }
    }

    /// Whether somebody who annotated a row rejected it or passed it over.
    pub fn is_rejected(&self, row: usize) -> bool {
        self.annotators.rejected(self.table, row)
    }

    /// Whether a row says nothing of what is right. No label is an answer of its own where any number of labels, or no
    /// answer in the context, is one.
    pub fn lacks_label(&self, row: usize) -> bool {
        let needed = self.columns.label.filter(|_| !matches!(self.task, Task::MultiLabel | Task::Answers));
        needed.is_some_and(|column| self.table.cell(row, column).trim().is_empty()) && !self.is_annotated(row)
    }

    fn is_annotated(&self, row: usize) -> bool {
        self.annotators.have_seen(self.table, row)
    }

    /// The example of a row.
    ///
    /// # Errors
    ///
    /// A cell that cannot be read.
    pub fn example(&mut self, row: usize) -> Result<Example> {
        let (table, columns) = (self.table, self.columns);
        let line = table.line(row);
        let cell = |column: usize| Cell { text: table.cell(row, column), line, column: &table.columns()[column] };
        if self.task == Task::Embedding {
            let texts = [Some(columns.text), columns.pair, columns.negative];
            texts.into_iter().flatten().try_for_each(|column| verdict::refuse_list(&cell(column)))?;
        }
        let mut text = table.text(row, columns.text);
        let pair = columns.pair.map(|column| table.text(row, column));
        let target = match (self.task, columns.label.map(cell), columns.negative) {
            (Task::Classification, Some(label), _) => Target::Class(self.class(&label)?),
            (Task::MultiLabel, Some(label), _) => {
                let names = many::read(&label, self.separator)?;
                let places = names.iter().map(|name| self.labels.place(name, &label)).collect::<Result<Vec<_>>>();
                let mut classes = places?;
                classes.sort_unstable();
                classes.dedup();
                Target::Classes(classes)
            }
            (Task::Embedding, Some(label), _) if verdict::is_word(&label) => Target::Score(verdict::read(&label)?),
            (Task::Regression | Task::Embedding, Some(label), _) => {
                Target::Score(scores::read(&label, self.numbers.marks)?)
            }
            (Task::Tokens, Some(label), _) => {
                let nothing = label.text.trim().is_empty() && self.is_annotated(row);
                let label = if nothing { Cell { text: NO_SPANS, ..label } } else { label };
                let (joined, target) = self.words(&cell(columns.text), &label)?;
                text = joined.map_or(text, Into::into);
                target
            }
            (Task::Answers, Some(label), _) => {
                Target::Answers(answers::read(&label, pair.as_deref().unwrap_or_default())?)
            }
            (_, _, Some(negative)) => Target::Negative(table.text(row, negative)),
            (_, _, None) => Target::None,
        };
        Ok(Example { text, pair, target, line })
    }

    /// The place of the label that a cell holds.
    fn class(&mut self, label: &Cell) -> Result<usize> {
        let name = label.text.trim();
        if name.starts_with('{') && matches!(label.json(), Ok(Some(Value::Object(_)))) {
            return Err(label.mistake(format!(
                "“{}” is an object of JSON, which is no label. Write the label alone, or a column for each of the object's \
                 values.",
                shorten(name)
            )));
        }
        self.labels.place(name, label)
    }

    /// The words of a row whose label cell holds spans or tags, and its text where it is not what the cell holds.
    fn words(&mut self, text: &Cell, label: &Cell) -> Result<(Option<String>, Target)> {
        let marked = label.json()?;
        // An empty list is one of no tags where the text is a list of words, too, and else one of no spans.
        let lists = |cell: &Cell| matches!(cell.json(), Ok(Some(Value::Array(_))));
        let marked = marked.as_ref().and_then(spans::meant).filter(|spans| !(spans.is_empty() && lists(text)));
        let (labels, remarks) = (&mut self.labels, &mut self.remarks);
        let (text, words) = match marked {
            Some(marked) => (None, spans::read(text, label, marked, labels, remarks)?),
            None => {
                let (joined, words) = tags::read(text, label, labels, remarks)?;
                (Some(joined).filter(|joined| joined != text.text), words)
            }
        };
        Ok((text, Target::Words(words)))
    }

    /// What happened to rows on the way, in sentences.
    pub fn notes(&self) -> Vec<String> {
        let nouns = Nouns::of(self.task);
        let left_out = |places: &Places, noun: &str| {
            places.sentence(&format!("has no {noun} and is left out"), &format!("have no {noun} and are left out"))
        };
        let remarks = &self.remarks;
        let mut notes: Vec<String> = Vec::new();
        for (places, noun) in [
            (&remarks.no_text, nouns.text),
            (&remarks.no_pair, nouns.pair),
            (&remarks.no_label, nouns.label),
            (&remarks.no_negative, "negative"),
            (&remarks.no_words, "word"),
        ] {
            if !places.is_empty() {
                notes.push(left_out(places, noun));
            }
        }
        if !remarks.empty_words.is_empty() {
            notes.push(remarks.empty_words.sentence(
                "has empty words, which are left out with their tags",
                "have empty words, which are left out with their tags",
            ));
        }
        if !remarks.widened.is_empty() {
            notes.push(remarks.widened.sentence(
                "has spans that start or end within a word and were widened to whole words",
                "have spans that start or end within a word and were widened to whole words",
            ));
        }
        if !remarks.rejected.is_empty() {
            notes.push(remarks.rejected.sentence(
                "was rejected or passed over when it was annotated, and is left out",
                "were rejected or passed over when they were annotated, and are left out",
            ));
        }
        if let Some(mistake) = &remarks.first_unusable {
            let rows = remarks.unusable.sentence("cannot be used and is left out", "cannot be used and are left out");
            notes.push(format!("{rows} {}{mistake}", if remarks.unusable.count() > 1 { "Of the first: " } else { "" }));
        }
        notes.extend(self.numbers.note());
        notes
    }
}

/// The first characters of a cell, enough to recognise it in a sentence.
pub(super) fn shorten(cell: &str) -> String {
    match cell.char_indices().nth(60) {
        Some((cut, _)) => format!("{}…", &cell[..cut]),
        None => cell.to_owned(),
    }
}
