//! What a footer says of its columns, looked at before the library reads it: as deep as they are nested it calls itself, and
//! takes memory for as many children as a column claims to have.
//!
//! The footer is a structure in Thrift's compact protocol: fields, each a number, a type and a value, up to a zero byte.

use super::damaged;
use super::reading::Reading;
use crate::error::{Error, Result};

/// What a Parquet file begins and ends with.
pub(super) const MAGIC: &[u8] = b"PAR1";
/// What one ends with whose footer is encrypted.
const ENCRYPTED: &[u8] = b"PARE";

/// Deepest nesting of columns: a list of objects of lists takes seven levels.
pub(super) const MAX_DEPTH: usize = 32;

/// Field of the footer that holds its schema, and field of a column that holds the number of its children.
const SCHEMA: i64 = 2;
const CHILDREN: i64 = 5;

/// Types of Thrift's compact protocol.
const TRUE: u8 = 1;
const FALSE: u8 = 2;
const BYTE: u8 = 3;
const I16: u8 = 4;
const I64: u8 = 6;
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const SET: u8 = 10;
const STRUCT: u8 = 12;
const UUID: u8 = 13;

/// The footer of a file, whose columns are nested no deeper than they may be.
///
/// # Errors
///
/// Files that are cut off, encrypted, or say of themselves what cannot be.
pub(super) fn find(file: &[u8]) -> Result<&[u8]> {
    let (rest, magic) = file.split_last_chunk::<4>().ok_or_else(cut_off)?;
    if magic == ENCRYPTED {
        return Err(Error::table("The Parquet file is encrypted. Save it without encryption."));
    }
    let (rest, length) = rest.split_last_chunk::<4>().ok_or_else(cut_off)?;
    let length = u32::from_le_bytes(*length) as usize;
    if magic != MAGIC || length > rest.len().saturating_sub(MAGIC.len()) {
        return Err(cut_off());
    }
    let footer = &rest[rest.len() - length..];
    match Walk(Reading(footer)).footer() {
        Some(true) => Ok(footer),
        Some(false) => Err(Error::table(format!(
            "The Parquet file's columns are nested deeper than {MAX_DEPTH} levels. Keep only the columns that are needed."
        ))),
        None => Err(damaged(&"its footer says what cannot be")),
    }
}

fn cut_off() -> Error {
    Error::table("The Parquet file does not end as one. It was probably cut off; download or copy it again.")
}

/// Bytes that are still to be walked through. What cannot be is `None`.
struct Walk<'a>(Reading<'a>);

impl Walk<'_> {
    /// Whether the columns are a tree that is no deeper than it may be.
    fn footer(&mut self) -> Option<bool> {
        let mut field = 0;
        while let Some(kind) = self.field(&mut field)? {
            if field == SCHEMA && kind == LIST {
                return self.tree();
            }
            self.skip(kind, 0)?;
        }
        None
    }

    /// A list of columns, each followed by its children.
    fn tree(&mut self) -> Option<bool> {
        let (kind, count) = self.list()?;
        if kind != STRUCT {
            return None;
        }
        // For each column that is open, how many children are still to come.
        let mut open: Vec<u64> = Vec::new();
        for place in 0..count {
            let children = self.children()?;
            if children > count - place - 1 {
                return None;
            }
            if let Some(left) = open.last_mut() {
                *left -= 1;
            }
            open.push(children);
            while open.last() == Some(&0) {
                open.pop();
            }
            if open.len() > MAX_DEPTH {
                return Some(false);
            }
        }
        open.is_empty().then_some(true)
    }

    /// Passes over a column and returns how many children it has.
    fn children(&mut self) -> Option<u64> {
        let (mut field, mut children) = (0, 0);
        while let Some(kind) = self.field(&mut field)? {
            if field == CHILDREN && (I16..=I64).contains(&kind) {
                children = u64::try_from(self.0.signed()?).ok()?;
            } else {
                self.skip(kind, 0)?;
            }
        }
        Some(children)
    }

    /// The type of the next field, whose number follows the one before or stands there; none at the end of a structure.
    fn field(&mut self, number: &mut i64) -> Option<Option<u8>> {
        let head = self.0.byte()?;
        if head == 0 {
            return Some(None);
        }
        *number = match head >> 4 {
            0 => self.0.signed()?,
            after => number.checked_add(i64::from(after))?,
        };
        Some(Some(head & 15))
    }

    /// The type and the number of a list's items.
    fn list(&mut self) -> Option<(u8, u64)> {
        let head = self.0.byte()?;
        let count = if head >> 4 == 15 { self.0.unsigned()? } else { u64::from(head >> 4) };
        // Each takes a byte at least.
        (count <= self.0.0.len() as u64).then_some((head & 15, count))
    }

    fn skip(&mut self, kind: u8, depth: usize) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        match kind {
            TRUE | FALSE => Some(()),
            BYTE => self.0.take(1).map(drop),
            I16..=I64 => self.0.unsigned().map(drop),
            DOUBLE => self.0.take(8).map(drop),
            UUID => self.0.take(16).map(drop),
            BINARY => {
                let length = self.0.unsigned()?;
                self.0.take(length).map(drop)
            }
            LIST | SET => {
                let (kind, count) = self.list()?;
                // In lists these take a byte.
                let kind = if matches!(kind, TRUE | FALSE) { BYTE } else { kind };
                (0..count).try_for_each(|_| self.skip(kind, depth + 1))
            }
            STRUCT => {
                let mut number = 0;
                while let Some(kind) = self.field(&mut number)? {
                    self.skip(kind, depth + 1)?;
                }
                Some(())
            }
            _ => None,
        }
    }
}
