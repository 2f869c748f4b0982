//! Many runs instead of one: they go one after the other, are compared on the same validation rows by the recipe's metric,
//! and the best one's weights are kept, those of the others dropped as soon as they have lost.
//!
//! Picking among many runs on the validation rows makes the score of the one that is picked optimistic: how well it does is
//! told by rows that neither training nor the search has seen.

mod axis;
mod course;
mod ending;
mod median;
mod plan;
mod saved;
mod trial;
mod verdict;

pub use axis::{Axis, Domain};
pub use course::Search;
pub use plan::{SearchPlan, Trial};
pub use saved::SavedSearch;
pub use trial::{SearchInfo, SearchReport, TrialDone, TrialStarted, TrialState};

use crate::error::{Error, Result};
use crate::recipe::Recipe;
use crate::session::Session;
use crate::session::event::{DoneEvent, Event, Reason};

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
        self.search = Some(Search::new(plan, recipe.clone(), trials));
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
        let Some(next) = search.next() else { return };
        match self.start(next.0.recipe.clone()) {
            Ok(info) => {
                search.begun(next, Some(info), events);
                if search.stopping {
                    self.stop_run();
                }
            }
            Err(error) => {
                search.begun(next, None, events);
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
        let report = ending::report(search.plan.clone(), search.rows(), best.place);
        let done = &mut trained.done;
        done.sentence = ending::sentence(&report, search.total, &done.sentence);
        if let Some(place) = search.missed {
            done.sentence +=
                &format!(" Run {} did better, but its weights were lost when the search was cut short.", place + 1);
        }
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
