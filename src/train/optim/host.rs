//! AdamW where parameters, gradients and moments are arrays in host memory, one for each parameter.

use std::borrow::Cow;
use std::collections::HashMap;

use burn::module::{Module, ModuleMapper, Param, ParamId};
use burn::tensor::{self, Tensor, TensorData};

use super::{Find, Kept, Rule};
use crate::device::{self, Held};
use crate::error::{Error, Result};
use crate::kernel::{RowGradient, Update};
use crate::model::{DeviceBatch, Learnt, Model, ModulePath};
use crate::train::gradients::{Flat, Gradients, Norm};

/// Added to the norm before dividing by it, as `torch.nn.utils.clip_grad_norm_` does.
const CLIP_EPSILON: f64 = 1e-6;

/// The state of all parameters.
#[derive(Debug, Default)]
pub struct OnHost {
    /// Of the step that is under way.
    gradients: Gradients,
    moments: HashMap<ParamId, [Vec<f32>; 2]>,
    /// Of tables whose gradients come by rows: which rows have had one.
    touched: HashMap<ParamId, Vec<bool>>,
}

impl OnHost {
    /// Memory that moments take, and what is noted of rows, in bytes.
    pub fn bytes(&self) -> usize {
        let moments: usize = self.moments.values().flatten().map(|values| size_of_val(values.as_slice())).sum();
        moments + self.touched.values().map(Vec::len).sum::<usize>()
    }

    /// What is kept of every parameter that has moved.
    pub fn kept(&self, model: &Model) -> Vec<Kept<'_>> {
        let of = |Learnt { path, id, shape, .. }: Learnt| {
            let moments = self.moments.get(&id)?;
            let rows: Option<Vec<u32>> = self.touched.get(&id).map(|touched| {
                touched.iter().enumerate().filter(|(_, touched)| **touched).map(|(row, _)| row as u32).collect()
            });
            let width = shape.last().copied().unwrap_or(1);
            let moments = moments.each_ref().map(|values| match &rows {
                None => Held::Host(Cow::Borrowed(values.as_slice())),
                Some(rows) => Held::Host(Cow::Owned(some_rows(values, rows, width))),
            });
            Some(Kept { path, rows, moments })
        };
        model.learnt().into_iter().filter_map(of).collect()
    }

    /// Takes over what another optimiser kept.
    pub fn go_on(&mut self, model: &Model, find: &mut Find) -> Result<()> {
        let by_rows = model.learns_by_rows();
        for Learnt { path, id, shape, .. } in model.learnt() {
            let Some(restored) = find(&path, &shape)? else { continue };
            let (size, width) = (shape.iter().product::<usize>(), shape.last().copied().unwrap_or(1));
            if by_rows == Some(id) {
                self.touched.insert(id, restored.touched(size / width.max(1)));
            }
            self.moments.insert(id, restored.whole(size, width));
        }
        Ok(())
    }

    /// Adds the gradients of a batch's loss; returns those of what is no parameter.
    pub fn backward(&mut self, model: &Model, batch: &DeviceBatch, loss: Tensor<1>) -> Result<tensor::Gradients> {
        let mut gradients = loss.backward();
        self.gradients.add(Gradients::collect(model, batch, &mut gradients, true)?);
        Ok(gradients)
    }

    /// Moves the model.
    pub fn step(&mut self, model: Model, rule: &Rule, update: Update) -> Result<(Model, Norm)> {
        let gradients = std::mem::take(&mut self.gradients);
        let norm = gradients.global_norm();
        let scale = match rule.max_grad_norm {
            0.0 => 1.0,
            largest => (largest / (norm + CLIP_EPSILON)).min(1.0),
        };
        let mut apply = Apply {
            state: self,
            rule,
            gradients,
            update,
            scale: scale as f32,
            path: ModulePath::default(),
            failed: None,
        };
        let model = model.map(&mut apply);
        match apply.failed {
            Some(error) => Err(error),
            None => Ok((model, Norm::Host(norm))),
        }
    }
}

/// Some rows of a table, one after the other.
fn some_rows(table: &[f32], rows: &[u32], width: usize) -> Vec<f32> {
    rows.iter().flat_map(|&row| &table[row as usize * width..][..width]).copied().collect()
}

/// One step's walk over the model.
struct Apply<'a> {
    state: &'a mut OnHost,
    rule: &'a Rule,
    gradients: Gradients,
    update: Update,
    scale: f32,
    path: ModulePath,
    failed: Option<Error>,
}

impl Apply<'_> {
    /// The new values of a parameter `[N]` whose rows, if it is a table, are `width` long.
    fn apply(&mut self, id: ParamId, parameter: Tensor<1>, width: usize, gradient: Flat) -> Result<Tensor<1>> {
        let (factor, weight_decay) = self.rule.pace(&self.path.dotted());
        let update = Update { weight_decay, learning_rate: self.update.learning_rate * factor, ..self.update };
        let device = parameter.device();
        let mut values = device::read_on_cpu(parameter)?;
        let size = values.len();
        let [first, second] = self.state.moments.entry(id).or_insert_with(|| [vec![0.0; size], vec![0.0; size]]);
        match &gradient {
            Flat::Host(gradient) => update.apply_on_host(&mut values, gradient, self.scale, first, second),
            Flat::Rows(rows) => {
                let touched = self.state.touched.entry(id).or_insert_with(|| vec![false; size / width]);
                let gradient = RowGradient { ids: &rows.ids, values: &rows.values };
                update.apply_to_rows(&mut values, gradient, self.scale, touched, [first, second]);
            }
            Flat::Device(_) => unreachable!("gradients on the host"),
        }
        Ok(Tensor::from_data(TensorData::new(values, [size]), &device))
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
        // `consume` gives up the module's own handle, so that the values are updated without a copy.
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
