//! Delimited text, piece by piece: bytes → text → the rows that are complete.

use std::collections::VecDeque;

use encoding_rs::Decoder;

use super::Survey;
use crate::data::format::{self, Delimited, Format};
use crate::data::lines::{Lines, MAX_CELL};
use crate::data::table::check_columns;
use crate::data::{conll, encoding, quotes};
use crate::error::{Error, Result};

/// Most text that waits for the end of its row: more than all cells of a row may hold together is no row.
const MOST_WAITING: usize = 16 * MAX_CELL;

/// A reader between two pieces.
#[derive(Debug)]
pub(super) struct Pieces {
    decoder: DecoderOf,
    delimited: Delimited,
    format: String,
    header: Option<Vec<String>>,
    width: usize,
    /// Text whose row is not complete yet.
    waiting: String,
    /// Line of the file in which that text starts.
    line: u64,
    /// Bytes of text before the table, a line that names the delimiter, that are still to be passed over.
    before: usize,
    /// Whether the first row, where it names the columns, has been passed over.
    begun: bool,
}

/// A decoder, which has no `Debug` of its own.
struct DecoderOf(Decoder);

impl std::fmt::Debug for DecoderOf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.encoding().name())
    }
}

impl Pieces {
    /// A reader for the file that was surveyed, and its first rows as text; `None` where it is no delimited text.
    pub fn open(survey: &Survey) -> Result<Option<(Self, String)>> {
        encoding::refuse_foreign(survey.head())?;
        let (encoding, mark) = survey.encoding();
        let (text, _) = encoding.decode_without_bom_handling(&survey.head()[mark..]);
        encoding::refuse_binary(&text, encoding)?;
        if text.trim().is_empty() {
            return Err(Error::table("The file is empty. Choose a CSV, TSV or JSONL file with a row per text."));
        }
        if format::detect_json(&text, survey.name()).is_some() || conll::is_conll(&text, survey.name()) {
            return Ok(None);
        }
        let (sample, delimited) = detect(&text, survey.is_short())?;
        let mut rows = format::reader(&sample[delimited.start..], delimited.delimiter, delimited.quotes).into_records();
        let first: Vec<String> = match rows.next() {
            Some(Ok(record)) => record.iter().map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        check_columns(first.len(), 1)?;
        let pieces = Self {
            decoder: DecoderOf(encoding.new_decoder_with_bom_removal()),
            format: Format::Delimited(delimited).words(encoding::words(encoding, mark > 0)),
            width: first.len(),
            header: delimited.header.then_some(first),
            before: delimited.start,
            delimited,
            waiting: String::new(),
            line: 1,
            begun: false,
        };
        Ok(Some((pieces, sample.to_owned())))
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
        let decoder = &mut self.decoder.0;
        if let Some(room) = decoder.max_utf8_buffer_length(bytes.len()) {
            self.waiting.reserve(room);
        }
        let _ = decoder.decode_to_string(bytes, &mut self.waiting, last);
        if self.waiting.contains('\0') {
            return Err(Error::table(
                "There is a NUL character in the file, which no text should hold. Remove it, or export the table again.",
            ));
        }
        if self.before > 0 {
            if self.waiting.len() < self.before && !last {
                return Ok(VecDeque::new());
            }
            self.waiting.drain(..self.before.min(self.waiting.len()));
            self.before = 0;
            self.line += 1;
        }
        let Delimited { delimiter, quotes, .. } = self.delimited;
        let end = if last { self.waiting.len() } else { quotes::complete(&self.waiting, delimiter, quotes) };
        if self.waiting.len() - end > MOST_WAITING {
            return Err(Error::table_line(
                self.line,
                "A row that starts here does not end within 16 MiB. Is a quote never closed?",
            ));
        }
        let text: String = self.waiting.drain(..end).collect();
        self.rows(&text)
    }

    /// The rows of a text that ends where a row ends.
    fn rows(&mut self, text: &str) -> Result<VecDeque<Vec<String>>> {
        let Delimited { delimiter, quotes, header, .. } = self.delimited;
        let before = self.line - 1;
        if quotes {
            quotes::check(text, delimiter).map_err(|error| later(error, before))?;
        }
        let mut lines = Lines::new(text);
        let mut reader = format::reader(text, delimiter, quotes);
        let mut record = csv::StringRecord::new();
        let mut rows = VecDeque::new();
        loop {
            let from = usize::try_from(reader.position().byte()).unwrap_or(usize::MAX);
            let more = reader.read_record(&mut record);
            if !more.map_err(|error| Error::table(format!("The table cannot be read: {error}.")))? {
                break;
            }
            if header && !self.begun {
                self.begun = true;
                continue;
            }
            self.begun = true;
            if record.iter().skip(self.width).any(|cell| !cell.trim().is_empty()) {
                let line = before + lines.at(from + breaks(text, from));
                return Err(Error::table_line(
                    line,
                    format!(
                        "This row has {} cells, but the first one has {}. Put cells that contain the delimiter in double quotes.",
                        record.len(),
                        self.width
                    ),
                ));
            }
            let mut row: Vec<String> = record.iter().take(self.width).map(str::to_owned).collect();
            row.resize(self.width, String::new());
            rows.push_back(row);
        }
        self.line = before + lines.at(text.len());
        Ok(rows)
    }
}

/// Line breaks before the next row: see `delimited`.
fn breaks(text: &str, from: usize) -> usize {
    text.as_bytes()[from.min(text.len())..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count()
}

/// The first rows of a head, whole, and how they are to be read. A head that cuts a quoted cell is cut before it.
fn detect(text: &str, all: bool) -> Result<(&str, Delimited)> {
    let mut end = if all { text.len() } else { text.rfind('\n').map_or(text.len(), |at| at + 1) };
    loop {
        let cut = &text[..end];
        match format::detect_delimited(cut) {
            Ok(Format::Delimited(delimited)) => return Ok((cut, delimited)),
            Ok(_) => unreachable!("delimited text is found to be delimited"),
            Err(Error::Table { line: Some(line), .. }) if !all && line > 2 => {
                let before = usize::try_from(line - 1).unwrap_or(usize::MAX);
                let shorter: usize = cut.split_inclusive('\n').take(before).map(str::len).sum();
                if shorter >= end {
                    return format::detect_delimited(cut).map(|_| unreachable!("it was refused before"));
                }
                end = shorter;
            }
            Err(mistake) => return Err(mistake),
        }
    }
}

/// A mistake in a text that starts so many lines further down.
fn later(error: Error, lines: u64) -> Error {
    match error {
        Error::Table { line: Some(line), column, message } => {
            Error::Table { line: Some(line + lines), column, message }
        }
        other => other,
    }
}
