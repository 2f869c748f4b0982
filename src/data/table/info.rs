//! What a page or a terminal shows of a table before anything is made of it.

use serde::Serialize;

use super::Table;
use crate::data::dialect::Dialect;
use crate::data::mapping::Mapping;

/// Rows of the preview.
const PREVIEW_ROWS: usize = 8;

/// Longest cell of the preview in characters; a longer one is cut and ends in an ellipsis.
const PREVIEW_CELL: usize = 1000;

/// What a column holds, at a glance.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ColumnInfo {
    /// Its name.
    pub name: String,
    /// How many different values there are, empty cells aside.
    pub distinct: usize,
    /// How many cells are empty or hold only white space.
    pub empty: usize,
    /// Mean length of the cells that are not empty, in characters.
    pub mean_characters: f64,
}

/// What a page or a terminal shows of a table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TableInfo {
    /// The file's name.
    pub name: String,
    /// In words, such as `CSV, comma, quoted, header, UTF-8`.
    pub format: String,
    /// Number of rows, the header not counted.
    pub rows: usize,
    /// The columns in the file's order.
    pub columns: Vec<ColumnInfo>,
    /// The first rows, at most 8; cells over 1,000 characters are cut.
    pub preview: Vec<Vec<String>>,
    /// The guess which column is which.
    pub mapping: Mapping,
    /// What a user should know about the reading of the file, in sentences.
    pub notes: Vec<String>,
    /// The sheets of a workbook, or the tables of an archive with several; empty for other files.
    pub worksheets: Vec<String>,
    /// How the file was read.
    pub dialect: Dialect,
}

impl Table {
    /// What a page or a terminal shows of the table, with the guess which column is which.
    pub fn info(&self) -> TableInfo {
        let shown = |row: usize, column: usize| {
            let cell = self.cell(row, column);
            match cell.char_indices().nth(PREVIEW_CELL) {
                Some((cut, _)) => format!("{}…", &cell[..cut]),
                None => cell.to_owned(),
            }
        };
        TableInfo {
            name: self.name.clone(),
            format: self.format.clone(),
            rows: self.rows(),
            columns: self.profile.clone(),
            preview: (0..self.rows().min(PREVIEW_ROWS))
                .map(|row| (0..self.columns.len()).map(|column| shown(row, column)).collect())
                .collect(),
            mapping: Mapping::guess(self),
            notes: self.notes.clone(),
            worksheets: self.worksheets.clone(),
            dialect: self.dialect.clone(),
        }
    }
}
