//! Any number of labels for a row: F1 at a threshold, average precision, and the threshold that serves best.

use super::counts::{Counts, mean, quotient};
use super::interval::Interval;
use super::row_counts::{RowCounts, f1_of_row};

/// From which probability on a label is given to a row, where nothing better is known.
pub const THRESHOLD: f64 = 0.5;

/// Probabilities and true labels of N rows with K labels, gathered row by row.
#[derive(Debug, Clone, PartialEq)]
pub struct MultiLabel {
    classes: usize,
    /// N × K.
    probabilities: Vec<f64>,
    /// N × K.
    truth: Vec<bool>,
}

/// What a threshold makes of [`MultiLabel`]: a label is given where its probability is at least the threshold.
///
/// Averages are those of scikit-learn's `f1_score` for label indicators with `zero_division=0`.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelScores {
    /// The threshold.
    pub threshold: f64,
    /// The labels' counts, K of them.
    pub per_label: Vec<Counts>,
    /// Mean of the rows' F1 (`average="samples"`, `zero_division=1`): a row that has no label, and is given none, is right.
    pub samples_f1: f64,
    /// Share of rows whose labels are all right (`accuracy_score`).
    pub subset_accuracy: f64,
}

impl MultiLabel {
    /// No rows yet, for K labels.
    ///
    /// # Panics
    ///
    /// K is 0.
    pub fn new(classes: usize) -> Self {
        assert!(classes > 0, "no labels");
        Self { classes, probabilities: Vec::new(), truth: Vec::new() }
    }

    /// Adds a row: the probability of each of the K labels, and the labels that hold, in any order. A probability that
    /// is NaN, as a model that diverged gives it, never reaches a threshold.
    ///
    /// # Panics
    ///
    /// There are not K probabilities, one is outside [0, 1], or a label is not below K.
    pub fn add(&mut self, probabilities: &[f64], truth: &[usize]) {
        assert_eq!(probabilities.len(), self.classes, "probabilities and labels");
        let begin = self.truth.len();
        self.truth.resize(begin + self.classes, false);
        for &label in truth {
            assert!(label < self.classes, "label {label} of {}", self.classes);
            self.truth[begin + label] = true;
        }
        self.probabilities.extend(probabilities.iter().map(|&value| {
            assert!(value.is_nan() || (0.0..=1.0).contains(&value), "{value} is no probability");
            if value.is_nan() { f64::NEG_INFINITY } else { value }
        }));
    }

    /// K: number of labels.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// N: number of rows.
    pub fn rows(&self) -> usize {
        self.truth.len() / self.classes
    }

    /// The scores at a threshold.
    pub fn at(&self, threshold: f64) -> LabelScores {
        let mut per_label = vec![Counts::default(); self.classes];
        let (mut samples, mut exact) = (0.0, 0);
        for (row, truth) in self.probabilities.chunks(self.classes).zip(self.truth.chunks(self.classes)) {
            let mut of_row = Counts::default();
            for ((&probability, &truth), of_label) in row.iter().zip(truth).zip(&mut per_label) {
                of_label.note(truth, probability >= threshold);
                of_row.note(truth, probability >= threshold);
            }
            samples += f1_of_row(of_row);
            exact += u64::from(of_row.right == of_row.predicted && of_row.right == of_row.support);
        }
        let rows = self.rows() as u64;
        LabelScores {
            threshold,
            per_label,
            samples_f1: samples / rows.max(1) as f64,
            subset_accuracy: quotient(exact, rows),
        }
    }

    /// 95 % intervals of micro-, macro- and samples-F1 at a threshold, by the bootstrap of the rows; `None` without any.
    pub fn intervals(&self, threshold: f64) -> Option<[Interval; 3]> {
        let mut rows = RowCounts::default();
        for (row, truth) in self.probabilities.chunks(self.classes).zip(self.truth.chunks(self.classes)) {
            let of_label = |(label, (&probability, &truth)): (usize, (&f64, &bool))| {
                let mut counts = Counts::default();
                counts.note(truth, probability >= threshold);
                (label, counts)
            };
            let occurs = |(_, counts): &(usize, Counts)| *counts != Counts::default();
            rows.add(row.iter().zip(truth).enumerate().map(of_label).filter(occurs));
        }
        rows.intervals(|drawn| {
            let sum: f64 = drawn.per_class.iter().map(Counts::f1).sum();
            // Labels that never occur count, too.
            [drawn.all().f1(), sum / self.classes as f64, drawn.samples_f1]
        })
    }

