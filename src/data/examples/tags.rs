//! Words and tags of a sentence, as lists or as texts with spaces between → the words' places and tags.

use serde_json::Value;

use super::Remarks;
use super::cell::{Cell, scalar};
use super::labels::Labels;
use crate::data::target::Word;
use crate::error::Result;

/// A text with its tagged words.
///
/// Words that come as a list are joined by single spaces; one that is empty is left out with its tag. Tags may be
/// numbers. Where neither cell is a list, both are cut at white space.
///
/// # Errors
///
/// As many tags as words are needed; a tag that is empty or neither text nor number; a tag the model does not know.
pub(super) fn read(
    words: &Cell,
    tags: &Cell,
    labels: &mut Labels,
    remarks: &mut Remarks,
) -> Result<(String, Vec<Word>)> {
    let tag_names = match tags.json()? {
        Some(Value::Array(items)) => strings(&items, tags, "tag")?,
        _ => tags.text.split_whitespace().map(str::to_owned).collect(),
    };
    let (text, places) = match words.json()? {
        Some(Value::Array(items)) => join(&strings(&items, words, "word")?),
        _ => (words.text.to_owned(), split(words.text)),
    };
    if places.len() != tag_names.len() {
        return Err(tags.mistake(format!(
            "There are {} words but {} tags; each word needs one tag. Add or remove tags, or words.",
            places.len(),
            tag_names.len()
        )));
    }
    let mut tagged = Vec::with_capacity(places.len());
    let mut skipped = false;
    for (place, name) in places.into_iter().zip(&tag_names) {
        let name = name.trim();
        if name.is_empty() {
            return Err(tags.mistake("A tag is empty. Use O for words that are not tagged."));
        }
        match place {
            Some((start, end)) => tagged.push(Word { start, end, tag: labels.place(name, tags)? }),
            None => skipped = true,
        }
    }
    if skipped {
        remarks.empty_words.add(words.line);
    }
    Ok((text, tagged))
}

fn strings(items: &[Value], cell: &Cell, what: &str) -> Result<Vec<String>> {
    items
        .iter()
        .map(|item| {
            scalar(item).ok_or_else(|| {
                cell.mistake(format!("A {what} in this list is neither text nor a number. Each {what} must be one."))
            })
        })
        .collect()
}

/// The words with spaces between, and each one's place; `None` for words without a visible letter.
pub fn join(words: &[String]) -> (String, Vec<Option<(u32, u32)>>) {
    let mut text = String::new();
    let mut at = 0;
    let places = words
        .iter()
        .map(|word| {
            let word = word.trim();
            if word.is_empty() {
                return None;
            }
            if at > 0 {
                text.push(' ');
                at += 1;
            }
            let start = at;
            text.push_str(word);
            at += word.chars().count() as u32;
            Some((start, at))
        })
        .collect();
    (text, places)
}

/// Places of the words between white space.
fn split(text: &str) -> Vec<Option<(u32, u32)>> {
    let mut words: Vec<Option<(u32, u32)>> = Vec::new();
    let mut start = None;
    for (at, letter) in (0_u32..).zip(text.chars().chain([' '])) {
        if !letter.is_whitespace() {
            start.get_or_insert(at);
        } else if let Some(start) = start.take() {
            words.push(Some((start, at)));
        }
    }
    words
}
