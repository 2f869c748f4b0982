//! Where a search stands: its table of runs, the one under way, the best so far, and which are stopped.

use std::collections::VecDeque;

use super::median;
use super::plan::{SearchPlan, Trial};
use super::trial::{TrialDone, TrialStarted, TrialState, upwards, watched};
use crate::error::Error;
use crate::eval::Metrics;
use crate::recipe::Method;
use crate::session::event::{DoneEvent, Event, Reason, RunInfo};

/// A search between its start and its end.
#[derive(Debug)]
pub struct Search {
    /// What is varied.
    pub plan: SearchPlan,
    /// Runs to make.
    pub total: usize,
    /// Runs that have not begun.
    pub ahead: VecDeque<Trial>,
    current: Option<Current>,
    /// The table of runs.
    pub rows: Vec<TrialDone>,
    /// Per run that was made: its method and its score after each epoch, more being better.
    scores: Vec<(Method, Vec<f64>)>,
    /// The best run so far.
    pub best: Option<Best>,
    /// Why the first run that failed did.
    pub mistake: Option<Error>,
    /// Whether the user wants an end.
    pub stopping: bool,
}

/// The run under way.
#[derive(Debug)]
struct Current {
    trial: Trial,
    steps_per_epoch: usize,
    total_steps: usize,
    /// Steps done.
    step: usize,
    /// Score after each epoch, more being better.
    scores: Vec<f64>,
    /// Whether it was stopped because it fell behind.
    loser: bool,
}

/// The best run so far.
#[derive(Debug)]
pub struct Best {
    /// Its place in the table of runs.
    pub place: usize,
    metrics: Option<Metrics>,
}

impl Search {
    /// A search of which no run has begun.
    pub fn new(plan: SearchPlan, trials: Vec<Trial>) -> Self {
        Self {
            plan,
            total: trials.len(),
            ahead: trials.into(),
            current: None,
            rows: Vec::new(),
            scores: Vec::new(),
            best: None,
            mistake: None,
            stopping: false,
        }
    }

    /// Lets the run under way be the last, unless none has left any weights yet.
    pub fn stop(&mut self) {
        self.stopping = true;
    }

    /// Whether no run is to be made any more.
    pub fn is_over(&self) -> bool {
        self.ahead.is_empty() || (self.stopping && self.best.is_some())
    }

    /// At most so many units of work that none is done beyond the end of an epoch: there is decided whether the run goes on.
    pub fn next_units(&self, units: usize) -> usize {
        let Some(current) = &self.current else { return units };
        let end = current.total_steps.min(current.steps_per_epoch * (current.scores.len() + 1));
        // At its end an epoch is validated, in batches of which only the events tell how many are left.
        units.min(end.saturating_sub(current.step).max(1))
    }

    /// A run begins; without a `run` it could not be set up.
    pub fn begun(&mut self, trial: Trial, run: Option<RunInfo>, events: &mut Vec<Event>) {
        let (steps_per_epoch, total_steps) = run.as_ref().map_or((1, 1), |run| (run.steps_per_epoch, run.total_steps));
        let (number, changes) = (self.rows.len() + 1, trial.changes.clone());
        events.push(Event::TrialStarted(Box::new(TrialStarted { trial: number, total: self.total, changes, run })));
        self.current = Some(Current { trial, steps_per_epoch, total_steps, step: 0, scores: Vec::new(), loser: false });
    }

    /// Passes on what happened in the run under way, but for its end, and remembers its scores.
    pub fn tell(&mut self, told: Vec<Event>, events: &mut Vec<Event>) {
        let Some(current) = &mut self.current else { return };
        for event in told {
            match &event {
                Event::Step(step) => current.step = step.step,
                Event::Epoch(epoch) => {
                    let metric = current.trial.recipe.metric;
                    let score = epoch.validation.as_ref().map(|metrics| upwards(watched(metric, metrics), metrics));
                    current.scores.push(score.unwrap_or(f64::NEG_INFINITY));
                }
                Event::Done(_) => continue,
                _ => {}
            }
            events.push(event);
        }
    }

    /// Whether the run under way is to be stopped now.
    pub fn falls_behind(&mut self) -> bool {
        let Some(current) = &mut self.current else { return false };
        let method = current.trial.recipe.method;
        let others: Vec<&[f64]> =
            self.scores.iter().filter(|(other, _)| *other == method).map(|(_, scores)| scores.as_slice()).collect();
        if self.plan.stops_losers() && !current.loser && median::is_loser(&current.scores, &others) {
            current.loser = true;
            return true;
        }
        false
    }

    /// Ends the run under way; whether it is the best so far. Among equals the earlier one stays.
    pub fn end(&mut self, done: &DoneEvent, events: &mut Vec<Event>) -> bool {
        let Some(Current { trial, scores, loser, .. }) = self.current.take() else { return false };
        let metric = done.metrics.as_ref().map(|metrics| watched(trial.recipe.metric, metrics));
        let best = match (&self.best, &done.metrics) {
            (None, _) => true,
            (Some(Best { metrics: Some(before), .. }), Some(now)) => now.beat(before, metric.unwrap_or("loss")),
            (Some(Best { metrics: None, .. }), now) => now.is_some(),
            (Some(_), None) => false,
        };
        if best {
            self.best = Some(Best { place: self.rows.len(), metrics: done.metrics.clone() });
        }
        self.scores.push((trial.recipe.method, scores));
        let row = TrialDone {
            trial: self.rows.len() + 1,
            changes: trial.changes,
            state: match done.reason {
                Reason::Stopped if loser => TrialState::StoppedEarly,
                Reason::Stopped => TrialState::Stopped,
                Reason::Completed | Reason::EarlyStopping => TrialState::Completed,
            },
            metric,
            score: metric.and_then(|metric| done.metrics.as_ref()?.get(metric)),
            best_epoch: done.best_epoch,
            seconds: done.seconds,
            best,
            mistake: None,
        };
        self.record(row, events);
        best
    }

    /// Puts a run that could not be made into the table.
    pub fn fail(&mut self, error: Error, events: &mut Vec<Event>) {
        let Some(Current { trial, .. }) = self.current.take() else { return };
        let row = TrialDone {
            trial: self.rows.len() + 1,
            changes: trial.changes,
            state: TrialState::Failed,
            metric: None,
            score: None,
            best_epoch: 0,
            seconds: 0.0,
            best: false,
            mistake: Some(error.to_string()),
        };
        self.mistake.get_or_insert(error);
        self.record(row, events);
    }

    fn record(&mut self, row: TrialDone, events: &mut Vec<Event>) {
        events.push(Event::TrialDone(Box::new(row.clone())));
        self.rows.push(row);
    }
}
