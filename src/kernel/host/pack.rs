//! Operands of a product in the order in which tiles read them.

use std::ops::Range;

use pulp::Simd;

use super::gemm::Matrix;
use super::threads::Shared;
use super::tile::{load, store};

/// Values in a cache line.
const LINE: usize = 16;

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
    pub fn count(&self) -> usize {
        self.columns.len().div_ceil(self.lanes)
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

    /// Where the panel is that begins at a column.
    #[inline(always)]
    pub fn place_of(&self, column: usize, from: usize, depth: usize) -> Range<usize> {
        let panel = (column - self.columns.start) / self.lanes;
        self.place(panel..panel + 1, from, depth)
    }

    /// Packs some panels, all rows of them.
    #[inline(always)]
    pub fn pack<S: Simd, const V: usize>(&self, simd: S, panels: Range<usize>, packed: Shared) {
        let first = self.columns.start + panels.start * self.lanes;
        let wide = (panels.len() * self.lanes).min(self.columns.end - first);
        let Matrix { values, row, column } = self.b;
        let mut from = 0;
        while from < self.depth {
            let depth = self.deep.min(self.depth - from);
            // SAFETY: every panel is packed by one thread.
            let packed = unsafe { packed.part(self.place(panels.clone(), from, depth)) };
            let b = Matrix { values: &values[from * row + first * column..], row, column };
            if wide < panels.len() * self.lanes {
                packed[(panels.len() - 1) * depth * self.lanes..].fill(0.0);
            }
            if column == 1 {
                rows::<S, V>(simd, b, depth, wide, packed);
            } else {
                for (panel, packed) in packed.chunks_exact_mut(depth * self.lanes).enumerate() {
                    let skip = panel * self.lanes;
                    let b = Matrix { values: &b.values[skip * column..], ..b };
                    columns(b, self.lanes.min(wide - skip), packed, self.lanes);
                }
            }
            from += depth;
        }
    }
}

/// Copies rows of `wide` values into panels of V vectors.
#[inline(always)]
fn rows<S: Simd, const V: usize>(simd: S, b: Matrix, depth: usize, wide: usize, packed: &mut [f32]) {
    let lanes = V * S::F32_LANES;
    let (whole, rest) = (wide / lanes, wide % lanes);
    assert!(packed.len() >= depth * lanes * whole);
    for k in 0..depth {
        let source = &b.values[k * b.row..][..wide];
        let mut target = packed[k * lanes..].as_mut_ptr();
        for values in source.chunks_exact(lanes) {
            for v in 0..V {
                // SAFETY: `values` has V vectors, and the panel room for V more at row k.
                unsafe {
                    let vector = values.as_ptr().cast::<S::f32s>().add(v).read_unaligned();
                    target.cast::<S::f32s>().add(v).write_unaligned(vector);
                }
            }
            target = target.wrapping_add(depth * lanes);
        }
        if rest > 0 {
            let to = &mut packed[whole * depth * lanes + k * lanes..][..rest];
            for (to, from) in to.chunks_mut(S::F32_LANES).zip(source[whole * lanes..].chunks(S::F32_LANES)) {
                store(simd, to, load(simd, from));
            }
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

/// Packs the first `high` rows of A: k after k, R values each.
#[inline(always)]
pub(super) fn turn<const R: usize>(a: Matrix, high: usize, strip: &mut [f32]) {
    if a.row == 1 && high == R {
        for (k, packed) in strip.as_chunks_mut::<R>().0.iter_mut().enumerate() {
            packed.copy_from_slice(&a.values[k * a.column..][..R]);
        }
        return;
    }
    for (k, packed) in strip.chunks_exact_mut(R).enumerate() {
        for (i, slot) in packed.iter_mut().enumerate().take(high) {
            *slot = a.values[k * a.column + i * a.row];
        }
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
