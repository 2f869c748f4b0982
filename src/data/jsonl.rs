//! JSON Lines and lists of JSON objects → names of the columns and rows of cells.

use super::cells::Gathering;
use super::json::Cursor;
use super::lines::MAX_CELL;
use super::objects::Objects;
use super::scanner;
use super::table::Rows;
use crate::error::{Error, Result};

/// Gathers the rows of a text of one object per line, blank ones aside, that comes in pieces.
#[derive(Debug)]
pub(super) struct JsonLines {
    objects: Objects,
    /// Text whose line is not complete yet, and how many bytes of it were looked at.
    waiting: String,
    seen: usize,
    /// Line of the file in which that text starts.
    line: u64,
}

impl JsonLines {
    pub fn new(gathering: Gathering) -> Self {
        Self { objects: Objects::new(gathering), waiting: String::new(), seen: 0, line: 1 }
    }

    /// Where the text goes that comes next, and the line of the file in which what is there already starts.
    pub fn next(&mut self) -> (&mut String, u64) {
        (&mut self.waiting, self.line)
    }

    /// Takes the lines that are complete; at the end of the text all of it.
    ///
    /// # Errors
    ///
    /// The first line that is no JSON object, with the reason; a line over 1 MiB.
    pub fn take(&mut self, last: bool) -> Result<()> {
        let mut at = 0;
        while at < self.waiting.len() {
            let from = self.seen.max(at);
            let found = self.waiting[from..].find('\n').map(|length| from + length);
            let end = found.unwrap_or(self.waiting.len());
            if end - at > MAX_CELL {
                return Err(scanner::too_long(self.line));
            }
            if found.is_none() && !last {
                break;
            }
            read_line(&mut self.objects, self.line, &self.waiting[at..end])?;
            at = end + usize::from(found.is_some());
            self.line += 1;
        }
        self.waiting.drain(..at.min(self.waiting.len()));
        self.seen = self.waiting.len();
        Ok(())
    }

    pub fn finish(self) -> Rows {
        self.objects.finish()
    }
}

fn read_line(objects: &mut Objects, line: u64, text: &str) -> Result<()> {
    if text.contains('\0') {
        return Err(scanner::nul(line));
    }
    if text.trim().is_empty() {
        return Ok(());
    }
    let object = serde_json::from_str(text).map_err(|error| not_an_object(line, &error.to_string()))?;
    objects.add(line, object)
}

/// Reads one list of objects, which may span lines as it likes.
///
/// # Errors
///
/// The first place at which the text is no list of JSON objects, with the reason.
pub(super) fn read_list(text: &str, gathering: Gathering) -> Result<Rows> {
    let mut objects = Objects::new(gathering);
    let mut cursor = Cursor::new(text);
    cursor.list(|cursor| {
        let place = cursor.place(objects.rows());
        objects.add(place, cursor.value(not_an_object)?)
    })?;
    cursor.end("list")?;
    Ok(objects.finish())
}

fn not_an_object(line: u64, reason: &str) -> Error {
    // serde_json counts lines within what it was given; the line of the file is named already.
    let reason = reason.split(" at line ").next().unwrap_or_default();
    Error::table_line(
        line,
        format!(
            "This is not a JSON object ({reason}). Each line must hold one object, or the file one list of objects."
        ),
    )
}
