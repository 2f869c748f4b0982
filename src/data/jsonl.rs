//! JSON Lines, lists of JSON objects and objects of lists → names of the columns and rows of cells.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::cells::Gathering;
use super::examples::{holds_nul, wraps_spans};
use super::json::{Cursor, Items};
use super::lines::MAX_CELL;
use super::places::Places;
use super::table::{Rows, check_columns};
use super::{scanner, words};
use crate::error::{Error, Result};

/// Objects in objects become columns down to this depth; deeper ones are cells of JSON.
const LEVELS: usize = 2;

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

/// Whether a text, or the head of one, starts as one object of columns: its first value is a list or an object, and no
/// object follows as in JSON Lines, where a row of lists looks the same.
pub(super) fn is_columns(text: &str) -> bool {
    let mut cursor = Cursor::new(text);
    let mut first = cursor.clone();
    let Ok(Some(_)) = Items::open_object(&mut first).and_then(|mut items| items.next(&mut first)) else { return false };
    // What does not end within the head is too long for a line.
    matches!(first.peek(), Some(b'[' | b'{')) && (cursor.skip().is_err() || cursor.peek().is_none())
}

/// Reads one object that holds the columns: lists of values, or as pandas writes them objects with a key per row.
///
/// # Errors
///
/// Columns that are neither, or that have other rows than the first one; what is no JSON.
pub(super) fn read_columns(text: &str, gathering: Gathering) -> Result<Rows> {
    let mut cursor = Cursor::new(text);
    let mut columns: Vec<(String, Cursor, Items)> = Vec::new();
    cursor.object(|key, cursor| {
        check_columns(columns.len() + 1, cursor.line())?;
        let mut within = cursor.clone();
        let items = match within.peek() {
            Some(b'[') => Items::open(&mut within)?,
            Some(b'{') => Items::open_object(&mut within)?,
            _ => return Err(not_a_column(within.line(), key)),
        };
        columns.push((key.to_owned(), within, items));
        cursor.skip()
    })?;
    cursor.end("object")?;
    let mut objects = Objects::new(gathering);
    loop {
        let line = columns.first_mut().map_or(1, |(_, cursor, _)| cursor.line());
        let mut row = Map::new();
        let mut keys = Vec::new();
        for (column, cursor, items) in &mut columns {
            let key = items.next(cursor)?;
            if key.is_some() {
                row.insert(column.clone(), cursor.value(not_a_value)?);
            }
            keys.push(key);
        }
        if let Some(other) = keys.iter().position(|key| *key != keys[0]) {
            return Err(other_rows(&columns[0].0, &columns[other].0, objects.gathering.rows()));
        }
        match keys.first() {
            Some(Some(_)) => objects.add(line, row)?,
            _ => return Ok(objects.finish()),
        }
    }
}

fn not_a_column(line: u64, key: &str) -> Error {
    Error::table_line(
        line,
        format!(
            "The file is one JSON object, and its “{key}” is no list of the values of a column. Write one list of objects, an \
             object per row."
        ),
    )
}

fn not_a_value(line: u64, reason: &str) -> Error {
    Error::table_line(line, format!("This is not a JSON value ({reason})."))
}

fn other_rows(first: &str, other: &str, rows: usize) -> Error {
    Error::table(format!(
        "The file is one JSON object of columns, but “{first}” and “{other}” differ from value {} on. Write one \
         list of objects, an object per row.",
        rows + 1
    ))
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

/// Whether an object is one cell: answers or spans, as the tasks that learn these read them.
fn is_cell(key: &str, object: &Map<String, Value>) -> bool {
    let answers = object.contains_key("answer_start");
    answers || wraps_spans(object) || (words::rank(key, words::ANSWERS).is_some() && object.contains_key("text"))
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
        let nested = self.fill(&mut row, line, "", object, LEVELS)?;
        if nested {
            self.nested.add(line);
        }
        self.gathering.push(line, row.iter().map(String::as_str))
    }

    /// Puts the values of an object into a row, those of objects within it under names such as `review.body`. Returns
    /// whether one stays a list or an object.
    fn fill(
        &mut self,
        row: &mut Vec<String>,
        line: u64,
        within: &str,
        object: Map<String, Value>,
        levels: usize,
    ) -> Result<bool> {
        let mut nested = false;
        for (key, value) in object {
            if holds_nul(&value) || key.contains('\0') {
                return Err(Error::table_line(
                    line,
                    "There is a NUL character (\\u0000) here, which no text should hold. Remove it.",
                ));
            }
            let name = format!("{within}{key}");
            let cell = match value {
                Value::Object(object) if levels > 0 && !is_cell(&key, &object) => {
                    nested |= self.fill(row, line, &format!("{name}."), object, levels - 1)?;
                    continue;
                }
                Value::Null => String::new(),
                Value::String(text) => text,
                other => {
                    let column = self.column(name.clone(), line)?;
                    let is_nested = matches!(other, Value::Array(_) | Value::Object(_));
                    self.nested_values[column] += usize::from(is_nested);
                    nested |= is_nested;
                    other.to_string()
                }
            };
            let column = self.column(name, line)?;
            if row.len() <= column {
                row.resize(column + 1, String::new());
            }
            row[column] = cell;
        }
        Ok(nested)
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
