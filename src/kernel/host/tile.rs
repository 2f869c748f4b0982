//! The innermost part of a matrix product: a tile of C that stays in registers while a strip of A and a panel of B pass by.

use pulp::Simd;

use super::gemm::{Matrix, Start};

/// Columns of the widest tile: two vectors of AVX-512.
const WIDEST: usize = 32;

/// R rows of A over as many k as a panel of B has.
#[derive(Clone, Copy)]
pub(super) struct Rows<const R: usize> {
    start: *const f32,
    /// From one row to the next.
    row: usize,
    /// Whether R values of one k are neighbours, rather than those of one row.
    packed: bool,
}

impl<const R: usize> Rows<R> {
    /// The first R rows of a matrix that has `depth` columns at least: its rows one after the other, or its columns, R values
    /// each.
    #[inline(always)]
    pub fn new(a: Matrix, depth: usize) -> Self {
        a.check(R, depth);
        let packed = a.column != 1;
        assert!(!packed || depth == 0 || (a.row, a.column) == (1, R), "columns of {R} values");
        Self { start: a.values.as_ptr(), row: a.row, packed }
    }

    /// Where they begin.
    ///
    /// In WebAssembly they are made to look as if they had nothing to do with each other: LLVM would compute the place of each
    /// value from that of the one above, in a chain through the whole loop over k that processors of Intel's wait for longer
    /// than for the products. Not so if they are packed: one register holds the place of all.
    #[inline(always)]
    fn starts<const PACKED: bool>(&self) -> [*const f32; R] {
        let mut starts = [self.start; R];
        for (r, start) in starts.iter_mut().enumerate() {
            *start = start.wrapping_add(if PACKED { r } else { r * self.row });
        }
        if cfg!(target_family = "wasm") && !PACKED { std::hint::black_box(starts) } else { starts }
    }
}

/// A tile of C that fits in registers, and the rows of A and the panel of B that it is the product of.
#[derive(Clone, Copy)]
pub(super) struct Tile<'a, const R: usize> {
    pub a: Rows<R>,
    /// Packed, row after row.
    pub b: &'a [f32],
    /// What the tile starts from; of the bias, its own columns.
    pub start: Start<'a>,
    /// Its first value.
    pub c: *mut f32,
    /// From one of its rows to the next.
    pub stride: usize,
}

