//! The gradients of one step: collected from burn's backward pass, added up over batches, measured.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::tensor::{IndexingUpdateOp, Int, Tensor, TensorData};

use crate::device;
use crate::error::Result;
use crate::kernel::squared_sum;
use crate::model::DeviceBatch;

/// A flat array where it is computed with: in host memory for the CPU, on the device for a GPU.
#[allow(clippy::large_enum_variant)] // A hundred of these at a time: a box each would cost more than the space.
#[derive(Debug, Clone)]
pub enum Flat {
    /// Host memory: one pass of ours beats a dozen of burn's element-wise operations.
    Host(Vec<f32>),
    /// Host memory, and of a table only the rows that are not zero.
    Rows(RowsOfTable),
    /// Device memory.
    Device(Tensor<1>),
}

impl Flat {
    /// Memory that it takes, in bytes.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Host(values) => size_of_val(values.as_slice()),
            Self::Rows(rows) => size_of_val(rows.values.as_slice()) + size_of_val(rows.ids.as_slice()),
            Self::Device(values) => values.shape().num_elements() * size_of::<f32>(),
        }
    }
}

/// Some rows of a table.
#[derive(Debug, Clone)]
pub struct RowsOfTable {
    /// Which rows, ascending.
    pub ids: Vec<usize>,
    /// Their values, one row after the other.
    pub values: Vec<f32>,
}

impl RowsOfTable {
    /// Values in a row.
    pub fn width(&self) -> usize {
        self.values.len() / self.ids.len().max(1)
    }

    /// Every row with its values.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &[f32])> {
        self.ids.iter().copied().zip(self.values.chunks_exact(self.width().max(1)))
    }

    /// The sum with other rows of the same table.
    fn plus(self, other: &Self) -> Self {
        let width = self.width();
        let mut sums: BTreeMap<usize, Vec<f32>> = self.iter().map(|(id, row)| (id, row.to_vec())).collect();
        for (id, row) in other.iter() {
            let sum = sums.entry(id).or_insert_with(|| vec![0.0; width]);
            sum.iter_mut().zip(row).for_each(|(sum, part)| *sum += part);
        }
        let (ids, rows): (Vec<_>, Vec<_>) = sums.into_iter().unzip();
        Self { ids, values: rows.concat() }
    }
}

/// The gradients of trainable parameters.
#[derive(Debug, Clone, Default)]
pub struct Gradients {
    by_parameter: Vec<(ParamId, Flat)>,
}

/// The global norm of all gradients together.
#[allow(clippy::large_enum_variant)] // One per step.
#[derive(Debug, Clone)]
pub enum Norm {
    /// Known on the host.
    Host(f64),
    /// The first value of an array that is still on the device.
    Device(Tensor<1>),
}

impl Gradients {
    /// Takes the gradients of a model's parameters out of those of a batch's backward pass.
    ///
    /// # Errors
    ///
    /// A device that failed.
    pub fn collect<M: Module>(
        model: &M,
        batch: &DeviceBatch,
        gradients: &mut burn::tensor::Gradients,
        on_cpu: bool,
    ) -> Result<Self> {
        let mut collect = Collect { batch, gradients, on_cpu, by_parameter: Vec::new() };
        model.visit(&mut collect);
        Ok(Self { by_parameter: collect.by_parameter.into_iter().collect::<Result<_>>()? })
    }

    /// Adds the gradients of another batch, or of other parts, of the same model.
    pub fn add(&mut self, other: Self) {
        for (id, part) in other.by_parameter {
            let Some((_, sum)) = self.by_parameter.iter_mut().find(|(known, _)| *known == id) else {
                self.by_parameter.push((id, part));
                continue;
            };
            match (&mut *sum, part) {
                (Flat::Host(sum), Flat::Host(part)) => sum.iter_mut().zip(part).for_each(|(sum, part)| *sum += part),
                (Flat::Rows(sum), Flat::Rows(part)) => {
                    let before = std::mem::replace(sum, RowsOfTable { ids: Vec::new(), values: Vec::new() });
                    *sum = before.plus(&part);
                }
                (Flat::Device(sum), Flat::Device(part)) => *sum = sum.clone().add(part),
                _ => unreachable!("gradients of one model live in one place"),
            }
        }
    }

    /// `√ Σ g²` over all parameters together, as `torch.nn.utils.clip_grad_norm_` takes it, of gradients on the host.
    pub fn global_norm(&self) -> f64 {
        let squares = |(_, gradient): &(ParamId, Flat)| match gradient {
            Flat::Host(values) | Flat::Rows(RowsOfTable { values, .. }) => squared_sum(values),
            Flat::Device(_) => unreachable!("gradients on the host"),
        };
        self.by_parameter.iter().map(squares).sum::<f64>().sqrt()
    }

    /// How many parameters have a gradient.
    pub fn count(&self) -> usize {
        self.by_parameter.len()
    }

    /// Memory that they take, in bytes.
    pub fn bytes(&self) -> usize {
        self.by_parameter.iter().map(|(_, gradient)| gradient.bytes()).sum()
    }

    /// Takes the gradient of one parameter out.
    pub fn take(&mut self, id: ParamId) -> Option<Flat> {
        let at = self.by_parameter.iter().position(|(other, _)| *other == id)?;
        Some(self.by_parameter.swap_remove(at).1)
    }
}

struct Collect<'a> {
    batch: &'a DeviceBatch,
    gradients: &'a mut burn::tensor::Gradients,
    on_cpu: bool,
    by_parameter: Vec<Result<(ParamId, Flat)>>,
}

impl ModuleVisitor for Collect<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(words) = self.batch.words.as_ref().filter(|words| words.table == param.id) {
            let Some(gradient) = words.rows.grad_remove(self.gradients) else { return };
            let flat = if self.on_cpu {
                let rows = device::read_on_cpu(gradient).map(|values| RowsOfTable { ids: words.ids.clone(), values });
                rows.map(Flat::Rows)
            } else {
                Ok(Flat::Device(whole_table(&words.ids, gradient, &param.lazy_shape().dims::<D>())))
            };
            self.by_parameter.push(flat.map(|flat| (param.id, flat)));
            return;
        }
        let Some(gradient) = param.val().grad_remove(self.gradients) else { return };
        let size = gradient.shape().num_elements();
        let flat = gradient.reshape([size]);
        self.by_parameter.push(if self.on_cpu {
            device::read_on_cpu(flat).map(|values| (param.id, Flat::Host(values)))
        } else {
            Ok((param.id, Flat::Device(flat)))
        });
    }
}

/// The gradient of a whole table, `[V · H]`, of which these rows are not zero.
fn whole_table(ids: &[usize], rows: Tensor<2>, shape: &[usize]) -> Tensor<1> {
    let device = rows.device();
    let ids: Vec<i32> = ids.iter().map(|&id| id as i32).collect();
    let ids = Tensor::<1, Int>::from_data(TensorData::new(ids.clone(), [ids.len()]), &device);
    let table = Tensor::<2>::zeros([shape[0], shape[1]], &device);
    table.select_assign(0, ids, rows, IndexingUpdateOp::Add).reshape([shape[0] * shape[1]])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_two_batches_are_added_up() {
        let rows = |ids: &[usize], value: f32| RowsOfTable { ids: ids.to_vec(), values: vec![value; ids.len() * 2] };
        let sum = rows(&[1, 4], 1.0).plus(&rows(&[0, 4, 9], 2.0));
        assert_eq!(sum.ids, [0, 1, 4, 9]);
        assert_eq!(sum.values, [2.0, 2.0, 1.0, 1.0, 3.0, 3.0, 2.0, 2.0]);
    }
}
