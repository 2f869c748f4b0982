//! Scaled dot-product attention (Vaswani et al. 2017, arXiv:1706.03762) over A heads of D values each, head after head,
//! so that a head's scores never leave the cache; threads take rows of the batch.
//!
//! Letters: B rows, T tokens, A heads, D values per head, H = A · D.

use std::cell::Cell;

use super::dropout;
use super::gemm::{Matrix, Product, Size, Start};
use super::math::{Exp, dot, largest, sum};
use super::threads::{self, Shared};
use super::wide::wide;
use crate::kernel::dropout::Mask;

/// What is mixed with what.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// Queries, keys and values side by side, `[B, T, 3·H]`.
    pub qkv: &'a [f32],
    /// Tokens in a row, T.
    pub tokens: usize,
    /// Width of all heads together, H.
    pub hidden: usize,
    /// Heads, A.
    pub heads: usize,
    /// What of the weights is dropped.
    pub mask: Mask,
}

/// One head of one row.
#[derive(Clone, Copy)]
struct Head<'a> {
    query: Matrix<'a>,
    key: Matrix<'a>,
    value: Matrix<'a>,
    /// Its first column in a row of H values.
    column: usize,
    /// Its first weight among all of the batch: the place that dropout counts from.
    place: usize,
}

impl<'a> Input<'a> {
    /// D
    fn width(&self) -> usize {
        self.hidden / self.heads
    }

    /// 1 / √D
    fn scale(&self) -> f32 {
        (self.width() as f32).sqrt().recip()
    }

    /// B
    fn rows(&self) -> usize {
        assert_eq!(self.width() * self.heads, self.hidden, "heads of equal width");
        let row = 3 * self.tokens * self.hidden;
        assert!(row > 0 && self.qkv.len().is_multiple_of(row), "whole rows of {} tokens", self.tokens);
        self.qkv.len() / row
    }

    /// A row's values in a `[B, T, H]` array.
    fn row(&self, row: usize) -> std::ops::Range<usize> {
        let size = self.tokens * self.hidden;
        row * size..(row + 1) * size
    }

    /// A row's values in a `[B, A, T, T]` array.
    fn row_weights(&self, row: usize) -> std::ops::Range<usize> {
        let size = self.heads * self.tokens * self.tokens;
        row * size..(row + 1) * size
    }

    fn head(&self, row: usize, head: usize) -> Head<'a> {
        let column = head * self.width();
        let start = 3 * self.row(row).start + column;
        let of = |part: usize| Matrix::rows(&self.qkv[start + part * self.hidden..], 3 * self.hidden);
        Head {
            query: of(0),
            key: of(1),
            value: of(2),
            column,
            place: (row * self.heads + head) * self.tokens * self.tokens,
        }
    }

    /// A head's weights after dropout: the very same where nothing is dropped, else in `room`.
    fn dropped<'b>(&self, head: Head, weights: &'b [f32], room: &'b mut [f32]) -> &'b [f32] {
        if !self.mask.drops() {
            return weights;
        }
        room.copy_from_slice(weights);
        dropout::part(self.mask, head.place, room);
        room
    }
}

thread_local! {
    /// Weights after dropout, and gradients of weights: kept from head to head.
    static SCRATCH: Cell<[Vec<f32>; 2]> = const { Cell::new([Vec::new(), Vec::new()]) };
}

/// `softmax(q·kᵀ / √D + bias)·v` → mixed `[B, T, H]`; keeps the weights before dropout, `[B, A, T, T]`, for
/// [`backward`]. `bias` is `[B, T]`: one value per key.
pub fn forward(input: Input, bias: &[f32], mixed: &mut [f32], weights: &mut [f32]) {
    let Input { tokens, hidden, heads, .. } = input;
    let (rows, square) = (input.rows(), tokens * tokens);
    assert!(
        3 * mixed.len() == input.qkv.len() && weights.len() == rows * heads * square && bias.len() == rows * tokens
    );
    let (mixed, weights) = (Shared::new(mixed), Shared::new(weights));
    threads::each(rows, |row| {
        // SAFETY: every row is given once.
        let (mixed, weights) = unsafe { (mixed.part(input.row(row)), weights.part(input.row_weights(row))) };
        let bias = &bias[row * tokens..(row + 1) * tokens];
        let [mut dropped, other] = SCRATCH.take();
        dropped.resize(square, 0.0);
        for (number, weights) in weights.chunks_exact_mut(square).enumerate() {
            let head = input.head(row, number);
            let scores = Size { m: tokens, n: tokens, k: input.width() };
            multiply(scores, head.query, head.key.transposed(), weights, tokens);
            softmax(weights, bias, input.scale());
            let mix = Size { m: tokens, n: input.width(), k: tokens };
            let left = Matrix::rows(input.dropped(head, weights, &mut dropped), tokens);
            multiply(mix, left, head.value, &mut mixed[head.column..], hidden);
        }
        SCRATCH.set([dropped, other]);
    });
}

