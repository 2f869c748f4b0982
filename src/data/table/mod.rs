//! The table: cells with their column names and places in the file; no meaning yet.

mod info;
mod names;
mod reading;

pub use self::info::{ColumnInfo, TableInfo};
use self::names::name_columns;
pub(super) use self::names::place;
use super::cells::{Cells, Gathering, ROOM};
use super::dialect::Dialect;
use super::sentences;
use super::shared::Text;
use crate::error::{Error, Result};

/// Most columns of a table.
const MAX_COLUMNS: usize = 4096;

/// What a reader makes of a file: raw column names (empty where there are none), rows, and notes in sentences.
pub(super) struct Rows {
    pub columns: Vec<String>,
    pub gathering: Gathering,
    pub notes: Vec<String>,
}

/// Refuses a table that is too wide to be one.
pub(super) fn check_columns(columns: usize, line: u64) -> Result<()> {
    if columns <= MAX_COLUMNS {
        return Ok(());
    }
    Err(Error::table_line(
        line,
        format!("The table has more than {MAX_COLUMNS} columns. Keep only the columns that are needed."),
    ))
}

/// A table file as rows of text cells, exactly as they stand in the file.
#[derive(Debug, Clone)]
pub struct Table {
    name: String,
    format: String,
    columns: Vec<String>,
    cells: Cells,
    profile: Vec<ColumnInfo>,
    notes: Vec<String>,
    /// The sheets of a workbook, or the tables of an archive.
    worksheets: Vec<String>,
    dialect: Dialect,
}

impl Table {
    /// Reads a CSV, TSV, semicolon- or pipe-separated, JSON Lines or JSON file, a sheet of an Excel workbook, a Parquet file, whose
    /// numbers become the classes that it names for them, a CoNLL file (columns `tokens` and `tags`), or SQuAD's JSON (columns `id`,
    /// `question`, `context` and `answers`). JSON is one list of objects, a row each, or one object of lists, a column each. Objects
    /// in objects become columns, such as `review.body`; lists in cells are compact JSON. Of a table with a row for each word, its
    /// tag and its sentence, the words are put together to lists. Each may be packed with gzip or zstd, or lie in a zip archive.
    ///
    /// Encoding, delimiter, quoting and header are detected. Column names are made unique and none is empty; in a file
    /// without header they are `column 1`, `column 2`, … `file_name` decides only where the bytes could be either
    /// format, by its extension; and `.conll`, `.bio` or `.iob` names a CoNLL file.
    ///
    /// # Errors
    ///
    /// Files that are empty, hold no row, are no text or break their format; with the line where there is one.
    pub fn parse(bytes: &[u8], file_name: &str) -> Result<Self> {
        Self::parse_within(bytes, file_name, ROOM)
    }

    /// The same for a table that may take so many bytes of memory.
    ///
    /// # Errors
    ///
    /// As [`Table::parse`], and a table that takes more.
    pub fn parse_within(bytes: &[u8], file_name: &str, room: usize) -> Result<Self> {
        Self::parse_as(bytes, file_name, room, &Dialect::default())
    }

    /// The same of a file of which is known how it is to be read, in part or not at all.
    ///
    /// # Errors
    ///
    /// As [`Table::parse_within`]; a sheet or an encoding that is not there, and what the file's format has no place for.
    pub fn parse_as(bytes: &[u8], file_name: &str, room: usize, dialect: &Dialect) -> Result<Self> {
        sentences::put_together(Self::read(bytes, file_name, room, dialect)?, room)
    }

    /// The same with the rows of the file, also where each has only a word of a sentence.
    pub(super) fn parse_rows(bytes: &[u8], file_name: &str, dialect: &Dialect) -> Result<Self> {
        Self::read(bytes, file_name, ROOM, dialect)
    }

    /// A table of rows, in a format in words; `notes`: what is to be said about their encoding.
    ///
    /// # Errors
    ///
    /// There are no rows.
    pub(super) fn of_rows(name: &str, format: String, rows: Rows, mut notes: Vec<String>) -> Result<Self> {
        if rows.gathering.rows() == 0 || rows.columns.is_empty() {
            return Err(Error::table("The file has a header but no rows. Add a row per example below it."));
        }
        notes.extend(rows.notes);
        let columns = name_columns(rows.columns, &mut notes);
        let (cells, profile) = rows.gathering.finish();
        let profile = profile.finish(&columns, cells.rows(), &mut notes);
        let (worksheets, dialect) = Default::default();
        Ok(Self { name: name.to_owned(), format, columns, cells, profile, notes, worksheets, dialect })
    }

    /// The same file with its rows put together to others, in a format in words; `notes`: all that is to be said.
    ///
    /// # Errors
    ///
    /// There are no rows.
    pub(super) fn with_rows(&self, format: String, rows: Rows, notes: Vec<String>) -> Result<Self> {
        let table = Self::of_rows(&self.name, format, rows, notes)?;
        Ok(Self { worksheets: self.worksheets.clone(), ..table.read_as(self.dialect.clone()) })
    }

    /// The same table, with how it was read.
    pub(super) fn read_as(self, dialect: Dialect) -> Self {
        Self { dialect, ..self }
    }

    /// The file's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The format in words, such as `CSV, comma, quoted, header, UTF-8`.
    pub fn format(&self) -> &str {
        &self.format
    }

    /// Names of the columns, unique and not empty, in the file's order.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Place of the column of this name.
    ///
    /// # Errors
    ///
    /// There is none; the sentence names those that there are.
    pub fn column(&self, name: &str) -> Result<usize> {
        place(&self.columns, name)
    }

    /// What each column holds.
    pub fn profile(&self) -> &[ColumnInfo] {
        &self.profile
    }

    /// Number of rows, the header not counted.
    pub fn rows(&self) -> usize {
        self.cells.rows()
    }

    /// A cell's text, exactly as in the file; empty where its row is too short.
    ///
    /// # Panics
    ///
    /// `row` or `column` is not in the table.
    pub fn cell(&self, row: usize, column: usize) -> &str {
        assert!(column < self.columns.len(), "column {column} of {}", self.columns.len());
        self.cells.cell(row, column)
    }

    /// The same as a text that shares the table's memory and may outlive the table.
    ///
    /// # Panics
    ///
    /// `row` or `column` is not in the table.
    pub fn text(&self, row: usize, column: usize) -> Text {
        assert!(column < self.columns.len(), "column {column} of {}", self.columns.len());
        self.cells.text(row, column)
    }

    /// How the file was read.
    pub fn dialect(&self) -> &Dialect {
        &self.dialect
    }

    /// Bytes of memory that the cells take.
    pub fn bytes(&self) -> usize {
        self.cells.bytes()
    }

    /// Line of the file, from 1, in which a row starts.
    ///
    /// # Panics
    ///
    /// `row` is not in the table.
    pub fn line(&self, row: usize) -> u64 {
        self.cells.line(row)
    }

    /// What a user should know about the reading of the file, in sentences.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }
}
