//! One AdamW update of a flat parameter (Loshchilov & Hutter 2019, arXiv:1711.05101; `torch.optim.AdamW`):
//! on the CPU in one pass over memory, on a GPU as the plain burn expression that it must equal.

use burn::tensor::Tensor;

/// The numbers of one update that all elements share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Update {
    /// Learning rate of this step.
    pub learning_rate: f64,
    /// Decoupled weight decay; 0 for biases and LayerNorm.
    pub weight_decay: f64,
    /// Decay of the first moment; 0.9.
    pub beta1: f64,
    /// Decay of the second moment; 0.999.
    pub beta2: f64,
    /// Added to the root of the second moment; 1e-8.
    pub epsilon: f64,
    /// Step, counted from 1.
    pub step: i32,
}

/// Factors of the update that are computed once, in f64.
struct Factors {
    keep: f64,
    rate: f64,
    root: f64,
}

impl Update {
    /// PyTorch's order of operations: decay the weight, then
    /// `p −= η / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε)`.
    fn factors(&self) -> Factors {
        Factors {
            keep: 1.0 - self.learning_rate * self.weight_decay,
            rate: self.learning_rate / (1.0 - self.beta1.powi(self.step)),
            root: (1.0 - self.beta2.powi(self.step)).sqrt().recip(),
        }
    }

    /// Updates a parameter and its moments in place. `scale` multiplies the gradient (clipping).
    ///
    /// # Panics
    ///
    /// If the four arrays differ in length.
    pub fn apply_on_host(
        &self,
        parameter: &mut [f32],
        gradient: &[f32],
        scale: f32,
        first: &mut [f32],
        second: &mut [f32],
    ) {
        let size = parameter.len();
        assert!(gradient.len() == size && first.len() == size && second.len() == size, "arrays of {size} values");
        let Factors { keep, rate, root } = self.factors();
        let (keep, rate, root, epsilon) = (keep as f32, rate as f32, root as f32, self.epsilon as f32);
        let (beta1, beta2) = (self.beta1 as f32, self.beta2 as f32);
        let (rest1, rest2) = ((1.0 - self.beta1) as f32, (1.0 - self.beta2) as f32);
        for (((p, g), m), v) in parameter.iter_mut().zip(gradient).zip(first).zip(second) {
            let g = g * scale;
            *m = beta1 * *m + rest1 * g;
            *v = beta2 * *v + rest2 * g * g;
            *p = keep * *p - rate * *m / (v.sqrt() * root + epsilon);
        }
    }

    /// The same on the device: parameter, gradient and moments `[N]`, scale `[1]` → parameter and moments.
    pub fn apply_on_device(
        &self,
        parameter: Tensor<1>,
        gradient: Tensor<1>,
        scale: Tensor<1>,
        first: Tensor<1>,
        second: Tensor<1>,
    ) -> [Tensor<1>; 3] {
        let Factors { keep, rate, root } = self.factors();
        let gradient = gradient * scale;
        let first = first * self.beta1 + gradient.clone() * (1.0 - self.beta1);
        let second = second * self.beta2 + gradient.powi_scalar(2) * (1.0 - self.beta2);
        let step = first.clone() * rate / (second.clone().sqrt() * root + self.epsilon);
        [parameter * keep - step, first, second]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Device, TensorData};

    #[test]
    fn the_one_pass_kernel_equals_the_plain_expression() {
        let wave = |shift: f32| -> Vec<f32> { (0..1000).map(|i| ((i as f32) * 0.37 + shift).sin()).collect() };
        let (mut p, g) = (wave(0.0), wave(1.0));
        let (mut m, mut v) = (vec![0.0; 1000], vec![0.0; 1000]);
        let device = Device::flex();
        let flat = |values: &[f32]| Tensor::<1>::from_data(TensorData::new(values.to_vec(), [values.len()]), &device);
        let mut on_device = [flat(&p), flat(&m), flat(&v)];
        for step in 1..=5 {
            let update =
                Update { learning_rate: 0.01, weight_decay: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, step };
            update.apply_on_host(&mut p, &g, 0.5, &mut m, &mut v);
            let [a, b, c] = on_device;
            on_device = update.apply_on_device(a, flat(&g), flat(&[0.5]), b, c);
        }
        for (host, tensor) in [p, m, v].into_iter().zip(on_device) {
            let device: Vec<f32> = tensor.into_data().try_into_vec().expect("f32");
            // Relative to the largest value: an element near zero may be the difference of two large ones.
            let largest = host.iter().fold(0.0_f32, |largest, x| largest.max(x.abs()));
            for (a, b) in host.iter().zip(device) {
                assert!((a - b).abs() <= 1e-6 * largest, "{a} {b}");
            }
        }
    }
}
