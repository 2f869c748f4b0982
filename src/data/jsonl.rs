//! JSON Lines and lists of JSON objects → names of the columns and rows of cells.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::cells::Gathering;
use super::examples::holds_nul;
use super::json::Cursor;
use super::lines::MAX_CELL;
use super::places::Places;
use super::scanner;
use super::table::{Rows, check_columns};
use crate::error::{Error, Result};

/// Gathers the rows of a text of one object per line, blank ones aside, that comes in pieces.
#[derive(Debug)]
pub(super) struct JsonLines {
    objects: Objects,
    /// Text whose line is not complete yet, and how many bytes of it were looked at.
    waiting: String,
    seen: usize,
    /// Line of the file in which that text starts.
    line: u64,
}

impl JsonLines {
    pub fn new(gathering: Gathering) -> Self {
        Self { objects: Objects::new(gathering), waiting: String::new(), seen: 0, line: 1 }
    }

    /// Where the text goes that comes next, and the line of the file in which what is there already starts.
    pub fn next(&mut self) -> (&mut String, u64) {
        (&mut self.waiting, self.line)
    }

    /// Takes the lines that are complete; at the end of the text all of it.
    ///
    /// # Errors
    ///
    /// The first line that is no JSON object, with the reason; a line over 1 MiB.
    pub fn take(&mut self, last: bool) -> Result<()> {
        let mut at = 0;
        while at < self.waiting.len() {
            let from = self.seen.max(at);
            let found = self.waiting[from..].find('\n').map(|length| from + length);
            let end = found.unwrap_or(self.waiting.len());
            if end - at > MAX_CELL {
                return Err(scanner::too_long(self.line));
            }
            if found.is_none() && !last {
                break;
            }
            self.objects.line(self.line, &self.waiting[at..end])?;
            at = end + usize::from(found.is_some());
            self.line += 1;
        }
        self.waiting.drain(..at.min(self.waiting.len()));
        self.seen = self.waiting.len();
        Ok(())
    }

    pub fn finish(self) -> Rows {
        self.objects.finish()
    }
}

/// Reads one list of objects, which may span lines as it likes.
///
/// # Errors
///
/// The first place at which the text is no list of JSON objects, with the reason.
pub(super) fn read_list(text: &str, gathering: Gathering) -> Result<Rows> {
    let mut objects = Objects::new(gathering);
    let mut cursor = Cursor::new(text);
    cursor.list(|cursor| {
        let line = cursor.line();
        objects.add(line, cursor.value(not_an_object)?)
    })?;
    cursor.end("list")?;
    Ok(objects.finish())
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
#[derive(Debug)]
struct Objects {
    columns: Vec<String>,
    index: HashMap<String, usize>,
    gathering: Gathering,
    /// Rows whose value for some key is itself a list or an object.
    nested: Places,
    /// For each column, how many of its values are lists or objects.
    nested_values: Vec<usize>,
}

impl Objects {
    fn new(gathering: Gathering) -> Self {
        Self {
            columns: Vec::new(),
            index: HashMap::new(),
            gathering,
            nested: Places::default(),
            nested_values: Vec::new(),
        }
    }

    fn line(&mut self, line: u64, text: &str) -> Result<()> {
        if text.contains('\0') {
            return Err(scanner::nul(line));
        }
        if text.trim().is_empty() {
            return Ok(());
        }
        let object = serde_json::from_str(text).map_err(|error| not_an_object(line, &error.to_string()))?;
        self.add(line, object)
    }

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
        self.gathering.push(line, row.iter().map(String::as_str))
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
        if self.nested_values.iter().any(|&count| count > 0 && count < self.gathering.rows()) {
            notes.push(self.nested.sentence(
                "holds a list or an object as a value, which is shown as JSON",
                "hold a list or an object as a value, which is shown as JSON",
            ));
        }
        Rows { columns: self.columns, gathering: self.gathering, notes }
    }
}
