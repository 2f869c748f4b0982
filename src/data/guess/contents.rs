//! What the cells of a column look like: lists, spans, answers, numbers, labels with a separator, or just text.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::data::examples::{Marks, Numbers, is_printed, meaning, parts, scalar, spans_in, without_sign};
use crate::data::mapping::MAX_CLASSES;
use crate::data::table::Table;
use crate::data::words;

/// Rows that are looked at.
pub(super) const SAMPLE: usize = 300;

/// What may stand between labels, likeliest first.
const SEPARATORS: &[&str] = &["|", ";", ","];

/// One cell in so many with a separator tells that it is one; and where the parts are labels by themselves in other
/// cells, one in so many more.
const OFTEN: usize = 10;
const SELDOM: usize = 50;

/// So many in so many cells are numbers where the rest are mistakes.
const MOST_OF_TEN: (usize, usize) = (9, 10);

/// A label is shorter than this, in characters.
const LONGEST_LABEL: usize = 40;

/// So many different numbers that are not whole, or far apart, are a scale rather than classes.
const MANY_NUMBERS: usize = 10;

/// In a table of more rows, whole numbers that never recur count or name something.
const MANY_ROWS: usize = 20;

/// Whole numbers are far apart where at most one in so many between the least and the most occurs; those of classes are
/// counted up, even where not all of them are among the cells that are looked at.
const FAR_APART: f64 = 3.0;

/// What the cells of a column that are not empty have in common: all of them, or most where the others look like mistakes.
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
    /// Whether the cells are numbers.
    pub fn is_numbers(self) -> bool {
        matches!(self, Self::Scale | Self::Amounts | Self::Numbers)
    }
}

