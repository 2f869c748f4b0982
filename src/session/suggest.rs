//! A recipe for the model and the data at hand, with a sentence that says what was picked and why. The rules come from
//! the measurements in the README.

use serde::Serialize;

use crate::data::DatasetInfo;
use crate::error::{Error, Result};
use crate::model::EncoderConfig;
use crate::recipe::{Method, Recipe};
use crate::session::Session;
use crate::session::model::OpenModel;
use crate::task::Task;

/// Steps of the optimiser that move an encoder: fewer teach it little, with many rows one gets there in few epochs.
const ENOUGH_STEPS: usize = 150;
/// Width up to which an encoder is small, and bears a higher learning rate.
const SMALL: usize = 512;
/// Rows per class up to which the head is let follow them freely.
const FEW_ROWS: usize = 100;
/// What a CPU is counted on to do, in operations per second, and how long it may take before only a head is trained.
const CPU_SPEED: f64 = 3e10;
const PATIENCE: f64 = 3600.0;

/// A recipe and why.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Suggestion {
    /// The recipe.
    pub recipe: Recipe,
    /// What was picked and why, in one sentence.
    pub sentence: String,
}

impl Session {
    /// A recipe for the open model and data.
    ///
    /// # Errors
    ///
    /// No model or no data.
    pub fn suggest(&self) -> Result<Suggestion> {
        let model = self.model.as_ref().ok_or_else(|| Error::order("Open a model first."))?;
        let data = self.data.as_ref().ok_or_else(|| Error::order("Open a table and choose its columns first."))?;
        Ok(suggest(model, &data.info(), self.compute.is_cpu()))
    }
}

fn suggest(model: &OpenModel, data: &DatasetInfo, on_cpu: bool) -> Suggestion {
    let over_texts = matches!(data.task, Task::Classification | Task::MultiLabel | Task::Regression);
    // A checkpoint that was trained for the same task goes on with its own head.
    let goes_on = model.head.as_ref().is_some_and(|head| head.task == data.task && data.task != Task::Embedding);
    if over_texts && !goes_on { over_whole_texts(model, data, on_cpu) } else { step_by_step(model, data) }
}

/// A head on encoded texts first; then all of the model, unless that would take too long.
fn over_whole_texts(model: &OpenModel, data: &DatasetInfo, on_cpu: bool) -> Suggestion {
    let per_class = rows_per_class(data);
    let looseness = if per_class <= FEW_ROWS { 10.0 } else { 1.0 };
    let (learning_rate, why) = rate(&model.config);
    let recipe = Recipe { method: Method::Probe, looseness, learning_rate, ..Recipe::default() };
    let recipe = Recipe { epochs: epochs(data.train, &recipe, 2, 10), ..recipe };
    let seconds = cost(&model.config, data, recipe.epochs) / CPU_SPEED;
    if on_cpu && seconds > PATIENCE {
        return Suggestion {
            sentence: format!(
                "Only a head is trained, on texts that are encoded once: all of the model would take about {:.0} hours on \
                 this processor.",
                (seconds / 3600.0).max(1.0)
            ),
            recipe: Recipe { method: Method::Frozen, ..recipe },
        };
    }
    let rows = match data.task {
        Task::Regression => format!("{} rows", data.train),
        _ => format!("{per_class} rows per label"),
    };
    Suggestion {
        sentence: format!(
            "With {rows}, a head is fitted first and then all of the model learns from there, {} epochs at {:e}: {why}.",
            recipe.epochs, recipe.learning_rate
        ),
        recipe,
    }
}

/// Full training with enough steps.
fn step_by_step(model: &OpenModel, data: &DatasetInfo) -> Suggestion {
    let (learning_rate, why) = rate(&model.config);
    let recipe = match data.task {
        Task::Embedding => {
            Recipe { batch_size: 32, epochs: 1, learning_rate: learning_rate / 2.0, ..Recipe::default() }
        }
        Task::Answers => Recipe { batch_size: 8, learning_rate: learning_rate / 2.0, ..Recipe::default() },
        _ => Recipe { learning_rate, ..Recipe::default() },
    };
    let recipe = Recipe { epochs: epochs(data.train, &recipe, recipe.epochs, 20), ..recipe };
    Suggestion {
        sentence: format!(
            "All of the model learns, {} epochs at {:e}, which makes {} steps: {why}.",
            recipe.epochs,
            recipe.learning_rate,
            recipe.epochs * data.train.div_ceil(recipe.batch_size)
        ),
        recipe,
    }
}

/// Peak learning rate, and why.
fn rate(config: &EncoderConfig) -> (f64, &'static str) {
    if config.hidden_size <= SMALL {
        (1e-4, "a small encoder bears a high rate")
    } else {
        (3e-5, "an encoder of this width wants a low rate")
    }
}

/// Passes over the rows that make enough steps, within limits.
fn epochs(rows: usize, recipe: &Recipe, fewest: usize, most: usize) -> usize {
    ENOUGH_STEPS.div_ceil(rows.div_ceil(recipe.batch_size).max(1)).clamp(fewest, most)
}

/// Training rows of the class in the middle.
fn rows_per_class(data: &DatasetInfo) -> usize {
    let mut rows: Vec<usize> = data.classes.iter().map(|class| class.train).collect();
    rows.sort_unstable();
    rows.get(rows.len() / 2).copied().unwrap_or(data.train)
}

/// Operations of a whole run: six per weight and token, twice for what is added up.
fn cost(config: &EncoderConfig, data: &DatasetInfo, epochs: usize) -> f64 {
    let layer = config.hidden_size * (4 * config.hidden_size + 2 * config.intermediate_size);
    let tokens = data.mean_tokens.unwrap_or(64.0) * data.train as f64 * epochs as f64;
    6.0 * (layer * config.num_hidden_layers) as f64 * tokens
}
