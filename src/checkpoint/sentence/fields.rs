//! Fields of the JSON files in a sentence-transformers folder, each read with its limits.

use serde_json::Value;

use crate::error::{Error, Result};

/// Largest of these JSON files that is read, in bytes; real ones have a few hundred.
const MAX_BYTES: usize = 1 << 20;
/// Widest vectors and longest texts, as of encoders.
pub(super) const MAX_SIZE: u64 = 65_536;

pub(super) fn json(path: &str, bytes: &[u8]) -> Result<Value> {
    if bytes.len() > MAX_BYTES {
        return Err(Error::model(path, "it is larger than 1 MiB, so it is no file of sentence-transformers."));
    }
    serde_json::from_slice(bytes)
        .map_err(|error| Error::model(path, format!("it is not valid JSON ({error}). Download it again.")))
}

pub(super) fn size(path: &str, field: &str, value: &Value) -> Result<usize> {
    match value.as_u64() {
        Some(size) if (1..=MAX_SIZE).contains(&size) => Ok(size as usize),
        _ => Err(Error::model(path, format!("{field} must be a whole number from 1 to {MAX_SIZE}."))),
    }
}

pub(super) fn flag(path: &str, config: &Value, field: &str, default: bool) -> Result<bool> {
    match config.get(field) {
        None | Some(Value::Null) => Ok(default),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(Error::model(path, format!("{field} must be true or false."))),
    }
}

pub(super) fn fits(path: &str, field: &str, found: usize, hidden: usize) -> Result<()> {
    if found == hidden {
        return Ok(());
    }
    let why = format!("{field} is {found}, but the encoder's states have {hidden} values.");
    Err(Error::model(path, format!("{why} The files do not belong together.")))
}

pub(super) fn joined(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// At most 100 characters of what a file says.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(100).collect()
}
