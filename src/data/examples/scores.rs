//! A cell → a number.

use super::cell::Cell;
use super::shorten;
use crate::error::Result;

/// The number in a cell, with a point as decimal mark.
///
/// # Errors
///
/// Anything but a finite number; for a decimal comma the sentence says what to write.
pub(super) fn read(cell: &Cell) -> Result<f64> {
    let text = cell.text.trim();
    number(text).ok_or_else(|| {
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        let comma = digits.split_once(',').is_some_and(|(whole, rest)| {
            [whole, rest].iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
        });
        if comma {
            return cell.mistake(format!(
                "“{}” has a decimal comma. Write it with a point, as {}.",
                shorten(text),
                shorten(&text.replace(',', "."))
            ));
        }
        cell.mistake(format!("“{}” is no number. Write one such as 3 or 0.25, or remove the row.", shorten(text)))
    })
}

/// A finite number in digits.
pub(in crate::data) fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    text.parse::<f64>().ok().filter(|number| number.is_finite())
}
