//! A run that fits a head, between two units of work: written into a checkpoint, and gone on with.

use std::borrow::Cow;

use web_time::Instant;

use super::{Features, FrozenRun};
use crate::checkpoint::state::{Array, Entry, StateFile};
use crate::error::Result;
use crate::model::Model;
use crate::session::run::ascending;
use crate::session::saved::{Exact, SavedFit, SavedHead, contradiction};
use crate::train::{Lbfgs, LinearFit, LinearHead, MAX_ITERATIONS, MEMORY};

// Names of arrays: which rows are encoded, their vectors, and the fit's point, gradient and memory.
const ENCODED: &str = "encoded";
const VECTORS: &str = "vectors";
const POINT: &str = "fit/point";
const GRADIENT: &str = "fit/gradient";
const REMEMBERED: &str = "fit/memory";

impl FrozenRun {
    /// What the run is made of beyond its model, data and recipe: the texts that are encoded, and the fit.
    pub fn save(&self) -> (SavedHead, Vec<Entry<'_>>) {
        let encoded = (0..).zip(&self.features.vectors).filter_map(|(row, vector)| Some((row, vector.as_deref()?)));
        let (rows, vectors): (Vec<u32>, Vec<&[f32]>) = encoded.unzip();
        let shape = vec![rows.len(), self.setup.base.config.hidden_size];
        let saved = SavedHead {
            reason: self.reason,
            texts: self.features.vectors.len(),
            encoded: rows.len(),
            tokens: self.tokens,
            seconds: Exact(self.seconds),
            fit: self.fit.as_ref().map(LinearFit::search).map(|search| SavedFit {
                value: Exact(search.value),
                iterations: search.iterations,
                remembered: search.memory.len(),
            }),
        };
        let mut entries = vec![
            Entry { name: ENCODED.to_owned(), shape: vec![rows.len()], values: Array::Numbers(rows) },
            Entry { name: VECTORS.to_owned(), shape, values: Array::Rows(vectors) },
        ];
        if let Some(search) = self.fit.as_ref().map(LinearFit::search) {
            let size = search.x.len();
            let mut doubles = |name: &str, shape: Vec<usize>, values| {
                entries.push(Entry { name: name.to_owned(), shape, values: Array::Doubles(values) });
            };
            let pairs = search.memory.iter().flat_map(|(moved, bent)| [moved, bent]);
            doubles(POINT, vec![size], Cow::Borrowed(&search.x));
            doubles(GRADIENT, vec![size], Cow::Borrowed(&search.gradient));
            doubles(REMEMBERED, vec![search.memory.len(), 2, size], pairs.flatten().copied().collect());
        }
        (saved, entries)
    }

    /// Goes on where another run with the same recipe, model and data was when it was written down; returns how many
    /// iterations it had told of.
    ///
    /// # Errors
    ///
    /// Figures that contradict each other, or arrays of another run; this run is of no more use then.
    pub fn go_on(&mut self, saved: SavedHead, file: &StateFile) -> Result<usize> {
        let (texts, width) = (self.features.vectors.len(), self.setup.base.config.hidden_size);
        if saved.texts != texts || saved.encoded > texts || (saved.fit.is_some() && saved.encoded < texts) {
            return Err(contradiction());
        }
        let rows = ascending(file.numbers(ENCODED, &[saved.encoded])?, texts)?;
        let values = file.floats(VECTORS, &[saved.encoded, width])?;
        self.features = Features { vectors: vec![None; texts] };
        for (row, vector) in rows.into_iter().zip(values.chunks_exact(width)) {
            self.features.vectors[row as usize] = Some(vector.to_vec());
        }
        self.ahead = self.plan();
        let iterations = saved.fit.as_ref().map_or(0, |fit| fit.iterations);
        self.fit = saved.fit.map(|fit| self.fit_of(&fit, file)).transpose()?;
        (self.reason, self.tokens) = (saved.reason, saved.tokens);
        (self.seconds, self.resumed) = (saved.seconds.0, Instant::now());
        Ok(iterations)
    }

    fn fit_of(&self, saved: &SavedFit, file: &StateFile) -> Result<LinearFit> {
        let problem = self.problem();
        let size = (problem.hidden + 1) * problem.outputs;
        if saved.remembered > MEMORY || saved.iterations > MAX_ITERATIONS {
            return Err(contradiction());
        }
        let memory = file.doubles(REMEMBERED, &[saved.remembered, 2, size])?;
        let search = Lbfgs {
            x: file.doubles(POINT, &[size])?,
            value: saved.value.0,
            gradient: file.doubles(GRADIENT, &[size])?,
            memory: memory
                .chunks_exact(2 * size)
                .map(|pair| pair.split_at(size))
                .map(|(moved, bent)| (moved.to_vec(), bent.to_vec()))
                .collect(),
            iterations: saved.iterations,
        };
        Ok(LinearFit::going_on(problem, search))
    }

    /// The model that the run would end with, its head's weights zero.
    pub fn blank(&self) -> Model {
        let outputs = crate::session::outputs(self.setup.task, &self.setup.labels);
        let weight = vec![0.0; self.setup.base.config.hidden_size * outputs];
        self.model(&LinearHead { weight, bias: vec![0.0; outputs] }, outputs)
    }
}
