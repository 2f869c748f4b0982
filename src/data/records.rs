//! Delimited text in pieces of any size → its rows, each once and in order, with their lines.

use csv::StringRecord;

use super::format::{self, Delimited};
use super::lines::Lines;
use super::scanner::Scanner;
use crate::error::{Error, Result};

/// A reader between two pieces.
#[derive(Debug)]
pub(super) struct Records {
    format: Delimited,
    scanner: Scanner,
    /// Text whose row is not complete yet, and how many bytes of it were scanned.
    waiting: String,
    scanned: usize,
    /// Line of the file in which that text starts.
    line: u64,
    /// Bytes of text before the table, a line that names the delimiter, that are still to be passed over.
    before: usize,
}

impl Records {
    /// At the start of a text.
    pub fn new(format: Delimited) -> Self {
        Self {
            format,
            scanner: Scanner::new(format.delimiter.byte(), format.quotes),
            waiting: String::new(),
            scanned: 0,
            line: 1,
            before: format.preamble.bytes,
        }
    }

    /// Where the text goes that comes next, and the line of the file in which what is there already starts.
    pub fn next(&mut self) -> (&mut String, u64) {
        (&mut self.waiting, self.line)
    }

    /// Whether any cell is quoted, so far.
    pub fn any_quoted(&self) -> bool {
        self.scanner.quoted() > 0
    }

    /// Gives the rows that are complete now to `each`, with the line in which they start; all of them at the end of the
    /// text.
    ///
    /// # Errors
    ///
    /// The first mistake in the file's order: of `each`, or of the text itself.
    pub fn give(&mut self, last: bool, mut each: impl FnMut(u64, &StringRecord) -> Result<()>) -> Result<()> {
        let mut end = None;
        let mut scan = self.scanner.scan(&self.waiting.as_bytes()[self.scanned..], &mut end);
        let mut end = end.map_or(0, |end| self.scanned + end);
        self.scanned = self.waiting.len();
        if last && scan.is_ok() {
            scan = self.scanner.finish();
        }
        if last && scan.is_ok() {
            end = self.waiting.len();
        }
        let rows = self.rows(end, &mut each);
        rows.and(scan)?;
        self.waiting.drain(..end);
        self.scanned -= end;
        Ok(())
    }

    fn rows(&mut self, end: usize, each: &mut dyn FnMut(u64, &StringRecord) -> Result<()>) -> Result<()> {
        let text = &self.waiting[..end];
        let start = self.before.min(end);
        self.before -= start;
        let mut lines = Lines::new(text);
        let mut reader = format::reader(&text[start..], self.format.delimiter, self.format.quotes);
        let mut record = StringRecord::new();
        loop {
            let from = start + usize::try_from(reader.position().byte()).unwrap_or(usize::MAX);
            // The text is valid UTF-8 and read from memory, so that only a defect of the reader could fail here.
            let more = reader.read_record(&mut record);
            if !more.map_err(|error| Error::table(format!("The table cannot be read: {error}.")))? {
                break;
            }
            each(self.line - 1 + lines.at(skip_breaks(text, from)), &record)?;
        }
        self.line += lines.at(end) - 1;
        Ok(())
    }
}

/// The reader stops before the line feed of a `\r\n` and before blank lines: the next record starts after them.
fn skip_breaks(text: &str, from: usize) -> usize {
    let breaks =
        text.as_bytes()[from.min(text.len())..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    from + breaks
}
