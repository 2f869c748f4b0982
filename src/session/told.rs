//! What has been told of a run since its beginning, so that its curves are whole after it was gone on with.

use std::borrow::Cow;

use crate::checkpoint::state::{Array, Entry, StateFile};
use crate::error::Result;
use crate::session::event::{EpochEvent, Event, StepEvent};
use crate::session::saved::contradiction;

/// Numbers of a step: 72 bytes for each.
const NUMBERS: usize = 9;
/// Their name in a checkpoint.
const NAME: &str = "history";

/// Steps and epochs.
#[derive(Debug, Clone, Default)]
pub struct Told {
    steps: Vec<f64>,
    epochs: Vec<EpochEvent>,
}

impl Told {
    /// Takes note of what is being told.
    pub fn note(&mut self, events: &[Event]) {
        for event in events {
            match event {
                Event::Step(step) => self.steps.extend(numbers(step)),
                Event::Epoch(epoch) => self.epochs.push(epoch.clone()),
                _ => {}
            }
        }
    }

    /// How many steps there were.
    pub fn steps(&self) -> usize {
        self.steps.len() / NUMBERS
    }

    /// Steps and epochs in the order in which they were told.
    pub fn events(&self) -> Vec<Event> {
        let mut epochs = self.epochs.iter().peekable();
        let mut events = Vec::with_capacity(self.steps() + self.epochs.len());
        for numbers in self.steps.as_chunks().0 {
            let step = step(numbers);
            while let Some(epoch) = epochs.next_if(|epoch| epoch.step < step.step) {
                events.push(Event::Epoch(epoch.clone()));
            }
            events.push(Event::Step(step));
        }
        events.extend(epochs.cloned().map(Event::Epoch));
        events
    }

    /// The steps, for a checkpoint; epochs are in what it says of the run.
    pub fn entry(&self) -> Entry<'_> {
        let values = Array::Doubles(Cow::Borrowed(&self.steps));
        Entry { name: NAME.to_owned(), shape: vec![self.steps(), NUMBERS], values }
    }

    /// What a checkpoint of a run says that has told of so many steps, with these epochs.
    ///
    /// # Errors
    ///
    /// Another number of steps.
    pub fn read(file: &StateFile, steps: usize, epochs: Vec<EpochEvent>) -> Result<Self> {
        let told = Self { steps: file.doubles(NAME, &[steps, NUMBERS])?, epochs };
        let counted = told.steps.chunks_exact(NUMBERS).zip(1..).all(|(numbers, step)| numbers[0] == f64::from(step));
        if counted { Ok(told) } else { Err(contradiction()) }
    }
}

fn numbers(step: &StepEvent) -> [f64; NUMBERS] {
    let counts = [step.step, step.total_steps, step.examples, step.tokens].map(|count| count as f64);
    let [number, total, examples, tokens] = counts;
    [number, total, step.epoch, step.loss, step.learning_rate, step.grad_norm, examples, tokens, step.seconds]
}

fn step(numbers: &[f64; NUMBERS]) -> StepEvent {
    let &[step, total_steps, epoch, loss, learning_rate, grad_norm, examples, tokens, seconds] = numbers;
    StepEvent {
        step: step as usize,
        total_steps: total_steps as usize,
        epoch,
        loss,
        learning_rate,
        grad_norm,
        examples: examples as usize,
        tokens: tokens as usize,
        seconds,
    }
}
