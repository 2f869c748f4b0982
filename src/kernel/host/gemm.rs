//! Matrix products of f32 on the CPU: C = A·B, with a bias, or added to what C holds.
//!
//! The scheme of BLIS (Van Zee & van de Geijn 2015): B is packed in panels, once for all threads; a block of them stays in
//! the second cache while a tile of C stays in registers and a panel passes by. A is packed as well where its rows are not
//! contiguous. Threads take blocks of C, so that no two ever write the same value and results do not depend on their
//! number.

use std::cell::Cell;

use super::threads::{self, Shared};
use super::work::Work;

/// A matrix within an array: element (i, j) is at `start + i · row + j · column`.
#[derive(Debug, Clone, Copy)]
pub struct Matrix<'a> {
    pub(super) values: &'a [f32],
    pub(super) row: usize,
    pub(super) column: usize,
}

impl<'a> Matrix<'a> {
    /// Rows of `stride` values each, from the array's first value on.
    pub fn rows(values: &'a [f32], stride: usize) -> Self {
        Self { values, row: stride, column: 1 }
    }

    /// The same values with rows and columns exchanged.
    pub fn transposed(self) -> Self {
        Self { row: self.column, column: self.row, ..self }
    }

    /// Panics unless rows × columns elements lie within the array.
    pub(super) fn check(&self, rows: usize, columns: usize) {
        let last = (rows.max(1) - 1) * self.row + (columns.max(1) - 1) * self.column;
        assert!(rows * columns == 0 || last < self.values.len(), "{rows} × {columns} in {}", self.values.len());
    }
}

/// What C starts from.
#[derive(Debug, Clone, Copy)]
pub enum Start<'a> {
    /// C = A·B
    Zero,
    /// C = A·B + bias, one value per column.
    Bias(&'a [f32]),
    /// C += A·B
    Add,
}

/// Sizes of a product: A is m × k, B k × n, C m × n.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Rows of A and C.
    pub m: usize,
    /// Columns of B and C.
    pub n: usize,
    /// Columns of A, rows of B.
    pub k: usize,
}

/// Rows of B and columns that one block of work covers: as much as fits in the second cache.
const DEEP: [usize; 2] = [384, 192];
/// The same where A has to be packed, too, once for every block of columns: fewer of them, and wider.
const WIDE: [usize; 2] = [256, 384];
/// Values of B that are packed at a time, 16 MB: more than any layer's weights have, fewer than a table of words.
const ROOM: usize = 1 << 22;
/// Multiplications below which more threads cost more than they give.
const WORTH_THREADS: usize = 1 << 19;

/// C = A·B, or what else C starts from.
#[derive(Debug, Clone, Copy)]
pub struct Product<'a> {
    /// Of all three.
    pub size: Size,
    /// `[m, k]`
    pub a: Matrix<'a>,
    /// `[k, n]`
    pub b: Matrix<'a>,
    /// What C starts from.
    pub start: Start<'a>,
}

thread_local! {
    /// Room for packed panels of B, kept from product to product.
    static PANELS: Cell<Vec<f32>> = const { Cell::new(Vec::new()) };
}

