//! The answers to a question → their places in the context.

use serde_json::Value;

use super::cell::{Cell, scalar};
use super::shorten;
use crate::data::target::Answer;
use crate::error::Result;

/// Most answers to a question; data sets for evaluation have up to six.
const MAX_ANSWERS: usize = 100;

/// Letters of the context that an error quotes.
const QUOTED: usize = 20;

/// Places of the answers in a context, each once, in the cell's order; none where the cell is empty.
///
/// The cell holds a JSON list of `{"text", "answer_start"}` or of texts; one such object, whose values may be lists, as
/// SQuAD's tables have them; or the answer's text alone. A text without a place is looked up: its first occurrence that
/// is no part of a longer word counts, else its first one. White space around an answer does not belong to it.
///
/// # Errors
///
/// An answer that is empty, not at its place, or nowhere in the context; over 100 answers; a cell of another shape.
pub(super) fn read(cell: &Cell, context: &str) -> Result<Vec<Answer>> {
    let given = match cell.json()? {
        Some(value) => listed(&value).ok_or_else(|| {
            cell.mistake(
                "These are no answers. Write a list of objects with “text” and “answer_start”, or the answer's text alone.",
            )
        })?,
        None if cell.text.trim().is_empty() => Vec::new(),
        None => vec![(cell.text.to_owned(), None)],
    };
    if given.len() > MAX_ANSWERS {
        return Err(cell.mistake(format!("There are {} answers; at most {MAX_ANSWERS} are read.", given.len())));
    }
    let mut answers = Vec::with_capacity(given.len());
    for (text, start) in given {
        let answer = place(cell, context, &text, start)?;
        if !answers.contains(&answer) {
            answers.push(answer);
        }
    }
    Ok(answers)
}

/// The texts of the answers in a cell; `None` for JSON that holds none, and for what only looks like it.
pub(in crate::data) fn texts(cell: &str) -> Option<Vec<String>> {
    if !cell.trim_start().starts_with(['[', '{']) {
        return Some(vec![cell.to_owned()]);
    }
    let value: Value = serde_json::from_str(cell).ok()?;
    listed(&value).map(|answers| answers.into_iter().map(|(text, _)| text).collect())
}

/// Texts and first characters of the answers in a value, if it holds answers.
fn listed(value: &Value) -> Option<Vec<(String, Option<i64>)>> {
    match value {
        Value::Array(items) => items
            .iter()
            .map(|item| match item {
                Value::String(text) => Some((text.clone(), None)),
                Value::Object(_) => {
                    listed(item).filter(|answers| answers.len() == 1).and_then(|mut answers| answers.pop())
                }
                _ => None,
            })
            .collect(),
        Value::Object(object) => {
            let (texts, starts) = (many(object.get("text")?), object.get("answer_start").map(many));
            if starts.as_ref().is_some_and(|starts| starts.len() != texts.len()) {
                return None;
            }
            let start = |place: usize| starts.as_ref().map(|starts| starts[place].as_i64());
            texts
                .iter()
                .enumerate()
                .map(|(place, text)| {
                    let start = match start(place) {
                        Some(start) => Some(start?),
                        None => None,
                    };
                    Some((scalar(text)?, start))
                })
                .collect()
        }
        _ => None,
    }
}

fn many(value: &Value) -> &[Value] {
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice)
}

fn place(cell: &Cell, context: &str, given: &str, start: Option<i64>) -> Result<Answer> {
    let text = given.trim();
    if text.is_empty() {
        return Err(cell.mistake("An answer is empty. Leave the list of answers empty where the context holds none."));
    }
    let found = find(context, text).map(|at| context[..at].chars().count());
    let at = match start {
        None => found.ok_or_else(|| absent(cell, text))?,
        Some(start) => {
            let before = given.chars().take_while(|letter| letter.is_whitespace()).count();
            usize::try_from(start)
                .ok()
                .filter(|&start| from(context, start).is_some_and(|rest| rest.starts_with(given.trim_end())))
                .map(|start| start + before)
                .ok_or_else(|| misplaced(cell, context, text, start, found))?
        }
    };
    Ok(Answer { start: at as u32, end: (at + text.chars().count()) as u32 })
}

/// The byte at which a text stands as words of their own; else where it stands first.
fn find(context: &str, text: &str) -> Option<usize> {
    let letter = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
    let cut = |at: usize| {
        let (before, after) = (context[..at].chars().next_back(), context[at + text.len()..].chars().next());
        let (first, last) = (text.chars().next(), text.chars().next_back());
        (letter(before) && letter(first)) || (letter(last) && letter(after))
    };
    let mut places = context.match_indices(text).map(|(at, _)| at).peekable();
    let first = places.peek().copied()?;
    Some(places.find(|&at| !cut(at)).unwrap_or(first))
}

/// A text from its character `start` on; `None` beyond its end.
fn from(text: &str, start: usize) -> Option<&str> {
    text.char_indices().nth(start).map(|(at, _)| &text[at..])
}

fn absent(cell: &Cell, text: &str) -> crate::Error {
    cell.mistake(format!(
        "The answer “{}” does not occur in its context. It must stand there letter for letter; leave the cell empty where there is no answer.",
        shorten(text)
    ))
}

fn misplaced(cell: &Cell, context: &str, text: &str, start: i64, found: Option<usize>) -> crate::Error {
    let Some(found) = found else { return absent(cell, text) };
    let stands = usize::try_from(start).ok().and_then(|start| from(context, start));
    let stands = stands.map_or_else(
        || "which is outside the context".to_owned(),
        |rest| format!("where “{}” stands", rest.chars().take(QUOTED).collect::<String>()),
    );
    cell.mistake(format!(
        "The answer “{}” is not at character {start}, {stands}, but at {found}. Places count characters from 0, not bytes.",
        shorten(text)
    ))
}
