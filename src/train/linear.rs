//! A linear head on texts that are encoded once: logistic regression for classes and labels, ridge regression for
//! numbers, with the optima of scikit-learn.

use std::ops::Range;

use crate::data::Truth;
use crate::kernel::double::{self, dot};
use crate::kernel::threads;
use crate::train::lbfgs::{Lbfgs, Smooth};
use crate::train::units::Units;

/// Iterations after which a search ends even if it could go on.
pub const MAX_ITERATIONS: usize = 500;
/// Largest element of the gradient, over C and the rows' number, at which a search ends.
const FLAT: f64 = 1e-7;
/// Output of a class that no row has, whose probability is then nothing: the others' add up to zero, so that one is not below.
const NEVER: f64 = -30.0;
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
    /// C: what the losses are multiplied by; the squared weights are not. Biases are free. Numbers count in standard deviations
    /// for it, which changes no optimum.
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
    function: Function,
    search: Lbfgs,
}

/// `C · Σ loss + p · Σ w²` of a problem; the loss is cross-entropy, the sum of the labels' binary cross-entropies, or half of
/// the squared error.
///
/// The minimum is that of scikit-learn's `LogisticRegression(C)`, one per label where there are several, and of
/// `Ridge(alpha=1/C)`. Where rows have two classes scikit-learn fits one vector, the difference of our two: p is 1 instead of ½
/// then, which makes the squares of both those of the difference halved.
#[derive(Debug, Clone)]
struct Function {
    problem: LinearProblem,
    /// Units that the problem's numbers are in.
    units: Units,
    /// Classes that no row has, K long; of other truths all are there.
    absent: Vec<bool>,
}

impl LinearFit {
    /// Begins with a head of zeros.
    pub fn new(problem: LinearProblem) -> Self {
        let function = Function::of(problem);
        let search = Lbfgs::new(&function, vec![0.0; (function.problem.hidden + 1) * function.problem.outputs]);
        Self { function, search }
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
        let function = Function::of(problem);
        // What an older version has written down may be the value of another function.
        let (value, gradient) = function.at(&search.x);
        Self { function, search: Lbfgs { value, gradient, ..search } }
    }

    /// Where its search is.
    pub fn search(&self) -> &Lbfgs {
        &self.search
    }

    /// One iteration; `false` when the optimum is reached.
    pub fn advance(&mut self) -> bool {
        let LinearProblem { truths, c, .. } = &self.function.problem;
        let flat = self.search.slope() <= FLAT * truths.len() as f64 * c;
        !flat && self.search.iterations < MAX_ITERATIONS && self.search.advance(&self.function)
    }

    /// Iterations done.
    pub fn iterations(&self) -> usize {
        self.search.iterations
    }

    /// Mean loss of the rows, the weights' share left out; of numbers in the data's unit.
    pub fn loss(&self) -> f64 {
        let LinearProblem { truths, c, .. } = &self.function.problem;
        let losses = self.search.value - self.function.held(self.weights().0);
        self.function.units.loss(losses / (c * truths.len().max(1) as f64))
    }

    /// Norm of the gradient.
    pub fn gradient_norm(&self) -> f64 {
        self.search.gradient_norm()
    }

    /// The head as it is now, for numbers in the data's unit.
    pub fn head(&self) -> LinearHead {
        let (weight, bias) = self.weights();
        let Function { units, absent, .. } = &self.function;
        let weight = weight.iter().map(|&weight| (weight * units.deviation()) as f32).collect();
        let bias = bias.iter().zip(absent).map(|(&bias, &absent)| if absent { NEVER } else { bias });
        let bias = bias.map(|bias| (bias * units.deviation() + units.mean()) as f32).collect();
        LinearHead { weight, bias }
    }

    /// Weights `[H, K]` and biases `[K]`, for numbers in standard deviations.
    fn weights(&self) -> (&[f64], &[f64]) {
        self.search.x.split_at(self.function.problem.hidden * self.function.problem.outputs)
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

impl Function {
    fn of(mut problem: LinearProblem) -> Self {
        let units = Units::of(&problem.truths);
        let mut absent = vec![problem.truths.iter().any(|truth| matches!(truth, Truth::Class(_))); problem.outputs];
        for truth in &mut problem.truths {
            match truth {
                Truth::Class(class) => absent[*class] = false,
                Truth::Score(score) => *score = units.score(*score),
                _ => {}
            }
        }
        Self { problem, units, absent }
    }

    /// What the weights hold against the losses.
    fn held(&self, weight: &[f64]) -> f64 {
        0.5 * self.doubled() * dot(weight, weight)
    }

    /// 2 where the rows have two classes, else 1.
    fn doubled(&self) -> f64 {
        let are_classes = matches!(self.problem.truths.first(), Some(Truth::Class(_)));
        let present = self.absent.iter().filter(|&&absent| !absent).count();
        if are_classes && present == 2 { 2.0 } else { 1.0 }
    }
}

impl Smooth for Function {
    fn at(&self, x: &[f64]) -> (f64, Vec<f64>) {
        let problem = &self.problem;
        let (weight, bias) = x.split_at(problem.hidden * problem.outputs);
        // By output, so that all sums run over neighbours.
        let mut by_output = transposed(weight, problem.outputs);
        let of_runs = threads::map(&problem.runs(), |rows| self.losses(rows.clone(), &by_output, bias));
        let doubled = self.doubled();
        by_output.iter_mut().for_each(|weight| *weight *= doubled);
        let mut sums = Sums { value: self.held(weight), weight: by_output, bias: vec![0.0; bias.len()] };
        for of_run in of_runs {
            sums.value += of_run.value;
            sums.weight.iter_mut().zip(of_run.weight).for_each(|(sum, more)| *sum += more);
            sums.bias.iter_mut().zip(of_run.bias).for_each(|(sum, more)| *sum += more);
        }
        let mut gradient = transposed(&sums.weight, problem.hidden);
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
}

impl Function {
    /// What some rows add to the whole, for weights `[K, H]` and biases `[K]`.
    fn losses(&self, rows: Range<usize>, weight: &[f64], bias: &[f64]) -> Sums {
        let LinearProblem { features, truths, hidden, outputs: classes, c, .. } = &self.problem;
        let mut sums = Sums { value: 0.0, weight: vec![0.0; weight.len()], bias: vec![0.0; bias.len()] };
        let (mut vector, mut outputs, mut slopes) = (vec![0.0; *hidden], vec![0.0; *classes], vec![0.0; *classes]);
        for row in rows {
            double::widen(&features[row * hidden..(row + 1) * hidden], &mut vector);
            outputs.copy_from_slice(bias);
            double::add_products(weight, &vector, &mut outputs);
            outputs
                .iter_mut()
                .zip(&self.absent)
                .filter(|(_, absent)| **absent)
                .for_each(|(output, _)| *output = f64::NEG_INFINITY);
            sums.value += c * self.loss(&truths[row], &outputs, &mut slopes);
            slopes.iter_mut().for_each(|slope| *slope *= c);
            double::add_outer(&slopes, &vector, &mut sums.weight);
            sums.bias.iter_mut().zip(&slopes).for_each(|(sum, slope)| *sum += slope);
        }
        sums
    }

    /// Loss of one row, and its slopes by the outputs.
    fn loss(&self, truth: &Truth, outputs: &[f64], slopes: &mut [f64]) -> f64 {
        match truth {
            Truth::Class(class) => {
                let share = self.problem.class_weights.get(*class).copied().unwrap_or(1.0);
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
