//! Limited-memory BFGS (Liu and Nocedal 1989) for smooth functions of a few thousand numbers, one iteration at a time.

use std::collections::VecDeque;

use crate::kernel::double::dot;

/// Steps that are remembered.
pub const MEMORY: usize = 10;
/// Share of the decrease that a step must reach (Armijo).
const SUFFICIENT: f64 = 1e-4;
/// Halvings of a step before the function is held to be as low as numbers can tell.
const HALVINGS: usize = 40;

/// A function of N numbers that is minimised.
pub trait Smooth {
    /// Its value and gradient.
    fn at(&self, x: &[f64]) -> (f64, Vec<f64>);
}

/// Where a search for the minimum is.
#[derive(Debug, Clone)]
pub struct Lbfgs {
    /// The best point so far.
    pub x: Vec<f64>,
    /// The function there.
    pub value: f64,
    /// Its gradient there.
    pub gradient: Vec<f64>,
    /// Differences of points and of gradients, oldest first; at most [`MEMORY`].
    pub memory: VecDeque<(Vec<f64>, Vec<f64>)>,
    /// Iterations done.
    pub iterations: usize,
}

impl Lbfgs {
    /// Begins at a point.
    pub fn new(function: &impl Smooth, x: Vec<f64>) -> Self {
        let (value, gradient) = function.at(&x);
        Self { x, value, gradient, memory: VecDeque::new(), iterations: 0 }
    }

    /// Largest element of the gradient: 0 at the minimum.
    pub fn slope(&self) -> f64 {
        self.gradient.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()))
    }

    /// Euclidean norm of the gradient.
    pub fn gradient_norm(&self) -> f64 {
        dot(&self.gradient, &self.gradient).sqrt()
    }

    /// One iteration; `false` when no step leads lower.
    pub fn advance(&mut self, function: &impl Smooth) -> bool {
        let mut direction = self.direction();
        let mut descent = dot(&direction, &self.gradient);
        if descent >= 0.0 {
            // Rounding has spoilt the memory: the gradient itself always leads down.
            self.memory.clear();
            direction = self.gradient.iter().map(|value| -value).collect();
            descent = -dot(&self.gradient, &self.gradient);
        }
        // Without memory the scale is unknown: a first step of length one at most.
        let mut step = if self.memory.is_empty() { (1.0 / self.gradient_norm()).min(1.0) } else { 1.0 };
        for _ in 0..HALVINGS {
            let x: Vec<f64> = self.x.iter().zip(&direction).map(|(x, d)| x + step * d).collect();
            let (value, gradient) = function.at(&x);
            if value <= self.value + SUFFICIENT * step * descent {
                self.take(x, value, gradient);
                return true;
            }
            step *= 0.5;
        }
        false
    }

    fn take(&mut self, x: Vec<f64>, value: f64, gradient: Vec<f64>) {
        let moved: Vec<f64> = x.iter().zip(&self.x).map(|(new, old)| new - old).collect();
        let bent: Vec<f64> = gradient.iter().zip(&self.gradient).map(|(new, old)| new - old).collect();
        // Only where the function curves upwards is the pair of use.
        if dot(&moved, &bent) > 1e-12 * dot(&bent, &bent) {
            if self.memory.len() == MEMORY {
                self.memory.pop_front();
            }
            self.memory.push_back((moved, bent));
        }
        (self.x, self.value, self.gradient) = (x, value, gradient);
        self.iterations += 1;
    }

    /// −H·g by the two-loop recursion, H being the inverse curvature that the memory tells.
    fn direction(&self) -> Vec<f64> {
        let mut q: Vec<f64> = self.gradient.iter().map(|value| -value).collect();
        let mut shares = Vec::with_capacity(self.memory.len());
        for (moved, bent) in self.memory.iter().rev() {
            let share = dot(moved, &q) / dot(moved, bent);
            q.iter_mut().zip(bent).for_each(|(q, bent)| *q -= share * bent);
            shares.push(share);
        }
        if let Some((moved, bent)) = self.memory.back() {
            let scale = dot(moved, bent) / dot(bent, bent);
            q.iter_mut().for_each(|q| *q *= scale);
        }
        for ((moved, bent), share) in self.memory.iter().zip(shares.into_iter().rev()) {
            let other = dot(bent, &q) / dot(moved, bent);
            q.iter_mut().zip(moved).for_each(|(q, moved)| *q += (share - other) * moved);
        }
        q
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rosenbrock's valley, whose floor is flat and bent; lowest at (1, 1).
    struct Valley;

    impl Smooth for Valley {
        fn at(&self, x: &[f64]) -> (f64, Vec<f64>) {
            let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
            (a * a + 100.0 * b * b, vec![-2.0 * a - 400.0 * x[0] * b, 200.0 * b])
        }
    }

    #[test]
    fn the_bottom_of_a_bent_valley_is_found() {
        let mut search = Lbfgs::new(&Valley, vec![-1.2, 1.0]);
        while search.slope() > 1e-9 && search.advance(&Valley) {
            assert!(search.iterations < 200, "{search:?}");
        }
        assert!((search.x[0] - 1.0).abs() < 1e-8 && (search.x[1] - 1.0).abs() < 1e-8, "{search:?}");
    }
}
