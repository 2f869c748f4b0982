//! Operands of a product in the order in which tiles read them.

use std::ops::Range;

use pulp::Simd;

use super::gemm::Matrix;
use super::threads::Shared;

/// Values in a cache line.
const LINE: usize = 16;
/// Rows that a thread packs at a time where a row's values are neighbours; blocks of the depth have whole runs.
const RUN: usize = 64;
/// Rows that are copied together, so that a panel's cache lines are written whole.
const TOGETHER: usize = 4;
/// Values of each row of A that are packed at a time: their cache lines stay in the first cache for the next strip.
const FEW: usize = 16;
/// Panels that are written at a time: more would push one another out of the first cache.
const AT_ONCE: usize = 8;

/// Columns of B in panels: `deep` rows after `deep` rows, panel after panel of `lanes` columns, row after row; the last
/// panel filled up with zeros.
pub(super) struct Panels<'a> {
    b: Matrix<'a>,
    /// Rows of B.
    depth: usize,
    deep: usize,
    columns: Range<usize>,
    lanes: usize,
}

impl<'a> Panels<'a> {
    pub fn new(b: Matrix<'a>, depth: usize, deep: usize, columns: Range<usize>, lanes: usize) -> Self {
        Self { b, depth, deep, columns, lanes }
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
    pub fn pack<S: Simd, const V: usize>(&self, piece: usize, packed: Shared) {
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
                columns(b, self.lanes.min(wide - skip), packed, self.lanes);
            }
            from += depth;
        }
    }
}

/// Values on a side of the squares that are turned at once: four loads, four stores, and shuffles between them.
const SIDE: usize = 4;

/// Copies columns whose values are neighbours into rows.
#[inline(always)]
fn columns(b: Matrix, wide: usize, packed: &mut [f32], lanes: usize) {
    let depth = packed.len() / lanes;
    let squares = if b.row == 1 { (wide / SIDE * SIDE, depth / SIDE * SIDE) } else { (0, 0) };
    for j in (0..squares.0).step_by(SIDE) {
        let sources: [_; SIDE] = std::array::from_fn(|i| b.values[(j + i) * b.column..][..depth].as_chunks::<SIDE>().0);
        let [a, b, c, d] = sources;
        let rows = packed.chunks_exact_mut(SIDE * lanes);
        for ((((a, b), c), d), rows) in a.iter().zip(b).zip(c).zip(d).zip(rows) {
            for (i, values) in turned([a, b, c, d]).iter().enumerate() {
                rows[i * lanes + j..][..SIDE].copy_from_slice(values);
            }
        }
    }
    if squares == (wide, depth) {
        return;
    }
    for (k, packed) in packed.chunks_exact_mut(lanes).enumerate() {
        let done = if k < squares.1 { squares.0 } else { 0 };
        for (j, slot) in packed.iter_mut().enumerate().take(wide).skip(done) {
            *slot = b.values[j * b.column + k * b.row];
        }
    }
}

/// Packs the first rows of A in strips of R, `[_, depth, R]`: of each strip k after k, R values each.
#[inline(always)]
pub(super) fn turn<const R: usize>(a: Matrix, depth: usize, strips: &mut [f32]) {
    let mut from = 0;
    while from < depth {
        let some = FEW.min(depth - from);
        for (number, strip) in strips.chunks_exact_mut(R * depth).enumerate() {
            let values = &a.values[number * R * a.row + from * a.column..];
            let packed = strip[from * R..][..some * R].as_chunks_mut::<R>().0;
            for (k, packed) in packed.iter_mut().enumerate() {
                let values = &values[k * a.column..];
                if a.row == 1 {
                    packed.copy_from_slice(&values[..R]);
                } else {
                    for (i, slot) in packed.iter_mut().enumerate() {
                        *slot = values[i * a.row];
                    }
                }
            }
        }
        from += some;
    }
}

pub(super) fn grow(buffer: &mut Vec<f32>, size: usize) {
    if buffer.len() < size {
        buffer.resize(size, 0.0);
    }
}

/// Rows of a square as its columns.
#[cfg(not(target_family = "wasm"))]
#[inline(always)]
fn turned([a, b, c, d]: [&[f32; SIDE]; SIDE]) -> [[f32; SIDE]; SIDE] {
    std::array::from_fn(|i| [a[i], b[i], c[i], d[i]])
}

/// The same, spelled out: of an array's elements LLVM makes no shuffles there.
#[cfg(target_family = "wasm")]
#[inline(always)]
fn turned(rows: [&[f32; SIDE]; SIDE]) -> [[f32; SIDE]; SIDE] {
    use std::arch::wasm32::{i32x4_shuffle as shuffle, i64x2_shuffle as pairs, v128, v128_load, v128_store};
    // SAFETY: each row has as many values as a vector.
    let [a, b, c, d] = rows.map(|row| unsafe { v128_load(row.as_ptr().cast()) });
    let (low, high) = (shuffle::<0, 4, 1, 5>(a, b), shuffle::<2, 6, 3, 7>(a, b));
    let (more_low, more_high) = (shuffle::<0, 4, 1, 5>(c, d), shuffle::<2, 6, 3, 7>(c, d));
    let columns = [
        pairs::<0, 2>(low, more_low),
        pairs::<1, 3>(low, more_low),
        pairs::<0, 2>(high, more_high),
        pairs::<1, 3>(high, more_high),
    ];
    columns.map(|column: v128| {
        let mut values = [0.0; SIDE];
        // SAFETY: as above.
        unsafe { v128_store(values.as_mut_ptr().cast(), column) };
        values
    })
}
