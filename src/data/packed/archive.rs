//! Zip archives with tables in them, as Kaggle hands out its data.

use std::io::{Cursor, Read};

use zip::ZipArchive;
use zip::result::ZipError;

use super::{damaged, has_ending};
use crate::data::dialect::Dialect;
use crate::data::examples::shorten;
use crate::data::workbook;
use crate::error::{Error, Result};

/// Endings of tables.
const TABLES: &[&str] = &[
    "csv",
    "tsv",
    "tab",
    "json",
    "jsonl",
    "ndjson",
    "parquet",
    "xlsx",
    "xlsm",
    "conll",
    "conll03",
    "conll2003",
    "bio",
    "bio2",
    "iob",
    "iob2",
    "bioes",
    "iobes",
];

/// The ending of texts, which are tables where there are no others: notes and licences lie beside tables.
const TEXTS: &[&str] = &["txt"];

/// Most tables that one may choose from.
const MOST_TABLES: usize = 1000;

/// Longest name of a file in bytes, with its folders.
const LONGEST_NAME: usize = 1000;

/// What files of an archive are called that is a document of its own: of Office, of OpenDocument, of Apple's programs.
const DOCUMENTS: &[&str] = &["[content_types].xml", "_rels/.rels", "xl/workbook.xml", "xl/workbook.bin", "mimetype"];

/// An archive with a table, or with several.
pub(super) struct Archive<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    /// The tables' names, and where each is in the archive.
    names: Vec<String>,
    places: Vec<usize>,
    /// Which of them is read.
    chosen: usize,
}

impl<'a> Archive<'a> {
    /// The archive in these bytes; `None` where there is none, or one that has no tables or is a document itself.
    ///
    /// It is the table of the name that is known; else the first one that is called `train`, else the first.
    ///
    /// # Errors
    ///
    /// A table that is not in it; too many of them; a model.
    pub fn open(bytes: &'a [u8], known: &Dialect) -> Result<Option<Self>> {
        if !workbook::is_archive(bytes) {
            return Ok(None);
        }
        // What cannot be opened is told of by the reader of workbooks.
        let Ok(archive) = ZipArchive::new(Cursor::new(bytes)) else { return Ok(None) };
        let files: Vec<(String, usize)> = (0..archive.len()).filter_map(|place| file(&archive, place)).collect();
        let is_document =
            |name: &str| DOCUMENTS.iter().any(|part| name.eq_ignore_ascii_case(part)) || has_ending(name, &["iwa"]);
        if files.iter().any(|(name, _)| is_document(name)) {
            return Ok(None);
        }
        if files.iter().any(|(name, _)| has_ending(name, &["safetensors"])) {
            return Err(Error::table(
                "This archive holds a model and no table. Choose an Excel, CSV, TSV or JSONL file.",
            ));
        }
        let of = |endings: &[&str]| files.iter().filter(|(name, _)| has_ending(name, endings)).cloned().unzip();
        let (mut names, mut places): (Vec<String>, Vec<usize>) = of(TABLES);
        if names.is_empty() {
            (names, places) = of(TEXTS);
        }
        if names.len() > MOST_TABLES {
            return Err(Error::table(format!(
                "The archive has more than {MOST_TABLES} tables. Unpack it, and choose the one that is needed."
            )));
        }
        let chosen = match &known.worksheet {
            // Of a single one it is the name of a sheet in it.
            Some(wanted) if names.len() > 1 => {
                let named = names.iter().position(|name| name == wanted);
                named.ok_or_else(|| no_such(wanted, &names))?
            }
            _ => names.iter().position(|name| is_called_train(name)).unwrap_or(0),
        };
        Ok((!names.is_empty()).then_some(Self { archive, names, places, chosen }))
    }

    /// The names of its tables, with their folders.
    pub fn tables(&self) -> &[String] {
        &self.names
    }

    /// The name of the one that is read.
    pub fn name(&self) -> &str {
        &self.names[self.chosen]
    }

    /// Its place among the files of the archive.
    pub fn place(&self) -> usize {
        self.places[self.chosen]
    }

    /// Its bytes.
    ///
    /// # Errors
    ///
    /// They are encrypted, or packed in an unknown way.
    pub fn read(&mut self) -> Result<impl Read> {
        self.archive.by_index(self.places[self.chosen]).map_err(|error| match error {
            ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => {
                Error::table("The archive is locked with a password. Unpack it, and choose the table in it.")
            }
            ZipError::UnsupportedArchive(why) => Error::table(format!(
                "The archive cannot be unpacked here ({why}). Unpack it, and choose the table in it."
            )),
            error => damaged(&error),
        })
    }
}

/// A file's name and place, unless it is a folder or one that a system puts beside others.
fn file(archive: &ZipArchive<Cursor<&[u8]>>, place: usize) -> Option<(String, usize)> {
    let name = archive.name_for_index(place)?.ok()?.replace('\\', "/");
    let last = name.rsplit('/').next().unwrap_or_default();
    let is_one =
        !last.is_empty() && !last.starts_with('.') && !name.starts_with("__MACOSX/") && name.len() <= LONGEST_NAME;
    is_one.then_some((name, place))
}

fn is_called_train(name: &str) -> bool {
    name.rsplit('/').next().unwrap_or_default().to_lowercase().contains("train")
}

fn no_such(wanted: &str, names: &[String]) -> Error {
    let shown: Vec<String> = names.iter().take(5).map(|name| format!("“{}”", shorten(name))).collect();
    let more = if names.len() > shown.len() { ", …" } else { "" };
    Error::table(format!("The archive has no table “{}”; choose one of {}{more}.", shorten(wanted), shown.join(", ")))
}
