//! JSON Lines and lists of JSON objects → names of the columns and rows of cells.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::cells::Cells;
use super::examples::holds_nul;
use super::json::Cursor;
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
        let object = serde_json::from_str::<Map<String, Value>>(line)
            .map_err(|error| not_an_object(number, &error.to_string()))?;
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
    let mut cursor = Cursor::new(text);
    cursor.list(|cursor| {
        let line = cursor.line();
        gatherer.add(line, cursor.value(not_an_object)?)
    })?;
    cursor.end("list")?;
    Ok(gatherer.finish())
}

fn not_an_object(line: u64, reason: &str) -> Error {
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
    /// For each column, how many of its values are lists or objects.
    nested_values: Vec<usize>,
}

impl Gatherer {
    fn add(&mut self, line: u64, object: Map<String, Value>) -> Result<()> {
        let mut row: Vec<String> = Vec::new();
        let mut nested = false;
        for (key, value) in object {
            if holds_nul(&value) || key.contains('\0') {
                return Err(Error::table_line(
                    line,
                    "There is a NUL character (\\u0000) here, which no text should hold. Remove it.",
                ));
            }
            let column = self.column(key, line)?;
            if row.len() <= column {
                row.resize(column + 1, String::new());
            }
            if matches!(value, Value::Array(_) | Value::Object(_)) {
                nested = true;
                self.nested_values[column] += 1;
            }
            row[column] = match value {
                Value::Null => String::new(),
                Value::String(text) => text,
                other => other.to_string(),
            };
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
        self.nested_values.push(0);
        self.index.insert(key, self.columns.len() - 1);
        Ok(self.columns.len() - 1)
    }

    fn finish(self) -> Rows {
        let mut notes = Vec::new();
        // A column of nothing but lists is meant so, such as words and their tags.
        if self.nested_values.iter().any(|&count| count > 0 && count < self.cells.rows()) {
            notes.push(self.nested.sentence(
                "holds a list or an object as a value, which is shown as JSON",
                "hold a list or an object as a value, which is shown as JSON",
            ));
        }
        Rows { columns: self.columns, cells: self.cells.finish(), notes }
    }
}
