//! One training run: steps, validation after each epoch, the best weights kept, the end in words.

mod diverged;
mod state;

pub(super) use state::ascending;

use burn::tensor::Tensor;
use web_time::Instant;

use crate::device::{self, Compute};
use crate::error::Result;
use crate::eval::{Metrics, Report};
use crate::model::Model;
use crate::recipe::Recipe;
use crate::session::evaluation::Evaluation;
use crate::session::event::{DoneEvent, EpochEvent, Event, Reason, StepEvent};
use crate::session::history;
use crate::session::rows::Prepared;
use crate::task::Task;
use crate::train::{Norm, PadRule, Step, Trainer};

/// A run between its start and its end.
#[derive(Debug)]
pub struct Run {
    trainer: Trainer,
    recipe: Recipe,
    validation: Prepared,
    task: Task,
    labels: Vec<String>,
    pad: PadRule,
    compute: Compute,
    phase: Phase,
    /// Steps whose loss has not been read from the device yet.
    unread: Vec<Step>,
    /// First step whose loss was no number.
    diverged: Option<usize>,
    best: Option<Best>,
    epochs: Vec<EpochEvent>,
    epoch_loss: Mean,
    examples: usize,
    tokens: usize,
    /// Seconds spent computing up to the last pause.
    seconds: f64,
    /// When the run was last gone on with.
    resumed: Instant,
}

#[derive(Debug)]
enum Phase {
    Training,
    /// Validation of the epoch that just ended.
    Evaluating(Box<Evaluation>),
    /// Validation of the weights that are kept at the end, where no epoch's validation has covered them.
    Closing(Box<Evaluation>, Reason),
    Done,
}

/// The epoch whose weights are kept so far.
#[derive(Debug, Clone)]
struct Best {
    epoch: usize,
    model: Model,
    report: Option<Report>,
}

/// What a finished run leaves behind.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The kept weights.
    pub model: Model,
    /// Every epoch's figures.
    pub epochs: Vec<EpochEvent>,
    /// How it ended.
    pub done: DoneEvent,
}

#[derive(Debug, Default)]
struct Mean {
    sum: f64,
    count: usize,
}

impl Run {
    /// A run that has not done a step yet.
    pub fn new(
        trainer: Trainer,
        recipe: Recipe,
        validation: Prepared,
        task: Task,
        labels: Vec<String>,
        pad: PadRule,
        compute: Compute,
    ) -> Self {
        Self {
            trainer,
            recipe,
            validation,
            task,
            labels,
            pad,
            compute,
            phase: Phase::Training,
            unread: Vec::new(),
            diverged: None,
            best: None,
            epochs: Vec::new(),
            epoch_loss: Mean::default(),
            examples: 0,
            tokens: 0,
            seconds: 0.0,
            resumed: Instant::now(),
        }
    }

    /// Steps of one epoch.
    pub fn steps_per_epoch(&self) -> usize {
        self.trainer.steps_per_epoch()
    }

    /// Steps of the whole run.
    pub fn total_steps(&self) -> usize {
        self.trainer.total_steps()
    }

    /// Seconds spent computing so far.
    fn clock(&self) -> f64 {
        self.seconds + self.resumed.elapsed().as_secs_f64()
    }

    /// Does `units` units of work, each a training step or a validation batch, and tells what happened.
    /// The outcome comes with the last event.
    ///
    /// # Errors
    ///
    /// A device that failed; the run is of no more use then.
    pub async fn advance(&mut self, units: usize) -> Result<(Vec<Event>, Option<Outcome>)> {
        let mut events = Vec::new();
        self.resumed = Instant::now();
        for _ in 0..units {
            if let Some(outcome) = self.unit(&mut events).await? {
                return Ok((events, Some(outcome)));
            }
        }
        self.read_steps(&mut events).await?;
        self.end_if_diverged()?;
        self.seconds = self.clock();
        Ok((events, None))
    }

    /// The same up to the end of the training, for what goes on with its weights: what is kept is not validated, and the run
    /// stays where it is.
    ///
    /// # Errors
    ///
    /// A device that failed.
    pub async fn advance_to_end(&mut self, units: usize) -> Result<Vec<Event>> {
        let mut events = Vec::new();
        self.resumed = Instant::now();
        for _ in 0..units {
            if self.ended().is_some() {
                break;
            }
            self.unit(&mut events).await?;
        }
        self.read_steps(&mut events).await?;
        self.end_if_diverged()?;
        self.seconds = self.clock();
        Ok(events)
    }

