//! A search in a checkpoint: beside the run under way, the runs that are over and those to come. Of the runs that are over it
//! has figures alone, no weights: they would make each checkpoint half as large again. If none of the runs to come beats the best
//! of them, that one is made again in the end.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::course::{Best, Current, Past, Search};
use super::plan::{MOST_RUNS, SearchPlan, Trial};
use super::trial::{SearchInfo, TrialDone, TrialStarted, TrialState};
use crate::error::{Error, Result};
use crate::eval::Metrics;
use crate::session::event::{EpochEvent, Event, RunInfo};
use crate::session::history::watched;
use crate::session::saved::{Exact, SavedEpoch, SavedMetrics, contradiction, recipe_from_json, recipe_to_json};

/// A search.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedSearch {
    plan: SearchPlan,
    /// See [`recipe_to_json`].
    base: Value,
    /// All runs, in their order.
    trials: Vec<SavedTrial>,
    /// Those that are over, the first of them.
    over: Vec<SavedPast>,
    best: Option<usize>,
    /// Whether the run under way was stopped because it fell behind.
    loser: bool,
    /// Whether it is the best one, made again.
    again: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedTrial {
    /// Names of the fields that differ from the base.
    fields: Vec<String>,
    recipe: Value,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedPast {
    state: TrialState,
    metrics: Option<SavedMetrics>,
    epochs: Vec<SavedEpoch>,
    best_epoch: usize,
    seconds: Exact,
    /// Whether it was the best so far.
    best: bool,
    mistake: Option<String>,
}

impl SavedSearch {
    /// The run under way, from 1, and of how many.
    pub fn place(&self) -> (usize, usize) {
        let place = self.best.filter(|_| self.again).unwrap_or(self.over.len());
        (place + 1, self.trials.len())
    }
}

impl Search {
    /// For a checkpoint; `None` between two runs.
    pub fn save(&self) -> Option<SavedSearch> {
        let current = self.current.as_ref()?;
        let under_way = Some(&current.trial).filter(|_| !current.again);
        let trials = self.past.iter().map(|past| &past.trial).chain(under_way).chain(&self.ahead);
        Some(SavedSearch {
            plan: self.plan.clone(),
            base: recipe_to_json(&self.base),
            trials: trials.map(SavedTrial::new).collect(),
            over: self.past.iter().map(SavedPast::new).collect(),
            best: self.best.map(|best| best.place),
            loser: current.loser,
            again: current.again,
        })
    }

    /// The search of a checkpoint whose run under way was set up anew, and has had these epochs.
    ///
    /// # Errors
    ///
    /// A checkpoint whose parts do not belong together.
    pub fn go_on(saved: SavedSearch, run: RunInfo, step: usize, epochs: Vec<EpochEvent>) -> Result<Self> {
        let (place, total) = saved.place();
        let over = saved.over.len();
        let best = saved.best.map(|place| Best { place, lost: true });
        let fits = total <= MOST_RUNS
            && place <= total
            && best.is_none_or(|best| best.place < over && saved.over[best.place].state != TrialState::Failed)
            && (!saved.again || best.is_some() && over == total);
        if !fits {
            return Err(contradiction());
        }
        let mut trials = saved.trials.into_iter().map(SavedTrial::read).collect::<Result<Vec<_>>>()?;
        let again = trials.get(place - 1).cloned();
        let mut ahead = trials.split_off(over.min(trials.len()));
        let trial = if saved.again { again } else { (!ahead.is_empty()).then(|| ahead.remove(0)) };
        let mut search = Self::new(saved.plan, recipe_from_json(saved.base)?, ahead);
        search.total = total;
        search.best = best;
        for (saved, trial) in saved.over.into_iter().zip(trials) {
            search.past.push(saved.read(search.past.len() + 1, trial)?);
        }
        search.mistake = search.past.iter().find_map(|past| past.row.mistake.clone()).map(Error::order);
        let trial = trial.ok_or_else(contradiction)?;
        search.current = Some(Current { trial, run: Some(run), step, epochs, loser: saved.loser, again: saved.again });
        Ok(search)
    }

    /// What it was when it was set up.
    pub fn info(&self) -> SearchInfo {
        let under_way = self.current.iter().filter(|current| !current.again).map(|current| &current.trial);
        let trials = self.past.iter().map(|past| &past.trial).chain(under_way).chain(&self.ahead);
        let changes = trials.map(|trial| trial.changes.clone()).collect();
        SearchInfo { runs: self.total, changes, notes: Vec::new() }
    }

    /// What has been told of it since its beginning, but for the steps of the runs that are over.
    pub fn told(&self, of_current: Vec<Event>) -> Vec<Event> {
        let mut events = Vec::new();
        for Past { trial, row, epochs, .. } in &self.past {
            let started = TrialStarted {
                trial: row.trial,
                total: self.total,
                changes: trial.changes.clone(),
                run: None,
                again: false,
            };
            events.push(Event::TrialStarted(Box::new(started)));
            events.extend(epochs.iter().cloned().map(Event::Epoch));
            events.push(Event::TrialDone(Box::new(row.clone())));
        }
        events.extend(self.begins());
        events.extend(of_current);
        events
    }
}

impl SavedTrial {
    fn new(trial: &Trial) -> Self {
        Self { fields: trial.changes.keys().cloned().collect(), recipe: recipe_to_json(&trial.recipe) }
    }

    fn read(self) -> Result<Trial> {
        let recipe = recipe_from_json(self.recipe)?;
        let changes: Map<_, _> = self.fields.into_iter().map(|name| (name.clone(), recipe.value(&name))).collect();
        if recipe.with(&changes).as_ref() == Ok(&recipe) { Ok(Trial { changes, recipe }) } else { Err(contradiction()) }
    }
}

impl SavedPast {
    fn new(past: &Past) -> Self {
        let TrialDone { state, best_epoch, seconds, best, ref mistake, .. } = past.row;
        Self {
            state,
            metrics: past.metrics.as_ref().map(SavedMetrics::from),
            epochs: past.epochs.iter().map(SavedEpoch::from).collect(),
            best_epoch,
            seconds: Exact(seconds),
            best,
            mistake: mistake.clone(),
        }
    }

    fn read(self, number: usize, trial: Trial) -> Result<Past> {
        let metrics = self.metrics.map(Metrics::try_from).transpose()?;
        let metric = metrics.as_ref().map(|metrics| watched(trial.recipe.metric, metrics));
        let row = TrialDone {
            trial: number,
            changes: trial.changes.clone(),
            state: self.state,
            metric,
            score: metric.and_then(|metric| metrics.as_ref()?.get(metric)),
            best_epoch: self.best_epoch,
            seconds: self.seconds.0,
            best: self.best,
            mistake: self.mistake,
        };
        let epochs = self.epochs.into_iter().map(EpochEvent::try_from).collect::<Result<_>>()?;
        Ok(Past { trial, row, epochs, metrics })
    }
}
