//! A model over rows, one batch at a time: logits, and from them a [`Report`].

use crate::data::{self, Truth};
use crate::device::{self, Compute};
use crate::error::Result;
use crate::eval::{Confusion, Report, cross_entropy};
use crate::model::{DeviceBatch, Model};
use crate::train::{PadRule, Rows};

/// Rows of one evaluation batch: more than in training, since no activations are kept.
const BATCH: usize = 32;

/// An evaluation under way.
#[derive(Debug)]
pub struct Evaluation {
    model: Model,
    ahead: Vec<Vec<usize>>,
    done: usize,
    confusion: Confusion,
    loss: f64,
}

impl Evaluation {
    /// Prepares to run a model for K classes over rows.
    pub fn new(model: Model, rows: &Rows, classes: usize) -> Self {
        let mut ahead = data::plan_sorted(&rows.lengths(), BATCH);
        ahead.reverse();
        Self { model, ahead, done: 0, confusion: Confusion::new(classes), loss: 0.0 }
    }

    /// Rows done.
    pub fn done(&self) -> usize {
        self.done
    }

    /// Runs one batch; `false` when there was none left.
    ///
    /// # Errors
    ///
    /// A device that failed.
    pub async fn advance(&mut self, rows: &Rows, pad: PadRule, compute: &Compute) -> Result<bool> {
        let Some(places) = self.ahead.pop() else { return Ok(false) };
        let logits = logits(&self.model, rows, &places, pad, compute).await?;
        for (&place, row) in places.iter().zip(&logits) {
            let Truth::Class(target) = rows.truths[place] else { continue };
            self.loss += cross_entropy(row, target);
            self.confusion.add(target, argmax(row));
        }
        self.done += places.len();
        Ok(true)
    }

    /// What the rows done so far say, and the model.
    pub fn finish(self, labels: &[String]) -> (Report, Model) {
        let loss = self.loss / self.done.max(1) as f64;
        (Report::classification(labels, loss, &self.confusion), self.model)
    }
}

/// Logits of the rows at these places, each K long.
///
/// # Errors
///
/// A device that failed.
pub async fn logits(
    model: &Model,
    rows: &Rows,
    places: &[usize],
    pad: PadRule,
    compute: &Compute,
) -> Result<Vec<Vec<f32>>> {
    let batch = rows.batch(places, pad);
    let output = model.forward(&DeviceBatch::new(&batch, &compute.device));
    let [_, classes] = output.dims();
    Ok(device::read(output).await?.chunks(classes).map(<[f32]>::to_vec).collect())
}

/// The first of the largest values, as numpy's argmax takes it.
pub fn argmax(row: &[f32]) -> usize {
    let mut best = 0;
    for (class, value) in row.iter().enumerate() {
        if *value > row[best] {
            best = class;
        }
    }
    best
}
