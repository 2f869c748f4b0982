//! A recipe for each method of training.

use super::Suggestion;
use super::reach::Reach;
use crate::data::DatasetInfo;
use crate::model::EncoderConfig;
use crate::recipe::{Method, Recipe};
use crate::session::method::check;
use crate::session::speed::about;
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
/// C of a head on encoded texts with few rows.
const C_OF_FEW: f64 = 10.0;
/// How many times the rate of all weights adapters want: they begin at zero and are scaled.
const LORA_TIMES: f64 = 10.0;
/// The least rate of adapters that is usual.
const LORA_LEAST: f64 = 3e-4;
/// Learning rate of pairs of rows.
const CONTRASTIVE_RATE: f64 = 2e-5;
/// Pairs per class, each made of two rows, that teach an encoder what belongs together, and the most per row.
const PAIRS: (usize, usize) = (320, 10);
/// What becomes of a head on encoded texts.
const FOLDER: &str =
    "The result is a folder for sentence-transformers; choose Full for transformers\u{2019} own class.";

/// What a recipe is made for.
pub struct Case<'a> {
    /// The encoder.
    pub config: &'a EncoderConfig,
    /// The rows.
    pub data: &'a DatasetInfo,
    /// How much of the texts is read.
    pub reach: Reach,
    /// Operations per second that a training step gets.
    pub speed: f64,
}

