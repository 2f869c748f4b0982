//! One thread's share of a matrix product: panels of B to pack, or a block of C, strip by strip.

use std::cell::Cell;
use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::gemm::{Matrix, Start, Work};
use super::pack::{Panels, grow, turn};
use super::threads::Shared;
use super::tile::{Rows, Tile};

thread_local! {
    /// Room for packed strips of A, kept from product to product.
    static STRIP: Cell<Vec<f32>> = const { Cell::new(Vec::new()) };
}

/// Rows × vectors of a tile, as large as the registers allow: that many sums, a row of B, a value of A. In browsers twelve
/// sums fit where multiply-add is one instruction, as it is in the module with threads, and code is in the order in which it
/// is written (tools/rustc-in-order.sh); else eight (tests/bench/LOG.md).
const IN_BROWSERS: (usize, usize) = if cfg!(feature = "threads") { (6, 2) } else { (4, 2) };
/// With 32 registers.
const LARGE: (usize, usize) = (8, 3);
/// With 16.
const SMALL: (usize, usize) = (6, 2);

/// Columns of a panel: what a tile has.
pub(super) struct Lanes;

impl WithSimd for Lanes {
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> usize {
        let (_, vectors) = match S::REGISTER_COUNT {
            _ if cfg!(target_family = "wasm") => IN_BROWSERS,
            32.. => LARGE,
            _ => SMALL,
        };
        vectors * S::F32_LANES
    }
}

/// A piece of work for one thread: panels to pack, and then a block of C to compute; either may be empty.
pub(super) struct Piece<'a> {
    pub work: &'a Work<'a>,
    pub panels: &'a Panels<'a>,
    /// Room for the panels.
    pub packed: Shared<'a>,
    /// Which pieces of the panels to pack.
    pub pack: Range<usize>,
    /// Rows of the block.
    pub rows: Range<usize>,
    /// Its columns.
    pub columns: Range<usize>,
}

impl WithSimd for Piece<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        if cfg!(target_family = "wasm") {
            self.run::<S, { IN_BROWSERS.0 }, { IN_BROWSERS.1 }>(simd);
        } else if S::REGISTER_COUNT >= 32 {
            self.run::<S, { LARGE.0 }, { LARGE.1 }>(simd);
        } else {
            self.run::<S, { SMALL.0 }, { SMALL.1 }>(simd);
        }
    }
}

impl Piece<'_> {
    #[inline(always)]
    fn run<S: Simd, const R: usize, const V: usize>(self, simd: S) {
        let mut pack = self.pack.start;
        while pack < self.pack.end {
            self.panels.pack::<S, V>(pack, self.packed);
            pack += 1;
        }
        let mut strip = STRIP.take();
        let mut first = self.columns.start;
        while first < self.columns.end {
            let columns = first..(first + self.work.wide).min(self.columns.end);
            self.block::<S, R, V>(simd, columns, &mut strip);
            first += self.work.wide;
        }
        STRIP.set(strip);
    }

    /// Columns whose panels fit into the second cache.
    #[inline(always)]
    fn block<S: Simd, const R: usize, const V: usize>(&self, simd: S, columns: Range<usize>, room: &mut Vec<f32>) {
        let Work { depth: whole, deep, .. } = *self.work;
        let mut from = 0;
        // A product over nothing is the start.
        while from == 0 || from < whole {
            let depth = deep.min(whole - from);
            let mut row = self.rows.start;
            while row + R <= self.rows.end {
                self.strip::<S, R, V>(simd, row, columns.clone(), from..from + depth, room);
                row += R;
            }
            // The last rows, two by two: one alone would wait for each of its sums.
            while row + 2 <= self.rows.end {
                self.strip::<S, 2, V>(simd, row, columns.clone(), from..from + depth, room);
                row += 2;
            }
            if row < self.rows.end {
                self.strip::<S, 1, V>(simd, row, columns.clone(), from..from + depth, room);
            }
            from += depth.max(1);
        }
    }

    /// R rows of C, tile by tile: their products over some k.
    #[inline(always)]
    fn strip<S: Simd, const R: usize, const V: usize>(
        &self,
        simd: S,
        row: usize,
        columns: Range<usize>,
        deep: Range<usize>,
        room: &mut Vec<f32>,
    ) {
        let Work { stride, start, c, .. } = *self.work;
        let start = if deep.start > 0 { Start::Add } else { start };
        let depth = deep.len();
        let a = Rows::<R>::new(self.left::<R>(room, row, deep.start, depth), depth);
        let first = row * stride + columns.start;
        let last = first + (R - 1) * stride + columns.len();
        // SAFETY: of what lies between, the tiles touch these rows and columns alone, which no other thread has.
        let mut c = unsafe { c.pointer(first..last) };
        // SAFETY: all panels were packed before a thread came here.
        let panels = unsafe { self.packed.read(self.panels.place_of(columns.clone(), deep.start, depth)) };
        let lanes = V * S::F32_LANES;
        let (mut column, mut panel) = (columns.start, 0);
        while column < columns.end {
            let b = &panels[panel..panel + depth * lanes];
            let wide = lanes.min(columns.end - column);
            let start = match start {
                Start::Bias(bias) => Start::Bias(&bias[column..column + wide]),
                start => start,
            };
            // SAFETY: R rows of `wide` values, as above; A is as deep as was just checked.
            unsafe { Tile { a, b, start, c, stride }.compute::<S, V>(simd, wide) };
            c = c.wrapping_add(lanes);
            column += lanes;
            panel += depth * lanes;
        }
    }

    /// The next rows of A, where they are if their values are neighbours, else packed: k after k, `R` values each.
    #[inline(always)]
    fn left<'b, const R: usize>(&'b self, room: &'b mut Vec<f32>, row: usize, from: usize, depth: usize) -> Matrix<'b> {
        let Matrix { values, row: stride, column } = self.work.a;
        let values = &values[(row * stride + from * column).min(values.len())..];
        if column == 1 || depth == 0 {
            return Matrix { values, ..self.work.a };
        }
        grow(room, depth * R);
        turn::<R>(Matrix { values, row: stride, column }, &mut room[..depth * R]);
        Matrix { values: room, row: 1, column: R }
    }
}
