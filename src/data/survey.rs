//! A first pass over a file's bytes: its encoding, and its head to tell the format from.

use encoding_rs::Encoding;

use super::decoding::Decoding;
use super::format::{self, Format};
use super::{annotated, conll, encoding, workbook};
use crate::error::{Error, Result};

/// Bytes of the file that are kept to tell format and columns from.
const HEAD: usize = 1 << 20;

/// Most bytes of a letter in UTF-8 that a piece may cut.
const LETTER: usize = 3;

/// What was seen of a file so far.
#[derive(Debug, Default)]
pub struct Survey {
    name: String,
    head: Vec<u8>,
    bytes: u64,
    counts: encoding::Utf8Counts,
    /// The last bytes of the piece before, which may be the first ones of a letter.
    rest: Vec<u8>,
}

impl Survey {
    /// Nothing seen yet of the file of this name.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// Sees the next bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        let room = HEAD.saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend_from_slice(&bytes[..room]);
        self.rest.extend_from_slice(bytes);
        let cut = encoding::whole_letters(&self.rest, LETTER);
        self.counts.add(&self.rest[..cut]);
        self.rest.drain(..cut);
    }

    /// The file's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Bytes seen.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether the file's format is one that is read whole. The first mebibyte settles it, or all of a shorter file.
    ///
    /// # Errors
    ///
    /// Files that are empty or no text.
    pub fn is_whole(&self) -> Result<bool> {
        Ok(self.kind()?.is_some_and(|kind| kind != Format::JsonLines))
    }

    /// The file's format, but for delimited text, of which more has to be found out.
    ///
    /// # Errors
    ///
    /// Files that are empty or no text.
    pub(super) fn kind(&self) -> Result<Option<Format>> {
        if workbook::is_archive(&self.head) {
            return Ok(Some(Format::Workbook));
        }
        encoding::refuse_foreign(&self.head)?;
        let text = self.text();
        encoding::refuse_binary(&text, self.encoding().0)?;
        if self.is_short() && text.trim().is_empty() {
            return Err(Error::table(
                "The file is empty. Choose an Excel, CSV, TSV or JSONL file with a row per example.",
            ));
        }
        if conll::is_conll(whole_lines(&text, self.is_short()), &self.name) {
            return Ok(Some(Format::Conll));
        }
        annotated::refuse(&text)?;
        Ok(format::detect_json(&text, &self.name))
    }

    /// The first bytes as text; a letter that they cut is left out.
    pub(super) fn text(&self) -> String {
        let (encoding, mark) = self.encoding();
        let mut text = String::new();
        Decoding::new(encoding, mark).add(&self.head, self.is_short(), &mut text, 1);
        text
    }

    /// Whether the head is all of the file.
    pub(super) fn is_short(&self) -> bool {
        self.bytes == self.head.len() as u64
    }

    /// The file's encoding, and how many bytes of it are a mark of that.
    pub(super) fn encoding(&self) -> (&'static Encoding, usize) {
        let mut counts = self.counts;
        counts.add(&self.rest);
        encoding::find(&self.head, counts)
    }
}

/// A text up to the end of its last line, unless it is whole anyway.
fn whole_lines(text: &str, all: bool) -> &str {
    let end = text.rfind('\n').filter(|_| !all).map_or(text.len(), |at| at + 1);
    &text[..end]
}
