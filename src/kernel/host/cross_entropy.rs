//! Cross-entropy of N rows of K outputs z with soft targets q, `Σ q · (log Σ exp z − z)`, and its gradient,
//! `softmax(z) · Σ q − q`, both of a row while it is in the cache.

use super::math::{Exp, largest, sum};
use super::threads::{self, Shared};
use super::wide::wide;
use crate::kernel::targets::{Target, Targets};

/// Outputs that one thread takes at a time, in whole rows.
const RUN: usize = 16_384;

/// Outputs `[N, K]` → the loss; leaves its gradient `[N, K]` in `gradient`, if there is room for it.
pub fn forward(outputs: &[f32], targets: &Targets, gradient: Option<&mut [f32]>) -> f32 {
    let (rows, width) = (targets.rows().len(), targets.classes(outputs.len()));
    assert!(gradient.as_ref().is_none_or(|gradient| gradient.len() == outputs.len()), "a gradient for each output");
    let mut losses = vec![0.0; rows];
    let (all, gradient) = (Shared::new(&mut losses), gradient.map(Shared::new));
    threads::ranges(rows, RUN.div_ceil(width.max(1)), |_, range| {
        // For exponentials, where no gradient is kept.
        let mut alone = vec![0.0; if gradient.is_none() { width } else { 0 }];
        for row in range {
            let at = row * width..(row + 1) * width;
            // SAFETY: every row is given once.
            let (loss, room) = unsafe { (all.part(row..row + 1), gradient.map(|all| all.part(at.clone()))) };
            let room = room.unwrap_or(&mut alone);
            match targets.rows()[row] {
                Some(target) => loss[0] = one_row(&outputs[at], target, targets.spread(), room),
                None => room.fill(0.0),
            }
        }
    });
    losses.iter().map(|&loss| f64::from(loss)).sum::<f64>() as f32
}

wide! {
    fn one_row(outputs: &[f32], target: Target, spread: &[f32], gradient: &mut [f32]) -> f32 {
        // Of one length, as compilers have to see to make vectors of them.
        let outputs = &outputs[..gradient.len()];
        let (exp, most) = (Exp::new(), largest(outputs));
        for i in 0..outputs.len() {
            gradient[i] = exp.at(outputs[i] - most);
        }
        let total = sum(gradient);
        let mass = target.share + sum(spread);
        // How far the outputs are below the largest, which no digits are lost to.
        let mut below = target.share * (most - outputs[target.class]);
        let factor = mass / total;
        for slope in gradient.iter_mut() {
            *slope *= factor;
        }
        for i in 0..spread.len() {
            below += spread[i] * (most - outputs[i]);
            gradient[i] -= spread[i];
        }
        gradient[target.class] -= target.share;
        mass * total.ln() + below
    }
}

/// Multiplies a gradient by one factor.
pub fn scale(gradient: &mut [f32], factor: f32) {
    // Of the loss that a step starts from.
    if factor == 1.0 {
        return;
    }
    let (size, all) = (gradient.len(), Shared::new(gradient));
    // SAFETY: `ranges` gives every place once.
    threads::ranges(size, RUN, |_, range| unsafe { all.part(range) }.iter_mut().for_each(|slope| *slope *= factor));
}