impl Case<'_> {
    /// What suits each method that the task has.
    pub fn methods(&self) -> Vec<Suggestion> {
        let of_method = [self.full(), self.lora(), self.frozen(), self.probe(), self.contrastive()];
        of_method.into_iter().filter(|suggestion| check(suggestion.recipe.method, self.data.task).is_ok()).collect()
    }

    /// All of the model, with enough steps.
    pub fn full(&self) -> Suggestion {
        let recipe = self.stepwise(Method::Full);
        let (_, why) = rate(self.config);
        let sentence =
            format!("All of the model learns, {}: {why}.{}", self.course(&recipe, 1.0), self.reach.sentence());
        Suggestion { recipe, sentence }
    }

    /// Adapters, for as many steps.
    fn lora(&self) -> Suggestion {
        let recipe = self.stepwise(Method::Lora);
        let learning_rate = (recipe.learning_rate * LORA_TIMES).max(LORA_LEAST);
        let recipe = Recipe { learning_rate, ..recipe };
        // A step has no gradients of weights.
        let course = self.course(&recipe, 2.0 / 3.0);
        let sentence =
            format!("Adapters learn, {course}: they want a higher rate than all of a model.{}", self.reach.sentence());
        Suggestion { recipe, sentence }
    }

    /// A head alone.
    pub fn frozen(&self) -> Suggestion {
        let recipe = Recipe { inverse_regularization: self.freedom(), ..self.blank(Method::Frozen) };
        // Texts are encoded once, which is a third of a step.
        let time = about(self.seconds_of_all(1) / 3.0);
        let sentence = format!(
            "Only a head is trained, on texts that are encoded once, which takes {time} here.{} {FOLDER}",
            self.reach.sentence()
        );
        Suggestion { recipe, sentence }
    }

    /// A head on encoded texts first, then all of the model.
    pub fn probe(&self) -> Suggestion {
        let (learning_rate, _) = rate(self.config);
        let recipe = Recipe {
            inverse_regularization: self.freedom(),
            learning_rate: learning_rate / 2.0,
            ..self.blank(Method::Probe)
        };
        let recipe = Recipe { epochs: epochs(ENOUGH_FROM_HEAD, self.rows(), &recipe, 2, 10), ..recipe };
        let course = self.course(&recipe, 1.0);
        let why = match (self.few(), self.data.task) {
            (false, _) => "a head that fits already spares steps".to_owned(),
            (true, Task::Regression) => format!("best with only {} rows", self.data.train),
            (true, _) => format!("best with only {} rows per label", self.rows_per_class()),
        };
        let sentence = format!(
            "A head is fitted first and all of the model learns from there, {course}: {why}.{} {FOLDER}",
            self.reach.sentence()
        );
        Suggestion { recipe, sentence }
    }

    /// Pairs of rows, then a head.
    fn contrastive(&self) -> Suggestion {
        let (enough, most) = PAIRS;
        let recipe = Recipe {
            epochs: 1,
            learning_rate: CONTRASTIVE_RATE,
            pairs_per_row: (enough / self.rows_per_class().max(1)).clamp(1, most),
            inverse_regularization: self.freedom(),
            ..self.blank(Method::Contrastive)
        };
        // Two texts of each pair, and pairs of both sorts.
        let time = about(self.seconds_of_all(4 * recipe.pairs_per_row));
        let sentence = format!(
            "The encoder learns from pairs, {} per row with its own label and as many with others, once at {:e}, which \
             takes {time} here; then a head is fitted.{} {FOLDER}",
            recipe.pairs_per_row,
            recipe.learning_rate,
            self.reach.sentence()
        );
        Suggestion { recipe, sentence }
    }

    /// The defaults of a method, with as long texts as the data have.
    fn blank(&self, method: Method) -> Recipe {
        Recipe { method, max_length: self.reach.max_length, ..Recipe::default() }
    }

    /// Enough steps for weights that begin where they are.
    fn stepwise(&self, method: Method) -> Recipe {
        let (learning_rate, _) = rate(self.config);
        let defaults = self.blank(method);
        let recipe = match self.data.task {
            Task::Embedding => Recipe { batch_size: 32, epochs: 1, learning_rate: learning_rate / 2.0, ..defaults },
            Task::Answers => Recipe { batch_size: 8, learning_rate: learning_rate / 2.0, ..defaults },
            _ => Recipe { learning_rate, ..defaults },
        };
        Recipe { epochs: epochs(ENOUGH_STEPS, self.rows(), &recipe, recipe.epochs, 20), ..recipe }
    }

    /// Epochs, rate, steps and time of a run in words, where a step costs `share` of one that moves all weights.
    fn course(&self, recipe: &Recipe, share: f64) -> String {
        format!(
            "{} epochs at {:e}, which makes {} steps and takes {} here",
            recipe.epochs,
            recipe.learning_rate,
            recipe.epochs * self.rows().div_ceil(recipe.batch_size),
            about(self.seconds_of_all(recipe.epochs) * share)
        )
    }

    /// C of a head on encoded texts.
    fn freedom(&self) -> f64 {
        if self.few() { C_OF_FEW } else { Recipe::default().inverse_regularization }
    }

    /// Whether there are so few rows that a head comes first.
    pub fn few(&self) -> bool {
        self.rows_per_class() < FEW_ROWS
    }

    /// Training rows of the class in the middle; of numbers, an eighth of all rows.
    fn rows_per_class(&self) -> usize {
        let mut rows: Vec<usize> = self.data.classes.iter().map(|class| class.train).collect();
        rows.sort_unstable();
        rows.get(rows.len() / 2).copied().unwrap_or(self.data.train / 8)
    }

    /// Rows to train on, with all windows of long texts.
    fn rows(&self) -> usize {
        (self.data.train as f64 * self.reach.rows).round() as usize
    }

    /// Seconds of so many epochs that move all weights: six operations per weight and token, and two for rows held out.
    pub fn seconds_of_all(&self, epochs: usize) -> f64 {
        let EncoderConfig { hidden_size, intermediate_size, num_hidden_layers, .. } = self.config;
        let layer = hidden_size * (4 * hidden_size + 2 * intermediate_size);
        let texts = self.data.train as f64 + self.data.validation as f64 / 3.0;
        let tokens = self.reach.mean * texts * epochs as f64;
        6.0 * (layer * num_hidden_layers) as f64 * tokens / self.speed
    }
}

/// Peak learning rate of all weights, and why.
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
