//! GELU (Hendrycks & Gimpel 2016, arXiv:1606.08415), the exact one: x · Φ(x).

use super::math::Normal;
use super::threads::{self, Shared};

/// Values that one thread takes at a time.
const RUN: usize = 1 << 14;

/// `y = x · Φ(x)`
pub fn forward(x: &[f32], y: &mut [f32]) {
    assert_eq!(x.len(), y.len(), "as many values out as in");
    let (arch, shared) = (pulp::Arch::new(), Shared::new(y));
    threads::ranges(x.len(), RUN, |_, range| {
        // SAFETY: `ranges` gives every place once.
        let (x, y) = (&x[range.clone()], unsafe { shared.part(range) });
        arch.dispatch(|| {
            let normal = Normal::new();
            for i in 0..x.len() {
                y[i] = x[i] * normal.at(x[i]).1;
            }
        });
    });
}

/// The same, and its slopes `Φ(x) + x · φ(x)` in place of x: together they cost little more than one.
pub fn forward_with_slopes(x: &mut [f32], y: &mut [f32]) {
    assert_eq!(x.len(), y.len(), "as many values out as in");
    let (arch, size, x, y) = (pulp::Arch::new(), x.len(), Shared::new(x), Shared::new(y));
    threads::ranges(size, RUN, |_, range| {
        // SAFETY: `ranges` gives every place once.
        let (x, y) = unsafe { (x.part(range.clone()), y.part(range)) };
        arch.dispatch(|| {
            let normal = Normal::new();
            for i in 0..x.len() {
                let (density, share) = normal.at(x[i]);
                y[i] = x[i] * share;
                x[i] = share + x[i] * density;
            }
        });
    });
}

/// `x · slope` in place.
pub fn times(slopes: &[f32], x: &mut [f32]) {
    assert_eq!(x.len(), slopes.len(), "a slope for every value");
    let (arch, shared) = (pulp::Arch::new(), Shared::new(x));
    threads::ranges(slopes.len(), RUN, |_, range| {
        // SAFETY: `ranges` gives every place once.
        let (slopes, x) = (&slopes[range.clone()], unsafe { shared.part(range) });
        arch.dispatch(|| {
            for i in 0..x.len() {
                x[i] *= slopes[i];
            }
        });
    });
}

/// `x · Φ(x)` in place.
pub fn forward_in_place(x: &mut [f32]) {
    let (arch, size, shared) = (pulp::Arch::new(), x.len(), Shared::new(x));
    threads::ranges(size, RUN, |_, range| {
        // SAFETY: `ranges` gives every place once.
        let x = unsafe { shared.part(range) };
        arch.dispatch(|| {
            let normal = Normal::new();
            for x in x.iter_mut() {
                *x *= normal.at(*x).1;
            }
        });
    });
}

/// Turns the gradient of y into that of x, in place: `dx = dy · (Φ(x) + x · φ(x))`
pub fn backward(x: &[f32], gradient: &mut [f32]) {
    assert_eq!(x.len(), gradient.len(), "a gradient for every value");
    let (arch, shared) = (pulp::Arch::new(), Shared::new(gradient));
    threads::ranges(x.len(), RUN, |_, range| {
        // SAFETY: `ranges` gives every place once.
        let (x, gradient) = (&x[range.clone()], unsafe { shared.part(range) });
        arch.dispatch(|| {
            let normal = Normal::new();
            for i in 0..x.len() {
                let (density, share) = normal.at(x[i]);
                gradient[i] *= share + x[i] * density;
            }
        });
    });
}
