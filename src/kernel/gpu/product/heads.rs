//! Products for every head of every row of a batch at once.
//!
//! An operand is a matrix for each head, part of a larger array: `[B, T, A, D]`, where a head's rows are a token's whole
//! width apart, or `[B, A, T, T]`.

use burn_wgpu::CubeTensor;

use super::ends::End;
use super::tiles::pick;
use super::{Kind, Product};
use crate::kernel::dropout::Mask;
use crate::kernel::gpu::shader::run;

/// More of the uniform.
pub const FIELDS: &str = "
    heads: u32, first: u32, scale: f32,
    a_first: u32, a_sentence: u32, a_head: u32,
    b_first: u32, b_sentence: u32, b_head: u32,
    c_first: u32, c_sentence: u32, c_head: u32,
    pad_0: u32, pad_1: u32, pad_2: u32, mask: Mask,";

/// WGSL: where the matrices of this workgroup's head begin.
pub const OFFSETS: &str = "
    let sentence = (p.first + group.z) / p.heads;
    let here = group.z / p.heads;
    let head = group.z % p.heads;
    let a_begin = p.a_first + here * p.a_sentence + head * p.a_head;
    let b_begin = p.b_first + here * p.b_sentence + head * p.b_head;
    let c_begin = p.c_first + here * p.c_sentence + head * p.c_head;";

/// Where a matrix for each head lies in an array, counted in values.
#[derive(Debug, Clone, Copy)]
pub struct Operand {
    /// The first value of the first head of the first row of the batch.
    pub first: usize,
    /// From one row of the batch to the next.
    pub sentence: usize,
    /// From one head to the next.
    pub head: usize,
    /// From one row of the matrix to the next.
    pub row: usize,
}

impl Operand {
    fn in_fours(self) -> Self {
        let Self { first, sentence, head, row } = self;
        let [first, sentence, head, row] = [first, sentence, head, row].map(|place| {
            assert!(place.is_multiple_of(4), "{self:?} in fours");
            place / 4
        });
        Self { first, sentence, head, row }
    }
}

/// What all products of one attention have in common.
#[derive(Debug, Clone, Copy)]
pub struct Heads {
    /// A
    pub heads: usize,
    /// The first row of the batch that is computed, and how many.
    pub sentences: [usize; 2],
    /// What scores are multiplied by.
    pub scale: f32,
    /// What of the weights is dropped.
    pub mask: Mask,
}

impl Heads {
    /// C `[m, n]` = A·B, A·Bᵀ or Aᵀ·B over a depth of k, for every head. `arrays` are those of A and B and what the end
    /// reads and writes.
    pub fn product(
        &self,
        (kind, end): (Kind, End),
        [m, n, k]: [usize; 3],
        [a, b, c]: [Operand; 3],
        arrays: &[&CubeTensor],
    ) {
        let [first, count] = self.sentences;
        let z = count * self.heads;
        let tile = pick(kind, [m, n, z]);
        let even = k.is_multiple_of(tile.depth);
        let product =
            Product { kind, end, layers: 1, by_fours: true, even, evenly_apart: false, heads: true, half: false, tile };
        // A and B are counted in fours, C in values.
        let [a, b] = [a, b].map(Operand::in_fours);
        let sizes = [m, n, k, 0, a.row, b.row, c.row, 0, 0, self.heads, first * self.heads].map(|size| size as u32);
        let places = [a, b, c].map(|operand| [operand.first, operand.sentence, operand.head].map(|place| place as u32));
        let words = self.mask.words();
        let numbers = [sizes.as_slice(), &[self.scale.to_bits()], &places.concat(), &[0; 3], &words].concat();
        let groups = [n.div_ceil(tile.columns), m.div_ceil(tile.rows), z].map(|size| size as u32);
        run(product, groups, arrays, &numbers);
    }
}
