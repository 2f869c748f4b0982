//! Operands of a product in the order in which tiles read them.

use std::ops::Range;

use pulp::Simd;

use super::gemm::Matrix;
use super::threads::Shared;
use super::turn;

/// Values in a cache line.
const LINE: usize = 16;
/// Rows that a thread packs at a time where a row's values are neighbours; blocks of the depth have whole runs.
const RUN: usize = 64;
/// Rows that are copied together, so that a panel's cache lines are written whole and its place is found once for all of
/// them.
const TOGETHER: usize = 8;
/// Panels that are written at a time: more would push one another out of the first cache.
const AT_ONCE: usize = 8;

/// Columns of B in panels: `deep` rows after `deep` rows, panel after panel of `lanes` columns, row after row; the last
/// panel filled up with zeros.
pub(super) struct Panels<'a> {
    b: Matrix<'a>,
    /// Where a piece puts the sum of its rows, `[pieces, columns]`, while it has them at hand.
    sums: Option<Shared<'a>>,
    /// Rows of B.
    depth: usize,
    deep: usize,
    columns: Range<usize>,
    lanes: usize,
}

impl<'a> Panels<'a> {
    pub fn new(b: Matrix<'a>, depth: usize, deep: usize, columns: Range<usize>, lanes: usize) -> Self {
        Self { b, sums: None, depth, deep, columns, lanes }
    }

    /// The same, with sums over the rows of each piece; B's rows are contiguous.
    pub fn summed(self, sums: &'a mut [f32]) -> Self {
        assert_eq!(
            (sums.len(), self.b.column),
            (self.pieces() * self.columns.len(), 1),
            "a row of sums for each piece"
        );
        Self { sums: Some(Shared::new(sums)), ..self }
    }

    /// Panels side by side.
    fn count(&self) -> usize {
        self.columns.len().div_ceil(self.lanes)
    }

    /// Pieces that the work of packing is cut into: runs of rows where their values are neighbours, else of panels.
    pub fn pieces(&self) -> usize {
        if self.b.column == 1 { self.depth.div_ceil(RUN) } else { self.count().div_ceil(AT_ONCE) }
    }