    /// Average precision of a label: `Σ (R_n − R_{n−1}) · P_n` over its distinct probabilities from the highest down
    /// (`sklearn.metrics.average_precision_score`); `None` where no row has the label.
    ///
    /// # Panics
    ///
    /// `class` is not below K.
    pub fn average_precision(&self, class: usize) -> Option<f64> {
        assert!(class < self.classes, "label {class} of {}", self.classes);
        let column = |(&value, &truth): (&f64, &bool)| (value, truth);
        let mut ranked: Vec<(f64, bool)> =
            self.probabilities.iter().zip(&self.truth).skip(class).step_by(self.classes).map(column).collect();
        let positives = ranked.iter().filter(|(_, truth)| *truth).count();
        let mut sum = 0.0;
        sweep(&mut ranked, |_, hits, taken, new| sum += new as f64 / positives as f64 * (hits as f64 / taken as f64));
        (positives > 0).then_some(sum)
    }

    /// Plain mean of the average precision over the labels that some row has; `None` where no row has any.
    pub fn macro_average_precision(&self) -> Option<f64> {
        let of_labels: Vec<f64> = (0..self.classes).filter_map(|class| self.average_precision(class)).collect();
        (!of_labels.is_empty()).then(|| mean(of_labels.into_iter()))
    }

    /// The one threshold for all labels with the highest micro-F1 on these rows.
    ///
    /// Every cut between two neighbouring probabilities is tried, halfway between them; below the lowest one, halfway
    /// to 0. Of cuts that do equally well the one nearest to 0.5 is taken, then the lower one. [`THRESHOLD`] where no
    /// row has a label: any threshold would do.
    pub fn best_threshold(&self) -> f64 {
        let mut ranked: Vec<(f64, bool)> =
            self.probabilities.iter().copied().zip(self.truth.iter().copied()).filter(|(p, _)| p.is_finite()).collect();
        let positives = self.truth.iter().filter(|truth| **truth).count();
        let mut cuts: Vec<(f64, usize, usize)> = Vec::new();
        sweep(&mut ranked, |lowest, hits, taken, _| cuts.push((lowest, hits, taken)));
        let mut best = (THRESHOLD, 0, 1);
        for (place, &(lowest, hits, taken)) in cuts.iter().enumerate() {
            let threshold = between(cuts.get(place + 1).map_or(0.0, |next| next.0), lowest);
            let all = taken + positives;
            // F1 is 2·hits / all; fractions are compared, since rounding would make ties of neighbours.
            let (found, held) = (hits as u128 * best.2 as u128, best.1 as u128 * all as u128);
            let nearer = (threshold - THRESHOLD).abs() <= (best.0 - THRESHOLD).abs();
            if found > held || (found == held && hits > 0 && nearer) {
                best = (threshold, hits, all);
            }
        }
        best.0
    }
}

impl LabelScores {
    /// F1 over all labels of all rows together.
    pub fn micro_f1(&self) -> f64 {
        self.per_label.iter().sum::<Counts>().f1()
    }

    /// Plain mean of the labels' F1, labels that never occur included.
    pub fn macro_f1(&self) -> f64 {
        mean(self.per_label.iter().map(Counts::f1))
    }
}

/// Goes through the scores from the highest down and calls `cut(score, hits, taken, new)` after each group of equal
/// ones: true ones so far, all so far, true ones in the group.
fn sweep(ranked: &mut [(f64, bool)], mut cut: impl FnMut(f64, usize, usize, usize)) {
    ranked.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let (mut hits, mut taken) = (0, 0);
    for group in ranked.chunk_by(|a, b| a.0 == b.0) {
        let new = group.iter().filter(|(_, truth)| *truth).count();
        hits += new;
        taken += group.len();
        cut(group[0].0, hits, taken, new);
    }
}

/// Halfway from `low` to `high`, but above `low` also where no number lies between: `low` must not reach it.
fn between(low: f64, high: f64) -> f64 {
    let middle = low + (high - low) / 2.0;
    if middle > low { middle } else { high }
}
