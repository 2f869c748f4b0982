//! The innermost part of a matrix product: a tile of C that stays in registers while a strip of A and a panel of B pass by.

use pulp::Simd;

use super::gemm::{Matrix, Piece, Start, Work};

/// Columns of the widest tile: three vectors of AVX-512.
const WIDEST: usize = 48;

/// A tile of C that fits in registers, and the strips of A and B that it is the product of.
pub(super) struct Tile<'a> {
    /// What the tile is a part of.
    pub piece: &'a Piece<'a>,
    /// Its first row of C.
    pub row: usize,
    /// Its first column of C.
    pub column: usize,
    /// How many k the strip and the panel have.
    pub depth: usize,
    /// Which k they begin at.
    pub from: usize,
    /// Rows of A, packed or not.
    pub a: Matrix<'a>,
    /// A packed panel of B.
    pub b: &'a [f32],
}

impl Tile<'_> {
    /// The last rows of a block, fewer than a tile has.
    #[inline(always)]
    pub fn rows_alone<S: Simd, const V: usize>(&self, simd: S, high: usize) {
        for row in 0..high {
            let a = Matrix { values: &self.a.values[row * self.a.row..], ..self.a };
            Tile { row: self.row + row, a, ..*self }.compute::<S, 1, V>(simd);
        }
    }

    /// Computes the tile and puts it into C.
    #[inline(always)]
    pub fn compute<S: Simd, const R: usize, const V: usize>(&self, simd: S) {
        let Piece { work: &Work { stride, start, c, .. }, ref columns, .. } = *self.piece;
        let start = if self.from > 0 { Start::Add } else { start };
        let lanes = V * S::F32_LANES;
        assert!(lanes <= WIDEST, "tiles of {lanes} columns");
        let wide = lanes.min(columns.end - self.column);
        let row = |r: usize| {
            let at = (self.row + r) * stride + self.column;
            // SAFETY: rows and columns of this block, which no other thread has, and one row at a time.
            unsafe { c.part(at..at + wide) }
        };
        if wide == lanes {
            let rows = std::array::from_fn::<_, R, _>(|r| row(r).as_mut_ptr());
            let start = match start {
                Start::Bias(bias) => Start::Bias(&bias[self.column..self.column + wide]),
                start => start,
            };
            // SAFETY: each row has room for V vectors.
            return unsafe { self.whole::<S, R, V>(simd, start, rows) };
        }
        // The last columns: the whole tile aside, then what of it is C.
        let mut aside = [[0.0_f32; WIDEST]; R];
        let rows = aside.each_mut().map(|row| row.as_mut_ptr());
        // SAFETY: the widest tile has room.
        unsafe { self.whole::<S, R, V>(simd, Start::Zero, rows) };
        for (r, sums) in aside.iter().enumerate() {
            for (j, (target, sum)) in row(r).iter_mut().zip(sums).enumerate() {
                *target = match start {
                    Start::Zero => *sum,
                    Start::Add => *target + sum,
                    Start::Bias(bias) => bias[self.column + j] + sum,
                };
            }
        }
    }

    /// The whole tile, its rows of V vectors each written where `rows` point.
    ///
    /// Loops over indices, not closures: a closure may not be inlined into the function that has the wide vectors. And
    /// bodies so small that all loops but the one over k are unrolled, else the sums would live in memory.
    ///
    /// # Safety
    ///
    /// Each row has room for V vectors.
    #[allow(clippy::needless_range_loop)]
    #[inline(always)]
    unsafe fn whole<S: Simd, const R: usize, const V: usize>(&self, simd: S, start: Start, rows: [*mut f32; R]) {
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
        let mut first = [simd.splat_f32s(0.0); V];
        if let Start::Bias(bias) = start {
            for v in 0..V {
                first[v] = load(simd, &bias[v * S::F32_LANES..(v + 1) * S::F32_LANES]);
            }
        }
        let add = matches!(start, Start::Add);
        for r in 0..R {
            let row = rows[r].cast::<S::f32s>();
            for v in 0..V {
                // SAFETY: room for V vectors by the caller's promise.
                unsafe {
                    let before = if add { row.add(v).read_unaligned() } else { first[v] };
                    row.add(v).write_unaligned(simd.add_f32s(sums[r][v], before));
                }
            }
        }
    }
}

/// A vector's values, or fewer: whole vectors without the mask that parts need.
#[inline(always)]
pub(super) fn load<S: Simd>(simd: S, values: &[f32]) -> S::f32s {
    if values.len() == S::F32_LANES {
        // SAFETY: as many values as the vector has, and no alignment asked for.
        return unsafe { values.as_ptr().cast::<S::f32s>().read_unaligned() };
    }
    simd.partial_load_f32s(values)
}

/// The same for storing.
#[inline(always)]
pub(super) fn store<S: Simd>(simd: S, values: &mut [f32], vector: S::f32s) {
    if values.len() == S::F32_LANES {
        // SAFETY: as above.
        return unsafe { values.as_mut_ptr().cast::<S::f32s>().write_unaligned(vector) };
    }
    simd.partial_store_f32s(values, vector);
}
