//! Where rows of delimited text end, and what is wrong with them, told as the bytes come: the csv crate forgives mistakes
//! that would swallow rows unseen.

use super::lines::MAX_CELL;
use crate::error::{Error, Result};

/// Longest row in bytes.
const MAX_ROW: usize = 16 * MAX_CELL;

/// Where in a cell the next byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// At its start.
    Start,
    /// In one without quotes.
    Plain,
    /// In a quoted one.
    Quoted,
    /// Behind a quote within it, which closes it or is the first of two.
    Quote,
    /// Among spaces behind the quote that closed it.
    Closed,
}

/// Walks through a text once, in pieces of any size; what it says does not depend on where they are cut.
///
/// A cell that starts with `"` must end with one, followed only by spaces before the delimiter or the line's end; quotes
/// inside it are doubled. A `"` further on in an unquoted cell is an ordinary character.
#[derive(Debug, Clone)]
pub(super) struct Scanner {
    delimiter: u8,
    quotes: bool,
    place: Place,
    /// Line of the next byte, from 1, as an editor counts.
    line: u64,
    /// Bytes of it so far.
    line_bytes: usize,
    /// Line in which the row starts, and bytes of it so far.
    row: (u64, usize),
    /// Line in which the last quoted cell was opened, and bytes of it so far.
    open: (u64, usize),
    /// Whether the byte before was a carriage return, which ends a line alone or with a line feed.
    after_return: bool,
    /// Cells that are quoted, so far.
    quoted: usize,
}

impl Scanner {
    /// At the start of a text.
    pub fn new(delimiter: u8, quotes: bool) -> Self {
        Self {
            delimiter,
            quotes,
            place: Place::Start,
            line: 1,
            line_bytes: 0,
            row: (1, 0),
            open: (1, 0),
            after_return: false,
            quoted: 0,
        }
    }

    /// Cells that are quoted, so far.
    pub fn quoted(&self) -> usize {
        self.quoted
    }

    /// Walks through the next bytes. `end` becomes the place in them behind the last row that is complete, if there is
    /// one: also where a mistake follows it.
    ///
    /// # Errors
    ///
    /// The line of a NUL character; of a quote that closes in the middle of a cell; of a line or a quoted cell over 1 MiB,
    /// or a row over 16 MiB.
    pub fn scan(&mut self, bytes: &[u8], end: &mut Option<usize>) -> Result<()> {
        for (at, &byte) in bytes.iter().enumerate() {
            if std::mem::take(&mut self.after_return) && byte != b'\n' {
                // The return ended a line by itself; only now is that known.
                self.end_line();
                if self.place == Place::Start {
                    self.row = (self.line, 0);
                    *end = Some(at);
                }
            }
            self.step(byte)?;
            if byte == b'\n' && self.place == Place::Start {
                self.row = (self.line, 0);
                *end = Some(at + 1);
            }
        }
        Ok(())
    }

    /// The end of the text.
    ///
    /// # Errors
    ///
    /// A quote that is never closed, by the line in which it opens.
    pub fn finish(&self) -> Result<()> {
        if self.place == Place::Quoted {
            return Err(Error::table_line(
                self.open.0,
                "The quote that opens here is never closed. Close it, or write a quote that belongs to the text as \"\" inside a quoted cell.",
            ));
        }
        Ok(())
    }

    fn step(&mut self, byte: u8) -> Result<()> {
        let breaks = matches!(byte, b'\n' | b'\r');
        self.row.1 += 1;
        self.line_bytes += usize::from(!breaks);
        self.open.1 += 1;
        if byte == 0 {
            return Err(nul(self.line));
        }
        let ends_cell = breaks || byte == self.delimiter;
        self.place = match self.place {
            Place::Start if byte == b'"' && self.quotes => {
                self.open = (self.line, 1);
                self.quoted += 1;
                Place::Quoted
            }
            Place::Start | Place::Plain if ends_cell => Place::Start,
            Place::Start | Place::Plain => Place::Plain,
            Place::Quoted if byte == b'"' => Place::Quote,
            Place::Quoted => Place::Quoted,
            Place::Quote if byte == b'"' => Place::Quoted,
            Place::Quote | Place::Closed if ends_cell => Place::Start,
            Place::Quote | Place::Closed if byte == b' ' => Place::Closed,
            Place::Quote | Place::Closed => return Err(self.closed_midway()),
        };
        if self.place == Place::Quoted && self.open.1 > MAX_CELL {
            return Err(Error::table_line(
                self.open.0,
                "The quoted cell that starts here is longer than 1 MiB. Is the quote that closes it missing?",
            ));
        }
        if self.line_bytes > MAX_CELL {
            return Err(too_long(self.line));
        }
        if self.row.1 > MAX_ROW {
            return Err(Error::table_line(self.row.0, "The row that starts here is longer than 16 MiB. Split it."));
        }
        match byte {
            b'\n' => self.end_line(),
            b'\r' => self.after_return = true,
            _ => {}
        }
        Ok(())
    }

    fn end_line(&mut self) {
        self.line += 1;
        self.line_bytes = 0;
    }

    fn closed_midway(&self) -> Error {
        Error::table_line(
            self.open.0,
            format!(
                "The quote that opens here closes in the middle of a cell (line {}). Close it where its cell ends, or double the quotes that belong to the text (\"\").",
                self.line
            ),
        )
    }
}

/// A NUL character in this line.
pub(super) fn nul(line: u64) -> Error {
    Error::table_line(
        line,
        "There is a NUL character here, which no text should hold. Remove it, or export the table again.",
    )
}

/// A line that no table has.
pub(super) fn too_long(line: u64) -> Error {
    Error::table_line(
        line,
        "This line is longer than 1 MiB, which is the limit. Are line breaks missing, or is it another kind of file?",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ends of rows, the lines after which they end, and the mistake, with pieces of so many bytes.
    fn scanned(text: &str, piece: usize) -> (Vec<usize>, u64, Option<String>) {
        let mut scanner = Scanner::new(b',', true);
        let (mut ends, mut before) = (Vec::new(), 0);
        for bytes in text.as_bytes().chunks(piece) {
            let mut end = None;
            let result = scanner.scan(bytes, &mut end);
            ends.extend(end.map(|end| before + end));
            if let Err(mistake) = result {
                return (ends, scanner.line, Some(mistake.to_string()));
            }
            before += bytes.len();
        }
        (ends, scanner.line, scanner.finish().err().map(|mistake| mistake.to_string()))
    }

    #[test]
    fn rows_end_where_no_quote_is_open() {
        assert_eq!(scanned("a,\"b\n\"\r\n\rc", 1), (vec![8, 9], 4, None));
        assert_eq!(scanned("a\r", 1), (vec![], 1, None), "a line feed may follow");
        assert_eq!(scanned("\"a\"\"\n\" ,b\n", 1), (vec![10], 3, None));
        assert_eq!(scanned("a\"b\n", 2), (vec![4], 2, None), "a quote further on is a letter");
    }

    #[test]
    fn mistakes_do_not_depend_on_where_a_text_is_cut() {
        for (text, line) in [("a\n\"b\n\"c\n", 2), ("a\r\r\n\"b\n", 3), ("a\n\nb\0\n\"", 3), ("\"a\"\n\"b\" \"\n", 2)] {
            for piece in [1, 2, 3, 100] {
                let mistake = scanned(text, piece).2.unwrap_or_default();
                assert!(mistake.starts_with(&format!("Line {line}: ")), "{text:?}, {piece}: {mistake}");
            }
        }
    }
}
