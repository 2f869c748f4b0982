//! The loop body of training, readable top to bottom: batches → loss → gradients → one step of the optimiser.

mod state;

use burn::tensor::Tensor;

use crate::data::{self, Batch, Truth};
use crate::device::Compute;
use crate::error::Result;
use crate::kernel::{Dropout, in_halves, mix64};
use crate::model::Model;
use crate::recipe::Recipe;
use crate::text::{Encoding, Tokens};
use crate::train::checkpointing::backward as checkpointed_backward;
use crate::train::gradients::Norm;
use crate::train::groups::LayerDecay;
use crate::train::loss::Objective;
use crate::train::masking::Masking;
use crate::train::optim::AdamW;
use crate::train::schedule;
use crate::train::units::Units;

/// Sets the draws of hidden words apart from those of dropout.
const HIDING: u64 = 0x6869_6464_656e;

/// Sets what adapters drop apart from what the encoder drops.
const ADAPTERS: u64 = 0x6164_6170_7465_7273;

/// Rows that are ready to be batched: token ids and what is right, in the same order.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    /// Tokens of each text, special tokens included.
    pub texts: Vec<Tokens>,
    /// What is right for each text.
    pub truths: Vec<Truth>,
    /// Texts that each text is compared with, where that is the task: all second texts, then all third ones.
    pub partners: Vec<Vec<Tokens>>,
}

impl Rows {
    /// Tokens of each text, or of the longest that it is compared with.
    pub fn lengths(&self) -> Vec<usize> {
        let longest = |row: usize| {
            let partners = self.partners.iter().map(|texts| texts[row].len());
            partners.chain([self.texts[row].len()]).max().unwrap_or(0)
        };
        (0..self.texts.len()).map(longest).collect()
    }

    /// The rows at these places as one padded batch.
    pub fn batch(&self, places: &[usize], pad: PadRule) -> Batch {
        let columns = [&self.texts].into_iter().chain(&self.partners);
        let texts: Vec<Encoding> =
            columns.flat_map(|texts| places.iter().map(|&place| texts[place].unpack())).collect();
        let texts: Vec<&Encoding> = texts.iter().collect();
        let mut truths: Vec<Truth> = places.iter().map(|&place| self.truths[place].clone()).collect();
        truths.resize(texts.len(), Truth::None);
        let group = 1 + self.partners.len();
        Batch { group, ..Batch::pad(&texts, &truths, pad.id, pad.multiple, pad.longest) }
    }
}

/// How batches are padded.
#[derive(Debug, Clone, Copy)]
pub struct PadRule {
    /// Id of the padding token.
    pub id: i32,
    /// Lengths are rounded up to a multiple of this many tokens: 1 on the CPU, where every length is as good;
    /// 4 on a GPU, so that few distinct shapes are compiled and tuned.
    pub multiple: usize,
    /// Longest text that the model's positions allow, in tokens; no rounding goes beyond.
    pub longest: usize,
}

impl PadRule {
    /// The rule for a device.
    pub fn new(id: i32, longest: usize, compute: &Compute) -> Self {
        Self { id, multiple: if compute.is_cpu() { 1 } else { 4 }, longest }
    }
}

/// What one step leaves behind; loss and norm may still be on their way from the device.
#[derive(Debug, Clone)]
pub struct Step {
    /// Steps so far, this one included.
    pub step: usize,
    /// Mean loss of the step's rows, `[1]`; of numbers in the trainer's [units](Trainer::units).
    pub loss: Tensor<1>,
    /// Global norm of the gradient before clipping.
    pub norm: Norm,
    /// Learning rate of this step.
    pub learning_rate: f64,
    /// Rows in this step.
    pub examples: usize,
    /// Tokens in this step, padding not counted.
    pub tokens: usize,
}

/// A model in training.
#[derive(Debug)]
pub struct Trainer {
    model: Option<Model>,
    optim: AdamW,
    objective: Objective,
    recipe: Recipe,
    rows: Rows,
    pad: PadRule,
    /// How words are hidden, where that is the task.
    masking: Option<Masking>,
    compute: Compute,
    /// Whether parameters are where the optimiser moves them.
    placed: bool,
    /// Batches of this epoch that are still to come, last one first.
    ahead: Vec<Vec<usize>>,
    epoch: usize,
    step: usize,
}

impl Trainer {
    /// Starts training a model that lives on `compute` without autodiff.
    pub fn new(model: Model, recipe: Recipe, objective: Objective, rows: Rows, pad: PadRule, compute: Compute) -> Self {
        use burn::module::Module;
        Self {
            model: Some(objective.units().inward(model).train()),
            optim: AdamW::new(recipe.weight_decay, recipe.max_grad_norm),
            objective,
            rows,
            pad,
            masking: None,
            compute,
            placed: false,
            ahead: Vec::new(),
            epoch: 0,
            step: 0,
            recipe,
        }
    }

    /// The same training with words hidden anew in every batch.
    #[must_use]
    pub fn with_masking(self, masking: Masking) -> Self {
        Self { masking: Some(masking), ..self }
    }

    /// The same training with a learning rate per depth.
    #[must_use]
    pub fn with_layer_decay(self, decay: LayerDecay) -> Self {
        Self { optim: self.optim.with_layer_decay(decay), ..self }
    }

    /// Bytes that the optimiser keeps.
    pub fn optimizer_bytes(&self) -> usize {
        self.optim.bytes()
    }

