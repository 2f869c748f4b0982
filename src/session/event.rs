//! What a session tells while it runs. The JSON of these is the same in the page and on the terminal.

use serde::{Deserialize, Serialize};

use crate::eval::{Metrics, Report};
use crate::model::Parameters;
use crate::session::search::{TrialDone, TrialStarted};

/// One thing that happened in a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// A step of the optimiser.
    Step(StepEvent),
    /// Texts being encoded for a head that learns on their vectors.
    Encode {
        /// Texts done.
        done: usize,
        /// Texts to do.
        total: usize,
    },
    /// Validation under way.
    Evaluate {
        /// Rows done.
        done: usize,
        /// Rows to do.
        total: usize,
    },
    /// An epoch and its validation are over.
    Epoch(EpochEvent),
    /// A run of a search begins.
    TrialStarted(Box<TrialStarted>),
    /// A run of a search is over.
    TrialDone(Box<TrialDone>),
    /// The run, or the whole search, is over.
    Done(Box<DoneEvent>),
}

/// A step of the optimiser.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StepEvent {
    /// Steps so far, from 1.
    pub step: usize,
    /// Steps of the whole run.
    pub total_steps: usize,
    /// Epochs done, as a fraction.
    pub epoch: f64,
    /// Mean loss of the step's rows.
    pub loss: f64,
    /// Learning rate of the step.
    pub learning_rate: f64,
    /// Global norm of the gradient before clipping.
    pub grad_norm: f64,
    /// Rows seen since the start.
    pub examples: usize,
    /// Tokens seen since the start, padding not counted.
    pub tokens: usize,
    /// Seconds spent computing since the start; pauses do not count.
    pub seconds: f64,
}

/// An epoch and its validation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EpochEvent {
    /// Epoch, from 1.
    pub epoch: usize,
    /// Steps so far.
    pub step: usize,
    /// Mean training loss of the epoch.
    pub train_loss: f64,
    /// What the validation rows say; `None` without validation rows.
    pub validation: Option<Metrics>,
    /// Whether it is the best epoch so far on the recipe's metric.
    pub best: bool,
    /// Seconds spent computing since the start.
    pub seconds: f64,
    /// A sentence while the run overfits.
    pub note: Option<String>,
}

/// Why a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// All epochs were done.
    Completed,
    /// It ended by itself: the watched metric did not improve for the recipe's patience, or the loss was no number any more.
    EarlyStopping,
    /// The user stopped it.
    Stopped,
}

/// The end of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DoneEvent {
    /// Why it ended.
    pub reason: Reason,
    /// Epoch whose weights are kept; 0 when none was finished.
    pub best_epoch: usize,
    /// Steps done.
    pub steps: usize,
    /// Seconds spent computing.
    pub seconds: f64,
    /// Bytes that the optimiser kept: nothing for what is frozen.
    pub optimizer_bytes: usize,
    /// The report's scores, where those who read line by line look for them.
    pub metrics: Option<Metrics>,
    /// The kept weights on the validation rows; `None` without validation rows.
    pub report: Option<Report>,
    /// What happened, in words.
    pub sentence: String,
}

/// A run that was set up.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunInfo {
    /// Steps of the whole run.
    pub total_steps: usize,
    /// Steps of one epoch.
    pub steps_per_epoch: usize,
    /// Longest text in tokens that the run feeds to the model.
    pub max_length: usize,
    /// Training rows.
    pub train: usize,
    /// Validation rows.
    pub validation: usize,
    /// Tokens of the training rows, padding not counted.
    pub tokens_per_epoch: usize,
    /// Numbers that are trained, and those that stay as they are.
    pub parameters: Parameters,
    /// What is worth knowing, in words.
    pub notes: Vec<String>,
}
