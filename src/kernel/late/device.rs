//! Late rows of a table on a GPU.

use burn::backend::TensorMetadata;
use burn::tensor::Tensor;
use burn_wgpu::CubeTensor;

use super::Progress;
use crate::kernel::adamw::Update;
use crate::kernel::gpu::{adamw, embed};
use crate::kernel::in_place::{cube, tensor};

/// Steps that rows of a table may be late by: what a step uploads of them stays small, and what brings all rows up short, since
/// systems end what keeps a GPU for seconds.
const MOST_LATE: usize = 64;

/// A table `[V, E]` of which each step has gradients for some rows, and its moments. Steps leave all other rows as they are
/// until somebody needs them, see [`Progress`].
#[derive(Debug)]
pub struct LateTable {
    table: CubeTensor,
    first: CubeTensor,
    second: CubeTensor,
    progress: Progress,
}

impl LateTable {
    /// A table whose values steps change, with moments of zero.
    pub fn new(table: &Tensor<2>) -> Self {
        let [rows, _] = table.dims();
        let [first, second] = [0, 1].map(|_| cube(&table.zeros_like()));
        Self { table: cube(table), first, second, progress: Progress::new(vec![false; rows]) }
    }

    /// Both moments `[V, E]`, which the next step changes. Rows may be late.
    pub fn moments(&self) -> [Tensor<2>; 2] {
        [&self.first, &self.second].map(|array| tensor(array.clone()))
    }

    /// Puts both moments in their places; these rows `[V]` have had a gradient, and no others.
    pub fn set_moments(&mut self, moments: &[Tensor<2>; 2], touched: Vec<bool>) {
        [self.first, self.second] = moments.each_ref().map(cube);
        self.progress = Progress::new(touched);
    }

    /// Rows that have had a gradient, ascending.
    pub fn touched(&self) -> Vec<u32> {
        self.progress.touched()
    }

    /// Brings these rows, or all, to where the steps so far leave them.
    pub fn catch_up(&mut self, rows: Option<&[usize]>) {
        let late = self.progress.take_late(rows);
        if !late.is_empty() {
            adamw::late([&self.table, &self.first, &self.second], &late, self.progress.steps());
        }
        if rows.is_none() {
            self.progress.forget();
        }
    }

    /// Moves the table one step in place; the gradients `[U, E]` belong to the rows `rows`, each of which is there once. The
    /// update's learning rate and weight decay are the table's.
    pub fn step(&mut self, rows: &[usize], gradients: &Tensor<2>, norm: &Tensor<1>, update: &Update) {
        self.catch_up(Some(rows));
        let places: Vec<u32> = rows.iter().map(|&row| row as u32).collect();
        let places = embed::upload(&self.table, &places);
        adamw::rows([&self.table, &self.first, &self.second], [&places, &cube(gradients)], &cube(norm), update);
        self.progress.note(update.factors(), rows);
        if self.progress.steps().len() >= MOST_LATE {
            self.catch_up(None);
        }
    }

    /// Bytes of both moments, and of what is noted for each row.
    pub fn bytes(&self) -> usize {
        2 * self.first.shape().num_elements() * size_of::<f32>() + self.progress.bytes()
    }
}
