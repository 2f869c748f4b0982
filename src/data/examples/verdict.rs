//! Pairs of texts: a word → a score that says how alike they are; a list is no text.

use serde_json::Value;

use super::cell::Cell;
use super::shorten;
use crate::data::words::truth;
use crate::error::Result;

/// Whether a cell holds a word rather than a number.
pub(super) fn is_word(cell: &Cell) -> bool {
    !cell.text.trim().is_empty() && !cell.text.chars().any(|letter| letter.is_ascii_digit())
}

/// 1 for a word of yes, 0 for one of no.
///
/// # Errors
///
/// Any other word; the sentence says what to write.
pub(super) fn read(cell: &Cell) -> Result<f64> {
    truth(cell.text).map(|alike| f64::from(u8::from(alike))).ok_or_else(|| {
        cell.mistake(format!(
            "“{}” is no number. Write how alike the two texts are, from 0 to 1, or yes and no; or choose no column of scores.",
            shorten(cell.text.trim())
        ))
    })
}

/// Refuses a list where a text must stand: each text of it is a pair of its own.
///
/// # Errors
///
/// The cell is a list of JSON or of Python.
pub(super) fn refuse_list(cell: &Cell) -> Result<()> {
    match cell.json()? {
        Some(Value::Array(_)) => {
            Err(cell.mistake("This is a list, but each row pairs one text with another. Write a row for each text."))
        }
        _ => Ok(()),
    }
}
