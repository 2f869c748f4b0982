//! Exports of annotation tools that are no tables → how to export one instead.

use super::json::Cursor;
use crate::error::{Error, Result};

/// Refuses what is known by its first values: Label Studio's full export and spaCy's training data.
///
/// # Errors
///
/// It is one of these; the sentence says what to export.
pub(super) fn refuse(text: &str) -> Result<()> {
    let message = if is_full_label_studio(text) {
        "This is Label Studio's full export, whose texts and labels lie too deep for a table. Export it as JSON-MIN."
    } else if is_spacy(text) {
        "These are spaCy's lists of texts with entities. Write a JSON object per line: {\"text\": \"…\", \"entities\": [[start, end, \"label\"]]}."
    } else {
        return Ok(());
    };
    Err(Error::table(message))
}

/// A list whose first object has `data` and, in a list of annotations or predictions, an object with `result`.
fn is_full_label_studio(text: &str) -> bool {
    let (mut data, mut results) = (false, false);
    first(text, |cursor| {
        cursor.object(|key, cursor| match key {
            "data" => {
                data = cursor.peek() == Some(b'{');
                cursor.skip()
            }
            "annotations" | "completions" => cursor.list(|cursor| {
                cursor.object(|key, cursor| {
                    results |= key == "result";
                    cursor.skip()
                })
            }),
            _ => cursor.skip(),
        })
    });
    data && results
}

/// `[text, {"entities": …}]` as the first item of a list, or of the one under `annotations`.
fn is_spacy(text: &str) -> bool {
    let mut found = false;
    let mut item = |cursor: &mut Cursor| {
        let mut place = 0;
        cursor.list(|cursor| {
            place += 1;
            match (place, cursor.peek()) {
                (1, Some(b'"')) => cursor.skip(),
                (2, Some(b'{')) => cursor.object(|key, cursor| {
                    found = key == "entities";
                    cursor.skip()
                }),
                _ => Err(decided()),
            }
        })?;
        Err(decided())
    };
    if text.trim_start().starts_with('[') {
        first(text, item);
    } else if text.trim_start().starts_with('{') {
        let walk = Cursor::new(text).object(|key, cursor| match key {
            "annotations" => cursor.list(&mut item),
            _ => cursor.skip(),
        });
        walk.ok();
    }
    found
}

/// Walks through the first item of a list.
fn first(text: &str, mut walk: impl FnMut(&mut Cursor) -> Result<()>) {
    let walked = Cursor::new(text).list(|cursor| {
        walk(cursor)?;
        Err(decided())
    });
    walked.ok();
}

/// Ends a walk as soon as it is decided, as what is no JSON does.
fn decided() -> Error {
    Error::table("")
}
