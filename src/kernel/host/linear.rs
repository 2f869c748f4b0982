//! A dense layer, `y = x·W + b`, and its gradients. Letters: N rows, I inputs, O outputs.

use super::gemm::{Matrix, Size, Start, product};
use super::threads::{self, Shared};

/// Rows that one thread takes at a time.
const RUN: usize = 64;

/// `[N, I]`·`[I, O]` + `[O]` → `[N, O]`
pub fn forward(x: &[f32], weight: &[f32], bias: &[f32], y: &mut [f32]) {
    let outputs = bias.len();
    let inputs = weight.len() / outputs;
    let size = Size { m: y.len() / outputs, n: outputs, k: inputs };
    assert!(x.len() == size.m * inputs && weight.len() == inputs * outputs && y.len() == size.m * outputs);
    product(size, Matrix::rows(x, inputs), Matrix::rows(weight, outputs), Start::Bias(bias), y, outputs);
}

/// `dx = dy·Wᵀ`: `[N, O]`, `[I, O]` → `[N, I]`
pub fn input_gradient(gradient: &[f32], weight: &[f32], outputs: usize, dx: &mut [f32]) {
    let inputs = weight.len() / outputs;
    let size = Size { m: gradient.len() / outputs, n: inputs, k: outputs };
    assert_eq!(dx.len(), size.m * inputs, "dx is N × I");
    product(size, Matrix::rows(gradient, outputs), Matrix::rows(weight, outputs).transposed(), Start::Zero, dx, inputs);
}

/// `dW = xᵀ·dy`: `[N, I]`, `[N, O]` → `[I, O]`
pub fn weight_gradient(x: &[f32], gradient: &[f32], outputs: usize, dweight: &mut [f32]) {
    let inputs = dweight.len() / outputs;
    let size = Size { m: inputs, n: outputs, k: gradient.len() / outputs };
    assert_eq!(x.len(), size.k * inputs, "x is N × I");
    product(size, Matrix::rows(x, inputs).transposed(), Matrix::rows(gradient, outputs), Start::Zero, dweight, outputs);
}

/// `db = Σ dy` over rows: `[N, O]` → `[O]`
pub fn bias_gradient(gradient: &[f32], dbias: &mut [f32]) {
    let outputs = dbias.len();
    let rows = gradient.len() / outputs;
    let mut sums = vec![0.0; rows.div_ceil(RUN) * outputs];
    let shared = Shared::new(&mut sums);
    let arch = pulp::Arch::new();
    threads::ranges(rows, RUN, |piece, range| {
        // SAFETY: every piece is given once.
        let sums = unsafe { shared.part(piece * outputs..(piece + 1) * outputs) };
        arch.dispatch(|| {
            for gradient in gradient[range.start * outputs..range.end * outputs].chunks_exact(outputs) {
                for i in 0..outputs {
                    sums[i] += gradient[i];
                }
            }
        });
    });
    dbias.fill(0.0);
    for sums in sums.chunks_exact(outputs) {
        dbias.iter_mut().zip(sums).for_each(|(total, sum)| *total += sum);
    }
}
