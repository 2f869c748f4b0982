//! What is told of the runs of a search, while it goes and in the report of its result.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::plan::SearchPlan;
use crate::eval::{Metrics, words};
use crate::session::event::RunInfo;

/// A search that was set up.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SearchInfo {
    /// Runs to make.
    pub runs: usize,
    /// What each changes in the recipe.
    pub changes: Vec<Map<String, Value>>,
    /// What is worth knowing, in words.
    pub notes: Vec<String>,
}

/// A run of a search begins; the events up to its [`TrialDone`] are its own.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrialStarted {
    /// Which one, from 1.
    pub trial: usize,
    /// Runs of the whole search.
    pub total: usize,
    /// What it changes in the recipe.
    pub changes: Map<String, Value>,
    /// The run; `None` where it could not be set up.
    pub run: Option<RunInfo>,
    /// Whether it was made before and did best, and its weights were lost with the program that made it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
}

/// How a run of a search ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrialState {
    /// All its epochs were done, or as many as the recipe's own early stopping let it do.
    Completed,
    /// It fell behind the others, by the median stopping rule (Golovin et al. 2017).
    StoppedEarly,
    /// The user stopped the search.
    Stopped,
    /// It could not be made.
    Failed,
}

/// A run of a search is over: a row of the table of runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrialDone {
    /// Which one, from 1.
    pub trial: usize,
    /// What it changed in the recipe.
    pub changes: Map<String, Value>,
    /// How it ended.
    pub state: TrialState,
    /// Name of the score that the runs are compared by, as the recipe's metric says; `None` where nothing was measured.
    pub metric: Option<&'static str>,
    /// That score of the weights that it kept; `None` where the validation rows do not define it.
    pub score: Option<f64>,
    /// Epoch whose weights it kept; 0 when none was finished.
    pub best_epoch: usize,
    /// Seconds spent computing.
    pub seconds: f64,
    /// Whether it is the best so far; in a report, the best of all.
    pub best: bool,
    /// Why it could not be made.
    pub mistake: Option<String>,
}

/// All of a search, for the report of its result.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SearchReport {
    /// What was varied.
    pub plan: SearchPlan,
    /// The runs in their order.
    pub runs: Vec<TrialDone>,
    /// Mean of the scores, where only the seed differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean: Option<f64>,
    /// Standard deviation of the scores (of a sample: n − 1), where only the seed differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standard_deviation: Option<f64>,
}

/// A score of which more is always better; negative infinity where it is not defined.
pub fn upwards(name: &str, metrics: &Metrics) -> f64 {
    match metrics.get(name) {
        None => f64::NEG_INFINITY,
        Some(value) if words::higher_is_better(name) => value,
        Some(value) => -value,
    }
}
