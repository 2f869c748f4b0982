//! What a run minimises, per task, as PyTorch defines it: cross-entropy with label smoothing and class weights, binary
//! cross-entropy, squared error.
//!
//! The host folds smoothing, weights and the mean into soft targets, so that the device computes
//! `−Σ q · log softmax(outputs)` whatever the recipe says.

use burn::tensor::{Device, Tensor, TensorData, activation};

use crate::data::{Batch, Belonging, Truth, firsts};
use crate::kernel::{Target, Targets, cross_entropy};
use crate::recipe::{ClassWeights, Recipe};
use crate::task::Task;
use crate::train::contrastive::{Contrast, Contrasted};
use crate::train::units::Units;

/// What a run minimises.
#[derive(Debug, Clone, PartialEq)]
pub struct Objective {
    task: Task,
    smoothing: f64,
    /// Weight of each class, K long; of tasks with classes.
    weights: Vec<f64>,
    /// How vectors are compared, of the task that compares them.
    contrast: Contrast,
    /// Units that numbers are learnt in.
    units: Units,
}

impl Objective {
    /// The objective of a recipe, for K classes with so many training rows each.
    pub fn new(task: Task, recipe: &Recipe, rows_per_class: &[usize]) -> Self {
        let weights = match recipe.class_weights {
            ClassWeights::None => vec![1.0; rows_per_class.len()],
            ClassWeights::Balanced => balanced(rows_per_class),
        };
        Self { smoothing: recipe.label_smoothing, ..Self::weighted(task, 0.0, weights) }
    }

    /// An objective with explicit class weights, K long.
    pub fn weighted(task: Task, smoothing: f64, weights: Vec<f64>) -> Self {
        Self { task, smoothing, weights, contrast: Contrast::RANKING, units: Units::PLAIN }
    }

    /// Weight of each class, K long; of tasks with classes.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The same objective with vectors compared in this way.
    #[must_use]
    pub fn comparing(self, contrast: Contrast) -> Self {
        Self { contrast, ..self }
    }

    /// The same objective with numbers learnt in these units.
    #[must_use]
    pub fn in_units(self, units: Units) -> Self {
        Self { units, ..self }
    }

    /// Units that numbers are learnt in.
    pub fn units(&self) -> Units {
        self.units
    }

    /// What the loss of these rows is divided by: the weights of their classes, or how many numbers are compared.
    pub fn mass(&self, truths: &[Truth]) -> f64 {
        let of_row = |truth: &Truth| match truth {
            Truth::None => 0.0,
            Truth::Class(class) => self.weights[*class],
            Truth::Tokens(classes) => classes.iter().flatten().map(|&class| self.weights[class]).sum(),
            Truth::Labels(labels) => labels.len() as f64,
            Truth::Score(_) | Truth::Span(_) | Truth::Together => 1.0,
            Truth::Hidden(words) => words.len() as f64,
        };
        truths.iter().map(of_row).sum()
    }

    /// Loss `[1]` of outputs as [`crate::model::Head::forward`] gives them: the weighted sum over these rows divided by
    /// `mass`, which is [`Self::mass`] of all rows of the step, so that losses of accumulated batches add up to that of
    /// one large batch.
    pub fn loss(&self, outputs: Tensor<2>, batch: &Batch, mass: f64) -> Tensor<1> {
        let device = outputs.device();
        match self.task {
            Task::Classification | Task::Tokens => cross_entropy(outputs, self.class_targets(batch, mass)),
            Task::Answers => {
                let [_, ends] = outputs.dims();
                // Over the tokens of a row, for each of its ends.
                let outputs = outputs.reshape([batch.batch, batch.tokens, ends]).swap_dims(1, 2);
                cross_entropy(outputs.reshape([batch.batch * ends, batch.tokens]), span_targets(batch, ends, mass))
            }
            Task::MultiLabel => {
                // −y·log σ(x) − (1 − y)·log σ(−x), and log σ(−x) = log σ(x) − x.
                let absent =
                    constant(labels(batch).into_iter().map(|label| 1.0 - label).collect(), outputs.dims(), &device);
                (outputs.clone() * absent - activation::log_sigmoid(outputs)).sum() / mass
            }
            Task::Regression => {
                let scores = batch.truths.iter().map(|truth| self.units.score(truth.score().unwrap_or(0.0))).collect();
                let scores = constant(scores, [batch.batch, 1], &device);
                (outputs - scores).powi_scalar(2).sum() / mass
            }
            Task::Language => cross_entropy(outputs, word_targets(batch, mass)),
            Task::Embedding => {
                let examples = batch.batch / batch.group;
                // The loss is the mean over these examples, which are so large a part of the step's.
                self.contrast.loss(self.contrasted(outputs, batch)) * (examples as f64 / mass)
            }
        }
    }

