//! Matrix products of f32 on the CPU: C = A·B, with a bias, or added to what C holds.
//!
//! The scheme of BLIS (Van Zee & van de Geijn 2015): B is packed in panels that stay in the second cache, a tile of C
//! stays in registers while a panel passes by. A is packed as well where its rows are not contiguous. Threads take
//! blocks of C, so that no two ever write the same value and results do not depend on their number.

use std::cell::Cell;

use pulp::{Simd, WithSimd};

use super::threads::{self, Shared};
use super::tile::{Tile, load, store};

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

/// Rows of B that one packed panel holds, and columns that one block of work covers: as much as fits in the second cache.
const DEEP: [usize; 2] = [384, 192];
/// The same where A has to be packed, too, once for every block of columns: fewer of them, and wider.
const WIDE: [usize; 2] = [256, 384];
/// Values in a cache line.
const LINE: usize = 16;
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

fn run(size: Size, a: Matrix, b: Matrix, start: Start, c: &mut [f32], stride: usize, threads: usize) {
    let Size { m, n, k } = size;
    a.check(m, k);
    b.check(k, n);
    assert!(n <= stride && (m == 0 || n == 0 || (m - 1) * stride + n <= c.len()), "C holds {m} × {n}");
    if let Start::Bias(bias) = start {
        assert_eq!(bias.len(), n, "one bias per column");
    }
    let arch = pulp::Arch::new();
    let [deep, wide] = if a.column == 1 { DEEP } else { WIDE };
    let columns = n.div_ceil(wide);
    let mut rows = 1;
    while threads > 1 && columns * rows < 3 * threads && m / (rows + 1) >= 96 {
        rows += 1;
    }
    let height = m.div_ceil(rows).max(1).next_multiple_of(24);
    let rows = m.div_ceil(height);
    let shared = Shared::new(c);
    let block = |piece: usize| {
        let (row, column) = ((piece % rows) * height, (piece / rows) * wide);
        let rows = row..(row + height).min(m);
        let columns = column..(column + wide).min(n);
        arch.dispatch(Block { rows, columns, depth: k, deep, a, b, start, c: shared, stride });
    };
    if threads > 1 { threads::each(rows * columns, block) } else { (0..rows * columns).for_each(block) }
}

/// One block of C.
pub(super) struct Block<'a> {
    rows: std::ops::Range<usize>,
    pub columns: std::ops::Range<usize>,
    depth: usize,
    /// Rows of B in a panel.
    deep: usize,
    a: Matrix<'a>,
    b: Matrix<'a>,
    pub start: Start<'a>,
    pub c: Shared<'a>,
    pub stride: usize,
}

thread_local! {
    /// Room for packed operands, kept from product to product.
    static PACKED: Cell<[Vec<f32>; 2]> = const { Cell::new([Vec::new(), Vec::new()]) };
}

impl WithSimd for Block<'_> {
    type Output = ();

    /// The tile is as large as the registers allow: rows × vectors accumulators, a row of B, a value of A. In browsers,
    /// whose compilers spill earlier than one would think, eight accumulators were fastest by far (36 GFLOP/s on a core
    /// where 6 × 2 gives 22, 3 × 2 gives 34, and 4 × 3 and 8 × 1 less).
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        if cfg!(target_family = "wasm") {
            self.compute::<S, 4, 2>(simd);
        } else if S::REGISTER_COUNT >= 32 {
            self.compute::<S, 8, 3>(simd);
        } else {
            self.compute::<S, 6, 2>(simd);
        }
    }
}

impl Block<'_> {
    #[inline(always)]
    fn compute<S: Simd, const R: usize, const V: usize>(self, simd: S) {
        let lanes = V * S::F32_LANES;
        let panels = self.columns.len().div_ceil(lanes);
        let [mut room, mut turned] = PACKED.take();
        let mut from = 0;
        // A product over nothing is the start.
        while from == 0 || from < self.depth {
            let depth = self.deep.min(self.depth - from);
            grow(&mut room, depth * panels * lanes + LINE);
            // No vector of a panel may lie across two cache lines.
            let skip = room.as_ptr().align_offset(LINE * size_of::<f32>()).min(LINE);
            let packed = &mut room[skip..];
            self.pack::<S, V>(simd, packed, from, depth);
            let mut row = self.rows.start;
            while row < self.rows.end {
                let high = R.min(self.rows.end - row);
                let a = self.left::<R>(&mut turned, row, high, from, depth);
                for panel in 0..panels {
                    let b = &packed[panel * depth * lanes..][..depth * lanes];
                    let tile =
                        Tile { block: &self, row, column: self.columns.start + panel * lanes, depth, from, a, b };
                    if high == R {
                        tile.compute::<S, R, V>(simd);
                    } else {
                        tile.rows_alone::<S, V>(simd, high);
                    }
                }
                row += high;
            }
            from += depth.max(1);
        }
        PACKED.set([room, turned]);
    }

    /// The next rows of A, where they are if their values are neighbours, else packed: k after k, `R` values each.
    #[inline(always)]
    fn left<'b, const R: usize>(
        &'b self,
        turned: &'b mut Vec<f32>,
        row: usize,
        high: usize,
        from: usize,
        depth: usize,
    ) -> Matrix<'b> {
        let Matrix { values, row: stride, column } = self.a;
        if column == 1 || depth == 0 {
            return Matrix { values: &values[(row * stride + from * column).min(values.len())..], ..self.a };
        }
        grow(turned, depth * R);
        for (k, packed) in turned.chunks_exact_mut(R).take(depth).enumerate() {
            let base = row * stride + (from + k) * column;
            for (i, slot) in packed.iter_mut().enumerate().take(high) {
                *slot = values[base + i * stride];
            }
        }
        Matrix { values: turned, row: 1, column: R }
    }

    /// Packs rows `from..from + depth` of this block's columns of B: panel after panel of V vectors, filled up with
    /// zeros.
    #[inline(always)]
    fn pack<S: Simd, const V: usize>(&self, simd: S, packed: &mut [f32], from: usize, depth: usize) {
        let Matrix { values, row, column } = self.b;
        let lanes = V * S::F32_LANES;
        if depth == 0 {
            return;
        }
        for (panel, packed) in packed.chunks_exact_mut(depth * lanes).enumerate() {
            let first = self.columns.start + panel * lanes;
            if first >= self.columns.end {
                break;
            }
            let wide = lanes.min(self.columns.end - first);
            if wide < lanes {
                packed.fill(0.0);
            }
            if column == 1 {
                // Vectors rather than `copy_from_slice`, which for so few values costs more than it copies.
                for (k, packed) in packed.chunks_exact_mut(lanes).enumerate() {
                    let source = &values[(from + k) * row + first..][..wide];
                    let mut v = 0;
                    while v < wide {
                        let end = (v + S::F32_LANES).min(wide);
                        store(simd, &mut packed[v..end], load(simd, &source[v..end]));
                        v = end;
                    }
                }
                continue;
            }
            // A few k at a time, so that the lines read and the lines written both stay in the first cache.
            for (group, packed) in packed.chunks_mut(16 * lanes).enumerate() {
                for j in 0..wide {
                    let base = (first + j) * column + (from + group * 16) * row;
                    for (k, packed) in packed.chunks_exact_mut(lanes).enumerate() {
                        packed[j] = values[base + k * row];
                    }
                }
            }
        }
    }
}

fn grow(buffer: &mut Vec<f32>, size: usize) {
    if buffer.len() < size {
        buffer.resize(size, 0.0);
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
