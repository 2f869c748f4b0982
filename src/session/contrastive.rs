//! A run in two parts, for few labels: the encoder learns which rows belong together, and a head is fitted to what it then
//! makes of them (Tunstall et al. 2022, "Efficient Few-Shot Learning Without Prompts").

use crate::checkpoint::state::{Entry, StateFile};
use crate::data::{Pair, Truth, draw_pairs};
use crate::error::{Error, Result};
use crate::model::Model;
use crate::recipe::{ContrastiveLoss, Recipe};
use crate::session::event::{DoneEvent, EpochEvent, Event, Reason, RunInfo};
use crate::session::frozen::FrozenRun;
use crate::session::history;
use crate::session::rows::Prepared;
use crate::session::run::{Outcome, Run};
use crate::session::saved::{SavedRun, SavedSteps};
use crate::session::start::Setup;
use crate::task::Task;
use crate::text::Tokens;
use crate::train::Rows;

/// Pairs that a run makes at most: they are held in memory, and a run over more would take days.
const MOST_PAIRS: usize = 200_000;

/// The two parts.
#[derive(Debug)]
pub struct ContrastiveRun {
    /// It stays where its training ended while the head is fitted: what is written down is always this part, and the head,
    /// which takes seconds, begins anew.
    encoder: Run,
    head: Option<FrozenRun>,
    setup: Setup,
    rows: [Prepared; 2],
    /// The last epoch's figures, which are told when the head says how well it did.
    held: Option<EpochEvent>,
}

impl ContrastiveRun {
    /// A run that begins with the encoder; `start` makes vectors of texts. What the run is made of goes into `info`.
    ///
    /// # Errors
    ///
    /// Rows that all have one label, or more pairs than a run takes.
    pub fn new(start: Model, setup: Setup, rows: [Prepared; 2], info: &mut RunInfo) -> Result<Self> {
        let pairs = paired(&rows[0].rows, &setup.recipe)?;
        info.tokens_per_epoch = pairs.rows.texts.iter().chain(&pairs.rows.partners[0]).map(Tokens::len).sum();
        info.notes.push(format!("{} pairs are made of the {} rows.", pairs.rows.texts.len(), rows[0].rows.texts.len()));
        let towards = Setup {
            task: Task::Embedding,
            labels: Vec::new(),
            recipe: Recipe { contrastive_loss: ContrastiveLoss::Cosine, ..setup.recipe.clone() },
            ..setup.clone()
        };
        let encoder = towards.steps(start, pairs, Prepared::default())?;
        (info.steps_per_epoch, info.total_steps) = (encoder.steps_per_epoch(), encoder.total_steps());
        Ok(Self { encoder, head: None, setup, rows, held: None })
    }

    /// The part that learns from pairs.
    #[cfg(test)]
    pub fn encoder(&mut self) -> &mut Run {
        &mut self.encoder
    }

    /// Ends the part that is under way. A head is fitted to an encoder that learnt for a while, too: without one it says
    /// nothing.
    pub fn stop(&mut self) {
        match &mut self.head {
            None => self.encoder.stop(),
            Some(head) => head.stop(),
        }
    }

    /// What the encoder's part is made of, see [`Run::save`].
    pub fn save(&mut self) -> (SavedRun, Vec<Entry<'_>>) {
        let (saved, entries) = self.encoder.save();
        (SavedRun::Steps(saved), entries)
    }

    /// Goes on where another run was when it was written down; the epochs that it had told of.
    ///
    /// # Errors
    ///
    /// See [`Run::go_on`].
    pub fn go_on(&mut self, saved: SavedSteps, file: &StateFile) -> Result<Vec<EpochEvent>> {
        let mut epochs = self.encoder.go_on(saved, file)?;
        let last = self.setup.recipe.epochs;
        self.held = epochs.pop_if(|epoch| epoch.epoch == last);
        Ok(epochs)
    }

