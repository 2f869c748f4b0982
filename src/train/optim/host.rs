//! AdamW where parameters, gradients and moments are arrays in host memory, one for each parameter.

use std::borrow::Cow;
use std::collections::HashMap;

use burn::module::{Module, ModuleMapper, Param, ParamId};
use burn::tensor::{self, Tensor};

use super::{Find, Kept, Rule};
use crate::data::Batch;
use crate::device::Held;
use crate::error::Result;
use crate::kernel::{Progress, RowGradient, Update, changed};
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
    /// Of tables whose gradients come by rows: how far each row is.
    late: HashMap<ParamId, Progress>,
}

impl OnHost {
    /// Memory that moments take, and what is noted of rows, in bytes.
    pub fn bytes(&self) -> usize {
        let moments: usize = self.moments.values().flatten().map(|values| size_of_val(values.as_slice())).sum();
        moments + self.late.values().map(Progress::bytes).sum::<usize>()
    }

    /// Brings the rows that a batch looks up, or all of them, to where the steps so far leave them.
    pub fn catch_up(&mut self, model: Model, batch: Option<&Batch>) -> Model {
        if self.late.values().all(|late| late.steps().is_empty()) {
            return model;
        }
        let rows: Option<Vec<usize>> = batch.map(|batch| batch.ids.iter().map(|&id| id as usize).collect());
        model.map(&mut CatchUp { state: self, rows })
    }

    /// What is kept of every parameter that has moved. No row may be late.
    pub fn kept(&self, model: &Model) -> Vec<Kept<'_>> {
        let of = |Learnt { path, id, shape, .. }: Learnt| {
            let moments = self.moments.get(&id)?;
            let rows = self.late.get(&id).map(Progress::touched);
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
                self.late.insert(id, Progress::new(restored.touched(size / width.max(1))));
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
    pub fn step(&mut self, model: Model, rule: &Rule, update: Update) -> (Model, Norm) {
        let gradients = std::mem::take(&mut self.gradients);
        let norm = gradients.global_norm();
        let scale = match rule.max_grad_norm {
            0.0 => 1.0,
            largest => (largest / (norm + CLIP_EPSILON)).min(1.0),
        };
        let path = ModulePath::default();
        let mut apply = Apply { state: self, rule, gradients, update, scale: scale as f32, path };
        (model.map(&mut apply), Norm::Host(norm))
    }
}

/// Some rows of a table, one after the other.
fn some_rows(table: &[f32], rows: &[u32], width: usize) -> Vec<f32> {
    rows.iter().flat_map(|&row| &table[row as usize * width..][..width]).copied().collect()
}

/// A parameter whose values are changed where they are.
fn with_changed<const D: usize>(param: Param<Tensor<D>>, change: impl FnOnce(&mut [f32])) -> Param<Tensor<D>> {
    // `consume` gives up the module's own handle, so that nobody else holds the values.
    let (id, tensor, mapper) = param.consume();
    let new = changed(tensor.inner(), change);
    Param::from_mapped_value(id, Tensor::from_inner(new).require_grad(), mapper)
}

/// One step's walk over the model.
struct Apply<'a> {
    state: &'a mut OnHost,
    rule: &'a Rule,
    gradients: Gradients,
    update: Update,
    scale: f32,
    path: ModulePath,
}

impl Apply<'_> {
    /// Moves a parameter whose rows, if it is a table, are `width` long.
    fn apply(&mut self, id: ParamId, values: &mut [f32], width: usize, gradient: &Flat) {
        let (factor, weight_decay) = self.rule.pace(&self.path.dotted());
        let update = Update { weight_decay, learning_rate: self.update.learning_rate * factor, ..self.update };
        let size = values.len();
        let [first, second] = self.state.moments.entry(id).or_insert_with(|| [vec![0.0; size], vec![0.0; size]]);
        match gradient {
            Flat::Host(gradient) => update.apply_on_host(values, gradient, self.scale, first, second),
            Flat::Rows(rows) => {
                let late = self.state.late.entry(id).or_insert_with(|| Progress::new(vec![false; size / width]));
                let gradient = RowGradient { ids: &rows.ids, values: &rows.values };
                late.step(&update, gradient, self.scale, [values, first, second]);
            }
            Flat::Device(_) => unreachable!("gradients on the host"),
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
        let Some(gradient) = self.gradients.take(param.id) else { return param };
        let (id, width) = (param.id, param.lazy_shape()[D - 1]);
        with_changed(param, |values| self.apply(id, values, width, &gradient))
    }
}

/// The walk that brings these rows, or all, to where steps leave them.
struct CatchUp<'a> {
    state: &'a mut OnHost,
    rows: Option<Vec<usize>>,
}

impl ModuleMapper for CatchUp<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let OnHost { late, moments, .. } = &mut *self.state;
        let (Some(late), Some([first, second])) = (late.get_mut(&param.id), moments.get_mut(&param.id)) else {
            return param;
        };
        with_changed(param, |values| late.catch_up(self.rows.as_deref(), [values, first, second]))
    }
}
