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

/// The gradient of some rows of a table.
#[derive(Debug, Clone, Copy)]
pub struct RowGradient<'a> {
    /// Which rows, ascending.
    pub ids: &'a [usize],
    /// Their values, one row after the other.
    pub values: &'a [f32],
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
        let (parameter, first, second) = (Shared::new(parameter), Shared::new(first), Shared::new(second));
        threads::ranges(size, RUN, |_, range| {
            let gradient = &gradient[range.clone()];
            // SAFETY: `ranges` gives every place once.
            let arrays =
                unsafe { [parameter.part(range.clone()), first.part(range.clone()), second.part(range.clone())] };
            one_run(self, gradient, scale, arrays);
        });
    }

    /// The same for a table of which only some rows have a gradient. A row that never had one has moments of zero, so
    /// that only weight decay moves it; `touched` says which rows have had one.
    ///
    /// # Panics
    ///
    /// If the arrays do not fit each other.
    pub fn apply_to_rows(
        &self,
        parameter: &mut [f32],
        gradient: RowGradient,
        scale: f32,
        touched: &mut [bool],
        [first, second]: [&mut [f32]; 2],
    ) {
        let size = parameter.len();
        let width = size / touched.len().max(1);
        assert!(first.len() == size && second.len() == size && width * touched.len() == size, "rows of {width} values");
        assert_eq!(gradient.values.len(), gradient.ids.len() * width, "a gradient for every value of a row");
        gradient.ids.iter().for_each(|&id| touched[id] = true);
        let (parameter, first, second) = (Shared::new(parameter), Shared::new(first), Shared::new(second));
        let (touched, keep, zeros) = (&*touched, self.factors().keep as f32, vec![0.0; width]);
        threads::ranges(touched.len(), RUN.div_ceil(width.max(1)), |_, rows| {
            for row in rows {
                let at = row * width..(row + 1) * width;
                // SAFETY: `ranges` gives every row once.
                let parameter = unsafe { parameter.part(at.clone()) };
                if !touched[row] {
                    if keep != 1.0 {
                        multiply(parameter, keep);
                    }
                    continue;
                }
                let found = gradient.ids.binary_search(&row);
                let gradient = found.map_or(&zeros[..], |place| &gradient.values[place * width..(place + 1) * width]);
                // SAFETY: as above.
                let arrays = unsafe { [parameter, first.part(at.clone()), second.part(at)] };
                one_run(self, gradient, scale, arrays);
            }
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
        let Factors { keep, rate, root } = self.factors();
        let gradient = gradient * scale;
        let first = first * self.beta1 + gradient.clone() * (1.0 - self.beta1);
        let second = second * self.beta2 + gradient.powi_scalar(2) * (1.0 - self.beta2);
        let step = first.clone() * rate / (second.clone().sqrt() * root + self.epsilon);
        [parameter * keep - step, first, second]
    }
}

wide! {
    /// Updates some values and their moments: parameter, first and second.
    fn one_run(update: &Update, gradient: &[f32], scale: f32, arrays: [&mut [f32]; 3]) {
        let [parameter, first, second] = arrays;
        let Factors { keep, rate, root } = update.factors();
        let (keep, rate, root, epsilon) = (keep as f32, rate as f32, root as f32, update.epsilon as f32);
        let (beta1, beta2) = (update.beta1 as f32, update.beta2 as f32);
        let (rest1, rest2) = ((1.0 - update.beta1) as f32, (1.0 - update.beta2) as f32);
        for (((p, g), m), v) in parameter.iter_mut().zip(gradient).zip(first).zip(second) {
            let g = g * scale;
            *m = beta1 * *m + rest1 * g;
            *v = beta2 * *v + rest2 * g * g;
            *p = keep * *p - rate * *m / (v.sqrt() * root + epsilon);
        }
    }
}

wide! {
    fn multiply(values: &mut [f32], factor: f32) {
        for value in values {
            *value *= factor;
        }
    }
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
    fn rows_alone_equal_the_whole_table() {
        let (height, width) = (50, 24);
        let wave = |size: usize, shift: f32| -> Vec<f32> { (0..size).map(|i| (i as f32 + shift).sin()).collect() };
        for weight_decay in [0.0, 0.1] {
            let (mut whole, mut rows) = (wave(height * width, 0.0), wave(height * width, 0.0));
            let [mut m, mut v, mut m_rows, mut v_rows] = [0; 4].map(|_| vec![0.0; height * width]);
            let mut touched = vec![false; height];
            for (step, ids) in [vec![3, 7], vec![], vec![7, 49], vec![0]].into_iter().enumerate() {
                let update = Update {
                    learning_rate: 0.01,
                    weight_decay,
                    beta1: 0.9,
                    beta2: 0.999,
                    epsilon: 1e-8,
                    step: step as i32 + 1,
                };
                let values = wave(ids.len() * width, step as f32);
                let mut dense = vec![0.0; height * width];
                for (row, values) in ids.iter().zip(values.chunks(width)) {
                    dense[row * width..(row + 1) * width].copy_from_slice(values);
                }
                update.apply_on_host(&mut whole, &dense, 0.5, &mut m, &mut v);
                let gradient = RowGradient { ids: &ids, values: &values };
                update.apply_to_rows(&mut rows, gradient, 0.5, &mut touched, [&mut m_rows, &mut v_rows]);
            }
            assert_eq!([&whole, &m, &v], [&rows, &m_rows, &v_rows]);
            assert_eq!(touched.iter().filter(|&&row| row).count(), 4);
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
