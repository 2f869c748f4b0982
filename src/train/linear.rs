//! A linear head on texts that are encoded once: logistic regression for classes and labels, ridge regression for
//! numbers, with the optima of scikit-learn.

use std::ops::Range;

use crate::data::Truth;
use crate::kernel::double::{self, dot};
use crate::kernel::threads;
use crate::train::lbfgs::{Lbfgs, Smooth};

/// Iterations after which a search ends even if it could go on.
pub const MAX_ITERATIONS: usize = 500;
/// Largest element of the gradient, over the rows' number, at which a search ends.
const FLAT: f64 = 1e-7;
/// Rows whose losses a thread adds up by themselves, at least.
const RUN: usize = 64;
/// Such runs, at most. Neither depends on the threads, so that sums do not.
const MOST_RUNS: usize = 16;
/// Values that the gradients of all runs have, at most, unless there is only one: 32 MB.
const ROOM: usize = 1 << 22;

/// What a linear head is fitted to.
#[derive(Debug, Clone)]
pub struct LinearProblem {
    /// Encoded texts, `[N, H]`, row after row.
    pub features: Vec<f32>,
    /// What is right for each, `[N]`: classes, labels or scores.
    pub truths: Vec<Truth>,
    /// H
    pub hidden: usize,
    /// K
    pub outputs: usize,
    /// C: what the losses are multiplied by; the squared weights are not. Biases are free.
    pub c: f64,
    /// Weight of each class in the loss, K long, or empty for all alike.
    pub class_weights: Vec<f64>,
}

/// A head: weights `[H, K]`, row after row, and biases `[K]`.
#[derive(Debug, Clone, PartialEq)]
pub struct LinearHead {
    /// `[H, K]`
    pub weight: Vec<f32>,
    /// `[K]`
    pub bias: Vec<f32>,
}

/// A fit under way.
#[derive(Debug, Clone)]
pub struct LinearFit {
    problem: LinearProblem,
    search: Lbfgs,
}

impl LinearFit {
    /// Begins with a head of zeros.
    pub fn new(problem: LinearProblem) -> Self {
        let search = Lbfgs::new(&problem, vec![0.0; (problem.hidden + 1) * problem.outputs]);
        Self { problem, search }
    }

    /// Goes on with another fit of the same problem from where its search is.
    ///
    /// # Panics
    ///
    /// If the search is one for another number of values.
    pub fn going_on(problem: LinearProblem, search: Lbfgs) -> Self {
        let size = (problem.hidden + 1) * problem.outputs;
        let sizes = search.memory.iter().flat_map(|(moved, bent)| [moved.len(), bent.len()]);
        assert!(sizes.chain([search.x.len(), search.gradient.len()]).all(|held| held == size), "{size} values");
        Self { problem, search }
    }

    /// Where its search is.
    pub fn search(&self) -> &Lbfgs {
        &self.search
    }

    /// One iteration; `false` when the optimum is reached.
    pub fn advance(&mut self) -> bool {
        let flat = self.search.slope() <= FLAT * self.problem.truths.len() as f64 * self.problem.c.max(1.0);
        !flat && self.search.iterations < MAX_ITERATIONS && self.search.advance(&self.problem)
    }

    /// Iterations done.
    pub fn iterations(&self) -> usize {
        self.search.iterations
    }

    /// Mean loss of the rows, the weights' share left out.
    pub fn loss(&self) -> f64 {
        let weights = &self.search.x[..self.problem.hidden * self.problem.outputs];
        let held: f64 = weights.iter().map(|weight| 0.5 * weight * weight).sum();
        (self.search.value - held) / (self.problem.c * self.problem.truths.len().max(1) as f64)
    }

    /// Norm of the gradient.
    pub fn gradient_norm(&self) -> f64 {
        self.search.gradient_norm()
    }

    /// The head as it is now.
    pub fn head(&self) -> LinearHead {
        let (weight, bias) = self.search.x.split_at(self.problem.hidden * self.problem.outputs);
        let narrow = |values: &[f64]| values.iter().map(|&value| value as f32).collect();
        LinearHead { weight: narrow(weight), bias: narrow(bias) }
    }
}

impl LinearHead {
    /// Outputs `[K]` of one encoded text `[H]`.
    pub fn outputs(&self, features: &[f32]) -> Vec<f32> {
        let mut outputs = self.bias.clone();
        for (value, weights) in features.iter().zip(self.weight.chunks_exact(self.bias.len())) {
            outputs.iter_mut().zip(weights).for_each(|(output, weight)| *output += value * weight);
        }
        outputs
    }
}

