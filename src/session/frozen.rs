//! A run that leaves the encoder as it is: every text is encoded once, and a linear head is fitted to the vectors. With
//! the same texts and model, another recipe encodes nothing.

mod state;

use std::sync::Arc;

use web_time::Instant;

use crate::data::{self, Truth};
use crate::error::Result;
use crate::eval::Report;
use crate::model::{Head, Model, OutputHead, Pooling, SentenceHead};
use crate::recipe::ClassWeights;
use crate::session::evaluation::outputs;
use crate::session::event::{DoneEvent, EpochEvent, Event, Reason, StepEvent};
use crate::session::history;
use crate::session::rows::Prepared;
use crate::session::run::Outcome;
use crate::session::start::Setup;
use crate::session::tally::Tally;
use crate::task::Task;
use crate::train::{LinearFit, LinearHead, LinearProblem, MAX_ITERATIONS, balanced};

/// Texts of one encoding batch.
const BATCH: usize = 32;

/// Encoded texts, each of length 1, in the order of the rows: training rows, then validation rows.
#[derive(Debug, Clone, Default)]
pub struct Features {
    vectors: Vec<Option<Vec<f32>>>,
}

/// What a run is made of.
#[derive(Debug)]
pub struct FrozenRun {
    /// The encoder with a head that gives its vectors.
    encoder: Model,
    setup: Setup,
    pooling: Pooling,
    train: Prepared,
    validation: Prepared,
    features: Features,
    /// Batches of rows that are still to be encoded, last one first.
    ahead: Vec<Vec<usize>>,
    fit: Option<LinearFit>,
    reason: Option<Reason>,
    tokens: usize,
    seconds: f64,
    resumed: Instant,
}

impl FrozenRun {
    /// A run on rows of which `known` are encoded already: all or none.
    pub fn new(model: &Model, setup: &Setup, [train, validation]: [Prepared; 2], known: Option<Arc<Features>>) -> Self {
        let rows = train.rows.texts.len() + validation.rows.texts.len();
        let features = match known.filter(|known| known.vectors.len() == rows) {
            Some(known) => Features::clone(&known),
            None => Features { vectors: vec![None; rows] },
        };
        let pooling = setup.base.pooling_for(setup.recipe.text_vector);
        let mut run = Self {
            encoder: model.clone().with_head(Head::Sentence(SentenceHead::new(pooling, true))),
            setup: setup.clone(),
            pooling,
            train,
            validation,
            features,
            ahead: Vec::new(),
            fit: None,
            reason: None,
            tokens: 0,
            seconds: 0.0,
            resumed: Instant::now(),
        };
        run.ahead = run.plan();
        run
    }

    /// Rows that are not encoded yet, in batches of similar length.
    fn plan(&self) -> Vec<Vec<usize>> {
        let todo: Vec<usize> =
            (0..self.features.vectors.len()).filter(|&row| self.features.vectors[row].is_none()).collect();
        let lengths: Vec<usize> = todo.iter().map(|&row| self.text_length(row)).collect();
        let mut batches: Vec<Vec<usize>> = data::plan_sorted(&lengths, BATCH)
            .into_iter()
            .map(|batch| batch.into_iter().map(|at| todo[at]).collect())
            .collect();
        batches.reverse();
        batches
    }

    fn text_length(&self, row: usize) -> usize {
        let trained = self.train.rows.texts.len();
        let rows = if row < trained { &self.train.rows.texts[row] } else { &self.validation.rows.texts[row - trained] };
        rows.len()
    }

    /// What is encoded, for the next run; complete once the head is being fitted.
    pub fn features(&self) -> Option<Features> {
        self.ahead.is_empty().then(|| self.features.clone())
    }

    /// Whether it was stopped rather than done.
    pub fn is_stopped(&self) -> bool {
        self.reason == Some(Reason::Stopped)
    }

    /// Ends the run at the next unit of work with the head as it is by then.
    pub fn stop(&mut self) {
        self.reason.get_or_insert(Reason::Stopped);
    }

    /// Does `units` units of work, each a batch encoded or an iteration of the fit.
    ///
    /// # Errors
    ///
    /// A device that failed.
    pub async fn advance(&mut self, units: usize) -> Result<(Vec<Event>, Option<Outcome>)> {
        let mut events = Vec::new();
        self.resumed = Instant::now();
        for _ in 0..units {
            if self.reason.is_some() {
                let outcome = self.finish(&mut events);
                return Ok((events, Some(outcome)));
            }
            match self.ahead.pop() {
                Some(places) => self.encode(&places, &mut events).await?,
                None => self.iterate(&mut events),
            }
        }
        self.seconds = self.clock();
        Ok((events, None))
    }

    fn clock(&self) -> f64 {
        self.seconds + self.resumed.elapsed().as_secs_f64()
    }

