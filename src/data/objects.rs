//! JSON objects → rows of cells; what is an object within one becomes columns of its own.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::cells::Gathering;
use super::examples::{holds_nul, wraps_spans};
use super::places::Places;
use super::table::{Rows, check_columns};
use super::words;
use crate::error::{Error, Result};

/// Objects in objects become columns down to this depth; deeper ones are cells of JSON.
const LEVELS: usize = 2;

/// Whether an object is one cell: answers or spans, as the tasks that learn these read them.
fn is_cell(key: &str, object: &Map<String, Value>) -> bool {
    let answers = object.contains_key("answer_start");
    answers || wraps_spans(object) || (words::rank(key, words::ANSWERS).is_some() && object.contains_key("text"))
}

/// Gathers objects into rows; a key that was not seen before opens a column.
#[derive(Debug)]
pub(super) struct Objects {
    columns: Vec<String>,
    index: HashMap<String, usize>,
    gathering: Gathering,
    /// Rows whose value for some key is itself a list or an object.
    nested: Places,
    /// For each column, how many of its values are lists or objects, and how many are neither, those that are missing aside.
    values: Vec<[usize; 2]>,
}

impl Objects {
    pub fn new(gathering: Gathering) -> Self {
        Self { columns: Vec::new(), index: HashMap::new(), gathering, nested: Places::default(), values: Vec::new() }
    }

    /// Adds a row.
    ///
    /// # Errors
    ///
    /// A NUL character; more columns, rows or text than there is room for.
    pub fn add(&mut self, line: u64, object: Map<String, Value>) -> Result<()> {
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
                other => {
                    let column = self.column(name.clone(), line)?;
                    let is_nested = matches!(other, Value::Array(_) | Value::Object(_));
                    self.values[column][usize::from(!is_nested)] += 1;
                    nested |= is_nested;
                    if let Value::String(text) = other { text } else { other.to_string() }
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
        self.values.push([0, 0]);
        self.index.insert(key, self.columns.len() - 1);
        Ok(self.columns.len() - 1)
    }

    /// Rows so far.
    pub fn rows(&self) -> usize {
        self.gathering.rows()
    }

    pub fn finish(self) -> Rows {
        let mut notes = Vec::new();
        // A column of nothing but lists is meant so, such as words and their tags.
        if self.values.iter().any(|[nested, plain]| *nested > 0 && *plain > 0) {
            notes.push(self.nested.sentence(
                "holds a list or an object as a value, which is shown as JSON",
                "hold a list or an object as a value, which is shown as JSON",
            ));
        }
        Rows { columns: self.columns, gathering: self.gathering, notes }
    }
}
