//! The gradients of one step: collected from burn's backward pass, added up over batches, measured.

use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::tensor::Tensor;

use crate::device;
use crate::error::Result;

/// A flat array where it is computed with: in host memory for the CPU, on the device for a GPU.
#[allow(clippy::large_enum_variant)] // A hundred of these at a time: a box each would cost more than the space.
#[derive(Debug, Clone)]
pub enum Flat {
    /// Host memory: one pass of ours beats a dozen of burn's element-wise operations.
    Host(Vec<f32>),
    /// Device memory.
    Device(Tensor<1>),
}

/// The gradient of every trainable parameter, in the order of the modules.
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
    /// `[1]`, still on the device.
    Device(Tensor<1>),
}

impl Gradients {
    /// Takes the gradients of a model's parameters out of a backward pass.
    ///
    /// # Errors
    ///
    /// A device that failed.
    pub fn collect<M: Module>(model: &M, gradients: burn::tensor::Gradients, on_cpu: bool) -> Result<Self> {
        let mut collect = Collect { gradients, on_cpu, by_parameter: Vec::new() };
        model.visit(&mut collect);
        Ok(Self { by_parameter: collect.by_parameter.into_iter().collect::<Result<_>>()? })
    }

    /// Adds the gradients of another batch of the same model.
    pub fn add(&mut self, other: Self) {
        if self.by_parameter.is_empty() {
            *self = other;
            return;
        }
        for ((id, sum), (other_id, part)) in self.by_parameter.iter_mut().zip(other.by_parameter) {
            assert_eq!(*id, other_id, "gradients of the same model come in the same order");
            match (&mut *sum, part) {
                (Flat::Host(sum), Flat::Host(part)) => sum.iter_mut().zip(part).for_each(|(sum, part)| *sum += part),
                (Flat::Device(sum), Flat::Device(part)) => *sum = sum.clone().add(part),
                _ => unreachable!("gradients of one model live in one place"),
            }
        }
    }

    /// `√ Σ g²` over all parameters together, as `torch.nn.utils.clip_grad_norm_` takes it.
    pub fn global_norm(&self) -> Norm {
        let mut host = 0.0;
        let mut parts = Vec::new();
        for (_, gradient) in &self.by_parameter {
            match gradient {
                Flat::Host(values) => host += squared_sum(values),
                Flat::Device(values) => parts.push(values.clone().powi_scalar(2).sum()),
            }
        }
        if parts.is_empty() { Norm::Host(host.sqrt()) } else { Norm::Device(Tensor::cat(parts, 0).sum().sqrt()) }
    }

    /// Takes the gradient of one parameter out.
    pub fn take(&mut self, id: ParamId) -> Option<Flat> {
        let at = self.by_parameter.iter().position(|(other, _)| *other == id)?;
        Some(self.by_parameter.swap_remove(at).1)
    }
}

/// Σ x², in f32 lanes over short runs and in f64 over the runs: fast, and exact enough for 10⁸ values.
fn squared_sum(values: &[f32]) -> f64 {
    let mut total = 0.0;
    for run in values.chunks(4096) {
        let (eights, rest) = run.as_chunks::<8>();
        let mut lanes = [0.0_f32; 8];
        for eight in eights {
            lanes.iter_mut().zip(eight).for_each(|(lane, x)| *lane += x * x);
        }
        total +=
            lanes.iter().chain(&rest.iter().map(|x| x * x).collect::<Vec<_>>()).map(|&x| f64::from(x)).sum::<f64>();
    }
    total
}

struct Collect {
    gradients: burn::tensor::Gradients,
    on_cpu: bool,
    by_parameter: Vec<Result<(ParamId, Flat)>>,
}

impl ModuleVisitor for Collect {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Some(gradient) = param.val().grad_remove(&mut self.gradients) else { return };
        let size = gradient.shape().num_elements();
        let flat = gradient.reshape([size]);
        self.by_parameter.push(if self.on_cpu {
            device::read_on_cpu(flat).map(|values| (param.id, Flat::Host(values)))
        } else {
            Ok((param.id, Flat::Device(flat)))
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squares_are_summed_over_every_length() {
        for length in [0, 1, 7, 8, 9, 4096, 10_000] {
            let values: Vec<f32> = (0..length).map(|i| (i % 7) as f32 * 0.5).collect();
            let expected: f64 = values.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
            assert!((squared_sum(&values) - expected).abs() <= 1e-6 * expected, "{length}");
        }
    }
}
