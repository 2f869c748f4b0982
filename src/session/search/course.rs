//! Where a search stands: its table of runs, the one under way, the best so far, and which are stopped.

use std::collections::VecDeque;

use super::median;
use super::plan::{SearchPlan, Trial};
use super::trial::{TrialDone, TrialStarted, TrialState, upwards};
use crate::error::Error;
use crate::eval::Metrics;
use crate::recipe::{Metric, Recipe};
use crate::session::event::{EpochEvent, Event, RunInfo};
use crate::session::history::watched;

/// A search between its start and its end.
#[derive(Debug)]
pub struct Search {
    /// What is varied.
    pub plan: SearchPlan,
    /// The recipe that it varies.
    pub base: Recipe,
    /// Runs to make.
    pub total: usize,
    /// Runs that have not begun.
    pub ahead: VecDeque<Trial>,
    /// The run under way.
    pub current: Option<Current>,
    /// Runs that are over.
    pub past: Vec<Past>,
    /// The best run so far.
    pub best: Option<Best>,
    /// Why the first run that failed did.
    pub mistake: Option<Error>,
    /// Whether the user wants an end.
    pub stopping: bool,
    /// A run that did better than what is kept, and whose weights are lost.
    pub missed: Option<usize>,
}

/// The run under way.
#[derive(Debug)]
pub struct Current {
    /// What it is.
    pub trial: Trial,
    /// How it was set up; `None` where it could not be.
    pub run: Option<RunInfo>,
    /// Steps done.
    pub step: usize,
    /// The epochs that are over.
    pub epochs: Vec<EpochEvent>,
    /// Whether it was stopped because it fell behind.
    pub loser: bool,
    /// Whether it is the best run, made again because its weights were lost.
    pub again: bool,
}

/// A run that is over.
#[derive(Debug)]
pub struct Past {
    /// What it was.
    pub trial: Trial,
    /// Its row in the table of runs.
    pub row: TrialDone,
    /// Its epochs.
    pub epochs: Vec<EpochEvent>,
    /// What the validation rows say of the weights that it kept.
    pub metrics: Option<Metrics>,
}

/// The best run so far.
#[derive(Debug, Clone, Copy)]
pub struct Best {
    /// Its place among the runs.
    pub place: usize,
    /// Whether its weights are lost: the search was gone on with from a checkpoint, which has only those of the run that was
    /// under way.
    pub lost: bool,
}

/// A score after each epoch, more being better.
fn scores(metric: Metric, epochs: &[EpochEvent]) -> Vec<f64> {
    let score =
        |epoch: &EpochEvent| epoch.validation.as_ref().map(|metrics| upwards(watched(metric, metrics), metrics));
    epochs.iter().map(|epoch| score(epoch).unwrap_or(f64::NEG_INFINITY)).collect()
}

impl Search {
    /// A search of which no run has begun.
    pub fn new(plan: SearchPlan, base: Recipe, trials: Vec<Trial>) -> Self {
        Self {
            plan,
            base,
            total: trials.len(),
            ahead: trials.into(),
            current: None,
            past: Vec::new(),
            best: None,
            mistake: None,
            stopping: false,
            missed: None,
        }
    }

    /// Lets the run under way be the last, unless none has left any weights yet.
    pub fn stop(&mut self) {
        self.stopping = true;
    }

    /// Whether no run is to be made any more.
    pub fn is_over(&self) -> bool {
        match self.best {
            Some(Best { lost: false, .. }) => self.ahead.is_empty() || self.stopping,
            Some(Best { lost: true, .. }) => false,
            None => self.ahead.is_empty(),
        }
    }

    /// The next run, and whether it was made before: in the end the best one is made again, if its weights are lost.
    pub fn next(&mut self) -> Option<(Trial, bool)> {
        if let Some(trial) = self.ahead.pop_front() {
            return Some((trial, false));
        }
        let best = self.best.filter(|best| best.lost)?;
        Some((self.past.get(best.place)?.trial.clone(), true))
    }

    /// At most so many units of work that none is done beyond the end of an epoch: there is decided whether the run goes on.
    pub fn next_units(&self, units: usize) -> usize {
        let Some(Current { run: Some(run), step, epochs, .. }) = &self.current else { return units };
        let end = run.total_steps.min(run.steps_per_epoch * (epochs.len() + 1));
        // At its end an epoch is validated, in batches of which only the events tell how many are left.
        units.min(end.saturating_sub(*step).max(1))
    }

    /// A run begins; without a `run` it could not be set up.
    pub fn begun(&mut self, (trial, again): (Trial, bool), run: Option<RunInfo>, events: &mut Vec<Event>) {
        self.current = Some(Current { trial, run, step: 0, epochs: Vec::new(), loser: false, again });
        events.extend(self.begins());
    }

    /// Tells that the run under way has begun.
    pub fn begins(&self) -> Option<Event> {
        let Current { trial, run, again, .. } = self.current.as_ref()?;
        Some(Event::TrialStarted(Box::new(TrialStarted {
            trial: self.place(*again) + 1,
            total: self.total,
            changes: trial.changes.clone(),
            run: run.clone(),
            again: *again,
        })))
    }

    /// Passes on what happened in the run under way, but for its end, and remembers its epochs.
    pub fn tell(&mut self, told: Vec<Event>, events: &mut Vec<Event>) {
        let Some(current) = &mut self.current else { return };
        for event in told {
            match &event {
                Event::Step(step) => current.step = step.step,
                Event::Epoch(epoch) => current.epochs.push(epoch.clone()),
                Event::Done(_) => continue,
                _ => {}
            }
            events.push(event);
        }
    }

    /// Whether the run under way is to be stopped now.
    pub fn falls_behind(&mut self) -> bool {
        let Some(current) = self.current.as_ref().filter(|current| !current.loser) else { return false };
        let falls = if current.again {
            // Where it was stopped the first time.
            let before = self.best.and_then(|best| self.past.get(best.place));
            before.is_some_and(|before| {
                before.row.state == TrialState::StoppedEarly && current.epochs.len() == before.epochs.len()
            })
        } else {
            let recipe = &current.trial.recipe;
            let alike = self.past.iter().filter(|past| past.trial.recipe.method == recipe.method);
            let others: Vec<_> = alike.map(|past| scores(past.trial.recipe.metric, &past.epochs)).collect();
            let others: Vec<&[f64]> = others.iter().map(Vec::as_slice).collect();
            self.plan.stops_losers() && median::is_loser(&scores(recipe.metric, &current.epochs), &others)
        };
        if let Some(current) = &mut self.current {
            current.loser = falls;
        }
        falls
    }
}
