//! A run in two parts: a head is fitted to the encoded texts, and from there all of the model learns. The encoder then is
//! not bent by a head that knows nothing yet.

use crate::checkpoint::state::{Entry, StateFile};
use crate::error::Result;
use crate::model::Model;
use crate::session::event::{EpochEvent, Event};
use crate::session::frozen::{Features, FrozenRun};
use crate::session::rows::Prepared;
use crate::session::run::{Outcome, Run};
use crate::session::saved::{SavedRun, SavedSteps};
use crate::session::start::Setup;

/// The two parts.
#[derive(Debug)]
pub struct ProbeRun {
    part: Part,
    setup: Setup,
    rows: [Prepared; 2],
    features: Option<Features>,
}

#[derive(Debug)]
#[allow(clippy::large_enum_variant)] // There is one at a time.
enum Part {
    Head(FrozenRun),
    All(Run),
}

impl ProbeRun {
    /// A run that begins with the head.
    pub fn new(head: FrozenRun, setup: Setup, rows: [Prepared; 2]) -> Self {
        Self { part: Part::Head(head), setup, rows, features: None }
    }

    /// What was encoded, for the next run.
    pub fn features(&self) -> Option<Features> {
        self.features.clone()
    }

    /// Ends the run at the next unit of work.
    pub fn stop(&mut self) {
        match &mut self.part {
            Part::Head(run) => run.stop(),
            Part::All(run) => run.stop(),
        }
    }

    /// What the part that is under way is made of, see [`FrozenRun::save`] and [`Run::save`].
    pub fn save(&mut self) -> (SavedRun, Vec<Entry<'_>>) {
        match &mut self.part {
            Part::Head(run) => {
                let (saved, entries) = run.save();
                (SavedRun::Head(saved), entries)
            }
            Part::All(run) => {
                let (saved, entries) = run.save();
                (SavedRun::Steps(saved), entries)
            }
        }
    }

    /// Goes on in the part and at the place where another run was when it was written down.
    ///
    /// # Errors
    ///
    /// See [`FrozenRun::go_on`] and [`Run::go_on`].
    pub fn go_on(&mut self, saved: SavedRun, file: &StateFile) -> Result<Vec<EpochEvent>> {
        match (&mut self.part, saved) {
            (Part::Head(run), SavedRun::Head(saved)) => run.go_on(saved, file).map(|_| Vec::new()),
            (Part::Head(run), SavedRun::Steps(saved)) => {
                let model = run.blank();
                self.go_on_with_all(model, saved, file)
            }
            (Part::All(_), _) => unreachable!("a run that is gone on with is a new one"),
        }
    }

    fn go_on_with_all(&mut self, model: Model, saved: SavedSteps, file: &StateFile) -> Result<Vec<EpochEvent>> {
        let [train, validation] = std::mem::take(&mut self.rows);
        let mut run = self.setup.steps(model, train, validation)?;
        let epochs = run.go_on(saved, file)?;
        self.part = Part::All(run);
        Ok(epochs)
    }

    /// Does `units` units of work. Of the head's fit only the encoding is told: it takes the time.
    ///
    /// # Errors
    ///
    /// A device that failed.
    pub async fn advance(&mut self, units: usize) -> Result<(Vec<Event>, Option<Outcome>)> {
        let head = match &mut self.part {
            Part::All(run) => return run.advance(units).await,
            Part::Head(head) => head,
        };
        let (mut events, outcome) = head.advance(units).await?;
        let Some(outcome) = outcome else {
            events.retain(|event| matches!(event, Event::Encode { .. }));
            return Ok((events, None));
        };
        self.features = head.features();
        if head.is_stopped() {
            return Ok((events, Some(outcome)));
        }
        events.retain(|event| matches!(event, Event::Encode { .. }));
        let [train, validation] = std::mem::take(&mut self.rows);
        self.part = Part::All(self.setup.steps(outcome.model, train, validation)?);
        Ok((events, None))
    }
}
