//! A model over rows, one batch at a time: outputs, and from them a [`Report`].

use crate::data;
use crate::device::{self, Compute};
use crate::error::Result;
use crate::eval::Report;
use crate::model::{DeviceBatch, Model};
use crate::session::rows::Prepared;
use crate::session::tally::Tally;
use crate::task::Task;
use crate::train::{Objective, PadRule, Rows};

/// Rows of one evaluation batch: more than in training, since no activations are kept.
const BATCH: usize = 32;

/// An evaluation under way.
#[derive(Debug)]
pub struct Evaluation {
    model: Model,
    task: Task,
    ahead: Vec<Vec<usize>>,
    done: usize,
    tally: Tally,
    /// Sum of the losses, and how many were added up.
    loss: (f64, f64),
}

impl Evaluation {
    /// Prepares to run a model over rows that tell from which probability on it gives a label, of several.
    pub fn new(model: Model, prepared: &Prepared, task: Task, labels: &[String]) -> Self {
        Self::with(model, prepared, task, labels, None)
    }

    /// The same of a model that knows from where on: rows that it is measured on must not choose that.
    pub fn at(model: Model, prepared: &Prepared, task: Task, labels: &[String], threshold: f64) -> Self {
        Self::with(model, prepared, task, labels, Some(threshold))
    }

    fn with(model: Model, prepared: &Prepared, task: Task, labels: &[String], threshold: Option<f64>) -> Self {
        let mut ahead = data::plan_sorted(&prepared.rows.lengths(), BATCH);
        ahead.reverse();
        let tally = Tally::new(task, labels, prepared.examples.len(), threshold);
        Self { model, task, ahead, done: 0, tally, loss: (0.0, 0.0) }
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
    pub async fn advance(&mut self, prepared: &Prepared, pad: PadRule, compute: &Compute) -> Result<bool> {
        let Some(places) = self.ahead.pop() else { return Ok(false) };
        self.done += places.len();
        if self.task == Task::Language {
            let (loss, count) = language_loss(&self.model, &prepared.rows, &places, pad, compute).await?;
            self.loss = (self.loss.0 + loss, self.loss.1 + count);
            return Ok(true);
        }
        let outputs = outputs(&self.model, &prepared.rows, &places, pad, compute).await?;
        for (&place, outputs) in places.iter().zip(&outputs) {
            let (loss, count) = self.tally.add(prepared, place, outputs);
            self.loss = (self.loss.0 + loss, self.loss.1 + count);
        }
        Ok(true)
    }

    /// What the rows done so far say, and the model.
    pub fn finish(self, prepared: &Prepared, labels: &[String]) -> (Report, Model) {
        let (sum, count) = self.loss;
        let loss = if count == 0.0 { 0.0 } else { sum / count };
        (self.tally.report(labels, loss, prepared), self.model)
    }
}

/// Outputs of the rows at these places: K of each, or T · K where every token has some, padding left out.
///
/// # Errors
///
/// A device that failed.
pub async fn outputs(
    model: &Model,
    rows: &Rows,
    places: &[usize],
    pad: PadRule,
    compute: &Compute,
) -> Result<Vec<Vec<f32>>> {
    let batch = rows.batch(places, pad);
    let output = model.forward(&DeviceBatch::new(&batch, &compute.device));
    let [all, width] = output.dims();
    let values = device::read(output).await?;
    let per_row = all / places.len() * width;
    let real = |place: &usize| if all == places.len() { width } else { rows.texts[*place].len() * width };
    Ok(places.iter().zip(values.chunks(per_row)).map(|(place, row)| row[..real(place)].to_vec()).collect())
}

/// Sum of the cross-entropies of hidden words, and how many there are. Added up on the device: what is said of every word
/// of the vocabulary is not worth its way.
async fn language_loss(
    model: &Model,
    rows: &Rows,
    places: &[usize],
    pad: PadRule,
    compute: &Compute,
) -> Result<(f64, f64)> {
    let batch = rows.batch(places, pad);
    let objective = Objective::weighted(Task::Language, 0.0, Vec::new());
    let count = objective.mass(&batch.truths);
    if count == 0.0 {
        return Ok((0.0, 0.0));
    }
    let loss = objective.loss(model.forward(&DeviceBatch::new(&batch, &compute.device)), &batch, 1.0);
    Ok((f64::from(device::read(loss).await?.first().copied().unwrap_or(f32::NAN)), count))
}
