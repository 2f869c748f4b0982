//! What the end of a run means for the search: its row in the table, and whether it is the best so far.

use super::course::{Best, Current, Past, Search};
use super::trial::{TrialDone, TrialState};
use crate::error::Error;
use crate::eval::Metrics;
use crate::session::event::{DoneEvent, Event, Reason};
use crate::session::history::watched;

impl Search {
    /// Ends the run under way; whether it is the best so far. Among equals that of the lower loss, or else the earlier one.
    pub fn end(&mut self, done: &DoneEvent, events: &mut Vec<Event>) -> bool {
        let Some(Current { trial, epochs, loser, again, .. }) = self.current.take() else { return false };
        let place = self.place(again);
        let metric = done.metrics.as_ref().map(|metrics| watched(trial.recipe.metric, metrics));
        let better = again || self.is_better(done.metrics.as_ref(), metric.unwrap_or("loss"));
        // With the user waiting for the end, the best run is not made again.
        let missed = self.best.filter(|best| best.lost && self.stopping && !better);
        let best = better || missed.is_some();
        if best {
            self.missed = missed.map(|best| best.place);
            self.best = Some(Best { place, lost: false });
        }
        let row = TrialDone {
            trial: place + 1,
            changes: trial.changes.clone(),
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
        self.record(place, Past { trial, row, epochs, metrics: done.metrics.clone() }, events);
        best
    }

    /// Where a run stands in the table.
    pub fn place(&self, again: bool) -> usize {
        self.best.filter(|_| again).map_or(self.past.len(), |best| best.place)
    }

    fn is_better(&self, now: Option<&Metrics>, metric: &str) -> bool {
        let before = self.best.and_then(|best| self.past.get(best.place));
        match (before, now) {
            (None, _) => true,
            (Some(Past { metrics: Some(before), .. }), Some(now)) => now.beat(before, metric),
            (Some(Past { metrics: None, .. }), now) => now.is_some(),
            (Some(_), None) => false,
        }
    }

    /// Puts a run that could not be made into the table.
    pub fn fail(&mut self, error: Error, events: &mut Vec<Event>) {
        let Some(Current { trial, epochs, again, .. }) = self.current.take() else { return };
        let place = self.place(again);
        if again {
            // Made a second time it would fail again.
            self.best = None;
        }
        let row = TrialDone {
            trial: place + 1,
            changes: trial.changes.clone(),
            state: TrialState::Failed,
            metric: None,
            score: None,
            best_epoch: 0,
            seconds: 0.0,
            best: false,
            mistake: Some(error.to_string()),
        };
        self.mistake.get_or_insert(error);
        self.record(place, Past { trial, row, epochs, metrics: None }, events);
    }

    fn record(&mut self, place: usize, past: Past, events: &mut Vec<Event>) {
        events.push(Event::TrialDone(Box::new(past.row.clone())));
        if place < self.past.len() {
            self.past[place] = past;
        } else {
            self.past.push(past);
        }
    }

    /// The table of runs.
    pub fn rows(&self) -> Vec<TrialDone> {
        self.past.iter().map(|past| past.row.clone()).collect()
    }
}
