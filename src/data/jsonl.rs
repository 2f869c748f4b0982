//! JSON Lines and lists of JSON objects → names of the columns and rows of cells.

use std::collections::HashMap;

use serde_json::{Deserializer, Map, Value};

use super::cells::Cells;
use super::lines::{Lines, MAX_CELL};
use super::places::Places;
use super::table::{Rows, check_columns};
use crate::error::{Error, Result};

/// Reads one object per line; blank lines are skipped.
///
/// # Errors
///
/// The first line that is no JSON object, with the reason.
pub(super) fn read_lines(text: &str) -> Result<Rows> {
    let mut gatherer = Gatherer::default();
    for (index, line) in text.split('\n').enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let number = index as u64 + 1;
        let object = serde_json::from_str(line).map_err(|error| not_an_object(number, &error))?;
        gatherer.add(number, object)?;
    }
    Ok(gatherer.finish())
}

/// Reads one list of objects, which may span lines as it likes.
///
/// # Errors
///
/// The first place at which the text is no list of JSON objects, with the reason.
pub(super) fn read_list(text: &str) -> Result<Rows> {
    let mut gatherer = Gatherer::default();
    let mut lines = Lines::new(text);
    let mut at = skip_space(text, 0) + 1;
    loop {
        at = skip_space(text, at);
        let line = lines.at(at);
        if text[at..].starts_with(']') && gatherer.cells.rows() == 0 {
            break;
        }
        let mut objects = Deserializer::from_str(&text[at..]).into_iter::<Map<String, Value>>();
        let object = objects
            .next()
            .unwrap_or_else(|| Err(serde::de::Error::custom("the list is not closed")))
            .map_err(|error| not_an_object(line + (error.line() as u64).saturating_sub(1), &error))?;
        let length = objects.byte_offset();
        if length > MAX_CELL {
            return Err(Error::table_line(line, "The object that starts here is longer than 1 MiB."));
        }
        gatherer.add(line, object)?;
        at = skip_space(text, at + length);
        match text.as_bytes().get(at) {
            Some(b',') => at += 1,
            Some(b']') => break,
            _ => return Err(Error::table_line(lines.at(at), "A comma or the list's closing bracket is missing here.")),
        }
    }
    let end = skip_space(text, at + 1);
    if end < text.len() {
        return Err(Error::table_line(lines.at(end), "There is text after the end of the list; remove it."));
    }
    Ok(gatherer.finish())
}

fn skip_space(text: &str, from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    from.min(text.len()) + rest.len() - rest.trim_start().len()
}

fn not_an_object(line: u64, error: &serde_json::Error) -> Error {
    let reason = error.to_string();
    // serde_json counts lines within what it was given; the line of the file is named already.
    let reason = reason.split(" at line ").next().unwrap_or_default();
    Error::table_line(
        line,
        format!(
            "This is not a JSON object ({reason}). Each line must hold one object, or the file one list of objects."
        ),
    )
}

/// Gathers objects into rows; a key that was not seen before opens a column.
#[derive(Default)]
struct Gatherer {
    columns: Vec<String>,
    index: HashMap<String, usize>,
    cells: Cells,
    /// Rows whose value for some key is itself a list or an object.
    nested: Places,
}

impl Gatherer {
    fn add(&mut self, line: u64, object: Map<String, Value>) -> Result<()> {
        let mut row: Vec<String> = Vec::new();
        let mut nested = false;
        for (key, value) in object {
            let column = self.column(key, line)?;
            if row.len() <= column {
                row.resize(column + 1, String::new());
            }
            nested |= matches!(value, Value::Array(_) | Value::Object(_));
            row[column] = match value {
                Value::Null => String::new(),
                Value::String(text) => text,
                other => other.to_string(),
            };
            if row[column].contains('\0') {
                return Err(Error::table_line(
                    line,
                    "There is a NUL character (\\u0000) here, which no text should hold. Remove it.",
                ));
            }
        }
        if nested {
            self.nested.add(line);
        }
        self.cells.push(line, row.iter().map(String::as_str))
    }

    fn column(&mut self, key: String, line: u64) -> Result<usize> {
        if let Some(&column) = self.index.get(&key) {
            return Ok(column);
        }
        check_columns(self.columns.len() + 1, line)?;
        self.columns.push(key.clone());
        self.index.insert(key, self.columns.len() - 1);
        Ok(self.columns.len() - 1)
    }

    fn finish(self) -> Rows {
        let mut notes = Vec::new();
        if !self.nested.is_empty() {
            notes.push(self.nested.sentence(
                "holds a list or an object as a value, which is shown as JSON",
                "hold a list or an object as a value, which is shown as JSON",
            ));
        }
        Rows { columns: self.columns, cells: self.cells.finish(), notes }
    }
}
