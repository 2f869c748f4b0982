//! Which column is the text, which the label, and how rows are split; with a guess from names and contents.

use serde::{Deserialize, Serialize};

use super::table::{ColumnInfo, Table};
use super::words;

/// Most classes of a data set.
pub(super) const MAX_CLASSES: usize = 1000;

/// Rows of a split column that are looked at.
const SPLIT_SAMPLE: usize = 1000;

/// Which column is which, and how the rows are split into training and validation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// Name of the column with the text.
    pub text: String,
    /// Name of the column with the label.
    pub label: String,
    /// Name of the column that says `train` or `validation` (or a usual word for either) per row.
    #[serde(default)]
    pub split: Option<String>,
    /// Share of the rows that is held out where `split` is `None`: from 0 to 0.9, 0.1 by default.
    #[serde(default = "default_share")]
    pub validation_share: f64,
    /// Seed of the split where `split` is `None`; 0 by default.
    #[serde(default)]
    pub seed: u64,
}

fn default_share() -> f64 {
    0.1
}

impl Mapping {
    /// Text and label columns by name, without a split column, a tenth held out, seed 0.
    pub fn new(text: impl Into<String>, label: impl Into<String>) -> Self {
        Self { text: text.into(), label: label.into(), split: None, validation_share: default_share(), seed: 0 }
    }

    /// The likeliest mapping: usual names first, then the column with the longest cells as the text and the one with
    /// the fewest different values as the label. A table of one column gets it as both.
    pub fn guess(table: &Table) -> Self {
        let columns: Vec<&ColumnInfo> = table.profile().iter().collect();
        let split = columns.iter().position(|column| is_split(table, column));
        let free = |taken: &[Option<usize>]| -> Vec<usize> {
            (0..columns.len()).filter(|&index| !taken.contains(&Some(index))).collect()
        };
        let text = guess_text(&columns, &free(&[split])).unwrap_or(0);
        let label = guess_label(&columns, &free(&[split, Some(text)]), table.rows()).unwrap_or(text);
        let name = |index: usize| columns[index].name.clone();
        Self { split: split.map(name), ..Self::new(name(text), name(label)) }
    }
}

fn is_split(table: &Table, column: &ColumnInfo) -> bool {
    let index = table.columns().iter().position(|name| *name == column.name);
    let Some(index) = index.filter(|_| words::rank(&column.name, words::SPLIT).is_some() && column.empty == 0) else {
        return false;
    };
    let sides: Vec<_> = (0..table.rows().min(SPLIT_SAMPLE)).map(|row| words::side(table.cell(row, index))).collect();
    sides.iter().all(Option::is_some) && column.distinct <= 12
}

/// The longest of the columns whose name says text, in full before in part; else the longest of all.
fn guess_text(columns: &[&ColumnInfo], free: &[usize]) -> Option<usize> {
    let longest = |fits: &dyn Fn(&str) -> bool| {
        let filled = free.iter().copied().filter(|&index| columns[index].distinct > 0 && fits(&columns[index].name));
        // The first of equals, which `max_by` alone would not give.
        filled.rev().max_by(|&a, &b| columns[a].mean_characters.total_cmp(&columns[b].mean_characters))
    };
    longest(&|name| words::rank(name, words::TEXT).is_some())
        .or_else(|| {
            let label_like = |name: &str| words::rank_of_word(name, words::LABEL).is_some();
            longest(&|name| words::rank_of_word(name, words::TEXT).is_some() && !label_like(name))
        })
        .or_else(|| longest(&|_| true))
}

/// The likeliest name among columns that could hold classes; else the column with the fewest different values.
fn guess_label(columns: &[&ColumnInfo], free: &[usize], rows: usize) -> Option<usize> {
    let classes = |index: usize| columns[index].distinct;
    let could =
        |index: &usize| (2..=MAX_CLASSES).contains(&classes(*index)) && (rows <= 20 || classes(*index) * 2 <= rows);
    let named = |rank: fn(&str, &[&str]) -> Option<usize>| {
        let ranked = free
            .iter()
            .copied()
            .filter(could)
            .filter_map(|index| rank(&columns[index].name, words::LABEL).map(|place| (place, index)));
        ranked.min().map(|(_, index)| index)
    };
    named(words::rank)
        .or_else(|| named(words::rank_of_word))
        .or_else(|| free.iter().copied().filter(could).min_by_key(|&index| classes(index)))
        // Nothing fits: the name alone, or any column, so that the user sees a sentence about it rather than nothing.
        .or_else(|| free.iter().copied().find(|&index| words::rank(&columns[index].name, words::LABEL).is_some()))
        .or_else(|| free.first().copied())
}
