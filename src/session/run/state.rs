//! A run of steps between two units of work: written into a checkpoint, and gone on with.

use std::collections::{HashMap, HashSet};

use web_time::Instant;

use super::{Best, Mean, Phase, Run};
use crate::checkpoint::state::{Array, Entry, StateFile, unusable};
use crate::device::Held;
use crate::error::Result;
use crate::eval::Report;
use crate::model::Learnt;
use crate::session::event::EpochEvent;
use crate::session::saved::{Exact, SavedBest, SavedEpoch, SavedPhase, SavedReport, SavedSteps, contradiction};
use crate::train::{Kept, Restored, Units};

// What stands before a parameter's path in the names of arrays.
const WEIGHTS: &str = "weights/";
const FIRST: &str = "first/";
const SECOND: &str = "second/";
const ROWS: &str = "rows/";
const BEST: &str = "best/";

impl Run {
    /// What the run is made of beyond its model, data and recipe: what learns and what the optimiser keeps of it, the best
    /// weights so far, and figures.
    pub fn save(&mut self) -> (SavedSteps, Vec<Entry<'_>>) {
        let learnt = self.trainer.learnt();
        let shapes: HashMap<String, Vec<usize>> =
            learnt.iter().map(|one| (one.path.clone(), one.shape.clone())).collect();
        let paths: HashSet<&str> = shapes.keys().map(String::as_str).collect();
        let (best, kept) = match &self.best {
            Some(Best { epoch, model, report }) => {
                let is_current = self.epochs[epoch - 1].step == self.trainer.step_count();
                let report = report.as_ref().map(SavedReport::from);
                let kept = if is_current { Vec::new() } else { model.at(&paths) };
                (Some(SavedBest { epoch: *epoch, report, is_current }), kept)
            }
            None => (None, Vec::new()),
        };
        let figures = self.figures(best);
        let weights = |before: &'static str| {
            move |Learnt { path, shape, values, .. }: Learnt| Entry {
                name: format!("{before}{path}"),
                shape,
                values: Array::Floats(Held::Device(values)),
            }
        };
        let mut entries: Vec<Entry> = learnt.into_iter().map(weights(WEIGHTS)).collect();
        for Kept { path, rows, moments } in self.trainer.kept() {
            let mut shape = shapes[&path].clone();
            if let Some(rows) = rows {
                shape[0] = rows.len();
                entries.push(Entry {
                    name: format!("{ROWS}{path}"),
                    shape: vec![rows.len()],
                    values: Array::Numbers(rows),
                });
            }
            for (before, values) in [FIRST, SECOND].into_iter().zip(moments) {
                entries.push(Entry {
                    name: format!("{before}{path}"),
                    shape: shape.clone(),
                    values: Array::Floats(values),
                });
            }
        }
        entries.extend(kept.into_iter().map(weights(BEST)));
        (figures, entries)
    }

    fn figures(&self, best: Option<SavedBest>) -> SavedSteps {
        let (phase, reason) = match &self.phase {
            Phase::Training | Phase::Done => (SavedPhase::Training, None),
            Phase::Evaluating(_) => (SavedPhase::Evaluating, None),
            Phase::Closing(_, reason) => (SavedPhase::Closing, Some(*reason)),
        };
        SavedSteps {
            phase,
            reason,
            step: self.trainer.step_count(),
            epochs: self.epochs.iter().map(SavedEpoch::from).collect(),
            epoch_loss: Exact(self.epoch_loss.sum),
            epoch_rows: self.epoch_loss.count,
            units: self.saved_units(),
            examples: self.examples,
            tokens: self.tokens,
            seconds: Exact(self.seconds),
            best,
        }
    }

    fn saved_units(&self) -> Option<[Exact; 2]> {
        let units = self.trainer.units();
        (units != Units::PLAIN).then(|| [Exact(units.mean()), Exact(units.deviation())])
    }

    /// Goes on where another run with the same recipe, model and data was when it was written down. Validation begins anew:
    /// the weights are the same, and so is what it says.
    ///
    /// # Errors
    ///
    /// Figures that contradict each other, or arrays of another run; this run is of no more use then.
    pub fn go_on(&mut self, saved: SavedSteps, file: &StateFile) -> Result<Vec<EpochEvent>> {
        let per_epoch = self.trainer.steps_per_epoch();
        saved.check(per_epoch, self.trainer.total_steps())?;
        let epochs = saved.epochs.into_iter().map(EpochEvent::try_from).collect::<Result<Vec<_>>>()?;
        let in_order =
            |(epoch, number): (&EpochEvent, usize)| (epoch.epoch, epoch.step) == (number, number * per_epoch);
        if saved.units != self.saved_units() {
            // The same data give the same units.
            return Err(unusable(
                "it was written by a version of Tabtune that learnt numbers otherwise. Start the run anew.",
            ));
        }
        if !epochs.iter().zip(1..).all(in_order) || file.below(WEIGHTS).len() != self.trainer.learnt().len() {
            return Err(contradiction());
        }
        let mut weights = |path: &str, shape: &[usize]| file.floats(&format!("{WEIGHTS}{path}"), shape);
        self.trainer.go_on(saved.step, &mut weights, &mut |path, shape| restored(file, path, shape))?;
        self.epochs = epochs;
        if let Some(SavedBest { epoch, report, is_current }) = saved.best {
            let model = if is_current {
                self.trainer.model()
            } else {
                self.trainer.variant(&mut |path, shape| file.floats(&format!("{BEST}{path}"), shape))?
            };
            self.best = Some(Best { epoch, model, report: report.map(Report::try_from).transpose()? });
        }
        self.epoch_loss = Mean { sum: saved.epoch_loss.0, count: saved.epoch_rows };
        (self.examples, self.tokens) = (saved.examples, saved.tokens);
        (self.seconds, self.resumed) = (saved.seconds.0, Instant::now());
        match (saved.phase, saved.reason) {
            (SavedPhase::Closing, Some(reason)) => self.close(reason),
            (SavedPhase::Evaluating, _) => {
                let model = self.trainer.view();
                self.phase = Phase::Evaluating(Box::new(self.evaluation(model, &self.validation)));
            }
            _ => self.phase = Phase::Training,
        }
        Ok(self.epochs.clone())
    }
}

/// What a checkpoint holds of the optimiser for the parameter at a path; `None` if that never moved.
fn restored(file: &StateFile, path: &str, shape: &[usize]) -> Result<Option<Restored>> {
    let [first, second, rows] = [FIRST, SECOND, ROWS].map(|before| format!("{before}{path}"));
    if file.shape(&first).is_none() {
        return Ok(None);
    }
    let mut shape = shape.to_vec();
    let rows = match (file.shape(&rows), shape.len()) {
        (Some(&[count]), 2) => Some(ascending(file.numbers(&rows, &[count])?, shape[0])?),
        (None, _) => None,
        _ => return Err(contradiction()),
    };
    if let Some(rows) = &rows {
        shape[0] = rows.len();
    }
    Ok(Some(Restored { moments: [file.floats(&first, &shape)?, file.floats(&second, &shape)?], rows }))
}

/// Numbers below a limit, each once.
pub(in crate::session) fn ascending(numbers: Vec<u32>, limit: usize) -> Result<Vec<u32>> {
    let fits =
        numbers.windows(2).all(|pair| pair[0] < pair[1]) && numbers.last().is_none_or(|&last| (last as usize) < limit);
    if fits { Ok(numbers) } else { Err(contradiction()) }
}
