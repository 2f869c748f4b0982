//! The cells of a table in one text buffer: no allocation per cell, short rows cost nothing.

use crate::error::{Error, Result};

/// Most rows of a table.
const MAX_ROWS: usize = 5_000_000;

/// Most cells that are stored; a hostile file could ask for columns × rows without holding that many bytes.
const MAX_CELLS: usize = 100_000_000;

/// Rows of cells; a row may have fewer cells than the table has columns, and the missing ones read as empty.
#[derive(Debug, Clone, Default)]
pub(super) struct Cells {
    text: String,
    /// Where each cell ends in `text`; it starts where the one before ends.
    ends: Vec<u32>,
    /// How many cells there are up to the end of each row.
    rows: Vec<u32>,
    /// Line of the file in which each row starts.
    lines: Vec<u32>,
}

impl Cells {
    /// Adds a row that starts in `line`.
    ///
    /// # Errors
    ///
    /// Too many rows or cells, or more than 4 GiB of text.
    pub fn push<'a>(&mut self, line: u64, row: impl IntoIterator<Item = &'a str>) -> Result<()> {
        if self.rows.len() == MAX_ROWS {
            return Err(Error::table_line(
                line,
                format!("The table has more than {MAX_ROWS} rows. Take a sample of it, or split it."),
            ));
        }
        let too_large = || {
            Error::table_line(
                line,
                "The table is too large up to here. Keep only the columns that are needed, or split it.",
            )
        };
        for cell in row {
            if self.ends.len() == MAX_CELLS {
                return Err(too_large());
            }
            self.text.push_str(cell);
            self.ends.push(u32::try_from(self.text.len()).map_err(|_| too_large())?);
        }
        self.rows.push(u32::try_from(self.ends.len()).map_err(|_| too_large())?);
        self.lines.push(u32::try_from(line).map_err(|_| too_large())?);
        Ok(())
    }

    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    pub fn cell(&self, row: usize, column: usize) -> &str {
        let first = if row == 0 { 0 } else { self.rows[row - 1] as usize };
        let index = first + column;
        if index >= self.rows[row] as usize {
            return "";
        }
        let start = if index == 0 { 0 } else { self.ends[index - 1] as usize };
        &self.text[start..self.ends[index] as usize]
    }

    pub fn line(&self, row: usize) -> u64 {
        u64::from(self.lines[row])
    }

    /// Gives back memory that growing the buffers took beyond need.
    pub fn finish(mut self) -> Self {
        self.text.shrink_to_fit();
        self.ends.shrink_to_fit();
        self.rows.shrink_to_fit();
        self.lines.shrink_to_fit();
        self
    }
}
