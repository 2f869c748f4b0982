//! What a user chooses about a table: the task, which column is which, and how rows are split.

use serde::{Deserialize, Serialize};

use crate::task::Task;

/// Most labels of a data set.
pub(super) const MAX_CLASSES: usize = 1000;

/// The task, which column is which, and how the rows are split into training and validation. Columns that a task does
/// not read may be named, too, and are not looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// What is learned; classification by default.
    #[serde(default)]
    pub task: Task,
    /// Name of the column with the text (or the list of words), or with the question.
    pub text: String,
    /// Name of the column with the second text: the context of a question and the other text of an embedding's pair, both
    /// needed; for classification, multi-label and regression of pairs. `None` by default.
    #[serde(default)]
    pub pair: Option<String>,
    /// Name of the column with the label, labels, score, tags, spans or answers; empty, as by default, where the task
    /// needs none (language, and embeddings without scores).
    #[serde(default)]
    pub label: String,
    /// Name of the column with a text that should lie far from the first, for embeddings. `None` by default.
    #[serde(default)]
    pub negative: Option<String>,
    /// What stands between the labels of a multi-label cell that is no JSON list; `None`, the default, if such a cell is
    /// one label.
    #[serde(default)]
    pub separator: Option<String>,
    /// Name of the column that says `train` or `validation` (or a usual word for either) per row, or true or false where
    /// it is called `is_valid` or so.
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
    /// Classification by text and label columns of these names, without a split column, a tenth held out, seed 0. For
    /// other tasks, change its fields.
    pub fn new(text: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            task: Task::Classification,
            text: text.into(),
            pair: None,
            label: label.into(),
            negative: None,
            separator: None,
            split: None,
            validation_share: default_share(),
            seed: 0,
        }
    }
}
