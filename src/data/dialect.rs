//! How a file is read: what a user says of it beforehand, and what was found of it afterwards.

use encoding_rs::Encoding;
use serde::{Deserialize, Serialize};

use super::encoding::ENCODINGS;
use super::examples::shorten;
use crate::error::{Error, Result};

/// How a table is written in its file. In what a user says, what is `None` is to be found out; of a table that was read it is
/// what the file's format has no place for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Dialect {
    /// Name of the sheet, of a workbook; of the table, of an archive with several.
    pub worksheet: Option<String>,
    /// Whether the first row names the columns, of delimited text and workbooks.
    pub header: Option<bool>,
    /// What stands between cells, of delimited text; saying so makes a text delimited.
    pub delimiter: Option<Delimiter>,
    /// Name of the letters' encoding in the Encoding Standard, such as `windows-1251`, or another label that it has for it; of
    /// every file but workbooks.
    pub encoding: Option<String>,
}

impl Dialect {
    /// The encoding that is said.
    ///
    /// # Errors
    ///
    /// There is none of this name.
    pub(super) fn letters(&self) -> Result<Option<&'static Encoding>> {
        let Some(label) = &self.encoding else { return Ok(None) };
        match Encoding::for_label_no_replacement(label.as_bytes()) {
            Some(encoding) => Ok(Some(encoding)),
            None => {
                let names: Vec<&str> = ENCODINGS.iter().map(|(name, _)| *name).collect();
                Err(Error::table(format!(
                    "There is no encoding called “{}”; choose one of {}.",
                    shorten(label),
                    names.join(", ")
                )))
            }
        }
    }

    /// Refuses what is said of text where the file is a workbook.
    pub(super) fn of_workbook(&self) -> Result<()> {
        let told = self.delimiter.map(|_| "delimiter").or(self.encoding.as_ref().map(|_| "encoding"));
        match told {
            Some(told) => {
                Err(Error::table(format!("An Excel workbook has no {told} to choose. Leave it to the file.")))
            }
            None => Ok(()),
        }
    }

    /// Refuses what is said where the file is a Parquet file, which says all of it itself.
    pub(super) fn of_parquet(&self) -> Result<()> {
        if *self == Self::default() {
            return Ok(());
        }
        Err(Error::table(
            "A Parquet file says itself how it is to be read. Leave sheet, header, delimiter and encoding to it.",
        ))
    }

    /// Refuses a sheet where the file is text; a header, too, where it is not `delimited`.
    pub(super) fn of_text(&self, delimited: bool) -> Result<()> {
        if self.worksheet.is_some() {
            return Err(Error::table("Only Excel workbooks have sheets, and this file is none. Name no sheet."));
        }
        if self.header.is_some() && !delimited {
            return Err(Error::table(
                "This file names its columns in its own way, so that it has no first row with names or without. Leave the \
                 header to the file, or say what stands between its cells.",
            ));
        }
        Ok(())
    }
}

/// What stands between the cells of delimited text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delimiter {
    /// `,`
    Comma,
    /// `;`
    Semicolon,
    /// A tabulator.
    Tab,
    /// `|`
    Pipe,
    /// Nothing: each row is one cell.
    None,
}

impl Delimiter {
    /// All of them by the names that they have in JSON.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("comma", Self::Comma),
        ("semicolon", Self::Semicolon),
        ("tab", Self::Tab),
        ("pipe", Self::Pipe),
        ("none", Self::None),
    ];

    /// Its byte; for none one that decoded text never holds.
    pub(crate) fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
            Self::Pipe => b'|',
            Self::None => 0,
        }
    }

    /// Whether cells are often written so that no quotes are needed around them: a `"` in them is a letter then.
    pub(super) fn may_stand_without_quotes(self) -> bool {
        matches!(self, Self::Tab | Self::None)
    }

    /// Its name, or that there is one column.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::None => "one column",
            named => Self::ALL.iter().find(|(_, one)| *one == named).map_or("", |(name, _)| *name),
        }
    }
}
