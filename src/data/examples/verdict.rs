//! A word → whether two texts are alike, as a score.

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
