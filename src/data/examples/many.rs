//! A cell → the labels in it, any number of them.

use serde_json::Value;

use super::cell::{Cell, scalar};
use super::shorten;
use crate::error::Result;

/// The labels of a cell, trimmed and none empty, in the cell's order.
///
/// The cell holds a JSON list of texts (numbers will do), or text that is cut at the separator; without a separator such
/// text is one label.
///
/// # Errors
///
/// A list that holds something else, or an object.
pub(super) fn read(cell: &Cell, separator: Option<&str>) -> Result<Vec<String>> {
    let given = match cell.json()? {
        Some(Value::Array(items)) => items
            .iter()
            .map(|item| {
                scalar(item).ok_or_else(|| {
                    cell.mistake(format!(
                        "“{}” in this list is no label. A list of labels holds texts, as [\"red\", \"blue\"].",
                        shorten(&item.to_string())
                    ))
                })
            })
            .collect::<Result<Vec<String>>>()?,
        Some(_) => {
            return Err(cell.mistake(format!(
                "“{}” is an object of JSON. Write the labels as a list, as [\"red\", \"blue\"].",
                shorten(cell.text.trim())
            )));
        }
        None => parts(cell.text, separator).map(str::to_owned).collect(),
    };
    Ok(given.iter().map(|label| label.trim().to_owned()).filter(|label| !label.is_empty()).collect())
}

/// The parts of a text between separators, trimmed; the whole text where there is no separator.
pub(in crate::data) fn parts<'a>(text: &'a str, separator: Option<&'a str>) -> impl Iterator<Item = &'a str> {
    let whole = separator.is_none().then_some(text);
    whole.into_iter().chain(separator.into_iter().flat_map(|separator| text.split(separator))).map(str::trim)
}
