//! LayerNorm (Ba, Kiros & Hinton 2016, arXiv:1607.06450) over rows of H values, with what comes before it in a
//! transformer: dropout and a residual.

use super::math::{dot, sum};
use super::threads::{self, Shared};
use super::wide::wide;
use crate::kernel::dropout::Mask;

/// Rows that one thread takes at a time.
const RUN: usize = 32;

/// What goes into [`forward`], N rows of H values each.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// `[N, H]`
    pub x: &'a [f32],
    /// Added to x after its dropout, `[N, H]`.
    pub residual: Option<&'a [f32]>,
    /// Scale, `[H]`.
    pub gamma: &'a [f32],
    /// Shift, `[H]`.
    pub beta: &'a [f32],
    /// Added to the variance.
    pub epsilon: f32,
    /// What is dropped of x.
    pub mask: Mask,
}

/// `y = γ · x̂ + β`, where x̂ is `residual + dropout(x)` less its mean, over its deviation; keeps x̂ `[N, H]` and one
/// over the deviations `[N]` for [`backward`].
pub fn forward(input: Input, y: &mut [f32], normal: &mut [f32], scales: &mut [f32]) {
    let width = input.gamma.len();
    let rows = scales.len();
    assert!([input.x.len(), y.len(), normal.len()].iter().all(|&size| size == rows * width), "{rows} rows of {width}");
    assert!(input.beta.len() == width && input.residual.is_none_or(|r| r.len() == rows * width));
    let (y, normal, scales) = (Shared::new(y), Shared::new(normal), Shared::new(scales));
    threads::ranges(rows, RUN, |_, range| {
        for row in range {
            let at = row * width..(row + 1) * width;
            // SAFETY: every row is given once.
            let (y, normal, scale) = unsafe { (y.part(at.clone()), normal.part(at), scales.part(row..row + 1)) };
            scale[0] = one_row(&input, row, y, normal);
        }
    });
}

wide! {
    fn one_row(input: &Input, row: usize, y: &mut [f32], normal: &mut [f32]) -> f32 {
        let width = normal.len();
        let at = row * width..(row + 1) * width;
        normal.copy_from_slice(&input.x[at.clone()]);
        input.mask.apply(at.start, normal);
        if let Some(residual) = input.residual {
            let residual = &residual[at];
            for i in 0..width {
                normal[i] += residual[i];
            }
        }
        let mean = sum(normal) / width as f32;
        for value in normal.iter_mut() {
            *value -= mean;
        }
        // The variance of what is left after the mean is gone: no digits are lost.
        let scale = (dot(normal, normal) / width as f32 + input.epsilon).sqrt().recip();
        for i in 0..width {
            normal[i] *= scale;
            y[i] = normal[i] * input.gamma[i] + input.beta[i];
        }
        scale
    }
}

/// What [`forward`] kept, and the gradient of y.
#[derive(Debug, Clone, Copy)]
pub struct Kept<'a> {
    /// x̂, `[N, H]`.
    pub normal: &'a [f32],
    /// One over the deviations, `[N]`.
    pub scales: &'a [f32],
    /// Scale, `[H]`.
    pub gamma: &'a [f32],
    /// dL/dy, `[N, H]`.
    pub gradient: &'a [f32],
}

/// Gradients of γ and β, `[H]`, and of the sum that was normalised, `[N, H]`, which is that of the residual:
/// `dz = s · (g − mean(g) − x̂ · mean(g · x̂))`, where g = dy · γ and s is one over the deviation.
pub fn backward(kept: Kept, dgamma: &mut [f32], dbeta: &mut [f32], dz: &mut [f32]) {
    let width = kept.gamma.len();
    let rows = kept.scales.len();
    assert!([kept.normal.len(), kept.gradient.len(), dz.len()].iter().all(|&size| size == rows * width));
    assert!(dgamma.len() == width && dbeta.len() == width, "{width} gradients of γ and β");
    // Every run of rows has sums of its own, added up in order afterwards.
    let mut sums = vec![0.0; rows.div_ceil(RUN) * 2 * width];
    let (partial, shared) = (Shared::new(&mut sums), Shared::new(dz));
    threads::ranges(rows, RUN, |piece, range| {
        // SAFETY: every piece and every row is given once.
        let (dgamma, dbeta) = unsafe { partial.part(piece * 2 * width..(piece + 1) * 2 * width) }.split_at_mut(width);
        for row in range {
            let at = row * width..(row + 1) * width;
            // SAFETY: as above.
            let dz = unsafe { shared.part(at.clone()) };
            one_row_back(
                kept.scales[row],
                kept.gamma,
                &kept.normal[at.clone()],
                &kept.gradient[at],
                [&mut *dgamma, &mut *dbeta, dz],
            );
        }
    });
    for pair in sums.chunks_exact(2 * width) {
        for i in 0..width {
            dgamma[i] += pair[i];
            dbeta[i] += pair[width + i];
        }
    }
}

wide! {
    fn one_row_back(scale: f32, gamma: &[f32], normal: &[f32], gradient: &[f32], out: [&mut [f32]; 3]) {
        let [dgamma, dbeta, dz] = out;
        let width = gamma.len();
        let (normal, gradient, dz) = (&normal[..width], &gradient[..width], &mut dz[..width]);
        for i in 0..width {
            dgamma[i] += gradient[i] * normal[i];
            dbeta[i] += gradient[i];
            dz[i] = gradient[i] * gamma[i];
        }
        let (mean, slope) = (sum(dz) / width as f32, dot(dz, normal) / width as f32);
        for i in 0..width {
            dz[i] = scale * (dz[i] - mean - normal[i] * slope);
        }
    }
}
