//! The functions that element-wise kernels need, written so that compilers put several values into one vector:
//! no branches, no calls.

use std::ops::{AddAssign, Mul};

use super::wide::wide;

/// eˣ: its constants, made once for many x.
///
/// In WebAssembly they look as if they were not known before the program runs: V8 would put each constant of a vector
/// together anew in every turn of a loop, which was a fifth of GELU's time.
#[derive(Clone, Copy)]
pub struct Exp {
    limits: [f32; 2],
    log2_e: f32,
    round: f32,
    ln_2: [f32; 2],
    taylor: [f32; 7],
}

impl Exp {
    /// Below, eˣ would not be a normal number; above, none at all.
    const LIMITS: [f32; 2] = [-87.3, 88.7];
    /// Added to a number, leaves its nearest integer in the lowest bits.
    const ROUND: f32 = 12_582_912.0;
    /// In two parts, the first short enough that its product with n is exact.
    const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
    /// 1 / n!, from n = 1 on: Taylor's series.
    const TAYLOR: [f32; 7] = [1.0, 0.5, 1.0 / 6.0, 1.0 / 24.0, 1.0 / 120.0, 1.0 / 720.0, 1.0 / 5040.0];

    /// The constants.
    #[inline(always)]
    pub fn new() -> Self {
        let [log2_e, round] = unknown([std::f32::consts::LOG2_E, Self::ROUND]);
        Self { limits: unknown(Self::LIMITS), log2_e, round, ln_2: unknown(Self::LN_2), taylor: unknown(Self::TAYLOR) }
    }

    /// eˣ, within 2 units in the last place; 0 below −87.3.
    #[inline(always)]
    pub fn at(&self, x: f32) -> f32 {
        let [lowest, highest] = self.limits;
        let x = if x > highest { highest } else { x };
        let low = if x < lowest { lowest } else { x };
        let shifted = low * self.log2_e + self.round;
        let n = shifted - self.round;
        let r = (low - n * self.ln_2[0]) - n * self.ln_2[1];
        // |r| ≤ ln 2 / 2 leaves an error of 1e-8. What is added last is largest, so that its rounding alone remains.
        let [t1, t2, t3, t4, t5, t6, t7] = self.taylor;
        let (r2, tail) = (r * r, cubic(r, [t4, t5, t6, t7]));
        let value = t1 + (r + r2 * ((t2 + t3 * r) + tail * r2));
        // 2ⁿ, its exponent put together from the integer in `shifted`.
        let power = f32::from_bits(shifted.to_bits().wrapping_sub(Self::ROUND.to_bits()).wrapping_add(127) << 23);
        if x < lowest { 0.0 } else { value * power }
    }
}

/// The standard normal distribution: its constants, see [`Exp`].
#[derive(Clone, Copy)]
pub struct Normal {
    exp: Exp,
    /// 1 / √(2π)
    peak: f32,
    /// −1/2
    half: f32,
    /// 0.26, see [`Self::MILLS`].
    steepness: f32,
    mills: [f32; 9],
}

impl Normal {
    /// The Mills ratio (1 − Φ(z)) / φ(z) for z ≥ 0 is t times this polynomial in t = 1 / (1 + 0.26 z); the coefficients are
    /// from tests/reference/mills.py.
    const MILLS: [f32; 9] = [
        0.260_085_4,
        0.258_224_64,
        0.258_259_03,
        0.127_905_37,
        0.403_441_6,
        -0.378_380_84,
        0.630_402_5,
        -0.383_088_77,
        0.076_465_21,
    ];

    /// The constants.
    #[inline(always)]
    pub fn new() -> Self {
        let [peak, half, steepness] = unknown([0.398_942_3, -0.5, 0.26]);
        Self { exp: Exp::new(), peak, half, steepness, mills: unknown(Self::MILLS) }
    }

    /// Its density φ and its cumulative share Φ at x, Φ within 3e-7 and both within 3e-6 of their size.
    #[inline(always)]
    pub fn at(&self, x: f32) -> (f32, f32) {
        let size = x.abs();
        let density = self.peak * self.exp.at(self.half * (size * size));
        let t = 1.0 / (1.0 + self.steepness * size);
        let [m0, m1, m2, m3, m4, m5, m6, m7, m8] = self.mills;
        let t4 = (t * t) * (t * t);
        let ratio = cubic(t, [m0, m1, m2, m3]) + t4 * (cubic(t, [m4, m5, m6, m7]) + t4 * m8);
        let tail = density * (t * ratio);
        (density, if x < 0.0 { tail } else { 1.0 - tail })
    }
}

/// c₀ + c₁·x + c₂·x² + c₃·x³ as a sum of sums (Estrin 1960): the longer the chain of products that wait for one another, the
/// longer a loop takes.
#[inline(always)]
fn cubic(x: f32, [c0, c1, c2, c3]: [f32; 4]) -> f32 {
    (c0 + c1 * x) + (c2 + c3 * x) * (x * x)
}

