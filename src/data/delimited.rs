//! Delimited text (CSV, TSV and their kin) → names of the columns and rows of cells.

use super::cells::Cells;
use super::format::{Delimited, reader};
use super::lines::Lines;
use super::places::Places;
use super::table::{Rows, check_columns};
use crate::error::{Error, Result};

/// Reads all rows.
///
/// Rows with fewer cells than the header get empty ones; rows with more are refused unless the surplus is empty.
///
/// # Errors
///
/// A row with more cells than the header, too many columns or rows.
pub(super) fn read(text: &str, format: &Delimited) -> Result<Rows> {
    let mut reader = reader(&text[format.start..], format.delimiter, format.quotes);
    let mut lines = Lines::new(text);
    let mut record = csv::StringRecord::new();
    let mut columns: Option<Vec<String>> = None;
    let mut cells = Cells::default();
    let mut short = Places::default();
    loop {
        let from = format.start + offset(&reader);
        // The text is valid UTF-8 and read from memory, so that only a defect of the reader could fail here.
        if !reader
            .read_record(&mut record)
            .map_err(|error| Error::table(format!("The table cannot be read: {error}.")))?
        {
            break;
        }
        let line = lines.at(skip_breaks(text, from));
        let Some(columns) = &columns else {
            check_columns(record.len(), line)?;
            columns = Some(if format.header {
                record.iter().map(str::to_owned).collect()
            } else {
                vec![String::new(); record.len()]
            });
            if !format.header {
                cells.push(line, &record)?;
            }
            continue;
        };
        if record.iter().skip(columns.len()).any(|cell| !cell.trim().is_empty()) {
            return Err(too_many_cells(line, record.len(), columns.len(), format));
        }
        if record.len() < columns.len() {
            short.add(line);
        }
        cells.push(line, record.iter().take(columns.len()))?;
    }
    let mut notes = Vec::new();
    if !short.is_empty() {
        notes.push(short.sentence(
            "has fewer cells than the table has columns; the missing ones are taken as empty",
            "have fewer cells than the table has columns; the missing ones are taken as empty",
        ));
    }
    Ok(Rows { columns: columns.unwrap_or_default(), cells: cells.finish(), notes })
}

fn offset(reader: &csv::Reader<&[u8]>) -> usize {
    usize::try_from(reader.position().byte()).unwrap_or(usize::MAX)
}

/// The reader stops before the line feed of a `\r\n` and before blank lines: the next record starts after them.
fn skip_breaks(text: &str, from: usize) -> usize {
    let breaks =
        text.as_bytes()[from.min(text.len())..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    from + breaks
}

fn too_many_cells(line: u64, cells: usize, columns: usize, format: &Delimited) -> Error {
    let first = if format.header { "the header" } else { "the first row" };
    Error::table_line(
        line,
        format!(
            "This row has {cells} cells, but {first} has {columns}. Put cells that contain the delimiter in double quotes."
        ),
    )
}
