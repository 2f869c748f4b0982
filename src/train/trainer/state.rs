//! A training between two steps: what it is made of, and going on from there.
//!
//! Where a run is follows from the number of its steps: the order of the rows, what is dropped and what is hidden depend on
//! the seed and on that number alone, and there are no gradients between steps.

use std::collections::HashSet;

use super::Trainer;
use crate::error::Result;
use crate::model::{Learnt, Model, Read};
use crate::train::optim::{Find, Kept};

impl Trainer {
    /// The parameters that learn, as they are now; the next step changes them.
    pub fn learnt(&mut self) -> Vec<Learnt> {
        self.settle();
        self.current().learnt()
    }

    /// What the optimiser keeps of them.
    pub fn kept(&mut self) -> Vec<Kept<'_>> {
        self.settle();
        self.optim.kept(self.current())
    }

    /// Goes on after so many steps of a training with the same recipe and rows: `weights` gives the values of what learns,
    /// by path and shape, `kept` what the optimiser kept of it.
    ///
    /// # Errors
    ///
    /// The first that either gives; the trainer is of no more use then.
    pub fn go_on(&mut self, step: usize, weights: &mut Read, kept: &mut Find) -> Result<()> {
        let model = self.model.take().unwrap_or_else(|| unreachable!("the model is put back after every step"));
        let learnt = model.learnt();
        let paths: HashSet<&str> = learnt.iter().map(|learnt| learnt.path.as_str()).collect();
        let mut model = model.with_values(&paths, weights)?;
        if step > 0 {
            model = self.optim.place(model, &self.compute);
            self.placed = true;
            self.optim.go_on(&model, i32::try_from(step).unwrap_or(i32::MAX), kept)?;
        }
        self.model = Some(model);
        self.seek(step);
        Ok(())
    }

    /// The model with other values of what learns, without autodiff and dropout, in arrays of its own.
    ///
    /// # Errors
    ///
    /// The first that `weights` gives.
    pub fn variant(&mut self, weights: &mut Read) -> Result<Model> {
        let learnt = self.learnt();
        let paths: HashSet<&str> = learnt.iter().map(|learnt| learnt.path.as_str()).collect();
        self.view().with_values(&paths, weights)
    }

    /// Plans the rest of the epoch that a step is in; a finished one has none.
    fn seek(&mut self, step: usize) {
        let per_epoch = self.steps_per_epoch().max(1);
        let begun = step.div_ceil(per_epoch);
        self.step = step;
        self.ahead.clear();
        self.epoch = begun;
        if begun > 0 {
            self.epoch = begun - 1;
            self.plan_epoch();
            let done = (step - (begun - 1) * per_epoch) * self.recipe.accumulation;
            self.ahead.truncate(self.ahead.len().saturating_sub(done));
        }
    }
}