/// Constants of which compilers know nothing.
#[inline(always)]
fn unknown<const N: usize>(constants: [f32; N]) -> [f32; N] {
    if cfg!(target_family = "wasm") { constants.map(std::hint::black_box) } else { constants }
}

wide! {
    /// Adds a row to sums.
    pub fn add(row: &[f32], sums: &mut [f32]) {
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum += value;
        }
    }
}

/// Sums over rows, in their order, each as long as the sums.
pub fn total(rows: &[f32], sums: &mut [f32]) {
    sums.fill(0.0);
    for row in rows.chunks_exact(sums.len().max(1)) {
        add(row, sums);
    }
}

/// The largest of a row, in sixteen lanes; `f32::MIN` if none is larger, or is a number.
#[inline(always)]
pub fn largest(values: &[f32]) -> f32 {
    let larger = |a: f32, b: f32| if a > b { a } else { b };
    let mut lanes = [f32::MIN; 16];
    let (runs, rest) = values.as_chunks::<16>();
    for run in runs {
        for i in 0..16 {
            lanes[i] = larger(run[i], lanes[i]);
        }
    }
    rest.iter().chain(&lanes).fold(f32::MIN, |largest, &value| larger(value, largest))
}

/// Σ over a row, in sixteen lanes.
#[inline(always)]
pub fn sum(values: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; 16];
    let (runs, rest) = values.as_chunks::<16>();
    for run in runs {
        for i in 0..16 {
            lanes[i] += run[i];
        }
    }
    let mut total = 0.0;
    for lane in lanes {
        total += lane;
    }
    for value in rest {
        total += value;
    }
    total
}

/// Σ of products of two rows, in sixteen lanes.
#[inline(always)]
pub fn dot<T: Copy + Default + Mul<Output = T> + AddAssign>(a: &[T], b: &[T]) -> T {
    let mut lanes = [T::default(); 16];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<16>(), b.as_chunks::<16>());
    for (a, b) in a.iter().zip(b) {
        for i in 0..16 {
            lanes[i] += a[i] * b[i];
        }
    }
    let mut total = T::default();
    for lane in lanes {
        total += lane;
    }
    for (&a, &b) in a_rest.iter().zip(b_rest) {
        total += a * b;
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponentials_are_exact_to_two_places() {
        let exp = Exp::new();
        for i in -870_000..=880_000 {
            let x = i as f32 * 1e-4;
            let (found, exact) = (exp.at(x), f64::from(x).exp());
            assert!((f64::from(found) - exact).abs() <= 2.5e-7 * exact, "{x}: {found} {exact}");
        }
        assert_eq!(exp.at(0.0), 1.0);
        assert_eq!(exp.at(-88.0), 0.0);
        assert_eq!(exp.at(f32::MIN), 0.0);
        assert_eq!(exp.at(f32::NEG_INFINITY), 0.0);
        assert!(exp.at(f32::NAN).is_nan());
    }

    /// Φ(x) from its series (Abramowitz & Stegun 26.2.10), which converges for every x that f32 tells from ±∞.
    fn share(x: f64) -> f64 {
        let (mut term, mut total) = (x, x);
        for n in 1..200 {
            let n = f64::from(n);
            term *= -x * x / (2.0 * n);
            total += term / (2.0 * n + 1.0);
        }
        0.5 + total / (2.0 * std::f64::consts::PI).sqrt()
    }

    #[test]
    fn the_normal_distribution_is_exact() {
        let normal = Normal::new();
        for i in -5000..=5000 {
            let x = i as f32 * 1e-3;
            let (density, found) = normal.at(x);
            let exact = (-0.5 * f64::from(x).powi(2)).exp() / (2.0 * std::f64::consts::PI).sqrt();
            assert!((f64::from(density) - exact).abs() <= 1e-6 * exact, "φ({x})");
            let exact = share(f64::from(x));
            assert!((f64::from(found) - exact).abs() <= (3e-6 * exact).min(3e-7), "Φ({x}): {found} {exact}");
        }
        assert_eq!(normal.at(-20.0).1, 0.0);
        assert_eq!(normal.at(20.0).1, 1.0);
    }

    #[test]
    fn sums_take_every_value() {
        for size in [0, 1, 15, 16, 17, 100] {
            let values: Vec<f32> = (0..size).map(|i| i as f32).collect();
            let exact: f32 = values.iter().sum();
            assert_eq!(sum(&values), exact);
            assert_eq!(dot(&values, &vec![1.0; size]), exact);
        }
    }

    #[test]
    fn the_largest_is_found_wherever_it_is() {
        for size in [1, 15, 16, 17, 100] {
            for place in 0..size {
                let values: Vec<f32> = (0..size).map(|i| if i == place { -1.0 } else { -2.0 - i as f32 }).collect();
                assert_eq!(largest(&values), -1.0, "{place} of {size}");
            }
        }
        assert_eq!(largest(&[]), f32::MIN);
        assert_eq!(largest(&[f32::NEG_INFINITY; 40]), f32::MIN);
    }
}
