//! A dense layer, `y = x·W + b`, and its gradients, for layers whose outputs may lie side by side with those of others
//! over the same input. Letters: N rows, I inputs, O outputs, P layers side by side.

use super::gemm::{Matrix, Product, Size, Start};
use super::math::{add, total};
use super::threads::{self, Shared};

/// Rows that one thread takes at a time.
const RUN: usize = 64;

/// Which of P layers' outputs, each O wide, in rows of P·O values.
#[derive(Debug, Clone, Copy)]
pub struct Columns {
    /// Counted from 0.
    pub at: usize,
    /// P
    pub of: usize,
}

impl Columns {
    /// The layer's own N × O values within all.
    fn of(self, all: &[f32], outputs: usize) -> Matrix<'_> {
        Matrix::rows(&all[self.at * outputs..], self.of * outputs)
    }

    /// N
    fn rows(self, all: &[f32], outputs: usize) -> usize {
        all.len() / (self.of * outputs)
    }
}

/// `[N, I]`·`[I, O]` + `[O]` → its columns of `[N, P·O]`
pub fn forward(x: &[f32], weight: &[f32], bias: &[f32], columns: Columns, y: &mut [f32]) {
    let outputs = bias.len();
    let inputs = weight.len() / outputs;
    let size = Size { m: columns.rows(y, outputs), n: outputs, k: inputs };
    assert!(x.len() == size.m * inputs && weight.len() == inputs * outputs, "x is N × I, W is I × O");
    let stride = columns.of * outputs;
    let y = &mut y[columns.at * outputs..];
    let (a, b) = (Matrix::rows(x, inputs), Matrix::rows(weight, outputs));
    Product { size, a, b, start: Start::Bias(bias) }.compute(y, stride);
}

/// `[N, E]`·`[V, E]`ᵀ + `[V]` → `[N, V]`
pub fn tied(x: &[f32], table: &[f32], bias: &[f32], width: usize, scores: &mut [f32]) {
    let size = Size { m: x.len() / width, n: bias.len(), k: width };
    assert!(table.len() == size.n * width && scores.len() == size.m * size.n, "x is N × E, W is V × E");
    let (a, b) = (Matrix::rows(x, width), Matrix::rows(table, width).transposed());
    Product { size, a, b, start: Start::Bias(bias) }.compute(scores, size.n);
}

/// `[N, V]`·`[V, E]` → `[N, E]`
pub fn through(gradient: &[f32], table: &[f32], width: usize, dx: &mut [f32]) {
    let size = Size { m: dx.len() / width, n: width, k: table.len() / width };
    assert_eq!(gradient.len(), size.m * size.k, "dy is N × V");
    let (a, b) = (Matrix::rows(gradient, size.k), Matrix::rows(table, width));
    Product { size, a, b, start: Start::Zero }.compute(dx, width);
}

/// `dx = dy·Wᵀ`: its columns of `[N, P·O]`, `[I, O]` → `[N, I]`, added to what the layers before it have put there.
pub fn input_gradient(gradient: &[f32], weight: &[f32], outputs: usize, columns: Columns, dx: &mut [f32]) {
    let inputs = weight.len() / outputs;
    let size = Size { m: columns.rows(gradient, outputs), n: inputs, k: outputs };
    assert_eq!(dx.len(), size.m * inputs, "dx is N × I");
    let start = if columns.at == 0 { Start::Zero } else { Start::Add };
    let (a, b) = (columns.of(gradient, outputs), Matrix::rows(weight, outputs).transposed());
    Product { size, a, b, start }.compute(dx, inputs);
}

/// `dW = xᵀ·dy`: `[N, I]`, its columns of `[N, P·O]` → `[I, O]`; and `db = Σ dy` over rows, `[O]`, if it is asked for.
pub fn weight_gradient(
    x: &[f32],
    gradient: &[f32],
    outputs: usize,
    columns: Columns,
    dweight: &mut [f32],
    dbias: Option<&mut [f32]>,
) {
    let inputs = dweight.len() / outputs;
    let size = Size { m: inputs, n: outputs, k: columns.rows(gradient, outputs) };
    assert_eq!(x.len(), size.k * inputs, "x is N × I");
    let (a, b) = (Matrix::rows(x, inputs).transposed(), columns.of(gradient, outputs));
    let product = Product { size, a, b, start: Start::Zero };
    match dbias {
        Some(dbias) => product.compute_with_sums(dweight, outputs, dbias),
        None => product.compute(dweight, outputs),
    }
}

/// `db = Σ dy` over rows: its columns of `[N, P·O]` → `[O]`. For layers whose weights do not learn.
pub fn bias_gradient(gradient: &[f32], columns: Columns, dbias: &mut [f32]) {
    let outputs = dbias.len();
    let (rows, stride) = (columns.rows(gradient, outputs), columns.of * outputs);
    let mut sums = vec![0.0; rows.div_ceil(RUN) * outputs];
    let shared = Shared::new(&mut sums);
    threads::ranges(rows, RUN, |piece, range| {
        // SAFETY: every piece is given once.
        let sums = unsafe { shared.part(piece * outputs..(piece + 1) * outputs) };
        for row in gradient[range.start * stride..range.end * stride].chunks_exact(stride) {
            add(&row[columns.at * outputs..][..outputs], sums);
        }
    });
    total(&sums, dbias);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::mix64;

    /// Of the second of three layers: rows are summed up in the same order, in runs of as many.
    #[test]
    fn a_bias_has_the_same_gradient_whether_its_weights_learn_or_not() {
        let (rows, inputs, outputs) = (150, 5, 37);
        let noise = |size: usize| -> Vec<f32> { (0..size as u64).map(|i| mix64(i) as i64 as f32 / 1e19).collect() };
        let (x, gradient) = (noise(rows * inputs), noise(rows * 3 * outputs));
        let columns = Columns { at: 1, of: 3 };
        let [mut alone, mut beside] = [vec![0.0; outputs], vec![1.0; outputs]];
        bias_gradient(&gradient, columns, &mut alone);
        let mut dweight = vec![0.0; inputs * outputs];
        weight_gradient(&x, &gradient, outputs, columns, &mut dweight, Some(&mut beside));
        assert!(alone.iter().all(|&sum| sum != 0.0));
        assert_eq!(alone, beside);
    }
}
