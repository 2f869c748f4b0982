//! One JSON object of columns → names of the columns and rows of cells.

use serde_json::Map;

use super::cells::Gathering;
use super::json::{Cursor, Items};
use super::objects::Objects;
use super::table::{Rows, check_columns};
use crate::error::{Error, Result};

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
pub(super) fn read(text: &str, gathering: Gathering) -> Result<Rows> {
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
        let rows = objects.rows();
        let place = columns.first_mut().map_or(1, |(_, cursor, _)| cursor.place(rows));
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
            return Err(other_rows(&columns[0].0, &columns[other].0, objects.rows()));
        }
        match keys.first() {
            Some(Some(_)) => objects.add(place, row)?,
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