impl<const R: usize> Tile<'_, R> {
    /// Computes R rows, of which `wide` columns belong to C.
    ///
    /// # Safety
    ///
    /// They can be read and written, and rows of A read as far as B is deep.
    #[inline(always)]
    pub unsafe fn compute<S: Simd, const V: usize>(self, simd: S, wide: usize) {
        let lanes = V * S::F32_LANES;
        assert!(wide <= lanes && lanes <= WIDEST, "tiles of {lanes} columns");
        if wide == lanes {
            // SAFETY: V vectors are as many columns.
            return unsafe { self.whole::<S, V>(simd) };
        }
        // The last columns: the whole tile aside, then what of it is C.
        let mut aside = [[0.0_f32; WIDEST]; R];
        // SAFETY: the widest tile has room.
        unsafe {
            Tile { start: Start::Zero, c: aside.as_mut_ptr().cast(), stride: WIDEST, ..self }.whole::<S, V>(simd);
        }
        for (r, sums) in aside.iter().enumerate() {
            // SAFETY: row r by the caller's promise, and one row at a time.
            let row = unsafe { std::slice::from_raw_parts_mut(self.c.add(r * self.stride), wide) };
            for (j, (target, sum)) in row.iter_mut().zip(sums).enumerate() {
                *target = match self.start {
                    Start::Zero => *sum,
                    Start::Add => *target + sum,
                    Start::Bias(bias) => bias[j] + sum,
                };
            }
        }
    }

    /// All V vectors of each row.
    ///
    /// Loops over indices, not closures, here and in what is called: a closure may not be inlined into the function that has
    /// the wide vectors. And bodies so small that all loops but the one over k are unrolled, else the sums would live in
    /// memory.
    ///
    /// # Safety
    ///
    /// R rows of V vectors can be read and written, and rows of A read as far as B is deep.
    #[allow(clippy::needless_range_loop)]
    #[inline(always)]
    unsafe fn whole<S: Simd, const V: usize>(self, simd: S) {
        let mut sums = [[simd.splat_f32s(0.0); V]; R];
        // SAFETY: A can be read by the caller's promise.
        unsafe {
            if self.a.packed {
                self.sum_up::<S, V, true>(simd, &mut sums);
            } else {
                self.sum_up::<S, V, false>(simd, &mut sums);
            }
        }
        // Written out for each start: else V8 would compare and choose an address for every vector.
        // SAFETY: C has room by the caller's promise, and a bias has a value for each of these columns.
        unsafe {
            match self.start {
                Start::Add => self.write::<S, V, true>(simd, &sums, [simd.splat_f32s(0.0); V]),
                Start::Zero => self.write::<S, V, false>(simd, &sums, [simd.splat_f32s(0.0); V]),
                Start::Bias(bias) => {
                    let mut first = [simd.splat_f32s(0.0); V];
                    for v in 0..V {
                        let values = &bias[v * S::F32_LANES..(v + 1) * S::F32_LANES];
                        first[v] = values.as_ptr().cast::<S::f32s>().read_unaligned();
                    }
                    self.write::<S, V, false>(simd, &sums, first);
                }
            }
        }
    }

    /// Writes the sums to C: added to what it holds, or to the same first values in every row.
    ///
    /// # Safety
    ///
    /// R rows of V vectors can be read and written.
    #[allow(clippy::needless_range_loop)] // As at `Tile::whole`.
    #[inline(always)]
    unsafe fn write<S: Simd, const V: usize, const ADD: bool>(
        self,
        simd: S,
        sums: &[[S::f32s; V]; R],
        first: [S::f32s; V],
    ) {
        for r in 0..R {
            let row = self.c.wrapping_add(r * self.stride).cast::<S::f32s>();
            for v in 0..V {
                // SAFETY: row r has room for V vectors by the caller's promise.
                unsafe {
                    let before = if ADD { row.add(v).read_unaligned() } else { first[v] };
                    row.add(v).write_unaligned(simd.add_f32s(sums[r][v], before));
                }
            }
        }
    }

    /// The sums over all k.
    ///
    /// # Safety
    ///
    /// Rows of A can be read as far as B is deep, and are packed if that is said.
    #[inline(always)]
    unsafe fn sum_up<S: Simd, const V: usize, const PACKED: bool>(&self, simd: S, sums: &mut [[S::f32s; V]; R]) {
        let starts = self.a.starts::<PACKED>();
        let (mut at, mut b) = (0, self.b.as_ptr().cast::<S::f32s>());
        // An end, not a number of turns: a counter would be one register too many in browsers.
        let end = b.wrapping_add(self.b.len() / (V * S::F32_LANES) * V);
        while b != end {
            // SAFETY: one k more, and A has it by the caller's promise.
            unsafe { multiply::<S, R, V>(simd, &starts, at, b, sums) };
            at += if PACKED { R } else { 1 };
            b = b.wrapping_add(V);
        }
    }
}

/// One k: adds the products of R values of A, one per row, and V vectors of B to all sums.
///
/// # Safety
///
/// They can be read.
#[allow(clippy::needless_range_loop)] // Indices, not closures, for the reason at `Tile::whole`.
#[inline(always)]
unsafe fn multiply<S: Simd, const R: usize, const V: usize>(
    simd: S,
    rows: &[*const f32; R],
    at: usize,
    b: *const S::f32s,
    sums: &mut [[S::f32s; V]; R],
) {
    let mut vectors = [simd.splat_f32s(0.0); V];
    for v in 0..V {
        // SAFETY: by the caller's promise.
        vectors[v] = unsafe { b.add(v).read_unaligned() };
    }
    for r in 0..R {
        // SAFETY: by the caller's promise.
        let value = simd.splat_f32s(unsafe { *rows[r].add(at) });
        for v in 0..V {
            sums[r][v] = simd.mul_add_e_f32s(value, vectors[v], sums[r][v]);
        }
    }
}
