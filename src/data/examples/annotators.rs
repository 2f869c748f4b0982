//! What annotation tools tell of whole rows, in columns of their own: that somebody has seen one, and what came of it.

use crate::data::columns::Columns;
use crate::data::table::Table;
use crate::task::Task;

/// Label Studio tells in this column that a text was annotated, and leaves out the spans of one in which nothing was marked.
const ANNOTATED: &str = "annotation_id";

/// What Prodigy writes of each row that somebody has seen, in a column of this name.
const ANSWER: &str = "answer";
const ACCEPTED: &str = "accept";
const ANSWERS: &[&str] = &[ACCEPTED, "reject", "ignore"];

/// The columns of a table that tell so, as far as it has them.
#[derive(Debug)]
pub(super) struct Annotators {
    /// Where it is filled, a row without spans has none to mark; of words that are labelled.
    annotated: Option<usize>,
    /// Whether what a row is marked with was accepted.
    answers: Option<usize>,
}

impl Annotators {
    /// Those of a table that are not read for something else.
    pub fn of(table: &Table, columns: &Columns, task: Task) -> Self {
        let place = |name: &str| table.columns().iter().position(|column| column == name);
        let is_answer = |&column: &usize| {
            let cells = || (0..table.rows()).map(|row| table.cell(row, column));
            !columns.have(column)
                && cells().all(|cell| cell.is_empty() || ANSWERS.contains(&cell))
                && cells().any(|cell| cell == ACCEPTED)
        };
        Self { annotated: place(ANNOTATED).filter(|_| task == Task::Tokens), answers: place(ANSWER).filter(is_answer) }
    }

    /// Whether somebody annotated a row, even if nothing is marked in it.
    pub fn have_seen(&self, table: &Table, row: usize) -> bool {
        self.annotated.is_some_and(|column| !table.cell(row, column).trim().is_empty())
    }

    /// Whether somebody rejected a row or passed it over; one that nobody has seen is not spoken against.
    pub fn rejected(&self, table: &Table, row: usize) -> bool {
        self.answers.is_some_and(|column| !["", ACCEPTED].contains(&table.cell(row, column)))
    }
}
