//! Columns of a matrix as rows, for operands whose neighbours are not those that tiles read one after the other.

use super::gemm::Matrix;

/// Values of each row of A that are packed at a time: their cache lines stay in the first cache for the next strip.
const FEW: usize = 16;
/// Values on a side of the squares that are turned at once: four loads, four stores, and shuffles between them.
const SIDE: usize = 4;

/// Packs the first columns of B, `[depth, wide]`, as the first values of rows of `lanes`, `[depth, lanes]`; made for columns whose
/// values are neighbours.
#[inline(always)]
pub fn columns(b: Matrix, wide: usize, packed: &mut [f32], lanes: usize) {
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
pub fn strips<const R: usize>(a: Matrix, depth: usize, strips: &mut [f32]) {
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