    /// Does `units` units of work. Of the head's fit only the encoding is told: it takes the time.
    ///
    /// # Errors
    ///
    /// A device that failed.
    pub async fn advance(&mut self, units: usize) -> Result<(Vec<Event>, Option<Outcome>)> {
        if let Some(head) = &mut self.head {
            let (mut events, outcome) = head.advance(units).await?;
            events.retain(|event| matches!(event, Event::Encode { .. }));
            let outcome = outcome.map(|outcome| self.finish(outcome, &mut events));
            return Ok((events, outcome));
        }
        let mut events = self.encoder.advance_to_end(units).await?;
        self.hold_last(&mut events);
        if self.encoder.ended().is_some() {
            self.head = Some(FrozenRun::new(&self.encoder.kept(), &self.setup, self.rows.clone(), None));
        }
        Ok((events, None))
    }

    /// Tells of every epoch but the last.
    fn hold_last(&mut self, events: &mut Vec<Event>) {
        let last = self.setup.recipe.epochs;
        let told = std::mem::take(events).into_iter().filter_map(|event| match event {
            Event::Epoch(epoch) if epoch.epoch == last => {
                self.held = Some(epoch);
                None
            }
            other => Some(other),
        });
        events.extend(told);
    }

    /// The head on the encoder that learnt, with what both parts took.
    fn finish(&mut self, head: Outcome, events: &mut Vec<Event>) -> Outcome {
        let mut epochs = self.encoder.epochs().to_vec();
        if let (Some(last), Some(_)) = (epochs.last_mut(), self.held.take()) {
            last.validation = head.done.metrics.clone();
            events.push(Event::Epoch(last.clone()));
        }
        let reason = match head.done.reason {
            Reason::Stopped => Reason::Stopped,
            _ => self.encoder.ended().unwrap_or(Reason::Completed),
        };
        let steps = self.encoder.steps();
        let contrasted = history::contrasted(reason, steps, head.done.report.as_ref());
        let done = DoneEvent {
            reason,
            best_epoch: epochs.len(),
            steps,
            seconds: self.encoder.seconds() + head.done.seconds,
            optimizer_bytes: self.encoder.optimizer_bytes(),
            // Of an encoder whose loss became no number the epoch before is kept.
            sentence: self.encoder.trouble().map_or_else(String::new, |said| said + " ") + &contrasted,
            ..head.done
        };
        events.push(Event::Done(Box::new(done.clone())));
        Outcome { model: head.model, epochs, done }
    }
}

/// Rows of pairs: 1 is the score of those that are alike, 0 that of others.
fn paired(rows: &Rows, recipe: &Recipe) -> Result<Prepared> {
    let count = 2 * rows.texts.len() * recipe.pairs_per_row;
    if count > MOST_PAIRS {
        let fits = MOST_PAIRS / (2 * rows.texts.len());
        let remedy = match fits {
            0 => "With so many rows, choose Full.".to_owned(),
            _ => format!("Choose at most {fits} pairs per row, or Full, which is as good with so many rows."),
        };
        return Err(Error::recipe(
            "pairs_per_row",
            format!("That makes {count} pairs; {MOST_PAIRS} are the most. {remedy}"),
        ));
    }
    let pairs = draw_pairs(&rows.truths, recipe.pairs_per_row, recipe.seed);
    if !pairs.iter().any(|pair| !pair.alike) {
        return Err(Error::recipe(
            "method",
            "All training rows have the same label, so nothing can be told apart. Choose rows with at least two labels.",
        ));
    }
    let texts = |of: fn(&Pair) -> usize| pairs.iter().map(|pair| rows.texts[of(pair)].clone()).collect();
    let rows = Rows {
        texts: texts(|pair| pair.first),
        partners: vec![texts(|pair| pair.second)],
        truths: pairs.iter().map(|pair| Truth::Score(f32::from(u8::from(pair.alike)))).collect(),
    };
    Ok(Prepared { rows, ..Prepared::default() })
}
