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
    let mut j = 0;
    while j < squares.0 {
        let side = |i: usize| &b.values[(j + i) * b.column..][..squares.1];
        let sides = [side(0), side(1), side(2), side(3)];
        let mut k = 0;
        while k < squares.1 {
            let square = turned(sides, k);
            for (i, column) in square.iter().enumerate() {
                set(&mut packed[(k + i) * lanes + j..], *column);
            }
            k += SIDE;
        }
        j += SIDE;
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
                if let (1, Some(values)) = (a.row, values.first_chunk::<R>()) {
                    *packed = *values;
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

/// Writes the first values, as an array: to copy a slice may be to call a function.
#[inline(always)]
fn set<const N: usize>(slots: &mut [f32], values: [f32; N]) {
    match slots.first_chunk_mut() {
        Some(first) => *first = values,
        None => panic!("room for {N} values"),
    }
}

/// Rows of a square as its columns: of each of four slices the values from k on.
#[cfg(not(target_family = "wasm"))]
#[inline(always)]
fn turned([a, b, c, d]: [&[f32]; SIDE], k: usize) -> [[f32; SIDE]; SIDE] {
    let mut square = [[0.0; SIDE]; SIDE];
    for (i, column) in square.iter_mut().enumerate() {
        *column = [a[k + i], b[k + i], c[k + i], d[k + i]];
    }
    square
}

/// The same, spelled out: of an array's elements LLVM makes no shuffles there.
#[cfg(target_family = "wasm")]
#[inline(always)]
fn turned([a, b, c, d]: [&[f32]; SIDE], k: usize) -> [[f32; SIDE]; SIDE] {
    use std::arch::wasm32::{i32x4_shuffle as shuffle, i64x2_shuffle as pairs, v128, v128_load, v128_store};
    // SAFETY: as many values as a vector has.
    let load = |row: &[f32]| unsafe { v128_load(row[k..k + SIDE].as_ptr().cast()) };
    let [a, b, c, d] = [load(a), load(b), load(c), load(d)];
    let (low, high) = (shuffle::<0, 4, 1, 5>(a, b), shuffle::<2, 6, 3, 7>(a, b));
    let (more_low, more_high) = (shuffle::<0, 4, 1, 5>(c, d), shuffle::<2, 6, 3, 7>(c, d));
    let mut square = [[0.0; SIDE]; SIDE];
    let [first, second, third, fourth] = &mut square;
    // SAFETY: as above.
    let store = |column: &mut [f32; SIDE], values: v128| unsafe { v128_store(column.as_mut_ptr().cast(), values) };
    store(first, pairs::<0, 2>(low, more_low));
    store(second, pairs::<1, 3>(low, more_low));
    store(third, pairs::<0, 2>(high, more_high));
    store(fourth, pairs::<1, 3>(high, more_high));
    square
}
