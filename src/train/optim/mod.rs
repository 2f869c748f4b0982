//! AdamW over the parameters of a model, with PyTorch's numbers and clipping by the global norm.

#[cfg(feature = "gpu")]
mod device;
mod host;

use burn::tensor::{Gradients, Tensor};

use crate::data::Batch;
use crate::device::{Compute, Held};
use crate::error::Result;
use crate::kernel::Update;
use crate::model::{DeviceBatch, Model};
use crate::train::gradients::Norm;
use crate::train::groups::LayerDecay;
#[cfg(feature = "gpu")]
use device::OnDevice;
use host::OnHost;

/// AdamW with decoupled weight decay on matrices only: biases and LayerNorm have none, as in transformers' Trainer.
///
/// A step is [`Self::catch_up`] and [`Self::backward`] for each of its batches and then [`Self::step`].
#[derive(Debug)]
pub struct AdamW {
    rule: Rule,
    step: i32,
    state: State,
}

/// How parameters move, whatever device they are on.
#[derive(Debug, Clone)]
struct Rule {
    weight_decay: f64,
    /// 0 turns clipping off.
    max_grad_norm: f64,
    /// Where parameters learn at rates of their own.
    layer_decay: Option<LayerDecay>,
}

/// What the optimiser keeps of one parameter.
#[derive(Debug)]
pub struct Kept<'a> {
    /// The parameter's path.
    pub path: String,
    /// Of a table whose gradients come by rows: those that have had one, ascending. All others have moments of zero.
    pub rows: Option<Vec<u32>>,
    /// Both moments; of such a table those of these rows alone.
    pub moments: [Held<'a>; 2],
}

/// The same, on its way back.
#[derive(Debug, Clone)]
pub struct Restored {
    /// See [`Kept::rows`].
    pub rows: Option<Vec<u32>>,
    /// See [`Kept::moments`].
    pub moments: [Vec<f32>; 2],
}

impl Restored {
    /// Which of so many rows of a table have had a gradient: all, where that was not noted.
    fn touched(&self, rows: usize) -> Vec<bool> {
        let mut touched = vec![self.rows.is_none(); rows];
        self.rows.iter().flatten().for_each(|&row| touched[row as usize] = true);
        touched
    }

    /// Moments of a parameter of so many values, in rows of this width.
    fn whole(self, size: usize, width: usize) -> [Vec<f32>; 2] {
        let Some(rows) = self.rows else { return self.moments };
        self.moments.map(|values| {
            let mut table = vec![0.0; size];
            for (&row, values) in rows.iter().zip(values.chunks_exact(width.max(1))) {
                table[row as usize * width..][..width].copy_from_slice(values);
            }
            table
        })
    }
}

/// Finds what was kept of the parameter at a path, of a shape; `None` where nothing was.
pub type Find<'a> = dyn FnMut(&str, &[usize]) -> Result<Option<Restored>> + 'a;

/// Gradients and moments, where the parameters are.
#[derive(Debug)]
#[allow(clippy::large_enum_variant)] // There is one per run.
enum State {
    Host(OnHost),
    #[cfg(feature = "gpu")]
    Device(OnDevice),
}

impl AdamW {
    /// β₁ 0.9, β₂ 0.999, ε 1e-8: the defaults of PyTorch, not those of burn.
    pub fn new(weight_decay: f64, max_grad_norm: f64) -> Self {
        let rule = Rule { weight_decay, max_grad_norm, layer_decay: None };
        Self { rule, step: 0, state: State::Host(OnHost::default()) }
    }

    /// The same with a learning rate for each depth, weight decay included, as PyTorch's parameter groups have it.
    #[must_use]
    pub fn with_layer_decay(mut self, layer_decay: LayerDecay) -> Self {
        self.rule.layer_decay = Some(layer_decay);
        self
    }

