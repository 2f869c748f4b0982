//! SQuAD's JSON (articles of paragraphs of questions) → a row per question.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::cells::Gathering;
use super::examples::scalar;
use super::json::Cursor;
use super::table::Rows;
use crate::error::{Error, Result};

/// A question as the file has it; `is_impossible` is SQuAD 2's word for one without an answer.
#[derive(Deserialize)]
struct Question {
    #[serde(default)]
    id: Value,
    #[serde(default)]
    question: String,
    #[serde(default)]
    answers: Vec<Answer>,
    #[serde(default)]
    is_impossible: bool,
}

/// An answer as the file and the table have it.
#[derive(Deserialize, Serialize)]
struct Answer {
    text: String,
    answer_start: i64,
}

/// Whether a text starts as such a file: `data` is a list whose first object has `paragraphs`.
pub(super) fn is_squad(text: &str) -> bool {
    let mut found = false;
    // The walk is ended by an error as soon as it is decided, and by what is no JSON.
    let decided = || Error::table("");
    Cursor::new(text)
        .object(|key, cursor| {
            if key != "data" {
                return cursor.skip();
            }
            cursor.list(|cursor| {
                cursor.object(|key, cursor| {
                    if key == "paragraphs" {
                        found = cursor.peek() == Some(b'[');
                        return Err(decided());
                    }
                    cursor.skip()
                })?;
                Err(decided())
            })
        })
        .ok();
    found
}

/// Reads columns `id`, `question`, `context` and `answers`, the last as a JSON list of `{"text", "answer_start"}`.
///
/// # Errors
///
/// The line at which the file is no JSON of this kind; more text, as contexts are repeated, than there is room for.
pub(super) fn read(text: &str, mut gathering: Gathering) -> Result<Rows> {
    let mut cursor = Cursor::new(text);
    cursor.object(|key, cursor| match key {
        "data" => cursor.list(|cursor| {
            cursor.object(|key, cursor| match key {
                "paragraphs" => cursor.list(|cursor| paragraph(cursor, &mut gathering)),
                _ => cursor.skip(),
            })
        }),
        _ => cursor.skip(),
    })?;
    cursor.end("object")?;
    let columns = ["id", "question", "context", "answers"].map(str::to_owned).to_vec();
    Ok(Rows { columns, gathering, notes: Vec::new() })
}

fn paragraph(cursor: &mut Cursor, gathering: &mut Gathering) -> Result<()> {
    let start = cursor.line();
    let mut context: Option<String> = None;
    // The context may come after its questions.
    let mut questions: Vec<(u64, Question)> = Vec::new();
    cursor.object(|key, cursor| {
        match key {
            "context" => context = Some(cursor.value(|line, reason| refused(line, "context", reason))?),
            "qas" => cursor.list(|cursor| {
                let line = cursor.place(gathering.rows() + questions.len());
                questions.push((line, cursor.value(|line, reason| refused(line, "question", reason))?));
                Ok(())
            })?,
            _ => cursor.skip()?,
        }
        Ok(())
    })?;
    let context = context.ok_or_else(|| {
        Error::table_line(start, "The paragraph that starts here has no “context”. Add it, or remove its questions.")
    })?;
    for (line, mut question) in questions {
        if question.is_impossible {
            question.answers.clear();
        }
        let answers =
            serde_json::to_string(&question.answers).map_err(|error| refused(line, "question", &error.to_string()))?;
        let id = scalar(&question.id).unwrap_or_default();
        let row = [id.as_str(), &question.question, &context, &answers];
        if row.iter().any(|cell| cell.contains('\0')) {
            return Err(Error::table_line(
                line,
                "There is a NUL character (\\u0000) here, which no text should hold. Remove it.",
            ));
        }
        gathering.push(line, row)?;
    }
    Ok(())
}

fn refused(line: u64, what: &str, reason: &str) -> Error {
    Error::table_line(
        line,
        format!(
            "This {what} cannot be read ({reason}). Contexts and questions must be texts, and answers a list of objects with “text” and “answer_start”."
        ),
    )
}
