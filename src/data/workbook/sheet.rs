//! A sheet's XML → its rows, each with its number and its cells as text.

use std::io::BufRead;
use std::ops::ControlFlow;

use super::cell::{Cell, Shared};
use super::strings::append;
use super::xml::{self, Element, Node};
use crate::data::places::Places;
use crate::data::table::check_columns;
use crate::error::{Error, Result};

/// Most bytes of a row's text: a long one costs an archive nothing that only repeats it.
const MAX_ROW: usize = 1 << 24;

/// Gives `each` the rows of a sheet that are not empty, with their numbers from 1, until it says that it has seen enough.
/// Returns the rows that have formulas whose results are not in the file.
///
/// # Errors
///
/// Damaged XML, rows that are too long or too wide, what `each` refuses.
pub(super) fn rows(
    xml: impl BufRead,
    part: &str,
    shared: &Shared,
    mut each: impl FnMut(u64, &[String]) -> Result<ControlFlow<()>>,
) -> Result<Places> {
    let (mut row, mut cell) = (Row::default(), Cell::default());
    let mut without_results = Places::default();
    let walked = xml::walk(xml, part, |node| {
        match &node {
            Node::Start(element) => match element.name() {
                "row" => row.begin(element),
                "c" => {
                    row.next = column(element).unwrap_or(row.next);
                    check_columns(row.next + 1, row.number)?;
                    cell.begin(element);
                }
                name => cell.enter(name),
            },
            Node::Text(text) if cell.reads => append(&mut cell.value, text)?,
            Node::Text(_) => {}
            Node::End("c") => {
                if cell.has_no_result() {
                    without_results.add(row.number);
                }
                let text = cell.text(shared).ok_or_else(|| {
                    Error::table_line(
                        row.number,
                        "A cell has a text that is not in the workbook. Open the file in Excel and save it again.",
                    )
                })?;
                row.add(text)?;
            }
            Node::End("row") if row.cells.is_empty() => {}
            Node::End("row") => return each(row.number, &row.cells),
            Node::End("sheetData") => return Ok(ControlFlow::Break(())),
            Node::End(name) => cell.leave(name),
        }
        cell.add_inline(node)?;
        Ok(ControlFlow::Continue(()))
    });
    walked.map_err(|error| in_row(error, row.number))?;
    Ok(without_results)
}

/// A mistake that names no row is in the one that was read, if any was.
fn in_row(error: Error, row: u64) -> Error {
    match error {
        Error::Table { line: None, column, message } => {
            Error::Table { line: (row > 0).then_some(row), column, message }
        }
        error => error,
    }
}

/// A row as it is read.
#[derive(Debug, Default)]
struct Row {
    /// From 1, as Excel shows it; 0 before the first one.
    number: u64,
    /// Up to the last one that is not empty.
    cells: Vec<String>,
    /// Bytes of their text.
    size: usize,
    /// The column that comes next, from 0, where a cell does not say its own.
    next: usize,
}

impl Row {
    fn begin(&mut self, element: &Element) {
        let told = element.attribute("r").and_then(|number| number.parse::<u64>().ok());
        // Rows stand in their order; a number that is none of it tells nothing.
        let number = told.filter(|&number| number > self.number && number <= u64::from(u32::MAX));
        *self = Self { number: number.unwrap_or(self.number + 1), ..Self::default() };
    }

    /// Adds a cell's text in the next column.
    fn add(&mut self, text: String) -> Result<()> {
        let column = self.next;
        self.next += 1;
        if text.is_empty() {
            return Ok(());
        }
        self.size += text.len();
        if self.size > MAX_ROW {
            return Err(Error::table_line(
                self.number,
                "This row has more than 16 MiB of text. Shorten it, or leave it out.",
            ));
        }
        if self.cells.len() <= column {
            self.cells.resize(column + 1, String::new());
        }
        self.cells[column] = text;
        Ok(())
    }
}

/// A cell's column from 0, by the letters of its place, such as 27 by `AB3`.
fn column(element: &Element) -> Option<usize> {
    let place = element.attribute("r")?;
    let letters = place.bytes().take_while(u8::is_ascii_alphabetic);
    let number = letters.fold(0_usize, |number, letter| {
        number.saturating_mul(26).saturating_add(usize::from(letter.to_ascii_uppercase() - b'A' + 1))
    });
    number.checked_sub(1)
}
