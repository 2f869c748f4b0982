//! A first pass over a file's bytes: its encoding, and its head to tell the format from.

use encoding_rs::Encoding;

use super::decoding::{Decoding, Letters};
use super::detection::Detection;
use super::dialect::Dialect;
use super::format::{self, Format};
use super::{annotated, conll, encoding, packed, parquet, workbook};
use crate::error::{Error, Result};

/// Bytes of the file that are kept to tell format and columns from.
const HEAD: usize = 1 << 20;

/// What was seen of a file so far.
#[derive(Debug, Default)]
pub struct Survey {
    name: String,
    dialect: Dialect,
    /// The encoding that it names.
    named: Option<&'static Encoding>,
    head: Vec<u8>,
    bytes: u64,
    detection: Detection,
}

impl Survey {
    /// Nothing seen yet of the file of this name.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// The same of a file of which is known how it is to be read, in part or not at all.
    ///
    /// # Errors
    ///
    /// An encoding that there is not.
    pub fn of(name: &str, dialect: &Dialect) -> Result<Self> {
        Ok(Self { dialect: dialect.clone(), named: dialect.letters()?, ..Self::new(name) })
    }

    /// Sees the next bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        let room = HEAD.saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend_from_slice(&bytes[..room]);
        if self.named.is_none() {
            self.detection.add(bytes);
        }
    }

    /// How the file is to be read, as far as that was said.
    pub fn dialect(&self) -> &Dialect {
        &self.dialect
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
    /// Files that are empty or no text, and those that cannot be read as it was said that they are.
    pub fn is_whole(&self) -> Result<bool> {
        Ok(self.kind()?.is_some_and(|kind| kind != Format::JsonLines))
    }

    /// The file's format, but for delimited text, of which more has to be found out.
    ///
    /// # Errors
    ///
    /// As [`Self::is_whole`].
    pub(super) fn kind(&self) -> Result<Option<Format>> {
        // What is in these, and how that is to be read, is known once they are unpacked.
        if packed::is_packed(&self.head) {
            return Ok(Some(Format::Packed));
        }
        if workbook::is_archive(&self.head) {
            return Ok(Some(Format::Workbook));
        }
        if parquet::is_parquet(&self.head) {
            return self.dialect.of_parquet().map(|()| Some(Format::Parquet));
        }
        encoding::refuse_foreign(&self.head)?;
        let text = self.text();
        encoding::refuse_binary(&text, self.letters().encoding)?;
        if self.is_short() && text.trim().is_empty() {
            return Err(Error::table(
                "The file is empty. Choose an Excel, CSV, TSV or JSONL file with a row per example.",
            ));
        }
        let kind = if self.dialect.delimiter.is_some() { None } else { self.kind_of(&text)? };
        self.dialect.of_text(kind.is_none())?;
        Ok(kind)
    }

    fn kind_of(&self, text: &str) -> Result<Option<Format>> {
        if conll::is_conll(whole_lines(text, self.is_short()), &self.name) {
            return Ok(Some(Format::Conll));
        }
        annotated::refuse(text)?;
        Ok(format::detect_json(text, &self.name))
    }

    /// The first bytes as text; a letter that they cut is left out.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        Decoding::new(self.letters()).add(&self.head, self.is_short(), &mut text, 1);
        text
    }

    /// Whether the head is all of the file.
    pub(super) fn is_short(&self) -> bool {
        self.bytes == self.head.len() as u64
    }

    /// The file's encoding: the one that was named, or else found.
    pub(super) fn letters(&self) -> Letters {
        match self.named {
            Some(encoding) => {
                let marked = Encoding::for_bom(&self.head).filter(|(marked, _)| *marked == encoding);
                Letters { encoding, mark: marked.map_or(0, |(_, mark)| mark), named: true }
            }
            None => {
                let (encoding, mark) = self.detection.find(&self.head);
                Letters { encoding, mark, named: false }
            }
        }
    }
}

/// A text up to the end of its last line, unless it is whole anyway.
fn whole_lines(text: &str, all: bool) -> &str {
    let end = text.rfind('\n').filter(|_| !all).map_or(text.len(), |at| at + 1);
    &text[..end]
}
