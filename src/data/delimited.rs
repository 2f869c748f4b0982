//! Delimited text (CSV, TSV and their kin) → names of the columns and rows of cells.

use csv::StringRecord;

use super::cells::Gathering;
use super::format::{Delimited, Format};
use super::places::Places;
use super::records::Records;
use super::table::{Rows, check_columns};
use crate::error::{Error, Result};

/// Gathers the rows of a text that comes in pieces.
///
/// Rows with fewer cells than the header get empty ones; rows with more are refused unless the surplus is empty.
#[derive(Debug)]
pub(super) struct DelimitedRows {
    pub records: Records,
    pub gathering: Gathering,
    format: Delimited,
    columns: Option<Vec<String>>,
    short: Places,
    /// Why the quotes of a text whose quotes are letters could not be read as such.
    strict: Option<Error>,
    /// Of such a text, how many cells look quoted on purpose.
    like_quoted: usize,
}

impl DelimitedRows {
    pub fn new(format: Delimited, gathering: Gathering) -> Self {
        Self {
            records: Records::new(format),
            gathering,
            format,
            columns: None,
            short: Places::default(),
            strict: None,
            like_quoted: 0,
        }
    }

    /// Another reading, as many tools write tab-separated text, and people a text per line, without any quoting: `"` is a letter.
    /// It holds if all rows have as many cells as the first one, and few cells look quoted on purpose; else it fails with
    /// `mistake`.
    pub fn without_quotes(format: Delimited, gathering: Gathering, mistake: Error) -> Self {
        Self { strict: Some(mistake), ..Self::new(format, gathering) }
    }

    /// Whether a mistake may be none, if quotes are letters.
    pub fn may_be_without_quotes(&self) -> bool {
        self.format.delimiter.may_stand_without_quotes() && self.format.quotes
    }

    /// Takes the rows that are complete.
    ///
    /// # Errors
    ///
    /// A row with more cells than the header; too many columns or rows; what [`Records`] refuses.
    pub fn take(&mut self, last: bool) -> Result<()> {
        let Self { records, gathering, format, columns, short, strict, like_quoted } = self;
        records.give(last, |line, record| {
            let Some(columns) = &columns else {
                check_columns(record.len(), line)?;
                let header = record.iter().map(|name| if format.header { name.to_owned() } else { String::new() });
                *columns = Some(header.collect());
                *like_quoted += quoted(record);
                return if format.header { Ok(()) } else { gathering.push(line, record) };
            };
            if let Some(mistake) = strict {
                *like_quoted += quoted(record);
                if record.len() != columns.len() {
                    return Err(mistake.clone());
                }
            }
            if record.iter().skip(columns.len()).any(|cell| !cell.trim().is_empty()) {
                return Err(too_many_cells(line, record.len(), columns.len(), format));
            }
            if record.len() < columns.len() {
                short.add(line);
            }
            gathering.push(line, record.iter().take(columns.len()))
        })
    }

    /// All rows, and the format as it was found to be.
    ///
    /// # Errors
    ///
    /// Quotes that are no letters.
    pub fn finish(self) -> Result<(Rows, Format)> {
        let rows = self.gathering.rows() + usize::from(self.format.header);
        if let Some(mistake) = self.strict.filter(|_| self.like_quoted * 2 >= rows) {
            return Err(mistake);
        }
        let mut notes = self.format.preamble.notes();
        if !self.short.is_empty() {
            notes.push(self.short.sentence(
                "has fewer cells than the table has columns; the missing ones are taken as empty",
                "have fewer cells than the table has columns; the missing ones are taken as empty",
            ));
        }
        let format = Delimited { any_quoted: self.records.any_quoted(), ..self.format };
        let rows = Rows { columns: self.columns.unwrap_or_default(), gathering: self.gathering, notes };
        Ok((rows, Format::Delimited(format)))
    }
}

/// Cells that look quoted on purpose where a quote is a letter.
fn quoted(record: &StringRecord) -> usize {
    record.iter().filter(|cell| cell.len() > 1 && cell.starts_with('"') && cell.ends_with('"')).count()
}

/// A row with more cells than the first one.
pub(super) fn too_many_cells(line: u64, cells: usize, columns: usize, format: &Delimited) -> Error {
    let first = if format.header { "the header" } else { "the first row" };
    Error::table_line(
        line,
        format!(
            "This row has {cells} cells, but {first} has {columns}. Put cells that contain the delimiter in double quotes, or \
             choose another delimiter."
        ),
    )
}
