//! Line numbers of a text as an editor shows them, and the refusal of lines that no table has.

use super::scanner;
use crate::error::Result;

/// Longest line and longest cell, in bytes.
pub(super) const MAX_CELL: usize = 1 << 20;

/// Turns rising byte offsets of a text into line numbers, in one pass over the text altogether.
#[derive(Clone)]
pub(super) struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text: text.as_bytes(), at: 0, line: 1 }
    }

    /// Line, from 1, that holds the byte at `offset`; offsets must not fall from call to call.
    pub fn at(&mut self, offset: usize) -> u64 {
        let end = offset.min(self.text.len());
        while self.at < end {
            self.line += u64::from(breaks_line(self.text, self.at));
            self.at += 1;
        }
        self.line
    }
}

/// Whether a line ends with this byte: a line feed, or a carriage return that none follows.
fn breaks_line(text: &[u8], at: usize) -> bool {
    text[at] == b'\n' || (text[at] == b'\r' && text.get(at + 1) != Some(&b'\n'))
}

/// Line, from 1, that holds the byte at `offset`.
pub(super) fn line_of(text: &str, offset: usize) -> u64 {
    Lines::new(text).at(offset)
}

/// Refuses NUL characters and lines over 1 MiB.
pub(super) fn check(text: &str) -> Result<()> {
    let mut number = 1;
    let mut start = 0;
    let bytes = text.as_bytes();
    for at in 0..=bytes.len() {
        if at < bytes.len() && bytes[at] == 0 {
            return Err(scanner::nul(number));
        }
        if at < bytes.len() && !breaks_line(bytes, at) {
            continue;
        }
        if at - start > MAX_CELL {
            return Err(scanner::too_long(number));
        }
        number += 1;
        start = at + 1;
    }
    Ok(())
}
