//! Strict check of a delimited file's quotes: the csv crate forgives mistakes that would swallow rows unseen.

use super::lines::{MAX_CELL, line_of};
use crate::error::{Error, Result};

/// Walks all cells and returns how many are quoted.
///
/// A cell that starts with `"` must end with one, followed only by spaces before the delimiter or the line's end;
/// quotes inside it are doubled. A `"` further on in an unquoted cell is an ordinary character.
///
/// # Errors
///
/// The line in which the quote opened that is never closed, or closed in the middle of a cell, or whose cell is
/// over 1 MiB.
pub(super) fn check(text: &str, delimiter: u8) -> Result<usize> {
    let bytes = text.as_bytes();
    let ends_cell = |byte: u8| byte == delimiter || byte == b'\n' || byte == b'\r';
    let mut quoted = 0;
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'"' {
            let open = at;
            at = closing(bytes, open).ok_or_else(|| never_closed(text, open))? + 1;
            if at - open > MAX_CELL {
                return Err(Error::table_line(
                    line_of(text, open),
                    "The quoted cell that starts here is longer than 1 MiB. Is the quote that closes it missing?",
                ));
            }
            while bytes.get(at) == Some(&b' ') {
                at += 1;
            }
            if bytes.get(at).is_some_and(|&byte| !ends_cell(byte)) {
                return Err(closed_midway(text, open, at));
            }
            quoted += 1;
        }
        while at < bytes.len() && !ends_cell(bytes[at]) {
            at += 1;
        }
        at += 1;
    }
    Ok(quoted)
}

/// How much of a text is whole rows: where the last row ends that something may follow. Told by the rules of [`check`].
pub(super) fn complete(text: &str, delimiter: u8, quotes: bool) -> usize {
    let bytes = text.as_bytes();
    let (mut at, mut end) = (0, 0);
    while at < bytes.len() {
        if quotes && bytes[at] == b'"' {
            // A closing quote at the end may be the first of two.
            match closing(bytes, at).filter(|close| close + 1 < bytes.len()) {
                Some(close) => at = close + 1,
                None => return end,
            }
        }
        let ends_cell = |byte: &u8| *byte == delimiter || *byte == b'\n' || *byte == b'\r';
        let Some(length) = bytes[at..].iter().position(ends_cell) else { return end };
        at += length + 1;
        // A carriage return at the end may be the first half of a line's end.
        if bytes[at - 1] == b'\n' || (bytes[at - 1] == b'\r' && at < bytes.len()) {
            at += usize::from(bytes[at - 1] == b'\r' && bytes[at] == b'\n');
            end = at;
        }
    }
    end
}

/// Offset of the quote that closes the one at `open`.
fn closing(bytes: &[u8], open: usize) -> Option<usize> {
    let mut at = open + 1;
    loop {
        at += bytes[at..].iter().position(|&byte| byte == b'"')?;
        if bytes.get(at + 1) != Some(&b'"') {
            return Some(at);
        }
        at += 2;
    }
}

fn never_closed(text: &str, open: usize) -> Error {
    Error::table_line(
        line_of(text, open),
        "The quote that opens here is never closed. Close it, or write a quote that belongs to the text as \"\" inside a quoted cell.",
    )
}

fn closed_midway(text: &str, open: usize, close: usize) -> Error {
    Error::table_line(
        line_of(text, open),
        format!(
            "The quote that opens here closes in the middle of a cell (line {}). Close it where its cell ends, or double the quotes that belong to the text (\"\").",
            line_of(text, close)
        ),
    )
}
