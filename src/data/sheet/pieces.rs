//! Delimited text, piece by piece: bytes → text → the rows that are complete.

use std::collections::VecDeque;

use crate::data::decoding::Decoding;
use crate::data::delimited::too_many_cells;
use crate::data::dialect::Dialect;
use crate::data::format::{self, Delimited, Format};
use crate::data::records::Records;
use crate::data::scanner::Scanner;
use crate::data::survey::Survey;
use crate::data::table::check_columns;
use crate::error::Result;

/// A reader between two pieces.
#[derive(Debug)]
pub(super) struct Pieces {
    decoding: Decoding,
    delimited: Delimited,
    format: String,
    header: Option<Vec<String>>,
    width: usize,
    records: Records,
    /// Whether the first row, where it names the columns, has been passed over.
    begun: bool,
}

impl Pieces {
    /// A reader for the file that was surveyed, and its first rows as text; `None` where it is no delimited text.
    pub fn open(survey: &Survey) -> Result<Option<(Self, String)>> {
        if survey.kind()?.is_some() {
            return Ok(None);
        }
        let decoding = Decoding::new(survey.letters());
        let mut sample = survey.text();
        let delimited = detect(&mut sample, survey.is_short(), survey.dialect())?;
        let mut rows =
            format::reader(&sample[delimited.preamble.bytes..], delimited.delimiter, delimited.quotes).into_records();
        let first: Vec<String> = match rows.next() {
            Some(Ok(record)) => record.iter().map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        check_columns(first.len(), 1)?;
        let pieces = Self {
            format: Format::Delimited(delimited).words(decoding.words()),
            decoding,
            width: first.len(),
            header: delimited.header.then_some(first),
            records: Records::new(delimited),
            delimited,
            begun: false,
        };
        Ok(Some((pieces, sample)))
    }

    /// How the file is read.
    pub fn dialect(&self) -> Dialect {
        Format::Delimited(self.delimited).dialect(self.decoding.name())
    }

    /// The format in words.
    pub fn format(&self) -> &str {
        &self.format
    }

    /// The names of the columns, where there are some.
    pub fn header(&self) -> Option<&[String]> {
        self.header.as_deref()
    }

    /// The rows that are complete with these bytes.
    pub fn push(&mut self, bytes: &[u8], last: bool) -> Result<VecDeque<Vec<String>>> {
        let (text, line) = self.records.next();
        self.decoding.add(bytes, last, text, line);
        let Self { records, delimited, width, begun, .. } = self;
        let mut rows = VecDeque::new();
        records.give(last, |line, record| {
            if !std::mem::replace(begun, true) && delimited.header {
                return Ok(());
            }
            if record.iter().skip(*width).any(|cell| !cell.trim().is_empty()) {
                return Err(too_many_cells(line, record.len(), *width, delimited));
            }
            let mut row: Vec<String> = record.iter().take(*width).map(str::to_owned).collect();
            row.resize(*width, String::new());
            rows.push_back(row);
            Ok(())
        })?;
        Ok(rows)
    }
}

/// How a head is to be read; it is cut to the rows that are whole. Where quotes cannot be read as such that may be
/// letters, they are.
fn detect(head: &mut String, all: bool, known: &Dialect) -> Result<Delimited> {
    let quoted = format::delimited(head, true, known);
    let (mut scanner, mut end) = (Scanner::new(quoted.delimiter.byte(), true), None);
    let scan = scanner.scan(head.as_bytes(), &mut end);
    let scan = if all { scan.and_then(|()| scanner.finish()) } else { scan };
    let delimited = match scan {
        Err(_) if quoted.delimiter.may_stand_without_quotes() => format::delimited(head, false, known),
        Err(mistake) => return Err(mistake),
        Ok(()) => Delimited { any_quoted: scanner.quoted() > 0, ..quoted },
    };
    let end = if delimited.quotes { end } else { head.rfind('\n').map(|at| at + 1) };
    if let Some(end) = end.filter(|_| !all) {
        head.truncate(end);
    }
    Ok(delimited)
}
