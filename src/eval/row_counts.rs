//! Counts of classes row by row: what says how sure the scores are that follow from their sums.
//!
//! Whole rows are drawn, so that the words of a text, which depend on one another, stay together.

use super::counts::{Counts, mean};
use super::interval::{Interval, bootstrap};

/// The counts of every row: those of the labels of a row, of the words of a text, or of its entities.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct RowCounts {
    /// The classes that occur in the rows, each once in a row, row by row.
    counts: Vec<(usize, Counts)>,
    /// Where each row ends among them.
    ends: Vec<usize>,
    /// One more than the highest class.
    classes: usize,
}

/// What was drawn.
#[derive(Debug, Default)]
pub(super) struct Drawn {
    /// Sums over the rows.
    pub per_class: Vec<Counts>,
    /// Mean of the rows' F1, each over all of its classes.
    pub samples_f1: f64,
}

/// F1 of a row over all of its classes; of one that has none, and is given none, 1: nothing is wrong about it.
pub(super) fn f1_of_row(counts: Counts) -> f64 {
    if counts == Counts::default() { 1.0 } else { counts.f1() }
}

impl RowCounts {
    /// Adds a row by its counts, of a class in several parts or at once.
    pub fn add(&mut self, row: impl IntoIterator<Item = (usize, Counts)>) {
        let begin = self.counts.len();
        for (class, counts) in row {
            self.classes = self.classes.max(class + 1);
            match self.counts[begin..].iter_mut().find(|(held, _)| *held == class) {
                Some((_, held)) => *held += counts,
                None => self.counts.push((class, counts)),
            }
        }
        self.ends.push(self.counts.len());
    }

    /// The intervals of scores of what is drawn; `None` without any row.
    pub fn intervals<const N: usize>(&self, scores: impl Fn(&Drawn) -> [f64; N]) -> Option<[Interval; N]> {
        let begins = [0].into_iter().chain(self.ends.iter().copied());
        let rows: Vec<&[(usize, Counts)]> =
            begins.zip(&self.ends).map(|(begin, end)| &self.counts[begin..*end]).collect();
        let f1: Vec<f64> = rows.iter().map(|row| f1_of_row(row.iter().map(|(_, counts)| counts).sum())).collect();
        let mut sums = Drawn { per_class: vec![Counts::default(); self.classes], samples_f1: 0.0 };
        bootstrap(rows.len(), |drawn| {
            sums.per_class.fill(Counts::default());
            for (class, counts) in drawn.iter().flat_map(|&place| rows[place as usize]) {
                sums.per_class[*class] += *counts;
            }
            sums.samples_f1 = mean(drawn.iter().map(|&place| f1[place as usize]));
            scores(&sums)
        })
    }
}

impl Drawn {
    /// The counts of all classes together.
    pub fn all(&self) -> Counts {
        self.per_class.iter().sum()
    }

    /// Plain mean of F1 over the classes that occur as truth or as prediction.
    pub fn macro_f1(&self) -> f64 {
        mean(self.per_class.iter().filter(|counts| counts.support + counts.predicted > 0).map(Counts::f1))
    }
}