    /// Why the training ended, if it did and nothing came after it.
    pub fn ended(&self) -> Option<Reason> {
        if let Phase::Closing(_, reason) = &self.phase { Some(*reason) } else { None }
    }

    /// The weights that are kept as of now.
    pub fn kept(&mut self) -> Model {
        match &self.best {
            Some(best) => best.model.clone(),
            None => self.trainer.model(),
        }
    }

    /// The epochs that are over.
    pub fn epochs(&self) -> &[EpochEvent] {
        &self.epochs
    }

    /// Steps done.
    pub fn steps(&self) -> usize {
        self.trainer.step_count()
    }

    /// Seconds spent computing.
    pub fn seconds(&self) -> f64 {
        self.seconds
    }

    /// Bytes that the optimiser keeps.
    pub fn optimizer_bytes(&self) -> usize {
        self.trainer.optimizer_bytes()
    }

    /// Ends the run at the next unit of work: the best epoch's weights are kept, or those reached if none was
    /// finished or the recipe does not keep the best.
    pub fn stop(&mut self) {
        if !matches!(self.phase, Phase::Closing(..) | Phase::Done) {
            self.close(Reason::Stopped);
        }
    }

    async fn unit(&mut self, events: &mut Vec<Event>) -> Result<Option<Outcome>> {
        match std::mem::replace(&mut self.phase, Phase::Done) {
            Phase::Training => {
                self.phase = Phase::Training;
                let step = self.trainer.advance()?;
                self.unread.push(step);
                if self.trainer.at_epoch_end() {
                    self.read_steps(events).await?;
                    self.end_if_diverged()?;
                    if self.diverged.is_none() {
                        let model = self.trainer.view();
                        let evaluation = self.evaluation(model, &self.validation);
                        self.phase = Phase::Evaluating(Box::new(evaluation));
                    }
                }
            }
            Phase::Evaluating(mut evaluation) => {
                if self.evaluate(&mut evaluation, events).await? {
                    self.phase = Phase::Evaluating(evaluation);
                } else {
                    self.end_epoch(*evaluation, events);
                }
            }
            Phase::Closing(mut evaluation, reason) => {
                self.read_steps(events).await?;
                if self.evaluate(&mut evaluation, events).await? {
                    self.phase = Phase::Closing(evaluation, reason);
                } else {
                    return Ok(Some(self.finish(*evaluation, reason, events)));
                }
            }
            Phase::Done => {}
        }
        Ok(None)
    }

    fn evaluation(&self, model: Model, rows: &Prepared) -> Evaluation {
        Evaluation::new(model, rows, self.task, &self.labels)
    }

    /// One validation batch; `false` when all rows are done.
    async fn evaluate(&self, evaluation: &mut Evaluation, events: &mut Vec<Event>) -> Result<bool> {
        let more = evaluation.advance(&self.validation, self.pad, &self.compute).await?;
        if more {
            events.push(Event::Evaluate { done: evaluation.done(), total: self.validation.rows.texts.len() });
        }
        Ok(more)
    }

    /// Reads the losses of all steps since the last reading at once: a reading per step would stall a GPU.
    async fn read_steps(&mut self, events: &mut Vec<Event>) -> Result<()> {
        let steps = std::mem::take(&mut self.unread);
        let on_device = |step: &Step| match &step.norm {
            Norm::Host(_) => vec![step.loss.clone()],
            Norm::Device(norm) => vec![step.loss.clone(), norm.clone().narrow(0, 0, 1)],
        };
        let numbers: Vec<Tensor<1>> = steps.iter().flat_map(on_device).collect();
        if numbers.is_empty() {
            return Ok(());
        }
        let mut numbers = device::read(Tensor::cat(numbers, 0)).await?.into_iter().map(f64::from);
        let mut next = || numbers.next().unwrap_or(f64::NAN);
        for step in steps {
            let loss = self.trainer.units().loss(next());
            let grad_norm = match step.norm {
                Norm::Host(norm) => norm,
                Norm::Device(_) => next(),
            };
            if !loss.is_finite() {
                self.diverged = Some(step.step);
                break;
            }
            self.examples += step.examples;
            self.tokens += step.tokens;
            self.epoch_loss.sum += loss * step.examples as f64;
            self.epoch_loss.count += step.examples;
            events.push(Event::Step(StepEvent {
                step: step.step,
                total_steps: self.trainer.total_steps(),
                epoch: step.step as f64 / self.trainer.steps_per_epoch() as f64,
                loss,
                learning_rate: step.learning_rate,
                grad_norm,
                examples: self.examples,
                tokens: self.tokens,
                seconds: self.clock(),
            }));
        }
        Ok(())
    }

