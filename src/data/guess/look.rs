//! A first look at a table: which columns have usual names, which could hold texts, labels or the split.

use super::{contents, dates};
use crate::data::mapping::MAX_CLASSES;
use crate::data::table::{ColumnInfo, Table};
use crate::data::{sides, words};

/// So many different ratings can still be classes, as stars are.
const MOST_STARS: usize = 7;

/// Most different values of a split column.
const MAX_SIDES: usize = 12;

/// Rows of a split column that are looked at.
const SPLIT_SAMPLE: usize = 1000;

/// A table with the columns that are not taken yet.
#[derive(Clone)]
pub(super) struct Look<'a> {
    pub table: &'a Table,
    /// Places of the columns that are left, the split's already left out.
    pub free: Vec<usize>,
}

impl<'a> Look<'a> {
    /// The look, and the column with the split if there is one.
    pub fn new(table: &'a Table) -> (Self, Option<usize>) {
        let columns: Vec<usize> = (0..table.columns().len()).collect();
        let look = Self { table, free: columns.clone() };
        let split = columns.into_iter().find(|&column| is_split(table, column) && look.can_spare(column));
        let free = look.without(split.as_slice());
        (free, split)
    }

    /// Whether there is a label beside a column, which may be one itself: `is_valid` can be what is asked of a text.
    fn can_spare(&self, column: usize) -> bool {
        let rest = self.without(&[column]);
        let rest = rest.without(rest.text().as_slice());
        !sides::is_flag(&self.info(column).name) || rest.has_label()
    }

    /// Whether a column could hold labels or scores, by its name or by what it holds.
    pub fn has_label(&self) -> bool {
        let is_scale = |column: usize| contents::of(self.table, column) == contents::Contents::Scale;
        self.free.iter().any(|&column| self.is_named_label(column) || self.could_be_classes(column) || is_scale(column))
    }

    /// The same without these columns.
    pub fn without(&self, taken: &[usize]) -> Self {
        Self { table: self.table, free: self.free.iter().copied().filter(|column| !taken.contains(column)).collect() }
    }

    pub fn name(&self, column: usize) -> String {
        self.table.columns()[column].clone()
    }

    fn info(&self, column: usize) -> &'a ColumnInfo {
        &self.table.profile()[column]
    }

    /// The column with the likeliest of usual names, among those that fit.
    pub fn named(&self, names: &[&str], fits: impl Fn(usize) -> bool) -> Option<usize> {
        self.ranked(words::rank, names, fits)
    }

    /// The same where one of the usual names is a word of the column's name.
    pub fn named_in_part(&self, names: &[&str], fits: impl Fn(usize) -> bool) -> Option<usize> {
        self.ranked(words::rank_of_word, names, fits)
    }

    fn ranked(
        &self,
        rank: fn(&str, &[&str]) -> Option<usize>,
        names: &[&str],
        fits: impl Fn(usize) -> bool,
    ) -> Option<usize> {
        let ranked = self.free.iter().filter_map(|&column| Some((rank(&self.info(column).name, names)?, column)));
        ranked.filter(|(_, column)| fits(*column)).min().map(|(_, column)| column)
    }

    /// The first two columns that have the names of a usual pair.
    pub fn pair(&self, pairs: &[(&str, &str)]) -> Option<(usize, usize)> {
        let any = |_| true;
        pairs.iter().find_map(|(one, other)| Some((self.named(&[one], any)?, self.named(&[other], any)?)))
    }

    /// The longest of the columns whose name says text, in full before in part; else the longest of all.
    pub fn text(&self) -> Option<usize> {
        let longest = |fits: &dyn Fn(&str) -> bool| {
            let filled = self
                .free
                .iter()
                .copied()
                .filter(|&column| self.info(column).distinct > 0 && fits(&self.info(column).name));
            // The first of equals, which `max_by` alone would not give.
            filled.rev().max_by(|&a, &b| self.info(a).mean_characters.total_cmp(&self.info(b).mean_characters))
        };
        longest(&|name| words::rank(name, words::TEXT).is_some())
            .or_else(|| {
                let label_like = |name: &str| words::rank_of_word(name, words::LABEL).is_some();
                longest(&|name| words::rank_of_word(name, words::TEXT).is_some() && !label_like(name))
            })
            .or_else(|| longest(&|_| true))
    }

    /// Whether a column could hold classes: from 2 to 1,000 values that recur and are no dates.
    pub fn could_be_classes(&self, column: usize) -> bool {
        let (classes, rows) = (self.info(column).distinct, self.table.rows());
        let recur = (2..=MAX_CLASSES).contains(&classes) && (rows <= 20 || classes * 2 <= rows);
        recur && !dates::are_dates(self.table, column)
    }

    /// The likeliest name of a label among columns that fit, in full before in part; else the column that could hold
    /// classes and has the fewest; else one that fits, else anything, so that the user sees a sentence about it rather than nothing.
    pub fn label(&self, fits: impl Fn(usize) -> bool) -> Option<usize> {
        let classes = self.free.iter().copied().filter(|&column| self.could_be_classes(column));
        self.named(words::LABEL, &fits)
            .or_else(|| self.named_in_part(words::LABEL, &fits))
            .or_else(|| classes.min_by_key(|&column| self.info(column).distinct))
            .or_else(|| self.free.iter().copied().find(|&column| fits(column) && !self.is_numbering(column)))
            .or_else(|| self.free.iter().copied().find(|&column| self.is_named_label(column)))
            .or_else(|| self.free.first().copied())
    }

    /// Whether a column's numbers are names of rows, by its own name.
    pub fn is_numbering(&self, column: usize) -> bool {
        let name = &self.info(column).name;
        words::rank(name, words::NUMBERING).is_some() || words::rank_of_word(name, &["id"]).is_some()
    }

    /// Whether a column's name says that its numbers are amounts, and there are too many of them for classes.
    pub fn is_rated(&self, column: usize) -> bool {
        let info = self.info(column);
        words::rank_of_word(&info.name, words::RATED).is_some()
            && contents::of(self.table, column).is_numbers()
            && (info.distinct > MOST_STARS || contents::are_broken(self.table, column))
    }

    /// Whether a word of a column's name is a usual one for labels or codes.
    pub fn is_named_class(&self, column: usize) -> bool {
        let name = &self.info(column).name;
        [words::LABEL, words::CODES].iter().any(|names| words::rank_of_word(name, names).is_some())
    }

    /// Whether a column's name is a usual one of labels or scores.
    pub fn is_named_label(&self, column: usize) -> bool {
        let name = &self.info(column).name;
        [words::LABEL, words::SCORE].iter().any(|names| words::rank(name, names).is_some())
    }
}

/// Whether most cells of a column that is named so name sides: where few of them do not, these are mistakes.
fn is_split(table: &Table, column: usize) -> bool {
    let info = &table.profile()[column];
    if words::rank(&info.name, sides::NAMES).is_none() && !sides::is_flag(&info.name) || info.distinct > MAX_SIDES {
        return false;
    }
    let cells = (0..table.rows()).map(|row| table.cell(row, column)).filter(|cell| !cell.trim().is_empty());
    let known: Vec<bool> = cells.take(SPLIT_SAMPLE).map(|cell| sides::side(&info.name, cell).is_some()).collect();
    known.iter().filter(|known| **known).count() * 2 > known.len()
}
