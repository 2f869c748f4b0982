//! Counts of truth against prediction and the scores that follow from them, as scikit-learn defines them.

use super::counts::{Counts, mean, quotient};

/// How often each class was taken for each: K × K counts, rows truth, columns prediction.
///
/// Scores mirror `sklearn.metrics` with `zero_division=0`: a quotient without denominator is 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confusion {
    classes: usize,
    counts: Vec<u64>,
}

impl Confusion {
    /// All counts zero, for K classes.
    pub fn new(classes: usize) -> Self {
        Self { classes, counts: vec![0; classes * classes] }
    }

    /// Counts pairs of truth and prediction.
    ///
    /// # Panics
    ///
    /// The lengths differ, or a class is not below `classes`.
    pub fn of(classes: usize, truth: &[usize], prediction: &[usize]) -> Self {
        assert_eq!(truth.len(), prediction.len(), "truth and prediction");
        let mut confusion = Self::new(classes);
        for (&truth, &prediction) in truth.iter().zip(prediction) {
            confusion.add(truth, prediction);
        }
        confusion
    }

    /// Counts one answer.
    ///
    /// # Panics
    ///
    /// A class is not below the number of classes.
    pub fn add(&mut self, truth: usize, prediction: usize) {
        assert!(truth < self.classes && prediction < self.classes, "{truth}, {prediction} of {} classes", self.classes);
        self.counts[truth * self.classes + prediction] += 1;
    }

    /// K: number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// How often `truth` was taken for `prediction`.
    pub fn count(&self, truth: usize, prediction: usize) -> u64 {
        self.counts[truth * self.classes + prediction]
    }

    /// The counts, one vector per true class.
    pub fn rows(&self) -> Vec<Vec<u64>> {
        (0..self.classes).map(|truth| (0..self.classes).map(|guess| self.count(truth, guess)).collect()).collect()
    }

    /// Number of answers.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Answers whose true class this is.
    pub fn support(&self, class: usize) -> u64 {
        (0..self.classes).map(|prediction| self.count(class, prediction)).sum()
    }

    /// Answers that named this class.
    pub fn predicted(&self, class: usize) -> u64 {
        (0..self.classes).map(|truth| self.count(truth, class)).sum()
    }

    /// The class's counts, from which its scores follow.
    pub fn class(&self, class: usize) -> Counts {
        Counts { right: self.count(class, class), predicted: self.predicted(class), support: self.support(class) }
    }

    /// Share of right answers; 0 without any.
    pub fn accuracy(&self) -> f64 {
        quotient((0..self.classes).map(|class| self.count(class, class)).sum(), self.total())
    }

    /// Share of right answers among those that named this class.
    pub fn precision(&self, class: usize) -> f64 {
        self.class(class).precision()
    }

    /// Share of this class's rows that were recognised.
    pub fn recall(&self, class: usize) -> f64 {
        self.class(class).recall()
    }

    /// Harmonic mean of precision and recall: `2·tp / (support + predicted)`.
    pub fn f1(&self, class: usize) -> f64 {
        self.class(class).f1()
    }

    /// Plain mean of F1 over the classes that occur as truth or as prediction (`f1_score(average="macro")`).
    pub fn macro_f1(&self) -> f64 {
        mean(
            (0..self.classes)
                .filter(|&class| self.support(class) + self.predicted(class) > 0)
                .map(|class| self.f1(class)),
        )
    }

    /// Mean of F1 weighted by the classes' rows (`f1_score(average="weighted")`).
    pub fn weighted_f1(&self) -> f64 {
        let sum: f64 = (0..self.classes).map(|class| self.f1(class) * self.support(class) as f64).sum();
        if self.total() == 0 { 0.0 } else { sum / self.total() as f64 }
    }

    /// Plain mean of recall over the classes that occur as truth (`balanced_accuracy_score`).
    pub fn balanced_accuracy(&self) -> f64 {
        mean((0..self.classes).filter(|&class| self.support(class) > 0).map(|class| self.recall(class)))
    }
}