    /// Steps of the optimiser in one epoch: a last, partial group of batches counts as one.
    pub fn steps_per_epoch(&self) -> usize {
        self.rows.texts.len().div_ceil(self.recipe.batch_size).div_ceil(self.recipe.accumulation)
    }

    /// Steps of the whole run.
    pub fn total_steps(&self) -> usize {
        self.steps_per_epoch() * self.recipe.epochs
    }

    /// Steps done.
    pub fn step_count(&self) -> usize {
        self.step
    }

    /// Units that numbers are learnt in, and losses of numbers told in.
    pub fn units(&self) -> Units {
        self.objective.units()
    }

    /// Whether the next step would begin a new epoch.
    pub fn at_epoch_end(&self) -> bool {
        self.ahead.is_empty()
    }

    /// The model as it is now, without autodiff and dropout, to be kept.
    pub fn model(&mut self) -> Model {
        self.settle();
        self.objective.units().outward(self.optim.snapshot(self.current()))
    }

    /// The same for now: where steps change parameters in place, the next one does.
    pub fn view(&mut self) -> Model {
        self.settle();
        self.objective.units().outward(self.glance())
    }

    /// The parameters as they lie, rows of the table of words that are late among them and numbers in their units: for
    /// waiting until a step is done, not for computing.
    pub fn glance(&self) -> Model {
        use burn::module::Module;
        self.current().valid()
    }

    /// Brings all parameters to where the steps so far leave them.
    fn settle(&mut self) {
        let model = self.model.take().map(|model| self.optim.catch_up(model, None));
        self.model = model;
    }

    fn current(&self) -> &Model {
        self.model.as_ref().unwrap_or_else(|| unreachable!("the model is put back after every step"))
    }

    /// Does one step.
    ///
    /// # Errors
    ///
    /// A device that failed; the trainer is of no more use then.
    pub fn advance(&mut self) -> Result<Step> {
        in_halves(self.recipe.half_precision && self.compute.halves, || self.advance_now())
    }

    fn advance_now(&mut self) -> Result<Step> {
        if self.ahead.is_empty() {
            self.plan_epoch();
        }
        let learning_rate = self.learning_rate();
        let batches = self.next_batches();
        let mass = batches.iter().map(|batch| self.objective.mass(&batch.truths)).sum();

        let mut model = self.model.take().unwrap_or_else(|| unreachable!("the model is put back after every step"));
        if !self.placed {
            model = self.optim.place(model, &self.compute);
            self.placed = true;
        }
        let mut losses = Vec::with_capacity(batches.len());
        for (place, batch) in batches.iter().enumerate() {
            if self.recipe.lora_dropout > 0.0 {
                model = model.with_adapter_dropout(&self.adapter_dropout(place));
            }
            model = self.optim.catch_up(model, Some(batch));
            let input = model.training_input(batch, &self.compute).with_dropout(self.dropout(place));
            let loss = |outputs| self.objective.loss(outputs, batch, mass);
            if self.recipe.gradient_checkpointing {
                losses.push(checkpointed_backward(&model, &input, loss, |loss| {
                    self.optim.backward(&model, &input, loss)
                })?);
            } else {
                let loss = loss(model.forward(&input));
                losses.push(loss.clone().inner());
                self.optim.backward(&model, &input, loss)?;
            }
        }
        if self.recipe.lora_dropout > 0.0 {
            model = model.with_adapter_dropout(&Dropout::off());
        }
        let (model, norm) = self.optim.step(model, learning_rate);
        self.model = Some(model);
        self.step += 1;
        Ok(Step {
            step: self.step,
            loss: Tensor::cat(losses, 0).sum(),
            norm,
            learning_rate,
            examples: batches.iter().map(|batch| batch.batch / batch.group).sum(),
            tokens: batches.iter().map(|batch| batch.real_tokens).sum(),
        })
    }

    /// What is dropped for one batch of the step. It depends on the run's seed, the step and the batch's place in it,
    /// and on nothing else, so that a run can be gone on with from any step.
    fn dropout(&self, place: usize) -> Dropout {
        Dropout::new(self.recipe.dropout, self.seed_of(place))
    }

    /// What adapters drop, likewise.
    fn adapter_dropout(&self, place: usize) -> Dropout {
        Dropout::new(self.recipe.lora_dropout, self.seed_of(place) ^ ADAPTERS)
    }

    /// A number of its own for each batch of each step.
    fn seed_of(&self, place: usize) -> u64 {
        mix64(self.recipe.seed ^ mix64(((self.step as u64) << 16) | place as u64))
    }

    fn learning_rate(&self) -> f64 {
        let total = self.total_steps();
        let warmup = schedule::warmup_steps(total, self.recipe.warmup_ratio);
        schedule::learning_rate(self.recipe.schedule, self.step, total, warmup, self.recipe.learning_rate)
    }

    fn plan_epoch(&mut self) {
        self.ahead = data::plan(&self.rows.lengths(), self.recipe.batch_size, self.recipe.seed, self.epoch as u64);
        self.ahead.reverse();
        self.epoch += 1;
    }

    /// The batches of one step: as many as are accumulated, or what is left of the epoch.
    fn next_batches(&mut self) -> Vec<Batch> {
        let from = self.ahead.len().saturating_sub(self.recipe.accumulation);
        let group = self.ahead.split_off(from);
        let mut batches: Vec<Batch> = group.iter().rev().map(|places| self.rows.batch(places, self.pad)).collect();
        if let Some(masking) = &self.masking {
            for (place, batch) in batches.iter_mut().enumerate() {
                masking.hide(batch, self.seed_of(place) ^ HIDING);
            }
        }
        batches
    }
}
