//! Moments on a GPU: read out between two steps, and put back.

use burn::tensor::{Int, Tensor, TensorData};

use super::{OnDevice, Table};
use crate::device::Held;
use crate::error::Result;
use crate::model::{Learnt, Model};
use crate::train::optim::{Find, Kept};

impl OnDevice {
    /// What is kept of every parameter, as parts of the arrays. No row may be late.
    pub fn kept(&self, model: &Model) -> Vec<Kept<'_>> {
        let mut all = Vec::new();
        for Learnt { path, id, .. } in model.learnt() {
            if let Some(span) = self.spans.get(&id) {
                let moments = self.flat.moments(span.spot, span.size).map(Held::Device);
                all.push(Kept { path, rows: None, moments });
            } else if let Some(table) = self.table.as_ref().filter(|table| table.id == id) {
                let (rows, moments) = table.kept();
                all.push(Kept { path, rows: Some(rows), moments });
            }
        }
        all
    }

    /// Takes over what another optimiser kept.
    pub fn go_on(&mut self, model: &Model, find: &mut Find) -> Result<()> {
        let device = &self.compute.device;
        for Learnt { path, id, shape, .. } in model.learnt() {
            let Some(restored) = find(&path, &shape)? else { continue };
            let (size, width) = (shape.iter().product::<usize>(), shape.last().copied().unwrap_or(1));
            let put = |values: Vec<f32>| Tensor::<1>::from_data(TensorData::new(values, [size]), device);
            if let Some(span) = self.spans.get(&id) {
                self.flat.set_moments(span.spot, &restored.whole(size, width).map(put));
            } else if let Some(table) = self.table.as_mut().filter(|table| table.id == id) {
                let touched = restored.touched(size / width.max(1));
                let moments = restored.whole(size, width).map(|values| put(values).reshape(table.shape));
                table.state.set_moments(&moments, touched);
            }
        }
        Ok(())
    }
}

impl Table {
    /// The rows that have had a gradient, and their moments.
    fn kept(&self) -> (Vec<u32>, [Held<'static>; 2]) {
        let rows = self.state.touched();
        if rows.is_empty() {
            return (rows, [0, 1].map(|_| Held::Host(Vec::new().into())));
        }
        let moments = self.state.moments().map(|moments| {
            let places: Vec<i32> = rows.iter().map(|&row| row as i32).collect();
            let places = Tensor::<1, Int>::from_data(TensorData::new(places, [rows.len()]), &moments.device());
            Held::Device(moments.select(0, places).reshape([rows.len() * self.shape[1]]))
        });
        (rows, moments)
    }
}
