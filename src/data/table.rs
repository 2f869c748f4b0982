//! The table: cells with their column names and places in the file; no meaning yet.

use std::collections::HashSet;

use serde::Serialize;

use super::cells::{Cells, Gathering, ROOM};
use super::decoding::Decoding;
use super::format::Format;
use super::mapping::Mapping;
use super::reader::{Reading, TableReader};
use super::shared::Text;
use super::survey::Survey;
use super::{conll, json_columns, jsonl, lines, sentences, squad, workbook};
use crate::error::{Error, Result};

/// Most columns of a table.
const MAX_COLUMNS: usize = 4096;

/// Longest name of a column in characters; a longer one is cut.
const MAX_NAME: usize = 100;

/// Bytes that are read at a time.
const PIECE: usize = 1 << 20;

/// Rows of the preview.
const PREVIEW_ROWS: usize = 8;

/// Longest cell of the preview in characters; a longer one is cut and ends in an ellipsis.
const PREVIEW_CELL: usize = 1000;

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
}

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
}

impl Table {
    /// Reads a CSV, TSV, semicolon- or pipe-separated, JSON Lines or JSON file, a sheet of an Excel workbook, a CoNLL file
    /// (columns `tokens` and `tags`), or SQuAD's JSON (columns `id`, `question`, `context` and `answers`). JSON is one list of objects, a row
    /// each, or one object of lists, a column each. Objects in objects become columns, such as `review.body`; lists in
    /// cells are compact JSON. Of a table with a row for each word, its tag and its sentence, the words are put together to
    /// lists.
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
        sentences::put_together(Self::read(bytes, file_name, room)?, room)
    }

    /// The same with the rows of the file, also where each has only a word of a sentence.
    pub(super) fn parse_rows(bytes: &[u8], file_name: &str) -> Result<Self> {
        Self::read(bytes, file_name, ROOM)
    }

    fn read(bytes: &[u8], file_name: &str, room: usize) -> Result<Self> {
        let mut survey = Survey::new(file_name);
        survey.add(bytes);
        let Some(mut reader) = TableReader::open_within(&survey, room)? else {
            return Self::read_whole(bytes, &survey, room);
        };
        let mut rest = bytes;
        loop {
            let (piece, after) = rest.split_at(rest.len().min(PIECE));
            match reader.push(piece, after.is_empty())? {
                Reading::Again => rest = bytes,
                Reading::Goes if after.is_empty() => return reader.finish_rows(),
                Reading::Goes => rest = after,
            }
        }
    }

    /// A file whose format is read whole.
    fn read_whole(bytes: &[u8], survey: &Survey, room: usize) -> Result<Self> {
        let format = survey.kind()?;
        if format == Some(Format::Workbook) {
            let (rows, words) = workbook::read(bytes, room)?;
            return Self::of_rows(survey.name(), words, rows, Vec::new());
        }
        let gathering = Gathering::within(room);
        let (encoding, mark) = survey.encoding();
        let mut decoding = Decoding::new(encoding, mark);
        let mut text = String::new();
        decoding.add(bytes, true, &mut text, 1);
        let rows = match format {
            Some(Format::Conll) => lines::check(&text).and_then(|()| conll::read(&text, gathering))?,
            // These may stand on one long line; NUL characters are no JSON.
            Some(Format::Squad) => squad::read(&text, gathering)?,
            Some(Format::JsonColumns) => json_columns::read(&text, gathering)?,
            _ => jsonl::read_list(&text, gathering)?,
        };
        let words = format.unwrap_or(Format::JsonList).words(decoding.words());
        Self::of_rows(survey.name(), words, rows, decoding.notes())
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
        Ok(Self { name: name.to_owned(), format, columns, cells, profile, notes })
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
        }
    }
}

/// Place of the column of this name among all.
///
/// # Errors
///
/// There is none; the sentence names those that there are.
pub(super) fn place(columns: &[String], name: &str) -> Result<usize> {
    columns.iter().position(|column| column == name).ok_or_else(|| {
        let named: Vec<String> = columns.iter().take(20).map(|column| format!("“{column}”")).collect();
        let more = if columns.len() > named.len() { ", …" } else { "" };
        Error::table_column(
            name,
            format!("The table has no column of this name; choose one of {}{more}.", named.join(", ")),
        )
    })
}

/// Makes the names unique and not empty, and notes which were changed.
fn name_columns(raw: Vec<String>, notes: &mut Vec<String>) -> Vec<String> {
    let headless = raw.iter().all(String::is_empty);
    let mut taken: HashSet<String> = HashSet::new();
    let mut changed = Vec::new();
    let names: Vec<String> = raw
        .iter()
        .enumerate()
        .map(|(index, raw)| {
            let cut: String = raw.trim().chars().take(MAX_NAME).collect();
            let wanted = if cut.is_empty() { format!("column {}", index + 1) } else { cut };
            let mut name = wanted.clone();
            let mut copy = 2;
            while !taken.insert(name.clone()) {
                name = format!("{wanted} ({copy})");
                copy += 1;
            }
            if name != raw.trim() {
                changed.push(format!("“{name}”"));
            }
            name
        })
        .collect();
    if headless {
        notes.push("The file has no header; its columns are numbered.".to_owned());
    } else if !changed.is_empty() {
        let more = if changed.len() > 5 { ", …" } else { "" };
        changed.truncate(5);
        notes.push(format!("Columns without a name of their own were named {}{more}.", changed.join(", ")));
    }
    names
}
