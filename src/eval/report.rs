//! What is reported of an evaluation: loss and scores, the confusion matrix, and each class.

use serde::Serialize;

use super::confusion::Confusion;

/// The scores that are watched during a run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Metrics {
    /// Mean cross-entropy in nats.
    pub loss: f64,
    /// Share of right answers, from 0 to 1.
    pub accuracy: f64,
    /// Mean of the classes' F1, from 0 to 1.
    pub macro_f1: f64,
}

/// The scores of one class.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassReport {
    /// Its label.
    pub label: String,
    /// Share of right answers among those that named it.
    pub precision: f64,
    /// Share of its rows that were recognised.
    pub recall: f64,
    /// Harmonic mean of the two.
    pub f1: f64,
    /// Its rows.
    pub support: u64,
}

/// Everything that an evaluation shows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Labels in the order of rows and columns.
    pub labels: Vec<String>,
    /// Counts; rows truth, columns prediction.
    pub confusion: Vec<Vec<u64>>,
    /// The classes in the order of the labels.
    pub per_class: Vec<ClassReport>,
    /// The scores over all rows.
    pub metrics: Metrics,
}

impl Metrics {
    /// The scores of an evaluation with this mean loss.
    pub fn new(loss: f64, confusion: &Confusion) -> Self {
        Self { loss, accuracy: confusion.accuracy(), macro_f1: confusion.macro_f1() }
    }
}

impl Report {
    /// The report of an evaluation with this mean loss.
    ///
    /// # Panics
    ///
    /// There is not one label per class.
    pub fn new(labels: &[String], loss: f64, confusion: &Confusion) -> Self {
        assert_eq!(labels.len(), confusion.classes(), "labels and classes");
        let class = |(class, label): (usize, &String)| ClassReport {
            label: label.clone(),
            precision: confusion.precision(class),
            recall: confusion.recall(class),
            f1: confusion.f1(class),
            support: confusion.support(class),
        };
        Self {
            labels: labels.to_vec(),
            confusion: confusion.rows(),
            per_class: labels.iter().enumerate().map(class).collect(),
            metrics: Metrics::new(loss, confusion),
        }
    }
}
