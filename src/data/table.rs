//! The table: cells with their column names and places in the file; no meaning yet.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::Serialize;

use super::cells::Cells;
use super::format::Format;
use super::mapping::Mapping;
use super::{conll, delimited, encoding, format, jsonl, lines, squad};
use crate::error::{Error, Result};

/// Most columns of a table.
const MAX_COLUMNS: usize = 4096;

/// Longest name of a column in characters; a longer one is cut.
const MAX_NAME: usize = 100;

/// Rows of the preview.
const PREVIEW_ROWS: usize = 8;

/// Longest cell of the preview in characters; a longer one is cut and ends in an ellipsis.
const PREVIEW_CELL: usize = 1000;

/// Distinct values remembered over all columns, which bounds the memory that counting takes to some 100 MB.
const MAX_DISTINCT: usize = 4_000_000;

/// What a reader makes of a file: raw column names (empty where there are none), rows, and notes in sentences.
pub(super) struct Rows {
    pub columns: Vec<String>,
    pub cells: Cells,
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
    /// Reads a CSV, TSV, semicolon- or pipe-separated, JSON Lines or JSON file, a CoNLL file (columns `tokens` and
    /// `tags`), or SQuAD's JSON (columns `id`, `question`, `context` and `answers`). Lists and objects in cells are
    /// compact JSON.
    ///
    /// Encoding, delimiter, quoting and header are detected. Column names are made unique and none is empty; in a file
    /// without header they are `column 1`, `column 2`, … `file_name` decides only where the bytes could be either
    /// format, by its extension; and `.conll`, `.bio` or `.iob` names a CoNLL file.
    ///
    /// # Errors
    ///
    /// Files that are empty, hold no row, are no text or break their format; with the line where there is one.
    pub fn parse(bytes: &[u8], file_name: &str) -> Result<Self> {
        let decoded = encoding::decode(bytes)?;
        let text = decoded.text.as_ref();
        if text.trim().is_empty() {
            return Err(Error::table("The file is empty. Choose a CSV, TSV or JSONL file with a row per example."));
        }
        let format = Self::format_of(text, file_name)?;
        let rows = match &format {
            Format::Delimited(delimited) => delimited::read(text, delimited)?,
            Format::JsonLines => jsonl::read_lines(text)?,
            Format::JsonList => jsonl::read_list(text)?,
            Format::Squad => squad::read(text)?,
            Format::Conll => conll::read(text)?,
        };
        if rows.cells.rows() == 0 || rows.columns.is_empty() {
            return Err(Error::table("The file has a header but no rows. Add a row per example below it."));
        }
        let mut notes = decoded.notes;
        notes.extend(rows.notes);
        let columns = name_columns(rows.columns, &mut notes);
        let profile = profile(&columns, &rows.cells, &mut notes);
        Ok(Self {
            name: file_name.to_owned(),
            format: format.words(decoded.encoding),
            columns,
            cells: rows.cells,
            profile,
            notes,
        })
    }

    /// A JSON list or object may stand on one long line; everywhere else such a line is a mistake.
    fn format_of(text: &str, file_name: &str) -> Result<Format> {
        match format::detect_json(text, file_name) {
            _ if conll::is_conll(text, file_name) => lines::check_lengths(text).map(|()| Format::Conll),
            Some(format @ (Format::JsonList | Format::Squad)) => Ok(format),
            json => {
                lines::check_lengths(text)?;
                json.map_or_else(|| format::detect_delimited(text), Ok)
            }
        }
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

fn profile(columns: &[String], cells: &Cells, notes: &mut Vec<String>) -> Vec<ColumnInfo> {
    let limit = MAX_DISTINCT / columns.len();
    let mut uncounted = false;
    let profile = columns
        .iter()
        .enumerate()
        .map(|(column, name)| {
            let mut seen: HashSet<u64> = HashSet::new();
            let (mut empty, mut characters) = (0, 0);
            for row in 0..cells.rows() {
                let cell = cells.cell(row, column);
                if cell.trim().is_empty() {
                    empty += 1;
                    continue;
                }
                characters += cell.chars().count();
                if seen.len() < limit {
                    // Only hashes are kept; among a few million, two values hardly ever share one of 64 bits.
                    let mut hasher = DefaultHasher::new();
                    cell.hash(&mut hasher);
                    seen.insert(hasher.finish());
                } else {
                    uncounted = true;
                }
            }
            let filled = cells.rows() - empty;
            let mean_characters = if filled == 0 { 0.0 } else { characters as f64 / filled as f64 };
            ColumnInfo { name: name.clone(), distinct: seen.len(), empty, mean_characters }
        })
        .collect();
    if uncounted {
        notes.push(format!("Different values are counted up to {limit} per column."));
    }
    profile
}
