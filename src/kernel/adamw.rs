//! One AdamW update of a flat parameter (Loshchilov & Hutter 2019, arXiv:1711.05101; `torch.optim.AdamW`):
//! on the CPU in one pass over memory on all cores, on a GPU as the plain burn expression that it must equal.

use burn::tensor::Tensor;

use super::host::math::dot;
use super::host::threads::{self, Shared};
use super::host::wide::wide;

/// Values that one thread takes at a time.
const RUN: usize = 1 << 16;

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

/// First moments below this, and second moments below the next, count as zero. Without a gradient a first moment falls by a
/// tenth with each step; after some hundred steps it is a subnormal number, on which processors take 25 times as long, and
/// stays one, since the last bits round to themselves. Moments as small move no weight: `m / ε` is below 1e-17, and `√v` beside
/// ε nothing.
const LEAST_FIRST: f32 = 1e-25;
const LEAST_SECOND: f32 = 1e-35;

/// Factors of the update, computed once, in f64.
#[derive(Debug, Clone, Copy)]
pub struct Factors {
    /// `1 − ηλ`: what decay leaves of the parameter.
    pub(super) keep: f32,
    /// `η / (1 − β₁ᵗ)`
    pub(super) rate: f32,
    /// `1 / √(1 − β₂ᵗ)`
    pub(super) root: f32,
    pub(super) epsilon: f32,
    pub(super) beta1: f32,
    rest1: f32,
    pub(super) beta2: f32,
    rest2: f32,
}

impl Update {
    /// PyTorch's order of operations: decay the weight, then
    /// `p −= η / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε)`.
    pub(super) fn factors(&self) -> Factors {
        let [keep, rate, root] = self.corrections().map(|factor| factor as f32);
        let [beta1, rest1, beta2, rest2] =
            [self.beta1, 1.0 - self.beta1, self.beta2, 1.0 - self.beta2].map(|factor| factor as f32);
        Factors { keep, rate, root, epsilon: self.epsilon as f32, beta1, rest1, beta2, rest2 }
    }

    /// `1 − ηλ`, `η / (1 − β₁ᵗ)` and `1 / √(1 − β₂ᵗ)`.
    fn corrections(&self) -> [f64; 3] {
        [
            1.0 - self.learning_rate * self.weight_decay,
            self.learning_rate / (1.0 - self.beta1.powi(self.step)),
            (1.0 - self.beta2.powi(self.step)).sqrt().recip(),
        ]
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
        let arrays = [parameter, first, second].map(Shared::new);
        let factors = self.factors();
        threads::ranges(size, RUN, |_, range| {
            // SAFETY: `ranges` gives every place once.
            let arrays = arrays.each_ref().map(|array| unsafe { array.part(range.clone()) });
            one_run(&factors, &gradient[range], scale, arrays);
        });
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
        let [keep, rate, root] = self.corrections();
        let gradient = gradient * scale;
        let first = first * self.beta1 + gradient.clone() * (1.0 - self.beta1);
        let second = second * self.beta2 + gradient.powi_scalar(2) * (1.0 - self.beta2);
        let step = first.clone() * rate / (second.clone().sqrt() * root + self.epsilon);
        [parameter * keep - step, first, second]
    }
}

wide! {
    /// Updates some values and their moments: parameter, first and second.
    pub(super) fn one_run(factors: &Factors, gradient: &[f32], scale: f32, arrays: [&mut [f32]; 3]) {
        let [parameter, first, second] = arrays;
        let Factors { keep, rate, root, epsilon, beta1, rest1, beta2, rest2 } = *factors;
        for (((p, g), m), v) in parameter.iter_mut().zip(gradient).zip(first).zip(second) {
            let g = g * scale;
            *m = unless_below(LEAST_FIRST, beta1 * *m + rest1 * g);
            *v = unless_below(LEAST_SECOND, beta2 * *v + rest2 * g * g);
            *p = keep * *p - rate * *m / (v.sqrt() * root + epsilon);
        }
    }
}

wide! {
    /// What a step leaves of second moments where there is no gradient.
    pub(super) fn fade(factors: &Factors, second: &mut [f32]) {
        for v in second {
            *v = unless_below(LEAST_SECOND, factors.beta2 * *v);
        }
    }
}

/// A moment, or zero if it is smaller than what counts. NaN remains.
#[inline(always)]
fn unless_below(least: f32, moment: f32) -> f32 {
    if moment.abs() < least { 0.0 } else { moment }
}

wide! {
    fn square(values: &[f32]) -> f32 {
        dot(values, values)
    }
}

/// Σ x², in f32 over short runs and in f64 over the runs: fast, and exact enough for 10⁸ values. The same on any number
/// of threads.
pub fn squared_sum(values: &[f32]) -> f64 {
    const SHORT: usize = 4096;
    let mut sums = vec![0.0; values.len().div_ceil(SHORT)];
    let shared = Shared::new(&mut sums);
    threads::ranges(values.len(), RUN, |piece, range| {
        for (run, values) in values[range].chunks(SHORT).enumerate() {
            let place = piece * (RUN / SHORT) + run;
            // SAFETY: every piece has runs of its own.
            let sum = unsafe { shared.part(place..place + 1) };
            sum[0] = square(values);
        }
    });
    sums.into_iter().map(f64::from).sum()
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

    #[test]
    fn squares_are_summed_over_every_length() {
        for length in [0, 1, 7, 16, 4096, 4097, RUN, 100_000, 200_000] {
            let values: Vec<f32> = (0..length).map(|i| (i % 7) as f32 * 0.5).collect();
            let expected: f64 = values.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
            assert!((squared_sum(&values) - expected).abs() <= 1e-6 * expected, "{length}");
        }
    }
}
