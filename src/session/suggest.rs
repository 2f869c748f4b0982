//! A recipe for the model and the data at hand, with a sentence that says what was picked and why. The rules come from
//! the measurements in the README.

use serde::Serialize;

use crate::data::DatasetInfo;
use crate::error::{Error, Result};
use crate::model::EncoderConfig;
use crate::recipe::{Method, Recipe};
use crate::session::Session;
use crate::session::fits::most_vectors;
use crate::session::model::OpenModel;
use crate::session::speed::{self, about};
use crate::task::Task;

/// Steps of the optimiser that move an encoder: fewer teach it little, with many rows one gets there in few epochs.
const ENOUGH_STEPS: usize = 190;
/// The same from a head that fits already.
const ENOUGH_FROM_HEAD: usize = 80;
/// Width up to which an encoder is small, and bears a higher learning rate.
const SMALL: usize = 512;
/// Rows per class below which a head is fitted first: it is worth two points or more there, and little with more rows,
/// where transformers' own class for the task is worth more to most.
const FEW_ROWS: usize = 50;
/// C of that head with so few rows.
const C_OF_FEW: f64 = 10.0;
/// How much of a device's speed at products a training step has.
const EFFICIENCY: f64 = 0.7;
/// Seconds that all of a model may take before only a head is trained.
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
    /// No model or no data, or a device that failed.
    pub async fn suggest(&mut self) -> Result<Suggestion> {
        let model = self.model.as_ref().ok_or_else(|| Error::order("Open a model first."))?;
        let data = self.data.as_ref().ok_or_else(|| Error::order("Open a table and choose its columns first."))?;
        let speed = match self.speed {
            Some(speed) => speed,
            None => *self.speed.insert(speed::measure(&self.compute).await?),
        };
        Ok(suggest(model, &data.info(), speed * EFFICIENCY, self.room()))
    }
}

/// `speed`: operations per second that a training step gets; `room`: bytes that there are for vectors.
fn suggest(model: &OpenModel, data: &DatasetInfo, speed: f64, room: usize) -> Suggestion {
    let over_texts = matches!(data.task, Task::Classification | Task::MultiLabel | Task::Regression);
    // A checkpoint that was trained for the same task goes on with its own head, if that is one of a class.
    let goes_on = model.layout.is_none() && model.head.as_ref().is_some_and(|head| head.task == data.task);
    let stepwise = step_by_step(model, data, speed);
    if !over_texts || goes_on {
        return stepwise;
    }
    let seconds = cost(&model.config, data, stepwise.recipe.epochs) / speed;
    if seconds > PATIENCE && data.train + data.validation <= most_vectors(model.config.hidden_size, room) {
        return Suggestion {
            sentence: format!(
                "Only a head is trained, on texts that are encoded once: all of the model would take {} on this device. \
                 The result is a folder for sentence-transformers.",
                about(seconds)
            ),
            recipe: Recipe { method: Method::Frozen, ..Recipe::default() },
        };
    }
    let per_class = rows_per_class(data);
    if per_class < FEW_ROWS { head_first(model, data, per_class, speed) } else { stepwise }
}

/// A head on encoded texts first, then all of the model.
fn head_first(model: &OpenModel, data: &DatasetInfo, per_class: usize, speed: f64) -> Suggestion {
    let (learning_rate, _) = rate(&model.config);
    let recipe = Recipe {
        method: Method::Probe,
        inverse_regularization: C_OF_FEW,
        learning_rate: learning_rate / 2.0,
        ..Recipe::default()
    };
    let recipe = Recipe { epochs: epochs(ENOUGH_FROM_HEAD, data.train, &recipe, 2, 10), ..recipe };
    let rows = match data.task {
        Task::Regression => format!("{} rows", data.train),
        _ => format!("{per_class} rows per label"),
    };
    Suggestion {
        sentence: format!(
            "With only {rows}, a head is fitted first and all of the model learns from there ({} epochs \
             at {:e}, {} here): best with few rows. The result is a folder for sentence-transformers; choose Full for \
             transformers\u{2019} own class.",
            recipe.epochs,
            recipe.learning_rate,
            about(cost(&model.config, data, recipe.epochs) / speed)
        ),
        recipe,
    }
}

/// Full training with enough steps.
fn step_by_step(model: &OpenModel, data: &DatasetInfo, speed: f64) -> Suggestion {
    let (learning_rate, why) = rate(&model.config);
    let recipe = match data.task {
        Task::Embedding => {
            Recipe { batch_size: 32, epochs: 1, learning_rate: learning_rate / 2.0, ..Recipe::default() }
        }
        Task::Answers => Recipe { batch_size: 8, learning_rate: learning_rate / 2.0, ..Recipe::default() },
        _ => Recipe { learning_rate, ..Recipe::default() },
    };
    let recipe = Recipe { epochs: epochs(ENOUGH_STEPS, data.train, &recipe, recipe.epochs, 20), ..recipe };
    Suggestion {
        sentence: format!(
            "All of the model learns, {} epochs at {:e}, which makes {} steps and takes {} here: {why}.",
            recipe.epochs,
            recipe.learning_rate,
            recipe.epochs * data.train.div_ceil(recipe.batch_size),
            about(cost(&model.config, data, recipe.epochs) / speed)
        ),
        recipe,
    }
}

/// Peak learning rate, and why.
fn rate(config: &EncoderConfig) -> (f64, &'static str) {
    if config.hidden_size <= SMALL {
        (2e-4, "a small encoder bears a high rate")
    } else {
        (3e-5, "an encoder of this width wants a low rate")
    }
}

/// Passes over the rows that make enough steps, within limits.
fn epochs(steps: usize, rows: usize, recipe: &Recipe, fewest: usize, most: usize) -> usize {
    steps.div_ceil(rows.div_ceil(recipe.batch_size).max(1)).clamp(fewest, most)
}

/// Training rows of the class in the middle; of numbers, an eighth of all rows.
fn rows_per_class(data: &DatasetInfo) -> usize {
    let mut rows: Vec<usize> = data.classes.iter().map(|class| class.train).collect();
    rows.sort_unstable();
    rows.get(rows.len() / 2).copied().unwrap_or(data.train / 8)
}

/// Operations of a whole run: six per weight and token, twice for what is added up.
fn cost(config: &EncoderConfig, data: &DatasetInfo, epochs: usize) -> f64 {
    let layer = config.hidden_size * (4 * config.hidden_size + 2 * config.intermediate_size);
    let tokens = data.mean_tokens.unwrap_or(64.0) * data.train as f64 * epochs as f64;
    6.0 * (layer * config.num_hidden_layers) as f64 * tokens
}
