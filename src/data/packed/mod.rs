//! Tables that are packed: a file in gzip or zstd, or one of the tables in a zip archive. They are unpacked while they are
//! read, as often as their bytes are needed, so that no more of them is in memory than a piece.

mod archive;
mod zstd;

use std::borrow::Cow;
use std::fmt::Display;
use std::io::{BufRead, BufReader};
use std::ops::ControlFlow;

use flate2::bufread::MultiGzDecoder;

use self::archive::Archive;
use self::zstd::Zstd;
use super::dialect::Dialect;
use super::examples::shorten;
use crate::error::{Error, Result};

/// Bytes that are read at a time.
const PIECE: usize = 1 << 20;

/// Most bytes that may come out of a file, 4 GiB: a packed one may hold a thousand times its own size.
const MOST: u64 = 1 << 32;

/// Most of a format that is read whole.
const MOST_WHOLE: usize = 1 << 28;

/// First bytes of files in gzip and in zstd.
const GZIP: &[u8] = b"\x1F\x8B";
const ZSTD: &[u8] = b"\x28\xB5\x2F\xFD";

/// Whether a file is packed, by its first bytes. Of a zip archive, which workbooks are, too, they do not tell.
pub(super) fn is_packed(head: &[u8]) -> bool {
    head.starts_with(GZIP) || head.starts_with(ZSTD)
}

/// Refuses what is packed twice.
pub(super) fn packed_twice() -> Error {
    Error::table("The file is packed twice. Unpack it once.")
}

/// The bytes of a table's file, packed or not.
pub(super) struct Packed<'a> {
    /// The name of what is in it.
    name: String,
    bytes: Bytes<'a>,
    /// How that is to be read, as far as it is known.
    dialect: Dialect,
}

enum Bytes<'a> {
    Plain(&'a [u8]),
    Gzip(&'a [u8]),
    Zstd(&'a [u8]),
    Zip(Archive<'a>),
}

impl<'a> Packed<'a> {
    /// A file of this name; in what it is packed, its bytes tell.
    ///
    /// # Errors
    ///
    /// Archives without a table, and without the one that is named; folders that are packed as one file.
    pub fn open(bytes: &'a [u8], file_name: &str, known: &Dialect) -> Result<Self> {
        let dialect = known.clone();
        if let Some(archive) = Archive::open(bytes, known)? {
            // The name was one of the archive's files, unless it has only one.
            let worksheet = dialect.worksheet.filter(|_| archive.tables().len() == 1);
            let (name, dialect) = (archive.name().to_owned(), Dialect { worksheet, ..dialect });
            return Ok(Self { name, bytes: Bytes::Zip(archive), dialect });
        }
        let (bytes, ending) = match bytes {
            bytes if bytes.starts_with(GZIP) => (Bytes::Gzip(bytes), "gz"),
            bytes if bytes.starts_with(ZSTD) => (Bytes::Zstd(bytes), "zst"),
            bytes => return Ok(Self { name: file_name.to_owned(), bytes: Bytes::Plain(bytes), dialect }),
        };
        let name = match file_name.rsplit_once('.') {
            Some((name, end)) if end.eq_ignore_ascii_case(ending) => name,
            _ => file_name,
        };
        if has_ending(file_name, &["tgz"]) || has_ending(name, &["tar"]) {
            return Err(Error::table("This is a packed folder. Unpack it, and choose the table in it."));
        }
        Ok(Self { name: name.to_owned(), bytes, dialect })
    }

    /// The name of what is in it, by which formats are told apart: `train.csv` of `train.csv.gz`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How what is in it is to be read, as far as it is known.
    pub fn dialect(&self) -> &Dialect {
        &self.dialect
    }

    /// In what it is packed, in words that go behind those of its format; `None` where it is not.
    pub fn words(&self) -> Option<String> {
        match &self.bytes {
            Bytes::Plain(_) => None,
            Bytes::Gzip(_) => Some("in gzip".to_owned()),
            Bytes::Zstd(_) => Some("in zstd".to_owned()),
            Bytes::Zip(archive) => Some(format!("file {} of a zip archive", archive.place() + 1)),
        }
    }

    /// The archive's tables by name, and which of them this is, where there are several.
    pub fn several(&self) -> Option<(&[String], &str)> {
        match &self.bytes {
            Bytes::Zip(archive) if archive.tables().len() > 1 => Some((archive.tables(), archive.name())),
            _ => None,
        }
    }

    /// Gives all bytes from the first one on, a mebibyte at most at a time, until `take` wants no more.
    ///
    /// # Errors
    ///
    /// Those of `take`; bytes that cannot be unpacked; too many.
    pub fn pieces(&mut self, mut take: impl FnMut(&[u8]) -> Result<ControlFlow<()>>) -> Result<()> {
        match &mut self.bytes {
            Bytes::Plain(bytes) => feed(*bytes, &mut take),
            Bytes::Gzip(bytes) => feed(buffered(MultiGzDecoder::new(*bytes)), &mut take),
            Bytes::Zstd(bytes) => feed(buffered(Zstd::new(bytes)), &mut take),
            Bytes::Zip(archive) => feed(buffered(archive.read()?), &mut take),
        }
    }

    /// All bytes at once.
    ///
    /// # Errors
    ///
    /// Bytes that cannot be unpacked; too many.
    pub fn whole(&mut self) -> Result<Cow<'a, [u8]>> {
        if let Bytes::Plain(bytes) = self.bytes {
            return Ok(Cow::Borrowed(bytes));
        }
        let mut all = Vec::new();
        self.pieces(|piece| {
            if piece.len() > MOST_WHOLE - all.len() {
                return Err(too_large(MOST_WHOLE as u64));
            }
            all.extend_from_slice(piece);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(Cow::Owned(all))
    }
}

fn buffered<R: std::io::Read>(reader: R) -> BufReader<R> {
    BufReader::with_capacity(PIECE, reader)
}

fn feed(mut reader: impl BufRead, take: &mut dyn FnMut(&[u8]) -> Result<ControlFlow<()>>) -> Result<()> {
    let mut given = 0;
    loop {
        let piece = reader.fill_buf().map_err(|error| damaged(&error))?;
        let piece = &piece[..piece.len().min(PIECE)];
        let bytes = piece.len();
        given += bytes as u64;
        if given > MOST {
            return Err(too_large(MOST));
        }
        if bytes == 0 || take(piece)?.is_break() {
            return Ok(());
        }
        reader.consume(bytes);
    }
}

/// Whether a file's name ends in one of these.
fn has_ending(name: &str, endings: &[&str]) -> bool {
    name.rsplit_once('.').is_some_and(|(_, end)| endings.iter().any(|ending| end.eq_ignore_ascii_case(ending)))
}

fn too_large(most: u64) -> Error {
    Error::table(format!(
        "Unpacked the file has more than {} MiB. Take fewer of its rows, or unpack it and choose what is in it.",
        most >> 20
    ))
}

fn damaged(why: &dyn Display) -> Error {
    Error::table(format!(
        "The file cannot be unpacked: {}. It was probably cut off; download it again.",
        shorten(&why.to_string())
    ))
}
