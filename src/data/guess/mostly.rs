//! What almost all cells of a column have in common, alone or with those beside: a few mistakes make no other table of
//! it, since the reader names them.

use std::collections::HashSet;

use serde_json::Value;

use super::contents::{SAMPLE, filled, is_answers, list};
use crate::data::conll::is_tag;
use crate::data::examples::{answers_in, is_array, is_printed, spans_in};
use crate::data::mapping::MAX_CLASSES;
use crate::data::table::Table;
use crate::data::words;

/// Whether almost all cells of a column are lists of texts or numbers, also as other programs print them: then the
/// reader says what to write.
pub(super) fn are_lists(table: &Table, column: usize) -> bool {
    almost_all(filled(table, column).map(|cell| length(cell).is_some()))
}

/// Whether two columns hold lists of the same lengths in almost all rows.
pub(super) fn are_parallel(table: &Table, one: usize, other: usize) -> bool {
    almost_all(both(table, one, other).map(|(one, other)| match (length(one), length(other)) {
        (Some(Length::Items(one)), Some(Length::Items(other))) => one == other,
        (one, other) => one.is_some() && other.is_some(),
    }))
}

/// Whether almost all cells of a column that mark anything are lists of spans.
pub(super) fn are_spans(table: &Table, column: usize) -> bool {
    let parsed = filled(table, column).map(|cell| serde_json::from_str::<Value>(cell).map_err(|_| cell));
    let marking = parsed.filter(|value| !value.as_ref().is_ok_and(|value| list(value).is_some_and(<[_]>::is_empty)));
    almost_all(marking.map(|value| match value {
        Ok(value) => !is_answers(&value) && spans_in(&value).is_some(),
        Err(cell) => is_printed(cell) && ["[(", "[{"].iter().any(|start| cell.trim_start().starts_with(start)),
    }))
}

/// Whether a column holds as many tags as there are words beside, with spaces between, in almost all rows.
pub(super) fn are_tags(table: &Table, text: usize, tags: usize) -> bool {
    let (mut rows, mut sentences, mut places) = (0, 0, 0);
    let mut different: HashSet<&str> = HashSet::new();
    let alike = almost_all(both(table, text, tags).map(|(text, tags)| {
        let count = tags.split_whitespace().count();
        (rows, sentences, places) = (rows + 1, sentences + usize::from(count > 1), places + count);
        different.extend(tags.split_whitespace());
        text.split_whitespace().count() == count
    }));
    // Labels of several words beside texts of as many are no tags: tags recur, or begin as those of entities do.
    let typed = different.iter().any(|tag| *tag != "O" && is_tag(tag));
    alike && sentences * 2 >= rows && different.len() <= MAX_CLASSES && (typed || different.len() * 3 <= places)
}

/// Whether almost all cells of a column are one word each.
pub(super) fn are_single_words(table: &Table, column: usize) -> bool {
    almost_all(filled(table, column).map(|cell| cell.split_whitespace().count() == 1 && length(cell).is_none()))
}

/// Whether most answers of a column occur in the context beside, be it in other letters: those that do not, the reader
/// names. Yes and no are no such answers.
pub(super) fn are_within(table: &Table, answers: usize, contexts: usize) -> bool {
    let mark = |letter: char| !letter.is_alphanumeric();
    let within = |answer: &str, context: &str| {
        let answer = answer.to_lowercase();
        let bare = answer.trim_matches(mark);
        words::truth(&answer).is_none() && context.contains(if bare.is_empty() { answer.trim() } else { bare })
    };
    let (mut all, mut found) = (0, 0);
    for (answers, context) in both(table, answers, contexts) {
        let context = context.to_lowercase();
        all += 1;
        found += usize::from(match answers_in(answers) {
            Some(answers) => answers.iter().all(|answer| within(answer, &context)),
            None => is_printed(answers),
        });
    }
    all > 0 && found * 3 >= all * 2
}

/// The cells of both columns in each row in which neither is empty.
fn both(table: &Table, one: usize, other: usize) -> impl Iterator<Item = (&str, &str)> {
    let rows = (0..table.rows()).map(move |row| (table.cell(row, one), table.cell(row, other)));
    rows.filter(|(one, other)| !one.trim().is_empty() && !other.trim().is_empty()).take(SAMPLE)
}

/// Whether there is anything, and nine in ten fit: a few mistakes make no other table of it.
fn almost_all(fits: impl Iterator<Item = bool>) -> bool {
    let (all, fitting) = fits.fold((0, 0), |(all, fitting), fits| (all + 1, fitting + usize::from(fits)));
    all > 0 && fitting * 10 >= all * 9
}

/// How long a list in a cell is.
enum Length {
    Items(usize),
    /// As another program has printed it.
    Unknown,
}

fn length(cell: &str) -> Option<Length> {
    match serde_json::from_str::<Value>(cell) {
        Ok(value) => list(&value).map(|items| Length::Items(items.len())),
        Err(_) => {
            (is_array(cell) || is_printed(cell) && !cell.trim_start().starts_with('{')).then_some(Length::Unknown)
        }
    }
}
