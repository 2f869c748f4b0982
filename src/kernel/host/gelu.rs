//! GELU (Hendrycks & Gimpel 2016, arXiv:1606.08415), the exact one: x · Φ(x).

use super::math::Normal;
use super::threads::{self, Shared};
use super::wide::wide;

/// Values that one thread takes at a time.
const RUN: usize = 1 << 14;

/// `y = x · Φ(x)`
pub fn forward(x: &[f32], y: &mut [f32]) {
    wide! {
        fn one_run(x: &[f32], y: &mut [f32]) {
            let normal = Normal::new();
            for i in 0..x.len() {
                y[i] = x[i] * normal.at(x[i]).1;
            }
        }
    }
    assert_eq!(x.len(), y.len(), "as many values out as in");
    let shared = Shared::new(y);
    // SAFETY: `ranges` gives every place once.
    threads::ranges(x.len(), RUN, |_, range| one_run(&x[range.clone()], unsafe { shared.part(range) }));
}

/// The same, and its slopes `Φ(x) + x · φ(x)` in place of x: together they cost little more than one.
pub fn forward_with_slopes(x: &mut [f32], y: &mut [f32]) {
    wide! {
        fn one_run(x: &mut [f32], y: &mut [f32]) {
            let normal = Normal::new();
            for i in 0..x.len() {
                let (density, share) = normal.at(x[i]);
                y[i] = x[i] * share;
                x[i] = share + x[i] * density;
            }
        }
    }
    assert_eq!(x.len(), y.len(), "as many values out as in");
    let (size, x, y) = (x.len(), Shared::new(x), Shared::new(y));
    // SAFETY: `ranges` gives every place once.
    threads::ranges(size, RUN, |_, range| unsafe { one_run(x.part(range.clone()), y.part(range)) });
}

/// `x · slope` in place.
pub fn times(slopes: &[f32], x: &mut [f32]) {
    wide! {
        fn one_run(slopes: &[f32], x: &mut [f32]) {
            for i in 0..x.len() {
                x[i] *= slopes[i];
            }
        }
    }
    assert_eq!(x.len(), slopes.len(), "a slope for every value");
    let shared = Shared::new(x);
    // SAFETY: `ranges` gives every place once.
    threads::ranges(slopes.len(), RUN, |_, range| one_run(&slopes[range.clone()], unsafe { shared.part(range) }));
}

/// `x · Φ(x)` in place.
pub fn forward_in_place(x: &mut [f32]) {
    wide! {
        fn one_run(x: &mut [f32]) {
            let normal = Normal::new();
            for x in x.iter_mut() {
                *x *= normal.at(*x).1;
            }
        }
    }
    let (size, shared) = (x.len(), Shared::new(x));
    // SAFETY: `ranges` gives every place once.
    threads::ranges(size, RUN, |_, range| one_run(unsafe { shared.part(range) }));
}

/// Turns the gradient of y into that of x, in place: `dx = dy · (Φ(x) + x · φ(x))`
pub fn backward(x: &[f32], gradient: &mut [f32]) {
    wide! {
        fn one_run(x: &[f32], gradient: &mut [f32]) {
            let normal = Normal::new();
            for i in 0..x.len() {
                let (density, share) = normal.at(x[i]);
                gradient[i] *= share + x[i] * density;
            }
        }
    }
    assert_eq!(x.len(), gradient.len(), "a gradient for every value");
    let shared = Shared::new(gradient);
    // SAFETY: `ranges` gives every place once.
    threads::ranges(x.len(), RUN, |_, range| one_run(&x[range.clone()], unsafe { shared.part(range) }));
}
