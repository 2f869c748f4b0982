//! How the model that predicts does on the labelled rows of a table, a few batches at a time.

use serde::Serialize;

use crate::data::{Dataset, Mapping, Table};
use crate::error::Result;
use crate::eval::Report;
use crate::session::Session;
use crate::session::evaluation::Evaluation;
use crate::session::predict::Predictor;
use crate::session::rows::Prepared;
use crate::session::tally::{self, MOST_COMPARED};
use crate::task::Task;
use crate::train::PadRule;

/// What came of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measured {
    /// The scores over all rows with a label.
    pub report: Report,
    /// How many rows these are.
    pub rows: usize,
    /// From where to where the first score lies with a confidence of 95 %, if that can be told.
    pub interval: Option<[f64; 2]>,
    /// What makes the scores say less than they seem to, in sentences.
    pub notes: Vec<String>,
}

/// A measurement under way.
#[derive(Debug)]
pub struct Measuring {
    prepared: Prepared,
    evaluation: Evaluation,
    labels: Vec<String>,
    pad: PadRule,
    notes: Vec<String>,
}

impl Session {
    /// Prepares to measure the model that predicts on the rows of a table that have a label. The mapping's task is the model's;
    /// its split does not matter.
    ///
    /// # Errors
    ///
    /// No model that predicts, no row with a label, or a label that the model does not know.
    pub fn measuring(&self, table: &Table, mapping: &Mapping) -> Result<Measuring> {
        let predictor = self.predictor()?;
        let mapping = Mapping { task: predictor.task, ..mapping.clone() };
        let examples = Dataset::with_labels(table, &mapping, predictor.labels)?;
        let mut notes = Vec::new();
        match table.rows() - examples.len() {
            0 => {}
            1 => notes.push("1 row without a label is not measured.".to_owned()),
            left => notes.push(format!("{left} rows without a label are not measured.")),
        }
        notes.extend(self.trained_on().and_then(|data| data.learnt(&examples)));
        let mut prepared = predictor.preparation().prepare(&examples, &[])?;
        match predictor.task {
            Task::Language => prepared = prepared.hidden(&predictor.base.masking()?, 0),
            Task::Embedding => prepared = prepared.apart(),
            _ => {}
        }
        let pad = PadRule::new(predictor.base.tokenizer.pad_id(), predictor.base.config.longest(), &self.compute);
        // Whoever has not said so is asked as the questions are.
        prepared.may_lack = predictor.may_lack.unwrap_or_else(|| tally::may_lack(&prepared));
        let Predictor { model, task, labels, threshold, .. } = predictor;
        let evaluation = Evaluation::at(model.clone(), &prepared, task, labels, threshold);
        Ok(Measuring { prepared, evaluation, labels: labels.to_vec(), pad, notes })
    }

    /// Measures at least so many more rows, as far as there are any; returns how many are left. Of long texts that are read in
    /// windows each window counts as one.
    ///
    /// # Errors
    ///
    /// A device that failed.
    pub async fn measure(&self, measuring: &mut Measuring, rows: usize) -> Result<usize> {
        let Measuring { prepared, evaluation, pad, .. } = measuring;
        let until = evaluation.done().saturating_add(rows);
        while evaluation.done() < until && evaluation.advance(prepared, *pad, &self.compute).await? {}
        Ok(measuring.total() - measuring.evaluation.done())
    }

    /// How the model that predicts does on the rows of the open table: [`Session::measuring`] from beginning to end.
    ///
    /// # Errors
    ///
    /// No table, and as there.
    pub async fn evaluate(&self, mapping: &Mapping) -> Result<(Report, usize)> {
        let mut measuring = self.measuring(self.table()?, mapping)?;
        while self.measure(&mut measuring, usize::MAX).await? > 0 {}
        let Measured { report, rows, .. } = measuring.finish();
        Ok((report, rows))
    }

    /// The data that the trained model has learnt from, if it is still open.
    fn trained_on(&self) -> Option<&Dataset> {
        let dataset = &self.data.as_ref()?.dataset;
        self.trained.as_ref().is_some_and(|trained| trained.data_hash == dataset.hash).then_some(dataset)
    }
}

impl Measuring {
    /// Rows, or windows of them, that are measured altogether.
    pub fn total(&self) -> usize {
        self.prepared.rows.texts.len()
    }

    /// The scores over the rows that were measured.
    pub fn finish(self) -> Measured {
        let rows = self.prepared.examples.len();
        let (report, _) = self.evaluation.finish(&self.prepared, &self.labels);
        let compared = if report.task == Task::Embedding { rows.min(MOST_COMPARED) } else { rows };
        let first = report.metrics.scores.first().map(|(name, _)| *name);
        let interval = first.and_then(|name| report.interval(name, compared)).map(|(sure, _)| [sure.low, sure.high]);
        Measured { report, rows, interval, notes: self.notes }
    }
}
