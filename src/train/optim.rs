//! AdamW over the parameters of a model, with PyTorch's numbers and clipping by the global norm.

use std::collections::HashMap;

use burn::module::{Module, ModuleMapper, Param, ParamId};
use burn::tensor::{Tensor, TensorData};

use crate::device;
use crate::error::{Error, Result};
use crate::kernel::{RowGradient, Update};
use crate::model::ModulePath;
use crate::train::gradients::{Flat, Gradients, Norm};
use crate::train::groups::LayerDecay;

/// Added to the norm before dividing by it, as `torch.nn.utils.clip_grad_norm_` does.
const CLIP_EPSILON: f64 = 1e-6;

/// AdamW with decoupled weight decay on matrices only: biases and LayerNorm have none, as in transformers' Trainer.
#[derive(Debug)]
pub struct AdamW {
    weight_decay: f64,
    /// 0 turns clipping off.
    max_grad_norm: f64,
    step: i32,
    moments: HashMap<ParamId, [Flat; 2]>,
    /// Of tables whose gradients come by rows: which rows have had one.
    touched: HashMap<ParamId, Vec<bool>>,
    /// Where parameters learn at rates of their own.
    layer_decay: Option<LayerDecay>,
}

impl AdamW {
    /// β₁ 0.9, β₂ 0.999, ε 1e-8: the defaults of PyTorch, not those of burn.
    pub fn new(weight_decay: f64, max_grad_norm: f64) -> Self {
        let (moments, touched) = (HashMap::new(), HashMap::new());
        Self { weight_decay, max_grad_norm, step: 0, moments, touched, layer_decay: None }
    }

    /// The same with a learning rate for each depth, weight decay included, as PyTorch's parameter groups have it.
    #[must_use]
    pub fn with_layer_decay(self, layer_decay: LayerDecay) -> Self {
        Self { layer_decay: Some(layer_decay), ..self }
    }

    /// Memory that its state takes, in bytes: both moments of every parameter that has had a gradient.
    pub fn bytes(&self) -> usize {
        let moments: usize = self.moments.values().flatten().map(Flat::bytes).sum();
        moments + self.touched.values().map(Vec::len).sum::<usize>()
    }

    /// Moves every parameter that has a gradient one step; returns the model and the norm before clipping.
    ///
    /// # Errors
    ///
    /// A device that failed.
    pub fn step<M: Module>(&mut self, model: M, gradients: Gradients, learning_rate: f64) -> Result<(M, Norm)> {
        self.step += 1;
        let norm = gradients.global_norm();
        let update =
            Update { learning_rate, weight_decay: 0.0, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, step: self.step };
        let scale = self.scale(&norm);
        let mut apply = Apply { optim: self, gradients, update, scale, path: ModulePath::default(), failed: None };
        let model = model.map(&mut apply);
        match apply.failed {
            Some(error) => Err(error),
            None => Ok((model, norm)),
        }
    }

    /// What gradients are multiplied by: `min(1, max / (norm + 1e-6))`.
    fn scale(&self, norm: &Norm) -> Norm {
        match norm {
            Norm::Host(_) if self.max_grad_norm == 0.0 => Norm::Host(1.0),
            Norm::Host(norm) => Norm::Host((self.max_grad_norm / (norm + CLIP_EPSILON)).min(1.0)),
            Norm::Device(norm) if self.max_grad_norm == 0.0 => Norm::Device(norm.ones_like()),
            Norm::Device(norm) => {
                Norm::Device((norm.clone() + CLIP_EPSILON).recip().mul_scalar(self.max_grad_norm).clamp_max(1.0))
            }
        }
    }
}

/// One step's walk over the model.
struct Apply<'a> {
    optim: &'a mut AdamW,
    gradients: Gradients,
    update: Update,
    scale: Norm,
    path: ModulePath,
    failed: Option<Error>,
}

impl Apply<'_> {
    /// The new values of a parameter `[N]` whose rows, if it is a table, are `width` long.
    fn apply(&mut self, id: ParamId, parameter: Tensor<1>, width: usize, gradient: Flat) -> Result<Tensor<1>> {
        let path = self.path.dotted();
        let decays = !matches!(path.rsplit('.').next(), Some("bias" | "gamma" | "beta"));
        let factor = self.optim.layer_decay.as_ref().map_or(1.0, |decay| decay.of(&path));
        let update = Update {
            weight_decay: if decays { self.optim.weight_decay } else { 0.0 },
            learning_rate: self.update.learning_rate * factor,
            ..self.update
        };
        match (gradient, &self.scale) {
            (gradient @ (Flat::Host(_) | Flat::Rows(_)), Norm::Host(scale)) => {
                let device = parameter.device();
                let mut values = device::read_on_cpu(parameter)?;
                let size = values.len();
                let moments =
                    self.optim.moments.entry(id).or_insert_with(|| [vec![0.0; size], vec![0.0; size]].map(Flat::Host));
                let [Flat::Host(first), Flat::Host(second)] = moments else {
                    unreachable!("moments live where the gradients do")
                };
                let scale = *scale as f32;
                if let Flat::Rows(rows) = &gradient {
                    let touched = self.optim.touched.entry(id).or_insert_with(|| vec![false; size / width]);
                    let gradient = RowGradient { ids: &rows.ids, values: &rows.values };
                    update.apply_to_rows(&mut values, gradient, scale, touched, [first, second]);
                } else if let Flat::Host(gradient) = &gradient {
                    update.apply_on_host(&mut values, gradient, scale, first, second);
                }
                Ok(Tensor::from_data(TensorData::new(values, [size]), &device))
            }
            (Flat::Device(gradient), Norm::Device(scale)) => {
                let zeros = || [parameter.zeros_like(), parameter.zeros_like()].map(Flat::Device);
                let [Flat::Device(first), Flat::Device(second)] = self.optim.moments.remove(&id).unwrap_or_else(zeros)
                else {
                    unreachable!("moments live where the gradients do")
                };
                let [new, first, second] = update.apply_on_device(parameter, gradient, scale.clone(), first, second);
                self.optim.moments.insert(id, [first, second].map(Flat::Device));
                Ok(new)
            }
            _ => unreachable!("the norm lives where the gradients do"),
        }
    }
}

impl ModuleMapper for Apply<'_> {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.exit();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(gradient) = self.gradients.take(param.id).filter(|_| self.failed.is_none()) else { return param };
        // `consume` gives up the module's own handle, so that on the CPU the values are updated without a copy.
        let (id, tensor, mapper) = param.consume();
        let tensor = tensor.inner();
        let shape = tensor.dims();
        let flat = tensor.reshape([shape.iter().product::<usize>()]);
        let device = flat.device();
        let new = self.apply(id, flat, shape[D - 1], gradient).unwrap_or_else(|error| {
            self.failed = Some(error);
            // The step has failed and its model is dropped; a copy kept for this case would cost every step one.
            Tensor::zeros([shape.iter().product::<usize>()], &device)
        });
        Param::from_mapped_value(id, Tensor::from_inner(new.reshape(shape)).require_grad(), mapper)
    }
}
