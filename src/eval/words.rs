//! What scores are called where people read them, how they are shown, and which way is better: one table.

use serde::Serialize;

/// How a score is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// A share from 0 to 1 that reads best as a percentage.
    Percent,
    /// A plain number.
    Number,
}

/// A score as the page and the terminal show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Score {
    /// Its name in [`super::Metrics`] and in JSON.
    pub name: &'static str,
    /// Words for it inside a sentence.
    pub words: &'static str,
    /// How it is shown.
    pub form: Form,
    /// Whether more is better.
    pub higher_is_better: bool,
}

const fn share(name: &'static str, words: &'static str) -> Score {
    Score { name, words, form: Form::Percent, higher_is_better: true }
}

const fn number(name: &'static str, words: &'static str) -> Score {
    Score { name, words, form: Form::Number, higher_is_better: true }
}

const fn error(name: &'static str, words: &'static str) -> Score {
    Score { name, words, form: Form::Number, higher_is_better: false }
}

/// Every score that a report can hold.
pub const SCORES: &[Score] = &[
    error("loss", "loss"),
    share("accuracy", "accuracy"),
    number("macro_f1", "macro-F1"),
    number("micro_f1", "micro-F1"),
    number("samples_f1", "F1 per row"),
    number("average_precision", "average precision"),
    share("subset_accuracy", "all labels right"),
    number("spearman", "Spearman correlation"),
    number("pearson", "Pearson correlation"),
    error("mse", "mean squared error"),
    error("rmse", "root mean squared error"),
    error("mae", "mean absolute error"),
    number("r2", "R²"),
    number("f1", "F1"),
    number("precision", "precision"),
    number("recall", "recall"),
    share("exact_match", "exact match"),
    share("accuracy_at_10", "right one in the first 10"),
    number("mean_reciprocal_rank", "mean reciprocal rank"),
    error("perplexity", "perplexity"),
];

/// The score of this name.
pub fn describe(name: &str) -> Option<&'static Score> {
    SCORES.iter().find(|score| score.name == name)
}

/// Whether more of it is better; so it is for names that the table does not have.
pub fn higher_is_better(name: &str) -> bool {
    describe(name).is_none_or(|score| score.higher_is_better)
}

impl Score {
    /// A value with its unit: `95.0 %` for a percentage, `0.948` for a plain number.
    pub fn show(&self, value: f64) -> String {
        match self.form {
            Form::Percent => format!("{:.1} %", value * 100.0),
            Form::Number if self.higher_is_better => format!("{value:.3}"),
            Form::Number => figure(value, 3),
        }
    }
}

/// A number of any size with so many decimals, or, where these would be too few or too many, as whole or with a power of
/// ten: `0.9480`, `171718019`, `3.142e-6`.
pub fn figure(value: f64, decimals: usize) -> String {
    match value.abs() {
        size if size >= 1e5 => format!("{value:.0}"),
        size if size < 1e-3 && size > 0.0 => format!("{value:.3e}"),
        _ => format!("{value:.decimals$}"),
    }
}
