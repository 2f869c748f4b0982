//! A table with a row for each word → one with a row for each sentence, whose cells are lists: words are tagged in
//! sentences, and many tables of tagged words are written so.

use serde_json::Value;

use super::cells::Gathering;
use super::guess;
use super::lines::MAX_CELL;
use super::table::{Rows, Table};
use crate::error::{Error, Result};

/// The table, put together where it has a row for each word, its tag, and a column that tells the sentence.
///
/// A sentence begins where that column changes; where it is empty in some rows, wherever it is not.
///
/// # Errors
///
/// A sentence over 1 MiB, by its line; more than there is room for.
pub(super) fn put_together(table: Table, room: usize) -> Result<Table> {
    let Some((column, split)) = guess::sentences_of_words(&table) else { return Ok(table) };
    let starts = starts(&table, column);
    if starts.len() < 2 || starts.len() * 3 > table.rows() * 2 {
        return Ok(table);
    }
    let mut gathering = Gathering::within(room);
    let ends = starts.iter().copied().skip(1).chain([table.rows()]);
    for (start, end) in starts.iter().copied().zip(ends) {
        let line = table.line(start);
        let cell = |place: usize| {
            if place == column || Some(place) == split {
                return table.cell(start, place).to_owned();
            }
            Value::Array((start..end).map(|row| table.cell(row, place).into()).collect()).to_string()
        };
        let row: Vec<String> = (0..table.columns().len()).map(cell).collect();
        if row.iter().any(|cell| cell.len() > MAX_CELL) {
            let name = &table.columns()[column];
            let message =
                format!("The sentence that starts here is longer than 1 MiB. Does “{name}” tell the sentences?");
            return Err(Error::table_line(line, message));
        }
        gathering.push(line, row.iter().map(String::as_str))?;
    }
    let format = match table.format().rsplit_once(", ") {
        Some((format, encoding)) => format!("{format}, sentences by column {}, {encoding}", column + 1),
        None => table.format().to_owned(),
    };
    let mut notes = table.notes().to_vec();
    notes.push(format!(
        "The table has a row for each word. By “{}”, {} rows were put together to {} sentences.",
        table.columns()[column],
        table.rows(),
        starts.len()
    ));
    let rows = Rows { columns: table.columns().to_vec(), gathering, notes: Vec::new() };
    table.with_rows(format, rows, notes)
}

/// The rows that begin a sentence.
fn starts(table: &Table, column: usize) -> Vec<usize> {
    let only_first = table.profile()[column].empty > 0;
    let mut before = "";
    let begins = |&row: &usize| {
        let told = table.cell(row, column).trim();
        let begins = row == 0 || (!told.is_empty() && (only_first || told != before));
        before = if told.is_empty() { before } else { told };
        begins
    };
    (0..table.rows()).filter(begins).collect()
}