    /// Puts the parameters of a model that is to be trained where steps can move them: on a GPU into one array, which
    /// steps change in place. To be called before the first step.
    #[must_use]
    pub fn place(&mut self, model: Model, compute: &Compute) -> Model {
        #[cfg(feature = "gpu")]
        if !compute.is_cpu() {
            let (model, state) = OnDevice::place(model, &self.rule, compute);
            self.state = State::Device(state);
            return model;
        }
        let _ = compute;
        model
    }

    /// The model as a batch needs it: a step leaves rows of the table of words that it has no gradient for as they are until
    /// they are looked up. To be called before each batch of a step, and without one before the model is read.
    #[must_use]
    pub fn catch_up(&mut self, model: Model, batch: Option<&Batch>) -> Model {
        match &mut self.state {
            State::Host(state) => state.catch_up(model, batch),
            #[cfg(feature = "gpu")]
            State::Device(state) => {
                state.catch_up(batch);
                model
            }
        }
    }

    /// The model as it is now, without autodiff, in arrays that later steps leave alone. To be called when no row is late, see
    /// [`Self::catch_up`].
    pub fn snapshot(&self, model: &Model) -> Model {
        use burn::module::Module;
        match &self.state {
            State::Host(_) => model.valid(),
            #[cfg(feature = "gpu")]
            State::Device(_) => device::snapshot(model),
        }
    }

    /// Memory that its state takes, in bytes: both moments of every parameter that learns.
    pub fn bytes(&self) -> usize {
        match &self.state {
            State::Host(state) => state.bytes(),
            #[cfg(feature = "gpu")]
            State::Device(state) => state.bytes(),
        }
    }

    /// What it keeps of a model's parameters between two steps. To be called when no row is late, see [`Self::catch_up`].
    pub fn kept(&self, model: &Model) -> Vec<Kept<'_>> {
        match &self.state {
            State::Host(state) => state.kept(model),
            #[cfg(feature = "gpu")]
            State::Device(state) => state.kept(model),
        }
    }

    /// Goes on after so many steps of another optimiser, with what that kept of the same model. To be called after
    /// [`Self::place`].
    ///
    /// # Errors
    ///
    /// The first that `find` gives.
    pub fn go_on(&mut self, model: &Model, step: i32, find: &mut Find) -> Result<()> {
        self.step = step;
        match &mut self.state {
            State::Host(state) => state.go_on(model, find),
            #[cfg(feature = "gpu")]
            State::Device(state) => state.go_on(model, find),
        }
    }

    /// Adds the gradients of a batch's loss, or of a part of the model, to those of the step; returns the gradients of all
    /// that is no parameter.
    ///
    /// # Errors
    ///
    /// A device that failed.
    pub fn backward(&mut self, model: &Model, batch: &DeviceBatch, loss: Tensor<1>) -> Result<Gradients> {
        match &mut self.state {
            State::Host(state) => state.backward(model, batch, loss),
            #[cfg(feature = "gpu")]
            State::Device(state) => Ok(state.backward(model, batch, loss)),
        }
    }

    /// Moves every parameter that has a gradient one step; returns the model and the norm before clipping. Rows of the table
    /// of words without a gradient may be late afterwards, see [`Self::catch_up`].
    pub fn step(&mut self, model: Model, learning_rate: f64) -> (Model, Norm) {
        self.step += 1;
        let update =
            Update { learning_rate, weight_decay: 0.0, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, step: self.step };
        match &mut self.state {
            State::Host(state) => state.step(model, &self.rule, update),
            #[cfg(feature = "gpu")]
            State::Device(state) => (model, state.step(&self.rule, update)),
        }
    }
}

impl Rule {
    /// What the learning rate of the parameter at a path is multiplied by, and its weight decay.
    fn pace(&self, path: &str) -> (f64, f64) {
        let decays = !matches!(path.rsplit('.').next(), Some("bias" | "gamma" | "beta"));
        let factor = self.layer_decay.as_ref().map_or(1.0, |decay| decay.of(path));
        (factor, if decays { self.weight_decay } else { 0.0 })
    }
}
