//! One thread's share of a matrix product: panels of B to pack, or a block of C, strip by strip.

use std::cell::Cell;
use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::gemm::{Matrix, Start};
use super::pack::{Panels, grow};
use super::threads::Shared;
use super::tile::{Rows, Tile};
use super::turn;
use super::work::Work;

thread_local! {
    /// Room for packed strips of A, kept from product to product.
    static STRIP: Cell<Vec<f32>> = const { Cell::new(Vec::new()) };
}

/// What tiles have: as many sums as the registers allow, beside a row of B and a value of A.
struct Shape {
    rows: usize,
    vectors: usize,
    /// Rows of a lower tile for those that remain, before they are taken two by two.
    lower: usize,
}

/// In browsers twelve sums fit where multiply-add is one instruction, as relaxed SIMD has it, and code is in the
/// order in which it is written (tools/rustc-in-order.sh); else eight (tests/bench/LOG.md).
const IN_BROWSERS: Shape = Shape { rows: if cfg!(feature = "relaxed") { 6 } else { 4 }, vectors: 2, lower: 2 };
/// With 32 registers. Wider than two vectors, it would leave much of it unused in attention, whose heads are 32 or 64 wide.
const LARGE: Shape = Shape { rows: 12, vectors: 2, lower: 6 };
/// With 16.
const SMALL: Shape = Shape { rows: 6, vectors: 2, lower: 2 };

/// Strips of A that are packed together: read one by one, each cache line of A would be fetched for every strip in it.
const GROUP: usize = 4;

/// Columns of a panel: what a tile has.
pub(super) struct Lanes;

impl WithSimd for Lanes {
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> usize {
        let shape = match S::REGISTER_COUNT {
            _ if cfg!(target_family = "wasm") => IN_BROWSERS,
            32.. => LARGE,
            _ => SMALL,
        };
        shape.vectors * S::F32_LANES
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
            self.run::<S, { IN_BROWSERS.rows }, { IN_BROWSERS.lower }, { IN_BROWSERS.vectors }>(simd);
        } else if S::REGISTER_COUNT >= 32 {
            self.run::<S, { LARGE.rows }, { LARGE.lower }, { LARGE.vectors }>(simd);
        } else {
            self.run::<S, { SMALL.rows }, { SMALL.lower }, { SMALL.vectors }>(simd);
        }
    }
}

impl Piece<'_> {
    #[inline(always)]
    fn run<S: Simd, const R: usize, const L: usize, const V: usize>(self, simd: S) {
        let mut pack = self.pack.start;
        while pack < self.pack.end {
            self.panels.pack::<S, V>(simd, pack, self.packed);
            pack += 1;
        }
        let mut strip = STRIP.take();
        let mut first = self.columns.start;
        while first < self.columns.end {
            let columns = first..(first + self.work.wide).min(self.columns.end);
            self.block::<S, R, L, V>(simd, columns, &mut strip);
            first += self.work.wide;
        }
        STRIP.set(strip);
    }

    /// Columns whose panels fit into the second cache.
    #[inline(always)]
    fn block<S: Simd, const R: usize, const L: usize, const V: usize>(
        &self,
        simd: S,
        columns: Range<usize>,
        room: &mut Vec<f32>,
    ) {
        let Work { depth: whole, deep, .. } = *self.work;
        let mut from = 0;
        // A product over nothing is the start.
        while from == 0 || from < whole {
            let deep = from..whole.min(from + deep);
            // The last rows in lower strips, at the end two by two: one alone would wait for each of its sums.
            let mut rows = self.rows.clone();
            self.strips::<S, R, V>(simd, &mut rows, columns.clone(), deep.clone(), room);
            // Else the next line would be compiled twice.
            if L > 2 {
                self.strips::<S, L, V>(simd, &mut rows, columns.clone(), deep.clone(), room);
            }
            self.strips::<S, 2, V>(simd, &mut rows, columns.clone(), deep.clone(), room);
            self.strips::<S, 1, V>(simd, &mut rows, columns.clone(), deep.clone(), room);
            from = deep.end.max(1);
        }
    }

    /// As many of the rows as make whole strips of R: their products over some k.
    #[inline(always)]
    fn strips<S: Simd, const R: usize, const V: usize>(
        &self,
        simd: S,
        rows: &mut Range<usize>,
        columns: Range<usize>,
        deep: Range<usize>,
        room: &mut Vec<f32>,
    ) {
        while rows.start + R <= rows.end {
            let strips = (rows.len() / R).min(GROUP);
            let (a, step) = self.left::<R>(room, rows.start, strips, deep.clone());
            for strip in 0..strips {
                let a = Matrix { values: &a.values[(strip * step).min(a.values.len())..], ..a };
                self.strip::<S, R, V>(simd, Rows::new(a, deep.len()), rows.start, columns.clone(), deep.clone());
                rows.start += R;
            }
        }
    }

    /// Strips of A from a row on, and from the first value of one to that of the next: where they are if the values of a row
    /// are neighbours, else packed, of each strip k after k, `R` values each.
    #[inline(always)]
    fn left<'b, const R: usize>(
        &'b self,
        room: &'b mut Vec<f32>,
        row: usize,
        strips: usize,
        deep: Range<usize>,
    ) -> (Matrix<'b>, usize) {
        let a = self.work.a;
        let a = Matrix { values: &a.values[(row * a.row + deep.start * a.column).min(a.values.len())..], ..a };
        if a.column == 1 || deep.is_empty() {
            return (a, R * a.row);
        }
        let (depth, size) = (deep.len(), strips * R * deep.len());
        grow(room, size);
        turn::strips::<R>(a, depth, &mut room[..size]);
        (Matrix { values: room, row: 1, column: R }, R * depth)
    }

    /// R rows of C, tile by tile: their products over some k.
    #[inline(always)]
    fn strip<S: Simd, const R: usize, const V: usize>(
        &self,
        simd: S,
        a: Rows<R>,
        row: usize,
        columns: Range<usize>,
        deep: Range<usize>,
    ) {
        let Work { stride, start, c, .. } = *self.work;
        let start = if deep.start > 0 { Start::Add } else { start };
        let depth = deep.len();
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
}
