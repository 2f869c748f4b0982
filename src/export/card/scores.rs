//! The card's scores: each with its value, how sure it is, and what the hub calls it.

use crate::eval::{Interval, Report, words};

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
            interval: report.interval(name, compared),
            shown: described.map_or_else(|| format!("{value:.4}"), |score| score.show(value)),
        }
    };
    scores.filter(|(_, value)| value.is_finite()).map(row).collect()
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