impl Smooth for LinearProblem {
    /// `C · Σ loss + ½ · Σ w²`; the loss is cross-entropy, the sum of the labels' binary cross-entropies, or half of the
    /// squared error. The minimum is that of scikit-learn's `LogisticRegression(C)`, one per label where there are
    /// several, and of `Ridge(alpha=1/C)`.
    fn at(&self, x: &[f64]) -> (f64, Vec<f64>) {
        let (weight, bias) = x.split_at(self.hidden * self.outputs);
        // By output, so that all sums run over neighbours.
        let by_output = transposed(weight, self.outputs);
        let of_runs = threads::map(&self.runs(), |rows| self.losses(rows.clone(), &by_output, bias));
        let (value, bias) = (0.5 * dot(weight, weight), vec![0.0; bias.len()]);
        let mut sums = Sums { value, weight: by_output, bias };
        for of_run in of_runs {
            sums.value += of_run.value;
            sums.weight.iter_mut().zip(of_run.weight).for_each(|(sum, more)| *sum += more);
            sums.bias.iter_mut().zip(of_run.bias).for_each(|(sum, more)| *sum += more);
        }
        let mut gradient = transposed(&sums.weight, self.hidden);
        gradient.extend(sums.bias);
        (sums.value, gradient)
    }
}

/// A value of the function that is minimised, and its gradient, or what some rows add to them.
struct Sums {
    value: f64,
    /// `[K, H]`
    weight: Vec<f64>,
    /// `[K]`
    bias: Vec<f64>,
}

/// `[N / columns, columns]` → `[columns, N / columns]`, row after row.
fn transposed(values: &[f64], columns: usize) -> Vec<f64> {
    (0..columns).flat_map(|column| values.iter().skip(column).step_by(columns).copied()).collect()
}

impl LinearProblem {
    /// The rows in runs that threads take.
    fn runs(&self) -> Vec<Range<usize>> {
        let (rows, values) = (self.truths.len(), (self.hidden + 1) * self.outputs);
        let run = rows.div_ceil((ROOM / values.max(1)).clamp(1, MOST_RUNS)).max(RUN);
        (0..rows).step_by(run).map(|first| first..rows.min(first + run)).collect()
    }

    /// What some rows add to the whole, for weights `[K, H]` and biases `[K]`.
    fn losses(&self, rows: Range<usize>, weight: &[f64], bias: &[f64]) -> Sums {
        let mut sums = Sums { value: 0.0, weight: vec![0.0; weight.len()], bias: vec![0.0; bias.len()] };
        let (mut vector, mut outputs, mut slopes) =
            (vec![0.0; self.hidden], vec![0.0; self.outputs], vec![0.0; self.outputs]);
        for row in rows {
            double::widen(&self.features[row * self.hidden..(row + 1) * self.hidden], &mut vector);
            outputs.copy_from_slice(bias);
            double::add_products(weight, &vector, &mut outputs);
            sums.value += self.c * self.loss(&self.truths[row], &outputs, &mut slopes);
            slopes.iter_mut().for_each(|slope| *slope *= self.c);
            double::add_outer(&slopes, &vector, &mut sums.weight);
            sums.bias.iter_mut().zip(&slopes).for_each(|(sum, slope)| *sum += slope);
        }
        sums
    }

    /// Loss of one row, and its slopes by the outputs.
    fn loss(&self, truth: &Truth, outputs: &[f64], slopes: &mut [f64]) -> f64 {
        match truth {
            Truth::Class(class) => {
                let share = self.class_weights.get(*class).copied().unwrap_or(1.0);
                let largest = outputs.iter().fold(f64::NEG_INFINITY, |largest, &output| largest.max(output));
                slopes.iter_mut().zip(outputs).for_each(|(slope, output)| *slope = (output - largest).exp());
                let sum: f64 = slopes.iter().sum();
                for (at, slope) in slopes.iter_mut().enumerate() {
                    *slope = share * (*slope / sum - f64::from(u8::from(at == *class)));
                }
                share * (largest + sum.ln() - outputs[*class])
            }
            Truth::Labels(labels) => {
                let mut loss = 0.0;
                for ((slope, &output), &label) in slopes.iter_mut().zip(outputs).zip(labels) {
                    let label = f64::from(label);
                    *slope = 1.0 / (1.0 + (-output).exp()) - label;
                    loss += output.max(0.0) - output * label + (-output.abs()).exp().ln_1p();
                }
                loss
            }
            Truth::Score(score) => {
                slopes[0] = outputs[0] - f64::from(*score);
                0.5 * slopes[0] * slopes[0]
            }
            Truth::None | Truth::Together | Truth::Tokens(_) | Truth::Span(_) | Truth::Hidden(_) => {
                slopes.fill(0.0);
                0.0
            }
        }
    }
}
