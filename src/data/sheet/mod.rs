//! A table of any length, read piece by piece: each row once, in order, none kept.
//!
//! The bytes pass twice. First a [`Survey`] sees all of them, since one byte near the end can settle the encoding; then
//! [`Sheet::push`] takes them again and gives rows back. JSON, CoNLL, SQuAD, Excel and Parquet files are read whole.

mod pieces;

use std::collections::VecDeque;

use serde::Serialize;

use self::pieces::Pieces;
use super::cells::ROOM;
use super::dialect::Dialect;
use super::examples::{Marks, Numbers};
use super::mapping::Mapping;
use super::survey::Survey;
use super::table::Table;
use crate::error::Result;
use crate::task::Task;

/// What a page or a terminal shows of a sheet before it is read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SheetInfo {
    /// The file's name.
    pub name: String,
    /// In words, such as `CSV, comma, quoted, header, UTF-8`.
    pub format: String,
    /// Names of the columns, unique and not empty, in the file's order.
    pub columns: Vec<String>,
    /// The first rows, at most 8; cells over 1,000 characters are cut.
    pub preview: Vec<Vec<String>>,
    /// The column that most likely has the texts.
    pub text: String,
    /// The column that most likely has the second texts, where the task takes some.
    pub pair: Option<String>,
    /// Bytes of the file.
    pub bytes: u64,
    /// What a user should know about the reading of the file, in sentences.
    pub notes: Vec<String>,
    /// The sheets of a workbook, or the tables of an archive with several; empty for other files.
    pub worksheets: Vec<String>,
    /// How the file is read.
    pub dialect: Dialect,
    /// Whether numbers in it have a decimal comma.
    pub decimal_comma: bool,
}

/// A table on its way through.
#[derive(Debug)]
pub struct Sheet {
    info: SheetInfo,
    /// Names as they stand in the file.
    header: Vec<String>,
    source: Source,
}

#[derive(Debug)]
#[allow(clippy::large_enum_variant)] // There is one at a time.
enum Source {
    Pieces(Pieces),
    Whole { table: Table, next: usize },
}

impl Sheet {
    /// Opens what a survey has seen all of; `None` for a format that is read whole: see [`Sheet::whole`].
    ///
    /// # Errors
    ///
    /// Files that are no table.
    pub fn open(survey: &Survey, task: Task) -> Result<Option<Self>> {
        let Some((pieces, sample)) = Pieces::open(survey)? else { return Ok(None) };
        // The sample is text already, of the delimiter and header that were found.
        let dialect = pieces.dialect();
        let of_sample = Dialect { encoding: Some("UTF-8".to_owned()), ..dialect.clone() };
        let table = Table::parse_rows(sample.as_bytes(), survey.name(), &of_sample)?;
        let format = pieces.format().to_owned();
        let info = SheetInfo { format, dialect, ..info(&table, task, survey.bytes()) };
        let header = pieces.header().map_or_else(|| table.columns().to_vec(), <[String]>::to_vec);
        Ok(Some(Self { info, header, source: Source::Pieces(pieces) }))
    }

    /// Opens a table of any format from all of its bytes.
    ///
    /// # Errors
    ///
    /// As [`Table::parse_as`].
    pub fn whole(bytes: &[u8], name: &str, task: Task, dialect: &Dialect) -> Result<Self> {
        let table = Table::parse_as(bytes, name, ROOM, dialect)?;
        let header = table.columns().to_vec();
        let info = info(&table, task, bytes.len() as u64);
        Ok(Self { info, header, source: Source::Whole { table, next: 0 } })
    }

    /// What is shown of it.
    pub fn info(&self) -> &SheetInfo {
        &self.info
    }

    /// Names of the columns as they stand in the file; those of the info where it names none.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// Place of the column of this name.
    ///
    /// # Errors
    ///
    /// There is none; the sentence names those that there are.
    pub fn column(&self, name: &str) -> Result<usize> {
        super::table::place(&self.info.columns, name)
    }

    /// Takes the next bytes of the file and gives the rows that are complete with them, each with as many cells as there
    /// are columns. Of a table that was opened whole it gives rows, whatever it is given.
    ///
    /// # Errors
    ///
    /// A row that breaks the format, by its line.
    pub fn push(&mut self, bytes: &[u8], last: bool) -> Result<VecDeque<Vec<String>>> {
        let width = self.header.len();
        match &mut self.source {
            Source::Pieces(pieces) => pieces.push(bytes, last),
            Source::Whole { table, next } => {
                let end = if last { table.rows() } else { (*next + WHOLE_ROWS).min(table.rows()) };
                let row = |row| (0..width).map(|column| table.cell(row, column).to_owned()).collect();
                let rows = (*next..end).map(row).collect();
                *next = end;
                Ok(rows)
            }
        }
    }

    /// Whether the table is in memory already, so that [`Self::push`] needs no bytes.
    pub fn is_whole(&self) -> bool {
        matches!(self.source, Source::Whole { .. })
    }

    /// Share of the rows of a table in memory that were given; 0 for others, whose reader knows how far it is.
    pub fn share(&self) -> f64 {
        match &self.source {
            Source::Pieces(_) => 0.0,
            Source::Whole { table, next } => *next as f64 / table.rows().max(1) as f64,
        }
    }
}

/// Rows that are given at a time of a table in memory.
const WHOLE_ROWS: usize = 1000;

/// Whether the numbers of a column have a decimal comma.
fn has_comma(table: &Table, column: usize) -> bool {
    Numbers::of((0..table.rows()).map(|row| table.cell(row, column))).marks == Marks::Comma
}

fn info(table: &Table, task: Task, bytes: u64) -> SheetInfo {
    let shown = table.info();
    let guess = Mapping::guess_for(table, task);
    let takes_pairs = matches!(task, Task::Classification | Task::MultiLabel | Task::Regression | Task::Answers);
    SheetInfo {
        name: shown.name,
        format: shown.format,
        columns: table.columns().to_vec(),
        preview: shown.preview,
        text: guess.text,
        pair: guess.pair.filter(|_| takes_pairs),
        bytes,
        notes: shown.notes,
        worksheets: shown.worksheets,
        dialect: shown.dialect,
        decimal_comma: (0..table.columns().len()).any(|column| has_comma(table, column)),
    }
}
