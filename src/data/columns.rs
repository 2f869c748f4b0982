//! Which columns a task reads, and whether a mapping names them all, each once.

use super::mapping::Mapping;
use super::table::Table;
use super::words;
use crate::error::{Error, Result};
use crate::task::Task;

/// Places of the columns that a task reads.
#[derive(Debug)]
pub(super) struct Columns {
    pub text: usize,
    pub pair: Option<usize>,
    pub label: Option<usize>,
    pub negative: Option<usize>,
    pub split: Option<usize>,
}

/// What sentences call the columns of a task.
#[derive(Debug, Clone, Copy)]
pub(super) struct Nouns {
    pub text: &'static str,
    pub pair: &'static str,
    pub label: &'static str,
}

impl Nouns {
    pub fn of(task: Task) -> Self {
        let (text, pair, label) = match task {
            Task::Classification | Task::Language => ("text", "second text", "label"),
            Task::MultiLabel => ("text", "second text", "labels"),
            Task::Regression | Task::Embedding => ("text", "second text", "score"),
            Task::Tokens => ("text", "second text", "tags"),
            Task::Answers => ("question", "context", "answers"),
        };
        Self { text, pair, label }
    }
}

/// Whether a task reads a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    Never,
    Maybe,
    Always,
}

/// Second text, label, negative.
fn uses(task: Task) -> [Use; 3] {
    match task {
        Task::Classification | Task::MultiLabel | Task::Regression => [Use::Maybe, Use::Always, Use::Never],
        Task::Tokens => [Use::Never, Use::Always, Use::Never],
        Task::Answers => [Use::Always, Use::Always, Use::Never],
        Task::Embedding => [Use::Always, Use::Maybe, Use::Maybe],
        Task::Language => [Use::Never, Use::Never, Use::Never],
    }
}

impl Columns {
    /// Whether a column is one of them.
    pub fn have(&self, column: usize) -> bool {
        [Some(self.text), self.pair, self.label, self.negative, self.split].contains(&Some(column))
    }

    /// The columns that the mapping's task reads; names of others are not looked at.
    ///
    /// # Errors
    ///
    /// A column that is not named or not in the table, one named twice, a score and a negative at once, an empty
    /// separator, a share outside 0 to 0.9.
    pub fn find(table: &Table, mapping: &Mapping) -> Result<Self> {
        let nouns = Nouns::of(mapping.task);
        let [pair, label, negative] = uses(mapping.task);
        let named = |name: Option<&str>, reads: Use, noun: &str| match name.filter(|name| !name.is_empty()) {
            _ if reads == Use::Never => Ok(None),
            Some(name) => table.column(name).map(Some),
            None if reads == Use::Maybe => Ok(None),
            None => Err(Error::table(format!("This task needs a column with the {noun}. Choose one."))),
        };
        let columns = Self {
            text: table.column(&mapping.text)?,
            pair: named(mapping.pair.as_deref(), pair, nouns.pair)?,
            label: named(Some(&mapping.label), label, nouns.label)?,
            negative: named(mapping.negative.as_deref(), negative, "negative")?,
            split: mapping.split.as_deref().map(|name| table.column(name)).transpose()?,
        };
        columns.refuse_twice(table, nouns)?;
        if columns.label.is_some() && columns.negative.is_some() {
            return Err(Error::table(
                "Pairs are learned by a score or by a negative, not by both. Choose one column of the two.",
            ));
        }
        if mapping.task == Task::MultiLabel && mapping.separator.as_deref() == Some("") {
            return Err(Error::table("The separator between labels is empty. Give one, such as |, or none at all."));
        }
        if columns.split.is_none() && !(0.0..=0.9).contains(&mapping.validation_share) {
            return Err(Error::table(format!(
                "The share of validation rows must be from 0 to 0.9; it is {}.",
                mapping.validation_share
            )));
        }
        Ok(columns)
    }

    fn refuse_twice(&self, table: &Table, nouns: Nouns) -> Result<()> {
        if self.label == Some(self.text) && table.columns().len() == 1 {
            let tagged = |row: usize| table.cell(row, self.text).split_whitespace().count() == 2;
            let words = if (0..table.rows()).all(tagged) {
                " A file with a word and its tag in each line must end in .conll."
            } else {
                ""
            };
            return Err(Error::table(format!(
                "The table has only one column, but a text and a {} are needed. Separate them by comma, semicolon, tab or pipe.{words}",
                nouns.label
            )));
        }
        let chosen = [
            (nouns.text, Some(self.text)),
            (nouns.pair, self.pair),
            (nouns.label, self.label),
            ("negative", self.negative),
            ("split", self.split),
        ];
        for (place, (noun, column)) in chosen.iter().enumerate() {
            let twice = chosen[..place].iter().find(|(_, other)| column.is_some() && other == column);
            if let (Some((other, _)), Some(column)) = (twice, column) {
                return Err(Error::table_column(
                    &table.columns()[*column],
                    format!("The {other} and the {noun} are the same column; choose two different ones."),
                ));
            }
        }
        Ok(())
    }

    /// Says so where the table has more columns of negatives than the one that is read.
    pub fn spare_negatives(&self, table: &Table) -> Option<String> {
        let used = self.negative?;
        let spare = (0..table.columns().len()).filter(|&column| {
            let (name, taken) = (&table.columns()[column], [Some(self.text), self.pair, self.negative, self.split]);
            words::rank_of_word(name, words::NEGATIVE).is_some() && !taken.contains(&Some(column))
        });
        let spare: Vec<String> = spare.map(|column| format!("“{}”", table.columns()[column])).collect();
        let used = &table.columns()[used];
        let read = format!("One negative per row is used, that of “{used}”; not read: {}.", spare.join(", "));
        (!spare.is_empty()).then_some(read)
    }

    /// What every row needs, in words: `both a text and a label`, `a text`.
    pub fn needed(&self, task: Task) -> String {
        let nouns = Nouns::of(task);
        let label = self.label.filter(|_| !matches!(task, Task::MultiLabel | Task::Answers));
        let mut needed = vec![nouns.text];
        needed.extend(self.pair.map(|_| nouns.pair));
        needed.extend(label.map(|_| nouns.label));
        needed.extend(self.negative.map(|_| "negative"));
        let article = |noun: &&str| if noun.ends_with("tags") { (*noun).to_owned() } else { format!("a {noun}") };
        let needed: Vec<String> = needed.iter().map(article).collect();
        match needed.as_slice() {
            [first, second] => format!("both {first} and {second}"),
            several => several.join(", "),
        }
    }
}
