//! A cell → a number.

use super::cell::Cell;
use super::marks::{Marks, Meaning, meaning};
use super::shorten;
use crate::error::Result;

/// Signs that often stand beside a number: of money and of shares.
const SIGNS: &[char] = &['%', '$', '€', '£', '¥'];

/// The number in a cell of a column whose numbers have these marks.
///
/// # Errors
///
/// Anything but a number of single precision; the sentence says what to write.
pub(super) fn read(cell: &Cell, marks: Marks) -> Result<f64> {
    let text = cell.text.trim();
    match marks.number(text) {
        Some(number) if number.abs() <= f64::from(f32::MAX) => Ok(number),
        Some(_) => Err(cell.mistake(format!(
            "“{}” is too large to be learnt: numbers go up to 3.4e38. Divide the column by a power of ten, or remove the row.",
            shorten(text)
        ))),
        None => Err(cell.mistake(no_number(text, marks))),
    }
}

fn no_number(text: &str, marks: Marks) -> String {
    let shown = shorten(text);
    match meaning(text) {
        Some(Meaning::Comma) if text.contains(',') && marks == Marks::Plain => {
            let plain = Marks::Comma.number(text).map_or_else(|| "3.5".to_owned(), |number| number.to_string());
            format!("“{shown}” has a decimal comma. Write it with a point, as {plain}.")
        }
        Some(Meaning::CommaOrGroups) => {
            let (whole, decimal) = (text.replace(',', ""), text.replace(',', "."));
            format!(
                "“{shown}” can be {whole}, with a comma between thousands, or {decimal}, with a decimal comma. Write it as \
                 the one that is meant.",
            )
        }
        Some(Meaning::Groups) => {
            format!("“{shown}” is no number here: other rows have a decimal comma. Write it without commas.")
        }
        _ => match without_sign(text) {
            Some((number, sign)) => {
                format!("“{shown}” is no number. Remove the {sign}, and write {}.", shorten(&number))
            }
            None => format!(
                "“{shown}” is no number. Write one such as 3 or 0.25, or leave the cell empty to have the row left out."
            ),
        },
    }
}

/// The number beside a sign, and the sign.
pub(in crate::data) fn without_sign(text: &str) -> Option<(String, char)> {
    let text = text.trim();
    let sign = text.chars().find(|letter| SIGNS.contains(letter))?;
    let beside = text.ends_with(sign) || text.trim_start_matches(['-', '+']).starts_with(sign);
    let number = text.replacen(sign, "", 1).trim().to_owned();
    (beside && meaning(&number).is_some()).then_some((number, sign))
}