    /// The vectors `[B, H]` of a batch by the places of their texts in the examples.
    fn contrasted(&self, vectors: Tensor<2>, batch: &Batch) -> Contrasted {
        let examples = batch.batch / batch.group;
        let column = |at: usize| vectors.clone().narrow(0, at * examples, examples);
        let compares_all = matches!(self.contrast, Contrast::Ranking { .. });
        Contrasted {
            anchors: column(0),
            positives: column(1),
            negatives: (2..batch.group).map(column).collect(),
            scores: batch.truths.iter().filter_map(Truth::score).collect(),
            left_out: if compares_all { left_out(batch) } else { Vec::new() },
        }
    }

    /// `w_c · ((1 − ε) · [c = target] + ε / K) / mass` for each row or token, zeros where nothing is known.
    fn class_targets(&self, batch: &Batch, mass: f64) -> Targets {
        let rows: Vec<Option<usize>> = match self.task {
            Task::Tokens => batch.truths.iter().flat_map(|truth| token_classes(truth, batch.tokens)).collect(),
            _ => batch.truths.iter().map(class).collect(),
        };
        let target = |class| Target { class, share: (self.weights[class] * (1.0 - self.smoothing) / mass) as f32 };
        let part = self.smoothing / (self.weights.len() as f64 * mass);
        let spread = self.weights.iter().filter(|_| self.smoothing > 0.0).map(|weight| (weight * part) as f32);
        Targets::new(rows.into_iter().map(|class| class.map(target)).collect(), spread.collect())
    }
}

fn constant(values: Vec<f32>, shape: [usize; 2], device: &Device) -> Tensor<2> {
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// Which texts of a batch an anchor is not to be told from, see [`Contrasted::left_out`]; its own positive is none.
fn left_out(batch: &Batch) -> Vec<bool> {
    let examples = batch.batch / batch.group;
    let text = firsts(batch.ids.chunks(batch.tokens.max(1)));
    let belonging = Belonging::of((0..examples).map(|row| (text[row], text[examples + row])));
    let all: Vec<bool> = (0..examples)
        .flat_map(|anchor| (examples..batch.batch).map(move |row| (anchor, row)))
        .map(|(anchor, row)| row != examples + anchor && belonging.holds(text[anchor], text[row]))
        .collect();
    if all.contains(&true) { all } else { Vec::new() }
}

fn class(truth: &Truth) -> Option<usize> {
    match truth {
        Truth::Class(class) => Some(*class),
        _ => None,
    }
}

/// The classes of a row's T tokens; `None` for padding.
fn token_classes(truth: &Truth, tokens: usize) -> Vec<Option<usize>> {
    let mut classes = match truth {
        Truth::Tokens(classes) => classes.clone(),
        _ => Vec::new(),
    };
    classes.resize(tokens, None);
    classes
}

/// Half of a row's share for the first and half for the last token of the answer. The mean of two cross-entropies over all T
/// tokens, padding included, as `ForQuestionAnsweringLoss` takes it.
fn span_targets(batch: &Batch, ends: usize, mass: f64) -> Targets {
    let target = |class| Target { class, share: (0.5 / mass) as f32 };
    let of_row = |truth: &Truth| match truth {
        Truth::Span(places) => places.iter().map(|&place| Some(target(place))).collect(),
        _ => vec![None; ends],
    };
    Targets::new(batch.truths.iter().flat_map(of_row).collect(), Vec::new())
}

fn labels(batch: &Batch) -> Vec<f32> {
    let of_row = |truth: &Truth| match truth {
        Truth::Labels(labels) => labels.clone(),
        _ => Vec::new(),
    };
    batch.truths.iter().flat_map(of_row).collect()
}

/// Of every hidden word as much.
fn word_targets(batch: &Batch, mass: f64) -> Targets {
    let target = |word: i32| Target { class: word as usize, share: (1.0 / mass) as f32 };
    let of_row = |truth: &Truth| match truth {
        Truth::Hidden(words) => words.iter().map(|(_, word)| Some(target(*word))).collect(),
        _ => Vec::new(),
    };
    Targets::new(batch.truths.iter().flat_map(of_row).collect(), Vec::new())
}

/// `n / (K · n_k)`, where K counts the classes that have training rows (`sklearn.utils.class_weight`); 0 for the others, which
/// the loss never meets.
pub fn balanced(rows_per_class: &[usize]) -> Vec<f64> {
    let rows = rows_per_class.iter().sum::<usize>() as f64;
    let classes = rows_per_class.iter().filter(|&&count| count > 0).count() as f64;
    rows_per_class.iter().map(|&count| if count == 0 { 0.0 } else { rows / (classes * count as f64) }).collect()
}
