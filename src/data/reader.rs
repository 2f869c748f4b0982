//! A table file of any length, read in pieces of any size.
//!
//! The bytes pass twice. First a [`Survey`] sees all of them, since one byte near the end can settle the encoding; then
//! [`TableReader::push`] takes them again and gathers their rows. What comes out does not depend on where they were cut.
//! JSON lists and objects of columns, CoNLL, SQuAD, Excel and Parquet files are read whole.

use super::cells::{Gathering, ROOM};
use super::decoding::{Decoding, Letters};
use super::delimited::DelimitedRows;
use super::dialect::Dialect;
use super::format::{self, Format};
use super::jsonl::JsonLines;
use super::sentences;
use super::survey::Survey;
use super::table::Table;
use crate::error::Result;

/// Whether a reader has what it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Reading {
    /// The next bytes, or the end.
    Goes,
    /// All bytes again from the first one on: quotes turned out to be letters.
    Again,
}

/// A table on its way into memory.
#[derive(Debug)]
pub struct TableReader {
    name: String,
    decoding: Decoding,
    /// A reader of the file's first byte, to begin again with.
    fresh: Fresh,
    body: Body,
}

/// What a reader begins with.
#[derive(Debug, Clone)]
struct Fresh {
    letters: Letters,
    /// The first bytes as text, and what is known of them.
    head: String,
    dialect: Dialect,
    room: usize,
}

impl Fresh {
    fn decoding(&self) -> Decoding {
        Decoding::new(self.letters)
    }

    fn delimited(&self, quotes: bool) -> format::Delimited {
        format::delimited(&self.head, quotes, &self.dialect)
    }
}

#[derive(Debug)]
#[allow(clippy::large_enum_variant)] // There is one at a time.
enum Body {
    Delimited(DelimitedRows),
    Lines(JsonLines),
}

impl TableReader {
    /// A reader for the file that was surveyed; `None` for a format that is read whole: see [`Table::parse`].
    ///
    /// # Errors
    ///
    /// Files that are empty or no text.
    pub fn open(survey: &Survey) -> Result<Option<Self>> {
        Self::open_within(survey, ROOM)
    }

    /// The same for a table that may take so many bytes of memory.
    ///
    /// # Errors
    ///
    /// As [`TableReader::open`].
    pub fn open_within(survey: &Survey, room: usize) -> Result<Option<Self>> {
        let kind = survey.kind()?;
        let fresh = Fresh { letters: survey.letters(), head: survey.text(), dialect: survey.dialect().clone(), room };
        let gathering = Gathering::within(fresh.room);
        let body = match kind {
            Some(Format::JsonLines) => Body::Lines(JsonLines::new(gathering)),
            Some(_) => return Ok(None),
            None => Body::Delimited(DelimitedRows::new(fresh.delimited(true), gathering)),
        };
        Ok(Some(Self { name: survey.name().to_owned(), decoding: fresh.decoding(), fresh, body }))
    }

    /// Takes the next bytes of the file.
    ///
    /// # Errors
    ///
    /// The first mistake in the file, by its line; more than there is room for.
    pub fn push(&mut self, bytes: &[u8], last: bool) -> Result<Reading> {
        let taken = match &mut self.body {
            Body::Delimited(rows) => {
                let (text, line) = rows.records.next();
                self.decoding.add(bytes, last, text, line);
                rows.take(last)
            }
            Body::Lines(lines) => {
                let (text, line) = lines.next();
                self.decoding.add(bytes, last, text, line);
                lines.take(last)
            }
        };
        match (taken, &self.body) {
            (Err(mistake), Body::Delimited(rows)) if rows.may_be_without_quotes() => {
                let gathering = Gathering::within(self.fresh.room);
                let format = self.fresh.delimited(false);
                self.body = Body::Delimited(DelimitedRows::without_quotes(format, gathering, mistake));
                self.decoding = self.fresh.decoding();
                Ok(Reading::Again)
            }
            (taken, _) => taken.map(|()| Reading::Goes),
        }
    }

    /// The table, after its last bytes; its words put together to sentences where it has a row for each word.
    ///
    /// # Errors
    ///
    /// A table without rows.
    pub fn finish(self) -> Result<Table> {
        let room = self.fresh.room;
        sentences::put_together(self.finish_rows()?, room)
    }

    /// The table with the rows of the file.
    ///
    /// # Errors
    ///
    /// A table without rows.
    pub(super) fn finish_rows(self) -> Result<Table> {
        let (rows, format) = match self.body {
            Body::Delimited(rows) => rows.finish()?,
            Body::Lines(lines) => (lines.finish(), Format::JsonLines),
        };
        let words = format.words(self.decoding.words());
        let table = Table::of_rows(&self.name, words, rows, self.decoding.notes())?;
        Ok(table.read_as(format.dialect(self.decoding.name())))
    }
}
