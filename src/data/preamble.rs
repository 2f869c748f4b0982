//! What stands above a delimited table: a line that names the separator, comments, titles.

use super::dialect::{Delimiter, Dialect};
use super::format::{DELIMITERS, find_delimiter, sample};
use super::words;

/// Most lines that titles take, empty ones included.
pub(super) const MOST_TITLES: usize = 8;

/// Share of the rows below a title that have as many cells as the header.
const ALIKE: f64 = 0.9;

/// The lines above a table, which are no part of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Preamble {
    /// Byte at which the table starts.
    pub bytes: usize,
    /// The separator that a `sep=;` line names, as Excel writes it.
    pub delimiter: Option<Delimiter>,
    /// Lines of comments, and empty ones among them.
    pub comments: usize,
    /// Lines of titles, and empty ones among them.
    pub titles: usize,
}

impl Preamble {
    /// What stands above the table in a text that is no JSON, of which so much is known.
    pub fn of(text: &str, known: &Dialect) -> Self {
        let (bytes, delimiter) = separator_line(text);
        if delimiter.is_some() {
            return Self { bytes, delimiter, ..Self::default() };
        }
        let comments = above_table(text, known);
        // Titles are told by the names below them.
        let titles = if known.header == Some(false) { 0 } else { under_titles(&text[comments..], known) };
        let lines = |from: usize, bytes: usize| text[from..from + bytes].matches('\n').count();
        Self { bytes: comments + titles, delimiter, comments: lines(0, comments), titles: lines(comments, titles) }
    }

    /// What a user should know of these lines, in sentences.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.comments > 0 {
            notes
                .push("The lines above the table that begin with # are taken for comments and passed over.".to_owned());
        }
        notes.extend(title_note("line", self.titles));
        notes
    }
}

/// What a user should know of so many lines or rows of titles, if there are any.
pub(super) fn title_note(unit: &str, count: usize) -> Option<String> {
    match count {
        0 => None,
        1 => Some(format!("The {unit} above the column names is taken for a title and passed over.")),
        count => Some(format!("The {count} {unit}s above the column names are taken for titles and passed over.")),
    }
}

/// Excel's `sep=;` line: where the table starts after it, and the delimiter that it names.
fn separator_line(text: &str) -> (usize, Option<Delimiter>) {
    let line = text.lines().next().unwrap_or_default();
    let named = line.strip_prefix("sep=").or_else(|| line.strip_prefix("SEP="));
    let delimiter = DELIMITERS.iter().copied().find(|one| named.is_some_and(|named| named.as_bytes() == [one.byte()]));
    match delimiter {
        Some(_) => (text.find('\n').map_or(text.len(), |at| at + 1), delimiter),
        None => (0, None),
    }
}

/// Where the table starts after comments: lines that begin with `#`, the last of which has not as many cells as the row
/// that follows, as a header would.
fn above_table(text: &str, known: &Dialect) -> usize {
    let (mut start, mut last) = (0, "");
    for line in text.split_inclusive('\n') {
        if line.starts_with('#') {
            last = line;
        } else if last.is_empty() || !line.trim().is_empty() {
            break;
        }
        start += line.len();
    }
    let table = &text[start..];
    let delimiter = known.delimiter.unwrap_or_else(|| find_delimiter(table));
    let cells = |line: &str| sample(line, delimiter, true).first().map_or(0, Vec::len);
    let row = table.lines().next().unwrap_or_default();
    if delimiter == Delimiter::None || cells(last) == cells(row) { 0 } else { start }
}

/// Where the table starts after titles: lines with one cell that is not empty, or none, above a row of names.
///
/// In doubt there are no titles. A row of names has no empty cell and a usual name of a column among its cells, and most
/// rows below have as many; no title is such a name, as it is in a table whose other columns have none.
fn under_titles(text: &str, known: &Dialect) -> usize {
    let mut start = 0;
    for line in text.split_inclusive('\n').take(MOST_TITLES) {
        let mut cells = line.split(|letter| DELIMITERS.iter().any(|delimiter| letter == char::from(delimiter.byte())));
        if line.contains('"') || cells.any(words::is_known_name) {
            return 0;
        }
        start += line.len();
        let delimiter = known.delimiter.unwrap_or_else(|| find_delimiter(&text[start..]));
        let is_title = |line: &str| sample(line, delimiter, true).iter().all(|cells| is_title(cells));
        if delimiter != Delimiter::None
            && has_names(&sample(&text[start..], delimiter, true))
            && text[..start].lines().all(is_title)
        {
            return start;
        }
    }
    0
}

/// Whether a row has one cell that is not empty, or none.
pub(super) fn is_title(cells: &[String]) -> bool {
    cells.iter().filter(|cell| !cell.trim().is_empty()).count() <= 1
}

/// Whether the first row has the names of columns for sure.
fn has_names(rows: &[Vec<String>]) -> bool {
    let Some((names, rows)) = rows.split_first() else { return false };
    let alike = rows.iter().filter(|row| row.len() == names.len()).count();
    names.iter().all(|name| !name.trim().is_empty())
        && names.iter().any(|name| words::is_known_name(name))
        && !rows.is_empty()
        && alike as f64 >= ALIKE * rows.len() as f64
}