/// Looks at the first 300 cells of a column that are not empty.
pub(super) fn of(table: &Table, column: usize) -> Contents {
    let cells: Vec<&str> = filled(table, column).collect();
    if let Some(kind) = numbers(&cells).and_then(|numbers| of_numbers(table, column, &numbers)) {
        return kind;
    }
    // The reader says how to write what Python printed.
    if cells.iter().filter(|cell| is_printed(cell)).count() * 2 > cells.len() {
        return Contents::Lists;
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
///
/// `asked`: whether there are to be several labels in a cell; a column whose name says so is as good. Then one cell with
/// a separator is enough.
pub(super) fn separator(table: &Table, column: usize, asked: bool) -> Option<&'static str> {
    let asked = asked || words::rank_of_word(&table.columns()[column], words::SEVERAL).is_some();
    let cells: Vec<&str> = filled(table, column).collect();
    // A comma in an object of JSON separates no labels.
    let objects = cells.iter().any(|cell| cell.trim_start().starts_with('{'));
    SEPARATORS.iter().copied().find(|separator| !objects && separates(&cells, separator, asked))
}

fn separates(cells: &[&str], separator: &'static str, asked: bool) -> bool {
    let labels_of = |cell| parts(cell, Some(separator)).filter(|label: &&str| !label.is_empty());
    let (separated, whole): (Vec<&str>, Vec<&str>) = cells.iter().copied().partition(|cell| cell.contains(separator));
    let whole: HashSet<&str> = whole.into_iter().map(str::trim).collect();
    let many = separated.len() >= 2 && separated.len() * OFTEN >= cells.len();
    let least = if asked { 1 } else { (cells.len() / SELDOM).max(2) };
    let few =
        separated.len() >= least && separated.iter().all(|&cell| labels_of(cell).all(|part| whole.contains(part)));
    // `Paris, France` is one label, and so is `3,5`, where all cells have as many commas.
    let lengths: HashSet<usize> = separated.iter().map(|&cell| labels_of(cell).count()).collect();
    let alike = separator == "," && whole.is_empty() && lengths.len() == 1;
    if !(many || few) || (alike && !asked) {
        return false;
    }
    // For each label, the first cell that holds it; recurring ones are in cells that differ.
    let mut labels: HashMap<&str, &str> = HashMap::new();
    let (mut places, mut shared) = (0, false);
    for &cell in cells {
        for label in labels_of(cell) {
            if label.chars().count() > LONGEST_LABEL {
                return false;
            }
            places += 1;
            shared |= *labels.entry(label).or_insert(cell) != cell;
        }
    }
    shared && labels.len() <= MAX_CLASSES && labels.len() * 3 <= places * 2
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

/// Whether at least nine in ten cells of a column are numbers, however they are written.
pub(super) fn are_mostly_numbers(table: &Table, column: usize) -> bool {
    numbers(&filled(table, column).collect::<Vec<_>>()).is_some()
}

/// Whether a number in a column is not whole.
pub(super) fn are_broken(table: &Table, column: usize) -> bool {
    let cells: Vec<&str> = filled(table, column).collect();
    numbers(&cells).is_some_and(|found| found.values.iter().any(|number| number.fract() != 0.0))
}

/// The numbers of a column that are most of its cells.
struct Found {
    values: Vec<f64>,
    marks: Marks,
    /// Whether all cells are numbers that can be learnt.
    all: bool,
}

fn numbers(cells: &[&str]) -> Option<Found> {
    let marks = Numbers::of(cells.iter().copied()).marks;
    // Those that the reader refuses, too, so that it can say why.
    let loosely = |cell: &str| {
        let number = without_sign(cell).map_or_else(|| cell.to_owned(), |(number, _)| number);
        [marks, Marks::Grouped, Marks::Comma].into_iter().find_map(|marks| marks.number(&number))
    };
    let given: Vec<&str> = cells.iter().copied().filter(|cell| !words::is_missing(cell)).collect();
    let exact: Vec<f64> = cells.iter().filter_map(|cell| marks.number(cell)).collect();
    if !cells.is_empty() && exact.len() == cells.len() {
        return Some(Found { values: exact, marks, all: true });
    }
    let values: Vec<f64> = given.iter().filter_map(|cell| loosely(cell)).collect();
    // Numbers with commas between are labels rather than a number with a mistake.
    let lists = given.iter().any(|cell| {
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        meaning(cell).is_none() && cell.contains(',') && cell.split(',').all(|part| digits(part.trim()))
    });
    let most = !values.is_empty() && values.len() * MOST_OF_TEN.1 >= given.len() * MOST_OF_TEN.0;
    (most && !lists).then_some(Found { values, marks, all: false })
}

/// `None` where they are labels rather.
fn of_numbers(table: &Table, column: usize, Found { values, marks, all }: &Found) -> Option<Contents> {
    let different: HashSet<u64> = values.iter().map(|number| number.to_bits()).collect();
    let broken = different.iter().filter(|&&bits| f64::from_bits(bits).fract() != 0.0).count();
    let (least, most) = values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), &x| (a.min(x), b.max(x)));
    let scale = broken >= MANY_NUMBERS || (values.len() > 3 && broken * 2 > values.len());
    let amounts = different.len() >= MANY_NUMBERS && most - least >= FAR_APART * different.len() as f64;
    if *marks == Marks::Comma && are_pairs_of_labels(table, column, scale) {
        return None;
    }
    // Too many for classes, so that the reader can say what is wrong with the others.
    let unlike = !all && different.len() >= MANY_NUMBERS && different.len() * 2 > values.len();
    match (scale, amounts || unlike, all) {
        (true, ..) => Some(Contents::Scale),
        (_, true, _) => Some(Contents::Amounts),
        (.., true) => Some(Contents::Numbers),
        _ => None,
    }
}

/// Whether numbers with a decimal comma are rather two labels that are numbers with a comma between.
fn are_pairs_of_labels(table: &Table, column: usize, scale: bool) -> bool {
    let seconds: HashSet<&str> =
        filled(table, column).filter_map(|cell| Some(cell.split_once(',')?.1.trim())).collect();
    let named = words::rank_of_word(&table.columns()[column], words::SEVERAL).is_some();
    let rated = words::rank_of_word(&table.columns()[column], words::RATED).is_some();
    // Halves are no labels: the second part is always 5.
    let pairs = seconds.len() > 1 && separator(table, column, false).is_some();
    pairs && !rated && (named || !scale)
}
