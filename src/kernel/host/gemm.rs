//! Matrix products of f32 on the CPU: C = A·B, with a bias, or added to what C holds.
//!
//! The scheme of BLIS (Van Zee & van de Geijn 2015): B is packed in panels, once for all threads; a block of them stays in
//! the second cache while a tile of C stays in registers and a panel passes by. A is packed as well where its rows are not
//! contiguous. Threads take blocks of C, so that no two ever write the same value and results do not depend on their
//! number.

use std::cell::Cell;
use std::ops::Range;

use super::pack::Panels;
use super::piece::{Lanes, Piece};
use super::threads::{self, Shared};

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

/// C, whose rows are `stride` apart, on all threads.
pub fn product(size: Size, a: Matrix, b: Matrix, start: Start, c: &mut [f32], stride: usize) {
    let threads = if size.m * size.n * size.k < WORTH_THREADS { 1 } else { threads::count() };
    run(size, a, b, start, c, stride, threads);
}

/// The same on the calling thread alone, for work that is already spread over threads.
pub fn product_here(size: Size, a: Matrix, b: Matrix, start: Start, c: &mut [f32], stride: usize) {
    run(size, a, b, start, c, stride, 1);
}

thread_local! {
    /// Room for packed panels of B, kept from product to product.
    static PANELS: Cell<Vec<f32>> = const { Cell::new(Vec::new()) };
}

fn run(size: Size, a: Matrix, b: Matrix, start: Start, c: &mut [f32], stride: usize, threads: usize) {
    let Size { m, n, k } = size;
    a.check(m, k);
    b.check(k, n);
    assert!(n <= stride && (m == 0 || n == 0 || (m - 1) * stride + n <= c.len()), "C holds {m} × {n}");
    if let Start::Bias(bias) = start {
        assert_eq!(bias.len(), n, "one bias per column");
    }
    let [deep, wide] = if a.column == 1 { DEEP } else { WIDE };
    let work = Work { depth: k, deep, wide, a, start, c: Shared::new(c), stride };
    let mut room = PANELS.take();
    let at_once = (ROOM / k.max(1)).max(wide) / wide * wide;
    for first in (0..n).step_by(at_once) {
        let columns = first..(first + at_once).min(n);
        work.columns(m, columns, b, &mut room, threads);
    }
    PANELS.set(room);
}

/// What all pieces of a product share.
pub(super) struct Work<'a> {
    pub depth: usize,
    /// Rows of B in a panel.
    pub deep: usize,
    /// Columns whose panels stay in the second cache.
    pub wide: usize,
    pub a: Matrix<'a>,
    pub start: Start<'a>,
    pub c: Shared<'a>,
    pub stride: usize,
}

impl Work<'_> {
    /// Some columns of C: all their panels are packed, then tiles pass along them.
    fn columns(&self, m: usize, columns: Range<usize>, b: Matrix, room: &mut Vec<f32>, threads: usize) {
        let arch = pulp::Arch::new();
        let panels = Panels::new(b, self.depth, self.deep, columns.clone(), arch.dispatch(Lanes));
        let packed = Shared::new(panels.room(room));
        let pieces = panels.pieces();
        let piece = |pack: Range<usize>, rows: Range<usize>, columns: Range<usize>| {
            arch.dispatch(Piece { work: self, panels: &panels, packed, pack, rows, columns });
        };
        if threads == 1 {
            return piece(0..pieces, 0..m, columns);
        }
        threads::each(pieces, |number| piece(number..number + 1, 0..0, 0..0));
        let blocks = columns.len().div_ceil(self.wide);
        // Several blocks for each thread, so that all end together, but none so low that a panel passes by for a few rows.
        let mut rows = 1;
        while blocks * rows < 8 * threads && m / (rows + 1) >= 96 {
            rows += 1;
        }
        let height = m.div_ceil(rows).max(1).next_multiple_of(24);
        let rows = m.div_ceil(height);
        threads::each(rows * blocks, |block| {
            let (row, column) = ((block % rows) * height, columns.start + (block / rows) * self.wide);
            piece(0..0, row..(row + height).min(m), column..(column + self.wide).min(columns.end));
        });
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
                    product(Size { m, n, k }, left, right, start, &mut c, stride);
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
}