    /// Records the epoch, keeps its weights if they are the best, and decides how to go on.
    fn end_epoch(&mut self, evaluation: Evaluation, events: &mut Vec<Event>) {
        let (report, _) = evaluation.finish(&self.validation, &self.labels);
        let report = (!self.validation.rows.texts.is_empty()).then_some(report);
        let epoch = self.epochs.len() + 1;
        let mean = std::mem::take(&mut self.epoch_loss);
        let metrics = report.as_ref().map(|report| report.metrics.clone());
        let best = self.improves(metrics.as_ref());
        let mut event = EpochEvent {
            epoch,
            step: self.trainer.step_count(),
            train_loss: mean.sum / mean.count.max(1) as f64,
            validation: metrics,
            best,
            seconds: self.clock(),
            note: None,
        };
        event.note = history::rising(&self.epochs, &event).or_else(|| history::overfitting(&self.epochs, &event));
        self.epochs.push(event.clone());
        events.push(Event::Epoch(event));
        if best || !self.recipe.keep_best {
            self.best = Some(Best { epoch, model: self.trainer.model(), report });
        }
        self.phase = Phase::Training;
        if self.trainer.step_count() == self.trainer.total_steps() {
            self.close(Reason::Completed);
        } else if history::out_of_patience(&self.epochs, self.recipe.patience, self.recipe.metric) {
            self.close(Reason::EarlyStopping);
        }
    }

    /// Whether these figures beat every epoch before; without validation rows the newest epoch always does.
    fn improves(&self, metrics: Option<&Metrics>) -> bool {
        let Some(metrics) = metrics else { return true };
        let watched = history::watched(self.recipe.metric, metrics);
        self.epochs.iter().filter_map(|epoch| epoch.validation.as_ref()).all(|before| metrics.beat(before, watched))
    }

    /// Ends the training; weights that no validation has seen are validated first.
    fn close(&mut self, reason: Reason) {
        let reached = self.trainer.step_count();
        let validated = self.epochs.last().is_some_and(|epoch| epoch.step == reached);
        let none = Prepared::default();
        let evaluation = match &self.best {
            // Weights whose loss is no number are not worth keeping, whatever the recipe says.
            Some(best) if self.recipe.keep_best || validated || self.diverged.is_some() => {
                self.evaluation(best.model.clone(), &none)
            }
            _ => {
                self.best = None;
                let model = self.trainer.model();
                self.evaluation(model, &self.validation)
            }
        };
        self.phase = Phase::Closing(Box::new(evaluation), reason);
    }

    /// How it ended and which weights are kept, in words.
    fn ending(&self, reason: Reason, kept: usize, report: Option<&Report>) -> String {
        let why = self.trouble().unwrap_or_else(|| history::why(reason, self.epochs.len()));
        format!("{why}{}", history::kept(kept, report, self.recipe.keep_best))
    }

    fn finish(&mut self, evaluation: Evaluation, reason: Reason, events: &mut Vec<Event>) -> Outcome {
        let (epoch, model, report) = match self.best.take() {
            Some(best) => (best.epoch, best.model, best.report),
            None => {
                let (report, model) = evaluation.finish(&self.validation, &self.labels);
                (0, model, (!self.validation.rows.texts.is_empty()).then_some(report))
            }
        };
        let done = DoneEvent {
            reason,
            best_epoch: epoch,
            steps: self.trainer.step_count(),
            seconds: self.clock(),
            optimizer_bytes: self.trainer.optimizer_bytes(),
            metrics: report.as_ref().map(|report| report.metrics.clone()),
            sentence: self.ending(reason, epoch, report.as_ref()),
            report,
        };
        events.push(Event::Done(Box::new(done.clone())));
        Outcome { model, epochs: std::mem::take(&mut self.epochs), done }
    }
}