impl Product<'_> {
    /// Computes C, whose rows are `stride` apart, on all threads.
    pub fn compute(self, c: &mut [f32], stride: usize) {
        self.run(c, stride, None, self.threads());
    }

    /// The same, and Σ over the rows of B, one sum per column: B is read once for both. Its rows are contiguous.
    pub fn compute_with_sums(self, c: &mut [f32], stride: usize, sums: &mut [f32]) {
        self.run(c, stride, Some(sums), self.threads());
    }

    /// C on the calling thread alone, for work that is already spread over threads.
    pub fn compute_here(self, c: &mut [f32], stride: usize) {
        self.run(c, stride, None, 1);
    }

    fn threads(&self) -> usize {
        let Size { m, n, k } = self.size;
        if m * n * k < WORTH_THREADS { 1 } else { threads::count() }
    }

    fn run(self, c: &mut [f32], stride: usize, mut sums: Option<&mut [f32]>, threads: usize) {
        let Self { size: Size { m, n, k }, a, b, start } = self;
        a.check(m, k);
        b.check(k, n);
        assert!(n <= stride && (m == 0 || n == 0 || (m - 1) * stride + n <= c.len()), "C holds {m} × {n}");
        if let Start::Bias(bias) = start {
            assert_eq!(bias.len(), n, "one bias per column");
        }
        assert!(sums.as_ref().is_none_or(|sums| sums.len() == n), "one sum per column");
        let [deep, wide] = if a.column == 1 { DEEP } else { WIDE };
        let work = Work { depth: k, deep, wide, a, start, c: Shared::new(c), stride };
        let mut room = PANELS.take();
        let at_once = (ROOM / k.max(1)).max(wide) / wide * wide;
        for first in (0..n).step_by(at_once) {
            let columns = first..(first + at_once).min(n);
            let sums = sums.as_deref_mut().map(|sums| &mut sums[columns.clone()]);
            work.columns(m, columns, b, &mut room, sums, threads);
        }
        PANELS.set(room);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::mix64;

    /// Values between −1 and 1 without a pattern.
    fn noise(size: usize, seed: u64) -> Vec<f32> {
        (0..size as u64).map(|i| mix64(i ^ (seed << 40)) as i64 as f32 / i64::MAX as f32).collect()
    }

    /// Every size around the edges of tiles, panels and blocks, every orientation, every start, against f64.
    #[test]
    fn products_equal_the_definition() {
        for (m, n, k) in [
            (1, 1, 1),
            (0, 8, 4),
            (1, 8, 0),
            (5, 7, 3),
            (8, 48, 16),
            (9, 49, 17),
            (25, 193, 513),
            (130, 200, 64),
            (64, 5, 1030),
        ] {
            let (a, b, bias) = (noise(m * k, 0), noise(k * n, 1), noise(n, 2));
            for turn in 0..4 {
                let left = if turn & 1 == 0 { Matrix::rows(&a, k) } else { Matrix::rows(&a, m).transposed() };
                let right = if turn & 2 == 0 { Matrix::rows(&b, n) } else { Matrix::rows(&b, k).transposed() };
                for start in [Start::Zero, Start::Bias(&bias), Start::Add] {
                    let stride = n + 3;
                    let before = noise(m * stride, 3);
                    let mut c = before.clone();
                    Product { size: Size { m, n, k }, a: left, b: right, start }.compute(&mut c, stride);
                    for i in 0..m {
                        for j in 0..n {
                            let terms = (0..k).map(|p| {
                                let x = left.values[i * left.row + p * left.column];
                                f64::from(x) * f64::from(right.values[p * right.row + j * right.column])
                            });
                            let (exact, size) = terms.fold((0.0, 1.0), |(sum, size), x| (sum + x, size + x.abs()));
                            let base = match start {
                                Start::Zero => 0.0,
                                Start::Bias(bias) => f64::from(bias[j]),
                                Start::Add => f64::from(before[i * stride + j]),
                            };
                            let found = f64::from(c[i * stride + j]);
                            assert!(
                                (found - exact - base).abs() < 1e-6 * size,
                                "{m} {n} {k} {turn} {start:?} {i} {j}: {found} {exact} + {base}"
                            );
                        }
                        // What lies between the rows is not C's.
                        assert_eq!(c[i * stride + n..(i + 1) * stride], before[i * stride + n..(i + 1) * stride]);
                    }
                }
            }
        }
    }
    /// Around the edges of runs of rows, of panels and of blocks of the depth.
    #[test]
    fn sums_over_rows_of_b_come_with_the_product() {
        for (m, n, k) in [(1, 1, 1), (4, 8, 0), (7, 40, 64), (96, 200, 129), (130, 33, 700)] {
            let (a, b) = (noise(m * k, 0), noise(k * (n + 2), 1));
            let (left, right) = (Matrix::rows(&a, m).transposed(), Matrix::rows(&b, n + 2));
            let product = Product { size: Size { m, n, k }, a: left, b: right, start: Start::Zero };
            let [mut alone, mut both] = [vec![1.0; m * n], vec![1.0; m * n]];
            let mut sums = vec![1.0; n];
            product.compute(&mut alone, n);
            product.compute_with_sums(&mut both, n, &mut sums);
            assert_eq!(alone, both, "{m} {n} {k}");
            for (j, &sum) in sums.iter().enumerate() {
                let terms = (0..k).map(|p| f64::from(b[p * (n + 2) + j]));
                let (exact, size) = terms.fold((0.0, 1.0), |(sum, size), x| (sum + x, size + x.abs()));
                assert!((f64::from(sum) - exact).abs() < 1e-7 * size, "{m} {n} {k} {j}: {sum} {exact}");
            }
        }
    }
}
