//! Pairs of texts: a word → a score that says how alike they are; a list is no text. And what annotators say of whole rows.

use serde_json::Value;

use super::cell::Cell;
use super::shorten;
use crate::data::columns::Columns;
use crate::data::table::Table;
use crate::data::words::truth;
use crate::error::Result;

/// What Prodigy writes of each row that somebody has seen, in a column of this name.
const ANSWER: &str = "answer";
const ACCEPTED: &str = "accept";
const ANSWERS: &[&str] = &[ACCEPTED, "reject", "ignore"];

/// The column in which Prodigy tells whether what a row is marked with was accepted, unless it is read for something else.
pub(super) fn of_annotators(table: &Table, columns: &Columns) -> Option<usize> {
    let column = table.columns().iter().position(|name| name == ANSWER).filter(|&column| !columns.have(column))?;
    let cells = || (0..table.rows()).map(|row| table.cell(row, column));
    (cells().all(|cell| cell.is_empty() || ANSWERS.contains(&cell)) && cells().any(|cell| cell == ACCEPTED))
        .then_some(column)
}

/// Whether such a cell speaks for its row; one that nobody has seen is not spoken against.
pub(super) fn is_accepted(cell: &str) -> bool {
    cell.is_empty() || cell == ACCEPTED
}

/// Whether a cell holds a word rather than a number.
pub(super) fn is_word(cell: &Cell) -> bool {
    !cell.text.trim().is_empty() && !cell.text.chars().any(|letter| letter.is_ascii_digit())
}

/// 1 for a word of yes, 0 for one of no.
///
/// # Errors
///
/// Any other word; the sentence says what to write.
pub(super) fn read(cell: &Cell) -> Result<f64> {
    truth(cell.text).map(|alike| f64::from(u8::from(alike))).ok_or_else(|| {
        cell.mistake(format!(
            "“{}” is no number. Write how alike the two texts are, from 0 to 1, or yes and no; or choose no column of scores.",
            shorten(cell.text.trim())
        ))
    })
}

/// Refuses a list where a text must stand: each text of it is a pair of its own.
///
/// # Errors
///
/// The cell is a list of JSON or of Python.
pub(super) fn refuse_list(cell: &Cell) -> Result<()> {
    match cell.json()? {
        Some(Value::Array(_)) => {
            Err(cell.mistake("This is a list, but each row pairs one text with another. Write a row for each text."))
        }
        _ => Ok(()),
    }
}
