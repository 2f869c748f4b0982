//! A cell → a number.

use super::cell::Cell;
use super::shorten;
use crate::error::Result;

/// The number in a cell, with a point as decimal mark.
///
/// # Errors
///
/// Anything but a number of single precision; for a decimal comma the sentence says what to write.
pub(super) fn read(cell: &Cell) -> Result<f64> {
    let text = cell.text.trim();
    match number(text) {
        Some(number) if number.abs() <= f64::from(f32::MAX) => Ok(number),
        Some(_) => Err(cell.mistake(format!(
            "“{}” is too large to be learnt: numbers go up to 3.4e38. Divide the column by a power of ten, or remove the row.",
            shorten(text)
        ))),
        None => Err(cell.mistake(no_number(text))),
    }
}

fn no_number(text: &str) -> String {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let comma = digits.split_once(',').is_some_and(|(whole, rest)| {
        [whole, rest].iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
    });
    if comma {
        let (text, point) = (shorten(text), shorten(&text.replace(',', ".")));
        return format!("“{text}” has a decimal comma. Write it with a point, as {point}.");
    }
    format!("“{}” is no number. Write one such as 3 or 0.25, or remove the row.", shorten(text))
}

/// A finite number in digits.
pub(in crate::data) fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    text.parse::<f64>().ok().filter(|number| number.is_finite())
}
