//! What the cells of a column look like: lists, spans, answers, numbers, labels with a separator, or just text.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::data::examples::{number, parts, scalar, spans_in};
use crate::data::mapping::MAX_CLASSES;
use crate::data::table::Table;
use crate::data::words;

/// Rows that are looked at.
pub(super) const SAMPLE: usize = 300;

/// What may stand between labels, likeliest first.
const SEPARATORS: &[&str] = &["|", ";", ","];

/// A label is shorter than this, in characters.
const LONGEST_LABEL: usize = 40;

/// So many different numbers that are not whole, or far apart, are a scale rather than classes.
const MANY_NUMBERS: usize = 10;

/// In a table of more rows, whole numbers that never recur count or name something.
const MANY_ROWS: usize = 20;

/// Whole numbers are far apart where at most one in so many between the least and the most occurs; those of classes are
/// counted up, even where not all of them are among the cells that are looked at.
const FAR_APART: f64 = 3.0;

/// What all cells of a column that are not empty have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Contents {
    /// JSON lists of texts and numbers, or empty ones.
    Lists,
    /// JSON lists of spans, or empty ones.
    Spans,
    /// Answers with their places, as JSON.
    Answers,
    /// Numbers, many of them not whole.
    Scale,
    /// Many whole numbers that are far apart, as prices are, or the codes of classes.
    Amounts,
    /// Other numbers.
    Numbers,
    /// Anything else, or nothing at all.
    Text,
}

impl Contents {
    /// Whether all cells are numbers.
    pub fn is_numbers(self) -> bool {
        matches!(self, Self::Scale | Self::Amounts | Self::Numbers)
    }
}

/// Looks at the first 300 cells of a column that are not empty.
pub(super) fn of(table: &Table, column: usize) -> Contents {
    let cells: Vec<&str> = filled(table, column).collect();
    let numbers: Option<Vec<f64>> = cells.iter().map(|cell| number(cell)).collect();
    if let Some(numbers) = numbers.filter(|numbers| !numbers.is_empty()) {
        return of_numbers(&numbers);
    }
    if cells.is_empty() || !cells.iter().all(|cell| cell.trim_start().starts_with(['[', '{'])) {
        return Contents::Text;
    }
    let values: Option<Vec<Value>> = cells.iter().map(|cell| serde_json::from_str(cell).ok()).collect();
    let Some(values) = values else { return Contents::Text };
    let all = |fits: &dyn Fn(&Value) -> bool| values.iter().all(fits);
    if all(&|value| list(value).is_some()) {
        Contents::Lists
    } else if all(&is_answers) {
        Contents::Answers
    } else if all(&|value| spans_in(value).is_some()) {
        Contents::Spans
    } else {
        Contents::Text
    }
}

/// Whether the cells of a column are texts, and nothing that is written as text.
pub(super) fn is_text(table: &Table, column: usize) -> bool {
    of(table, column) == Contents::Text && filled(table, column).next().is_some()
}

/// Whether the cells of a column are longer than labels are.
pub(super) fn is_long(table: &Table, column: usize) -> bool {
    table.profile()[column].mean_characters > LONGEST_LABEL as f64
}

/// Whether all cells of a column say of two texts whether they are alike.
pub(super) fn are_verdicts(table: &Table, column: usize) -> bool {
    let mut cells = filled(table, column).peekable();
    cells.peek().is_some() && cells.all(words::is_verdict)
}

/// Whether a column holds another whole number in each of many rows.
pub(super) fn count_up(table: &Table, column: usize) -> bool {
    let info = &table.profile()[column];
    let rows = table.rows() - info.empty;
    rows > MANY_ROWS && info.distinct == rows && matches!(of(table, column), Contents::Amounts | Contents::Numbers)
}

/// What stands between labels in the cells of a column, if labels recur between such separators in several cells.
pub(super) fn separator(table: &Table, column: usize) -> Option<&'static str> {
    let cells: Vec<&str> = filled(table, column).collect();
    SEPARATORS.iter().copied().find(|separator| {
        let separated = cells.iter().filter(|cell| cell.contains(separator)).count();
        if separated < 2 || separated * 10 < cells.len() {
            return false;
        }
        // For each label, the first cell that holds it; recurring ones are in cells that differ.
        let mut labels: HashMap<&str, &str> = HashMap::new();
        let (mut places, mut shared) = (0, false);
        for &cell in &cells {
            for label in parts(cell, Some(separator)).filter(|label| !label.is_empty()) {
                if label.chars().count() > LONGEST_LABEL {
                    return false;
                }
                places += 1;
                shared |= *labels.entry(label).or_insert(cell) != cell;
            }
        }
        shared && labels.len() <= MAX_CLASSES && labels.len() * 3 <= places * 2
    })
}

pub(super) fn filled(table: &Table, column: usize) -> impl Iterator<Item = &str> {
    let rows = (0..table.rows()).map(move |row| table.cell(row, column));
    rows.filter(|cell| !cell.trim().is_empty()).take(SAMPLE)
}

pub(super) fn list(value: &Value) -> Option<&[Value]> {
    let items = value.as_array()?;
    items.iter().all(|item| scalar(item).is_some()).then_some(items)
}

/// Whether these are answers with their places; lists of spans hold texts, too.
pub(super) fn is_answers(value: &Value) -> bool {
    match value.as_array() {
        Some(items) => items.iter().all(|item| item.get("answer_start").is_some()),
        None => value.get("answer_start").is_some(),
    }
}

fn of_numbers(numbers: &[f64]) -> Contents {
    let different: HashSet<u64> = numbers.iter().map(|number| number.to_bits()).collect();
    let broken = different.iter().filter(|&&bits| f64::from_bits(bits).fract() != 0.0).count();
    let (least, most) = numbers.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), &x| (a.min(x), b.max(x)));
    if broken >= MANY_NUMBERS || (numbers.len() > 3 && broken * 2 > numbers.len()) {
        Contents::Scale
    } else if different.len() >= MANY_NUMBERS && most - least >= FAR_APART * different.len() as f64 {
        Contents::Amounts
    } else {
        Contents::Numbers
    }
}
