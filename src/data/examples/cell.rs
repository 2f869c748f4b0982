//! One cell with its place in the file, for readers that may have to refuse it.

use serde_json::Value;

use crate::error::{Error, Result};

/// A cell, its line and its column.
#[derive(Debug, Clone, Copy)]
pub(in crate::data) struct Cell<'a> {
    pub text: &'a str,
    pub line: u64,
    pub column: &'a str,
}

/// How lists and objects begin that Python has printed, which is not JSON.
const PYTHON: &[&str] = &["['", "[(", "[{'", "{'", "array("];

impl Cell<'_> {
    /// A mistake in this cell.
    pub fn mistake(&self, message: impl Into<String>) -> Error {
        Error::Table { line: Some(self.line), column: Some(self.column.to_owned()), message: message.into() }
    }

    /// The list or object that the cell holds; `None` if it is other text.
    ///
    /// # Errors
    ///
    /// A list or an object as Python prints it, or a NUL character within a string.
    pub fn json(&self) -> Result<Option<Value>> {
        let text = self.text.trim();
        if !text.starts_with(['[', '{']) {
            return Ok(None);
        }
        match serde_json::from_str::<Value>(text) {
            Ok(value) if holds_nul(&value) => {
                Err(self
                    .mistake("There is a NUL character (\\u0000) in this cell, which no text should hold. Remove it."))
            }
            Ok(value) => Ok(Some(value)),
            Err(_) if is_printed(text) => Err(self
                .mistake("This is a list as Python prints it. Write it as JSON, with json.dumps or as a JSONL file.")),
            Err(_) => Ok(None),
        }
    }
}

/// Whether a text is a list or an object as Python prints it.
pub(in crate::data) fn is_printed(text: &str) -> bool {
    let text = text.trim();
    PYTHON.iter().any(|start| text.starts_with(start)) && text.ends_with([']', '}'])
}

/// Whether a string within the value holds a NUL character.
pub(in crate::data) fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(items) => items.iter().any(|(key, value)| key.contains('\0') || holds_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// A string, a number or a truth value as text; `None` for anything else.
pub(in crate::data) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