    /// Room for all panels, begun where no vector lies across two cache lines.
    pub fn room<'b>(&self, room: &'b mut Vec<f32>) -> &'b mut [f32] {
        let size = self.depth * self.count() * self.lanes;
        grow(room, size + LINE);
        let skip = room.as_ptr().align_offset(LINE * size_of::<f32>()).min(LINE);
        &mut room[skip..skip + size]
    }

    /// Where panels are: `depth` rows from row `from` on.
    #[inline(always)]
    fn place(&self, panels: Range<usize>, from: usize, depth: usize) -> Range<usize> {
        let start = from * self.count();
        (start + panels.start * depth) * self.lanes..(start + panels.end * depth) * self.lanes
    }

    /// Where the panels of some columns are, of which the first begins a panel.
    #[inline(always)]
    pub fn place_of(&self, columns: Range<usize>, from: usize, depth: usize) -> Range<usize> {
        let first = (columns.start - self.columns.start) / self.lanes;
        self.place(first..first + columns.len().div_ceil(self.lanes), from, depth)
    }

    /// Packs a piece.
    #[inline(always)]
    pub fn pack<S: Simd, const V: usize>(&self, simd: S, piece: usize, packed: Shared) {
        if self.b.column == 1 {
            let rows = piece * RUN..self.depth.min((piece + 1) * RUN);
            let mut first = 0;
            while first < self.count() {
                let panels = first..self.count().min(first + AT_ONCE);
                let mut k = rows.start;
                while k + TOGETHER <= rows.end {
                    self.copy::<S, V, TOGETHER>(k, panels.clone(), packed);
                    k += TOGETHER;
                }
                while k < rows.end {
                    self.copy::<S, V, 1>(k, panels.clone(), packed);
                    k += 1;
                }
                if let Some(sums) = self.sums {
                    self.sum_up::<S, V>(simd, rows.clone(), panels, packed, sums);
                }
                first += AT_ONCE;
            }
        } else {
            self.turn(piece * AT_ONCE..self.count().min((piece + 1) * AT_ONCE), packed);
        }
    }

    /// Copies H rows from row k on into some panels.
    #[inline(always)]
    fn copy<S: Simd, const V: usize, const H: usize>(&self, k: usize, panels: Range<usize>, packed: Shared) {
        let from = k / self.deep * self.deep;
        let depth = self.deep.min(self.depth - from);
        let Matrix { values, row, .. } = self.b;
        let mut column = self.columns.start + panels.start * self.lanes;
        assert!((k + H - 1) * row + self.columns.end <= values.len(), "rows of B");
        let mut source = values[k * row + column..].as_ptr();
        let mut target = self.place(panels.clone(), from, depth).start + (k - from) * self.lanes;
        for _ in panels {
            // SAFETY: every row is packed by one thread.
            let rows = unsafe { packed.part(target..target + H * self.lanes) };
            let wide = self.lanes.min(self.columns.end - column);
            if wide == V * S::F32_LANES {
                let rows = rows.as_mut_ptr().cast::<S::f32s>();
                for r in 0..H {
                    let source = source.wrapping_add(r * row).cast::<S::f32s>();
                    for v in 0..V {
                        // SAFETY: V vectors of each of H rows are there, as checked, and have room.
                        unsafe { rows.add(r * V + v).write_unaligned(source.add(v).read_unaligned()) };
                    }
                }
            } else {
                for (r, packed) in rows.chunks_exact_mut(self.lanes).enumerate() {
                    packed[..wide].copy_from_slice(&values[(k + r) * row + column..][..wide]);
                    packed[wide..].fill(0.0);
                }
            }
            source = source.wrapping_add(self.lanes);
            target += depth * self.lanes;
            column += self.lanes;
        }
    }

    /// Sums up a run of rows of some panels, which are in the first cache as they have just been packed.
    #[allow(clippy::needless_range_loop)] // Indices, not closures, for the reason at `Tile::whole`.
    #[inline(always)]
    fn sum_up<S: Simd, const V: usize>(
        &self,
        simd: S,
        rows: Range<usize>,
        panels: Range<usize>,
        packed: Shared,
        sums: Shared,
    ) {
        // A run lies within one block of the depth.
        let from = rows.start / self.deep * self.deep;
        let depth = self.deep.min(self.depth - from);
        let width = self.columns.len();
        for panel in panels {
            let start = self.place(panel..panel + 1, from, depth).start + (rows.start - from) * self.lanes;
            let columns = panel * self.lanes..width.min((panel + 1) * self.lanes);
            // SAFETY: this thread packed these rows, and no other has the piece's sums.
            let (packed, sums) = unsafe {
                let first = rows.start / RUN * width;
                (
                    packed.read(start..start + rows.len() * self.lanes),
                    sums.part(first + columns.start..first + columns.end),
                )
            };
            let mut vectors = [simd.splat_f32s(0.0); V];
            for row in packed.chunks_exact(self.lanes) {
                for v in 0..V {
                    // SAFETY: a row of a panel has V vectors.
                    let values = unsafe { row.as_ptr().cast::<S::f32s>().add(v).read_unaligned() };
                    vectors[v] = simd.add_f32s(vectors[v], values);
                }
            }
            let vectors: &[f32] = bytemuck::cast_slice(&vectors);
            sums.copy_from_slice(&vectors[..sums.len()]);
        }
    }

    /// Turns columns into rows of some panels.
    #[inline(always)]
    fn turn(&self, panels: Range<usize>, packed: Shared) {
        let first = self.columns.start + panels.start * self.lanes;
        let wide = (panels.len() * self.lanes).min(self.columns.end - first);
        let Matrix { values, row, column } = self.b;
        let mut from = 0;
        while from < self.depth {
            let depth = self.deep.min(self.depth - from);
            // SAFETY: every panel is packed by one thread.
            let packed = unsafe { packed.part(self.place(panels.clone(), from, depth)) };
            if wide < panels.len() * self.lanes {
                packed[(panels.len() - 1) * depth * self.lanes..].fill(0.0);
            }
            for (panel, packed) in packed.chunks_exact_mut(depth * self.lanes).enumerate() {
                let skip = panel * self.lanes;
                let b = Matrix { values: &values[from * row + (first + skip) * column..], row, column };
                turn::columns(b, self.lanes.min(wide - skip), packed, self.lanes);
            }
            from += depth;
        }
    }
}

pub(super) fn grow(buffer: &mut Vec<f32>, size: usize) {
    if buffer.len() < size {
        buffer.resize(size, 0.0);
    }
}
