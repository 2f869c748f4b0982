//! Matrix products of f32 on the CPU: C = A·B, with a bias, or added to what C holds.
//!
//! The scheme of BLIS (Van Zee & van de Geijn 2015): B is packed in panels that stay in the second cache, a tile of C
//! stays in registers while a panel passes by. A is packed as well where its rows are not contiguous. Threads take
//! blocks of C, so that no two ever write the same value and results do not depend on their number.

use std::cell::Cell;

use pulp::{Simd, WithSimd};

use super::threads::{self, Shared};

/// A matrix within an array: element (i, j) is at `start + i · row + j · column`.
#[derive(Debug, Clone, Copy)]
pub struct Matrix<'a> {
    values: &'a [f32],
    row: usize,
    column: usize,
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
    fn check(&self, rows: usize, columns: usize) {
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

/// Rows of B that one packed panel holds.
const DEPTH: usize = 512;
/// Columns of B that one block of work covers: DEPTH × WIDTH values fit in the second cache.
const WIDTH: usize = 192;
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
    let columns = n.div_ceil(WIDTH);
    let mut rows = 1;
    while threads > 1 && columns * rows < 3 * threads && m / (rows + 1) >= 96 {
        rows += 1;
    }
    let height = m.div_ceil(rows).next_multiple_of(24);
    let rows = m.div_ceil(height);
    let shared = Shared::new(c);
    let block = |piece: usize| {
        let (row, column) = ((piece % rows) * height, (piece / rows) * WIDTH);
        let rows = row..(row + height).min(m);
        let columns = column..(column + WIDTH).min(n);
        arch.dispatch(Block { rows, columns, depth: k, a, b, start, c: shared, stride });
    };
    if threads > 1 { threads::each(rows * columns, block) } else { (0..rows * columns).for_each(block) }
}

/// One block of C.
struct Block<'a> {
    rows: std::ops::Range<usize>,
    columns: std::ops::Range<usize>,
    depth: usize,
    a: Matrix<'a>,
    b: Matrix<'a>,
    start: Start<'a>,
    c: Shared<'a>,
    stride: usize,
}

thread_local! {
    /// Room for packed operands, kept from product to product.
    static PACKED: Cell<[Vec<f32>; 2]> = const { Cell::new([Vec::new(), Vec::new()]) };
}

impl WithSimd for Block<'_> {
    type Output = ();

    /// The tile is as large as the registers allow: rows × vectors accumulators, a row of B, a value of A.
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        // WebAssembly promises no number of registers; on x86, 15 are free.
        if S::REGISTER_COUNT >= 32 && !cfg!(target_family = "wasm") {
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
        let [mut packed, mut turned] = PACKED.take();
        let mut from = 0;
        // A product over nothing is the start.
        while from == 0 || from < self.depth {
            let depth = DEPTH.min(self.depth - from);
            grow(&mut packed, depth * panels * lanes);
            self.pack(&mut packed, lanes, from, depth);
            let mut row = self.rows.start;
            while row < self.rows.end {
                let high = R.min(self.rows.end - row);
                let a = self.left::<R>(&mut turned, row, high, from, depth);
                for panel in 0..panels {
                    let b = &packed[panel * depth * lanes..][..depth * lanes];
                    let tile = Tile { block: &self, row, column: self.columns.start + panel * lanes, depth, from, a, b };
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
        PACKED.set([packed, turned]);
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

    /// Packs rows `from..from + depth` of this block's columns of B: panel after panel of `lanes` columns, filled up
    /// with zeros.
    #[inline(always)]
    fn pack(&self, packed: &mut [f32], lanes: usize, from: usize, depth: usize) {
        let Matrix { values, row, column } = self.b;
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
                for (k, packed) in packed.chunks_exact_mut(lanes).enumerate() {
                    packed[..wide].copy_from_slice(&values[(from + k) * row + first..][..wide]);
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

/// A tile of C that fits in registers, and the strips of A and B that it is the product of.
struct Tile<'a> {
    block: &'a Block<'a>,
    row: usize,
    column: usize,
    depth: usize,
    from: usize,
    a: Matrix<'a>,
    b: &'a [f32],
}

impl Tile<'_> {
    /// The last rows of a block, fewer than a tile has.
    #[inline(always)]
    fn rows_alone<S: Simd, const V: usize>(&self, simd: S, high: usize) {
        for row in 0..high {
            let a = Matrix { values: &self.a.values[row * self.a.row..], ..self.a };
            Tile { row: self.row + row, a, ..*self }.compute::<S, 1, V>(simd);
        }
    }

    // Loops over indices, not closures: a closure may not be inlined into the function that has the wide vectors.
    #[allow(clippy::needless_range_loop)]
    #[inline(always)]
    fn compute<S: Simd, const R: usize, const V: usize>(&self, simd: S) {
        let mut sums = [[simd.splat_f32s(0.0); V]; R];
        assert!(self.b.len() >= self.depth * V * S::F32_LANES, "a panel of B");
        self.a.check(R, self.depth);
        let (mut a, mut b) = (self.a.values.as_ptr(), self.b.as_ptr().cast::<S::f32s>());
        for _ in 0..self.depth {
            let mut vectors = [simd.splat_f32s(0.0); V];
            for v in 0..V {
                // SAFETY: the panel holds depth × V vectors, checked above.
                vectors[v] = unsafe { b.add(v).read_unaligned() };
            }
            for r in 0..R {
                // SAFETY: row r of depth values lies within A, checked above.
                let value = simd.splat_f32s(unsafe { *a.add(r * self.a.row) });
                for v in 0..V {
                    sums[r][v] = simd.mul_add_e_f32s(value, vectors[v], sums[r][v]);
                }
            }
            // `wrapping`: after the last turn they point behind what was checked.
            a = a.wrapping_add(self.a.column);
            b = b.wrapping_add(V);
        }
        for r in 0..R {
            self.store(simd, r, &sums[r]);
        }
    }

    #[allow(clippy::needless_range_loop)]
    #[inline(always)]
    fn store<S: Simd>(&self, simd: S, r: usize, sums: &[S::f32s]) {
        let wide = (sums.len() * S::F32_LANES).min(self.block.columns.end - self.column);
        let at = (self.row + r) * self.block.stride + self.column;
        // SAFETY: rows and columns of this block, which no other thread has.
        let target = unsafe { self.block.c.part(at..at + wide) };
        let start = if self.from > 0 { Start::Add } else { self.block.start };
        for v in 0..sums.len() {
            let low = v * S::F32_LANES;
            if low >= wide {
                break;
            }
            let target = &mut target[low..(low + S::F32_LANES).min(wide)];
            let sum = match start {
                Start::Zero => sums[v],
                Start::Add => simd.add_f32s(sums[v], simd.partial_load_f32s(target)),
                Start::Bias(bias) => {
                    let bias = &bias[self.column + low..][..target.len()];
                    simd.add_f32s(sums[v], simd.partial_load_f32s(bias))
                }
            };
            simd.partial_store_f32s(target, sum);
        }
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
                            assert!((found - exact - base).abs() < 1e-6 * size, "{m} {n} {k} {turn} {start:?} {i} {j}: {found} {exact} + {base}");
                        }
                        // What lies between the rows is not C's.
                        assert_eq!(c[i * stride + n..(i + 1) * stride], before[i * stride + n..(i + 1) * stride]);
                    }
                }
            }
        }
    }
}
