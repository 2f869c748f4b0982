//! What a checkpoint says of a run beside its arrays, as JSON.

mod numbers;

pub use numbers::{Exact, SavedEpoch, SavedMetrics, SavedReport, recipe_from_json, recipe_to_json};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::checkpoint::state::unusable;
use crate::error::{Error, Result};
use crate::session::event::Reason;
use crate::session::search::SavedSearch;
use crate::task::Task;

/// A run and what it belongs to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Saved {
    /// Version of Tabtune that wrote it.
    pub tabtune: String,
    /// When, in milliseconds since 1970.
    pub created: u64,
    /// The base model's name.
    pub model: String,
    /// See [`crate::checkpoint::state::identity`].
    pub model_hash: String,
    /// The table's name.
    pub data: String,
    /// SHA-256 of the data set.
    pub data_hash: String,
    /// What is learnt.
    pub task: Task,
    /// The labels in the order of the outputs.
    pub labels: Vec<String>,
    /// Longest text in tokens.
    pub max_length: usize,
    /// See [`recipe_to_json`].
    pub recipe: Value,
    /// Steps of the whole run.
    pub total_steps: usize,
    /// Steps of an epoch.
    pub steps_per_epoch: usize,
    /// Where the run is.
    pub run: SavedRun,
    /// The runs that it is one of.
    pub search: Option<SavedSearch>,
}

/// Where a run is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "part", rename_all = "snake_case")]
pub enum SavedRun {
    /// Weights are moving step by step.
    Steps(SavedSteps),
    /// A head is being fitted to encoded texts.
    Head(SavedHead),
}

/// What a run of steps is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SavedPhase {
    /// Training.
    Training,
    /// Validating the epoch that ended: begins anew when the run is gone on with, with the same weights.
    Evaluating,
    /// Validating what is kept, after the end: likewise.
    Closing,
}

/// A run of steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedSteps {
    /// What it is doing.
    pub phase: SavedPhase,
    /// Why it ended, where it is closing.
    pub reason: Option<Reason>,
    /// Steps done, which settle the epoch, the place in it and all randomness.
    pub step: usize,
    /// The epochs that are over.
    pub epochs: Vec<SavedEpoch>,
    /// Sum of the losses of this epoch's rows so far.
    pub epoch_loss: Exact,
    /// How many rows these are.
    pub epoch_rows: usize,
    /// Mean and standard deviation of the numbers that are learnt, in which the output's weights are kept.
    #[serde(default)]
    pub units: Option<[Exact; 2]>,
    /// Rows seen.
    pub examples: usize,
    /// Tokens seen.
    pub tokens: usize,
    /// Seconds spent computing.
    pub seconds: Exact,
    /// The epoch whose weights are kept so far.
    pub best: Option<SavedBest>,
}

/// The epoch whose weights are kept so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedBest {
    /// Epoch, from 1.
    pub epoch: usize,
    /// What the validation rows say of it.
    pub report: Option<SavedReport>,
    /// Whether the weights that the run has reached are those.
    pub is_current: bool,
}

/// A head that is being fitted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedHead {
    /// Why it ended, where it did.
    pub reason: Option<Reason>,
    /// Texts of all.
    pub texts: usize,
    /// Texts that are encoded.
    pub encoded: usize,
    /// Tokens encoded.
    pub tokens: usize,
    /// Seconds spent computing.
    pub seconds: Exact,
    /// The fit, once it has begun.
    pub fit: Option<SavedFit>,
}

/// A fit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedFit {
    /// The function's value.
    pub value: Exact,
    /// Iterations done.
    pub iterations: usize,
    /// Pairs of differences that are remembered.
    pub remembered: usize,
}

impl Saved {
    /// Reads the JSON text of a checkpoint.
    ///
    /// # Errors
    ///
    /// Something else.
    pub fn read(text: &str) -> Result<Self> {
        serde_json::from_str(text).map_err(|error| {
            let why: String = error.to_string().chars().take(200).collect();
            unusable(format!(
                "what it says of its run cannot be read ({why}). It was written by another version of Tabtune."
            ))
        })
    }

    /// The text.
    ///
    /// # Errors
    ///
    /// None that is known of.
    pub fn text(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| unusable(format!("it cannot be written ({error}).")))
    }
}

impl SavedSteps {
    /// Refuses figures that no run of so many steps has at any moment.
    ///
    /// # Errors
    ///
    /// Such figures.
    pub fn check(&self, steps_per_epoch: usize, total_steps: usize) -> Result<()> {
        let over = self.step / steps_per_epoch.max(1);
        let at_end = self.step > 0 && self.step.is_multiple_of(steps_per_epoch.max(1));
        let fits = match self.phase {
            SavedPhase::Training => self.step < total_steps && self.epochs.len() == over,
            SavedPhase::Evaluating => at_end && self.epochs.len() + 1 == over,
            // Stopped at any moment.
            SavedPhase::Closing => self.epochs.len() == over || at_end && self.epochs.len() + 1 == over,
        };
        let best = self.best.as_ref().is_none_or(|best| (1..=self.epochs.len()).contains(&best.epoch));
        let reason = self.reason.is_some() == (self.phase == SavedPhase::Closing);
        if fits && best && reason && self.step <= total_steps { Ok(()) } else { Err(contradiction()) }
    }
}

/// A checkpoint whose parts do not belong together.
pub fn contradiction() -> Error {
    unusable("its figures contradict each other, so it is not as it was written. Use the one before it, or start anew.")
}
