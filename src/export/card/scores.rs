//! The card's scores: each with its value, how sure it is, and what the hub calls it.

use crate::eval::{Interval, Report, bootstrap_macro_f1, wilson, words};
use crate::task::Task;

/// A score of the report as the card shows it.
pub(super) struct Row {
    /// Its name in [`crate::eval::Metrics`].
    pub name: &'static str,
    /// Its name inside a sentence.
    pub words: &'static str,
    pub value: f64,
    /// From where to where it lies with a confidence of 95 %, and how that was found.
    pub interval: Option<(Interval, &'static str)>,
    shown: String,
}

impl Row {
    /// The value with its unit.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// The interval in words, or a dash.
    pub fn between(&self) -> String {
        let show = |value: f64| words::describe(self.name).map_or(format!("{value:.3}"), |score| score.show(value));
        self.interval.map_or_else(
            || "–".to_owned(),
            |(Interval { low, high }, how)| format!("{} to {} ({how})", show(low), show(high)),
        )
    }
}

/// The loss and all scores that are defined. `compared` is how many rows a share among the scores counts.
pub(super) fn rows(report: &Report, compared: usize) -> Vec<Row> {
    let scores = report.metrics.scores.iter().copied().chain([("loss", report.metrics.loss)]);
    let row = |(name, value): (&'static str, f64)| {
        let described = words::describe(name);
        Row {
            name,
            words: described.map_or(name, |score| score.words),
            value,
            interval: interval(name, value, report, compared),
            shown: described.map_or_else(|| format!("{value:.4}"), |score| score.show(value)),
        }
    };
    scores.filter(|(_, value)| value.is_finite()).map(row).collect()
}

/// Shares of rows that are right have Wilson's interval; macro-F1 of classes is resampled from the confusion matrix, which
/// holds every row's outcome; the report has those for which rows were drawn while their outcomes were at hand. Of other
/// scores nobody knows what a row came to.
fn interval(name: &str, value: f64, report: &Report, compared: usize) -> Option<(Interval, &'static str)> {
    let of_rows = match report.task {
        Task::Classification | Task::Embedding => matches!(name, "accuracy" | "accuracy_at_10"),
        Task::MultiLabel => name == "subset_accuracy",
        Task::Answers => name == "exact_match",
        Task::Regression | Task::Tokens | Task::Language => false,
    };
    if of_rows {
        let right = (value * compared as f64).round() as u64;
        return wilson(right, compared as u64).map(|interval| (interval, "Wilson"));
    }
    if let Some((_, interval)) = report.intervals.iter().find(|(held, _)| *held == name) {
        return Some((*interval, "bootstrap"));
    }
    let confusion = report.confusion.as_ref().filter(|_| report.task == Task::Classification && name == "macro_f1")?;
    bootstrap_macro_f1(confusion).map(|interval| (interval, "bootstrap"))
}

/// What the hub calls a score, where it knows it.
pub(super) fn hub_name(name: &str) -> Option<&'static str> {
    Some(match name {
        "accuracy" => "accuracy",
        "macro_f1" | "micro_f1" | "samples_f1" | "f1" => "f1",
        "average_precision" => "average_precision",
        "precision" => "precision",
        "recall" => "recall",
        "spearman" => "spearmanr",
        "pearson" => "pearsonr",
        "mse" => "mse",
        "mae" => "mae",
        "r2" => "r_squared",
        "exact_match" => "exact_match",
        "perplexity" => "perplexity",
        _ => return None,
    })
}