/// C = A·B of one head, by the thread that has it.
fn multiply(size: Size, a: Matrix, b: Matrix, c: &mut [f32], stride: usize) {
    Product { size, a, b, start: Start::Zero }.compute_here(c, stride);
}

wide! {
    /// `softmax(scale · scores + bias)` of every row of scores, in place; a row is as long as the bias.
    fn softmax(scores: &mut [f32], bias: &[f32], scale: f32) {
        let exp = Exp::new();
        for scores in scores.chunks_exact_mut(bias.len()) {
            // Of one length, as compilers have to see to make vectors of them.
            let bias = &bias[..scores.len()];
            for i in 0..scores.len() {
                scores[i] = scores[i] * scale + bias[i];
            }
            let largest = largest(scores);
            for score in scores.iter_mut() {
                *score = exp.at(*score - largest);
            }
            let share = sum(scores).recip();
            for score in scores.iter_mut() {
                *score *= share;
            }
        }
    }
}

/// Gradients of queries, keys and values side by side, `[B, T, 3·H]`, from that of what [`forward`] mixed and the weights
/// it kept.
pub fn backward(input: Input, weights: &[f32], gradient: &[f32], dqkv: &mut [f32]) {
    let Input { tokens, hidden, heads, .. } = input;
    let (rows, square) = (input.rows(), tokens * tokens);
    assert!(weights.len() == rows * heads * square && 3 * gradient.len() == input.qkv.len());
    assert_eq!(dqkv.len(), input.qkv.len(), "gradients as large as what they are of");
    let (dqkv, wide) = (Shared::new(dqkv), 3 * hidden);
    threads::each(rows, |row| {
        // SAFETY: every row is given once.
        let dqkv = unsafe { dqkv.part(3 * input.row(row).start..3 * input.row(row).end) };
        let [mut dropped, mut dweights] = SCRATCH.take();
        dropped.resize(square, 0.0);
        dweights.resize(square, 0.0);
        for (number, weights) in weights[input.row_weights(row)].chunks_exact(square).enumerate() {
            let head = input.head(row, number);
            let at = head.column;
            let dmixed = Matrix::rows(&gradient[input.row(row).start + at..], hidden);
            // Down from the mix to values and weights…
            let scores = Size { m: tokens, n: tokens, k: input.width() };
            multiply(scores, dmixed, head.value.transposed(), &mut dweights, tokens);
            dropout::part(input.mask, head.place, &mut dweights);
            softmax_back(weights, &mut dweights, tokens, input.scale());
            let mix = Size { m: tokens, n: input.width(), k: tokens };
            let (left, dscores) = (input.dropped(head, weights, &mut dropped), Matrix::rows(&dweights, tokens));
            let left = Matrix::rows(left, tokens).transposed();
            multiply(mix, left, dmixed, &mut dqkv[2 * hidden + at..], wide);
            // …and from the scores to queries and keys.
            multiply(mix, dscores, head.key, &mut dqkv[at..], wide);
            multiply(mix, dscores.transposed(), head.query, &mut dqkv[hidden + at..], wide);
        }
        SCRATCH.set([dropped, dweights]);
    });
}

wide! {
    /// Turns the gradient of weights into that of scores, in place, row by row: `ds = scale · w · (dw − Σ w·dw)`
    fn softmax_back(weights: &[f32], gradient: &mut [f32], row: usize, scale: f32) {
        for (weights, gradient) in weights.chunks_exact(row).zip(gradient.chunks_exact_mut(row)) {
            let mean = dot(weights, gradient);
            // Of one length, as compilers have to see to make vectors of them.
            let weights = &weights[..gradient.len()];
            for i in 0..gradient.len() {
                gradient[i] = scale * weights[i] * (gradient[i] - mean);
            }
        }
    }
}
