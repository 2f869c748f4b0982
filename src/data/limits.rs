//! What no model can be trained on: too few or too many labels, rows that teach nothing.

use super::columns::Columns;
use super::dataset::Dataset;
use super::examples::shorten;
use super::mapping::MAX_CLASSES;
use super::table::Table;
use super::target::{Example, Target};
use crate::error::{Error, Result};
use crate::task::Task;

/// With up to so many labels in a column nobody can tell classes from text by counting.
const FEW: usize = 20;

/// Refuses labels that are none, or are too many; `uses` says how often labels occur in the column called `column`.
///
/// # Errors
///
/// Fewer than two labels, over 1,000, or (tags aside) labels that hardly recur.
pub(super) fn check_labels(task: Task, column: &str, labels: &[String], uses: usize) -> Result<()> {
    let (one, many, place) = match task {
        Task::Classification => ("class", "values", "rows"),
        Task::MultiLabel => ("label", "labels", "places"),
        Task::Tokens => ("tag", "tags", "words"),
        Task::Regression | Task::Answers | Task::Embedding | Task::Language => return Ok(()),
    };
    let count = labels.len();
    if let [label] = labels {
        return Err(Error::table_column(
            column,
            format!(
                "There is only one {one}, “{}”; at least two are needed. Choose another column, or add rows.",
                shorten(label)
            ),
        ));
    }
    if labels.is_empty() {
        return Err(Error::table_column(column, "No row has a label. Choose another column, or add labels."));
    }
    let seldom = task != Task::Tokens && uses > FEW && count * 2 > uses;
    if count <= MAX_CLASSES && !seldom {
        return Ok(());
    }
    Err(Error::table_column(
        column,
        match task {
            Task::Classification => format!(
                "It has {count} different {many} in {uses} {place} and looks like text rather than classes (at most {MAX_CLASSES}, and two rows of each on average). Choose another column as the label."
            ),
            Task::MultiLabel => format!(
                "It has {count} different {many} in {uses} {place}; at most {MAX_CLASSES} can be learned, and each should occur twice on average. Is the separator right, or does another column hold the labels?"
            ),
            _ => format!(
                "It has {count} different {many}; at most {MAX_CLASSES} can be learned. Does another column hold the tags?"
            ),
        },
    ))
}

/// Refuses a table for words with tags that has a row for each word: sentences have to be told apart.
///
/// # Errors
///
/// Almost all of many rows hold a single word.
pub(super) fn refuse_single_words(table: &Table, columns: &Columns) -> Result<()> {
    let Some(tags) = columns.label else { return Ok(()) };
    let single = |cell: &str| !cell.trim_start().starts_with(['[', '{']) && cell.split_whitespace().count() == 1;
    let filled = (0..table.rows()).filter(|&row| !table.cell(row, tags).trim().is_empty());
    let (mut rows, mut words) = (0, 0);
    for row in filled {
        rows += 1;
        words += usize::from([columns.text, tags].iter().all(|&column| single(table.cell(row, column))));
    }
    if rows <= FEW || words * 100 < rows * 99 {
        return Ok(());
    }
    Err(Error::table_column(
        &table.columns()[columns.text],
        "Each row holds a single word, but tags are learned in sentences. Save the table as a .conll file: in each line a word, a space and its tag, and a blank line after each sentence.",
    ))
}

/// Refuses a data set whose rows to train on teach nothing.
///
/// # Errors
///
/// No rows; rows that are all of one class, score or tag; no label or answer in any of them; a single pair.
pub(super) fn check_training_rows(dataset: &Dataset) -> Result<()> {
    let Some(first) = dataset.train.first() else {
        return Err(Error::table("There are no rows to train on: the split column says validation in every row."));
    };
    let all = |alike: &dyn Fn(&Example) -> bool| dataset.train.iter().all(alike);
    let mistake = match &first.target {
        Target::Class(class) if all(&|example| example.target == first.target) => format!(
            "All rows to train on are of one class, “{}”; at least two are needed. Add rows, or split them otherwise.",
            shorten(&dataset.labels[*class])
        ),
        Target::Classes(_) if all(&|example| example.target == Target::Classes(Vec::new())) => {
            "No row to train on has a label. Add labels, or split the rows otherwise.".to_owned()
        }
        Target::Score(score) if all(&|example| example.target == first.target) => format!(
            "All rows to train on have the score {score}; different ones are needed. Add rows, or split them otherwise."
        ),
        Target::Words(words) if all(&|example| has_only(example, words[0].tag)) => format!(
            "All words to train on have the tag “{}”; different ones are needed. Add rows, or split them otherwise.",
            shorten(&dataset.labels[words[0].tag])
        ),
        Target::Answers(_) if all(&|example| example.target == Target::Answers(Vec::new())) => {
            "No question to train on has an answer in its context. Add answers, or split the rows otherwise.".to_owned()
        }
        Target::None if dataset.task == Task::Embedding && dataset.train.len() < 2 => {
            "There is only one pair to train on; each pair is learned by comparison with others. Add rows.".to_owned()
        }
        _ => return Ok(()),
    };
    Err(Error::table(mistake))
}

fn has_only(example: &Example, tag: usize) -> bool {
    matches!(&example.target, Target::Words(words) if words.iter().all(|word| word.tag == tag))
}
