//! The parts of a workbook: files in a zip archive.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Cursor, Read};

use zip::ZipArchive;
use zip::result::ZipError;

use super::damaged;
use crate::error::{Error, Result};

/// Most bytes of a part once it is unpacked, 4 GiB: an archive may hold a thousand times its own size.
const MAX_PART: u64 = 1 << 32;

/// The file in which archives of OpenDocument say what they are.
const MIME: &str = "mimetype";

/// A workbook's archive.
pub(super) struct Package<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    /// Places by names in small letters, since names of parts do not tell large from small ones; with slashes, for which some
    /// programs write backslashes.
    places: HashMap<String, usize>,
}

impl<'a> Package<'a> {
    /// The archive in these bytes.
    ///
    /// # Errors
    ///
    /// Bytes that are no zip archive, or a damaged one.
    pub fn open(bytes: &'a [u8]) -> Result<Self> {
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| match error {
            // What the library says of it is for those who know how zip archives end.
            ZipError::InvalidArchive(_) => damaged("the archive", &"it does not end as one and was probably cut off"),
            error => damaged("the archive", &error),
        })?;
        let name = |place| Some((archive.name_for_index(place)?.ok()?.to_lowercase().replace('\\', "/"), place));
        let places = (0..archive.len()).filter_map(name).collect();
        Ok(Self { archive, places })
    }

    /// Whether there is a part of this name, which is in small letters.
    pub fn has(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }

    /// What a part holds, by its name in any letters; `None` where there is none.
    ///
    /// # Errors
    ///
    /// A part that is encrypted or packed in an unknown way.
    pub fn part(&mut self, name: &str) -> Result<Option<impl BufRead>> {
        let Some(&place) = self.places.get(&name.to_lowercase()) else { return Ok(None) };
        match self.archive.by_index(place) {
            Ok(part) => Ok(Some(BufReader::new(part.take(MAX_PART)))),
            Err(ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED)) => Err(Error::table(
                "The workbook is locked with a password. Save it without one, or save the sheet as CSV.",
            )),
            Err(error) => Err(damaged(name, &error)),
        }
    }

    /// Why an archive without an Excel workbook is refused.
    pub fn refusal(&mut self) -> Error {
        let mut kind = String::new();
        if let Ok(Some(mime)) = self.part(MIME) {
            // What it says is only looked for, so that anything unreadable says nothing.
            let _ = mime.take(100).read_to_string(&mut kind);
        }
        let has = |end: &str| self.places.keys().any(|name| name.ends_with(end));
        Error::table(if has("xl/workbook.bin") {
            "This is a binary Excel workbook. Save it as .xlsx, or save the sheet as CSV."
        } else if kind.contains("opendocument") {
            "This is an OpenDocument file. Save it as .xlsx, or save the sheet as CSV."
        } else if has(".iwa") {
            "This is a file of Apple’s Numbers, Pages or Keynote. Export the table to Excel or CSV."
        } else if has("word/document.xml") {
            "This is a Word document. Copy its table into a spreadsheet and save that."
        } else {
            "This zip archive holds no table (Excel, CSV, TSV, JSON, Parquet or CoNLL)."
        })
    }
}
