//! Many runs instead of one: they go one after the other, are compared on the same validation rows by the recipe's metric,
//! and the best one's weights are kept, those of the others dropped as soon as they have lost.
//!
//! Picking among many runs on the validation rows makes the score of the one that is picked optimistic: how well it does is
//! told by rows that neither training nor the search has seen.

mod axis;
mod ending;
pub mod median;
mod plan;
mod trial;

pub use axis::{Axis, Domain};
pub use plan::{SearchPlan, Trial};
pub use trial::{SearchInfo, SearchReport, TrialDone, TrialStarted, TrialState};

use std::collections::VecDeque;

use crate::error::{Error, Result};
use crate::eval::Metrics;
use crate::recipe::{Method, Recipe};
use crate::session::Session;
use crate::session::event::{DoneEvent, Event, Reason, RunInfo};
use trial::{upwards, watched};

/// A search between its start and its end.
#[derive(Debug)]
pub struct Search {
    plan: SearchPlan,
    total: usize,
    ahead: VecDeque<Trial>,
    current: Option<Current>,
    rows: Vec<TrialDone>,
    /// Per run that was made: its method and its score after each epoch, more being better.
    scores: Vec<(Method, Vec<f64>)>,
    best: Option<Best>,
    /// Why the first run that failed did.
    mistake: Option<Error>,
    stopping: bool,
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
struct Best {
    /// Its place in the table of runs.
    place: usize,
    metrics: Option<Metrics>,
}

impl Session {
    /// Sets a search up; [`Session::run_steps`] makes its runs, one after the other. Until the first of them is over, the
    /// trained model is that of the run before; then it is the best so far.
    ///
    /// # Errors
    ///
    /// A bad recipe or plan, no model, no data, no validation rows, or a run under way.
    pub fn start_search(&mut self, recipe: &Recipe, plan: SearchPlan) -> Result<SearchInfo> {
        self.refuse_during_run("A run is under way. Stop it first.")?;
        if self.model.is_none() {
            return Err(Error::order("Open a model first."));
        }
        let data = self.data.as_ref().ok_or_else(|| Error::order("Open a table and choose its columns first."))?;
        if data.dataset.validation.is_empty() {
            return Err(Error::order(
                "Several runs are compared on validation rows, and there are none. Keep a share of the rows for validation.",
            ));
        }
        let trials = plan.trials(recipe, data.dataset.task)?;
        let changes = trials.iter().map(|trial| trial.changes.clone()).collect();
        let notes = match &plan {
            SearchPlan::Random { runs, .. } if trials.len() < *runs => {
                vec![format!("There are only {} different runs among these values; each is made once.", trials.len())]
            }
            _ => Vec::new(),
        };
        let runs = trials.len();
        self.search = Some(Search::new(plan, trials));
        Ok(SearchInfo { runs, changes, notes })
    }

    /// Does `units` units of work of the search's runs; whether the search is over.
    ///
    /// # Errors
    ///
    /// No run could be made: what went wrong in the first one.
    pub(super) async fn search_steps(&mut self, search: &mut Search, units: usize) -> Result<(Vec<Event>, bool)> {
        let (mut events, mut left) = (Vec::new(), units);
        while left > 0 {
            if self.run.is_some() {
                let units = search.next_units(left);
                left -= units;
                self.go_on(search, units, &mut events).await;
            } else if !search.is_over() {
                left -= 1;
                self.begin(search, &mut events);
            } else if search.best.is_none() && !events.is_empty() {
                // What happened is told first, and then what went wrong.
                break;
            } else {
                events.push(Event::Done(Box::new(self.close(search)?)));
                return Ok((events, true));
            }
        }
        Ok((events, false))
    }

    /// Starts the next run; one that cannot be set up goes into the table as it is.
    fn begin(&mut self, search: &mut Search, events: &mut Vec<Event>) {
        let Some(trial) = search.ahead.pop_front() else { return };
        match self.start(trial.recipe.clone()) {
            Ok(info) => {
                search.begun(trial, Some(info), events);
                if search.stopping {
                    self.stop_run();
                }
            }
            Err(error) => {
                search.begun(trial, None, events);
                search.fail(error, events);
            }
        }
    }

    /// Goes on with the run under way. The weights that it leaves are kept if it is the best so far.
    async fn go_on(&mut self, search: &mut Search, units: usize, events: &mut Vec<Event>) {
        let kept = self.trained.take();
        let result = self.advance(units).await;
        match result {
            Err(error) => {
                search.fail(error, events);
                self.trained = kept;
            }
            Ok(told) => {
                search.tell(told, events);
                let is_best = self.trained.as_ref().is_some_and(|trained| search.end(&trained.done, events));
                if !is_best {
                    self.trained = kept;
                }
                if search.falls_behind() {
                    self.stop_run();
                }
            }
        }
    }

    /// The end of the best run becomes that of the search.
    fn close(&mut self, search: &mut Search) -> Result<DoneEvent> {
        let (Some(best), Some(trained)) = (search.best.take(), &mut self.trained) else {
            return Err(search.mistake.take().unwrap_or_else(|| Error::order("No run could be made.")));
        };
        let report = ending::report(search.plan.clone(), std::mem::take(&mut search.rows), best.place);
        let done = &mut trained.done;
        done.sentence = ending::sentence(&report, search.total, &done.sentence);
        done.reason = match done.reason {
            _ if ending::cut_short(&report, search.total) => Reason::Stopped,
            // Stopped because it fell behind, and nevertheless the best.
            Reason::Stopped => Reason::Completed,
            reason => reason,
        };
        trained.search = Some(report);
        Ok(done.clone())
    }
}

impl Search {
    fn new(plan: SearchPlan, trials: Vec<Trial>) -> Self {
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

    fn is_over(&self) -> bool {
        self.ahead.is_empty() || (self.stopping && self.best.is_some())
    }

    /// At most so many units of work that none is done beyond the end of an epoch: there is decided whether the run goes on.
    fn next_units(&self, units: usize) -> usize {
        let Some(current) = &self.current else { return units };
        let end = current.total_steps.min(current.steps_per_epoch * (current.scores.len() + 1));
        // At its end an epoch is validated, in batches of which only the events tell how many are left.
        units.min(end.saturating_sub(current.step).max(1))
    }

    fn begun(&mut self, trial: Trial, run: Option<RunInfo>, events: &mut Vec<Event>) {
        let (steps_per_epoch, total_steps) = run.as_ref().map_or((1, 1), |run| (run.steps_per_epoch, run.total_steps));
        let (number, changes) = (self.rows.len() + 1, trial.changes.clone());
        events.push(Event::TrialStarted(Box::new(TrialStarted { trial: number, total: self.total, changes, run })));
        self.current = Some(Current { trial, steps_per_epoch, total_steps, step: 0, scores: Vec::new(), loser: false });
    }

    /// Passes on what happened in the run under way, but for its end, and remembers its scores.
    fn tell(&mut self, told: Vec<Event>, events: &mut Vec<Event>) {
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
    fn falls_behind(&mut self) -> bool {
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
    fn end(&mut self, done: &DoneEvent, events: &mut Vec<Event>) -> bool {
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
    fn fail(&mut self, error: Error, events: &mut Vec<Event>) {
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