    async fn encode(&mut self, places: &[usize], events: &mut Vec<Event>) -> Result<()> {
        let trained = self.train.rows.texts.len();
        for (rows, first) in [(&self.train.rows, 0), (&self.validation.rows, trained)] {
            let own: Vec<usize> = places
                .iter()
                .filter_map(|place| place.checked_sub(first))
                .filter(|&place| place < rows.texts.len())
                .collect();
            if own.is_empty() {
                continue;
            }
            let vectors = outputs(&self.encoder, rows, &own, self.setup.pad, &self.setup.compute).await?;
            for (place, vector) in own.iter().zip(vectors) {
                self.tokens += rows.texts[*place].len();
                self.features.vectors[first + place] = Some(vector);
            }
        }
        let total = self.features.vectors.len();
        let done = total - self.ahead.iter().map(Vec::len).sum::<usize>();
        events.push(Event::Encode { done, total });
        Ok(())
    }

    fn iterate(&mut self, events: &mut Vec<Event>) {
        if self.fit.is_none() {
            self.fit = Some(LinearFit::new(self.problem()));
        }
        let clock = self.clock();
        let Some(fit) = &mut self.fit else { return };
        if !fit.advance() {
            self.reason = Some(Reason::Completed);
            return;
        }
        let rows = self.train.rows.texts.len();
        events.push(Event::Step(StepEvent {
            step: fit.iterations(),
            total_steps: MAX_ITERATIONS,
            epoch: fit.iterations() as f64,
            loss: fit.loss(),
            learning_rate: 0.0,
            grad_norm: fit.gradient_norm(),
            examples: rows,
            tokens: self.tokens,
            seconds: clock,
        }));
    }

    fn problem(&self) -> LinearProblem {
        let truths = self.train.rows.truths.clone();
        let outputs = super::outputs(self.setup.task, &self.setup.labels);
        let mut counts = vec![0_usize; outputs];
        for truth in &truths {
            if let Truth::Class(class) = truth {
                counts[*class] += 1;
            }
        }
        let is_balanced =
            self.setup.recipe.class_weights == ClassWeights::Balanced && self.setup.task == Task::Classification;
        let features: Vec<f32> = self.features.vectors[..truths.len()].iter().flatten().flatten().copied().collect();
        LinearProblem {
            features,
            hidden: self.setup.base.config.hidden_size,
            outputs,
            c: self.setup.recipe.inverse_regularization,
            class_weights: if is_balanced { balanced(&counts) } else { Vec::new() },
            truths,
        }
    }

    /// Measures the head on the validation rows, which are encoded already, and puts it on the encoder.
    fn finish(&mut self, events: &mut Vec<Event>) -> Outcome {
        let reason = self.reason.unwrap_or(Reason::Completed);
        let outputs = super::outputs(self.setup.task, &self.setup.labels);
        let (head, iterations, loss) = match &self.fit {
            Some(fit) => (fit.head(), fit.iterations(), fit.loss()),
            None => {
                let zeros = vec![0.0; self.setup.base.config.hidden_size * outputs];
                (LinearHead { weight: zeros, bias: vec![0.0; outputs] }, 0, f64::NAN)
            }
        };
        let report = self.report(&head);
        let metrics = report.as_ref().map(|report| report.metrics.clone());
        // Without an iteration there is nothing to tell of an epoch.
        let epoch = (iterations > 0).then(|| EpochEvent {
            epoch: 1,
            step: iterations,
            train_loss: loss,
            validation: metrics.clone(),
            best: true,
            seconds: self.clock(),
            note: None,
        });
        events.extend(epoch.clone().map(Event::Epoch));
        let done = DoneEvent {
            reason,
            best_epoch: epoch.iter().len(),
            steps: iterations,
            seconds: self.clock(),
            optimizer_bytes: 0,
            metrics,
            sentence: history::fitted(reason, iterations, report.as_ref()),
            report,
        };
        events.push(Event::Done(Box::new(done.clone())));
        Outcome { model: self.model(&head, outputs), epochs: epoch.into_iter().collect(), done }
    }

    fn report(&self, head: &LinearHead) -> Option<Report> {
        let first = self.train.rows.texts.len();
        let vectors: Option<Vec<&Vec<f32>>> = self.features.vectors[first..].iter().map(Option::as_ref).collect();
        let vectors = vectors.filter(|vectors| !vectors.is_empty())?;
        let mut tally = Tally::new(self.setup.task, &self.setup.labels, self.validation.examples.len(), None);
        let (mut sum, mut count) = (0.0, 0.0);
        for (row, vector) in vectors.into_iter().enumerate() {
            let (loss, losses) = tally.add(&self.validation, row, &head.outputs(vector));
            sum += loss;
            count += losses;
        }
        Some(tally.report(&self.setup.labels, sum / f64::max(count, 1.0), &self.validation))
    }

    fn model(&self, head: &LinearHead, outputs: usize) -> Model {
        let linear =
            OutputHead::linear(&self.setup.base.config, self.pooling, true, outputs, &self.setup.compute.device);
        let by_output: Vec<f32> =
            (0..outputs).flat_map(|k| head.weight.iter().skip(k).step_by(outputs).copied()).collect();
        self.encoder.clone().with_head(Head::Outputs(linear.with_output(&by_output, &head.bias)))
    }
}
