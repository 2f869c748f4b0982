//! A matrix product's work, spread over threads: panels of B to pack, then blocks of C to compute.

use std::ops::Range;

use super::gemm::{Matrix, Start};
use super::math::total;
use super::pack::Panels;
use super::piece::{Lanes, Piece};
use super::threads::{self, Shared};

/// What all pieces of a product share.
pub(super) struct Work<'a> {
    pub depth: usize,
    /// Rows of B in a panel.
    pub deep: usize,
    /// Columns whose panels stay in the second cache.
    pub wide: usize,
    pub a: Matrix<'a>,
    pub start: Start<'a>,
    pub c: Shared<'a>,
    pub stride: usize,
}

impl Work<'_> {
    /// Some columns of C: all their panels are packed, then tiles pass along them. And Σ over the rows of these columns of B, if
    /// it is asked for.
    pub fn columns(
        &self,
        m: usize,
        columns: Range<usize>,
        b: Matrix,
        room: &mut Vec<f32>,
        sums: Option<&mut [f32]>,
        threads: usize,
    ) {
        let arch = pulp::Arch::new();
        let panels = Panels::new(b, self.depth, self.deep, columns.clone(), arch.dispatch(Lanes));
        let mut parts = vec![0.0; if sums.is_some() { panels.pieces() * columns.len() } else { 0 }];
        let panels = if sums.is_some() { panels.summed(&mut parts) } else { panels };
        let packed = Shared::new(panels.room(room));
        let pieces = panels.pieces();
        let piece = |pack: Range<usize>, rows: Range<usize>, columns: Range<usize>| {
            arch.dispatch(Piece { work: self, panels: &panels, packed, pack, rows, columns });
        };
        if threads == 1 {
            piece(0..pieces, 0..m, columns);
        } else {
            threads::each(pieces, |number| piece(number..number + 1, 0..0, 0..0));
            self.blocks(m, columns, threads, |rows, columns| piece(0..0, rows, columns));
        }
        if let Some(sums) = sums {
            total(&parts, sums);
        }
    }

    /// Cuts some columns of C into blocks, several for each thread, so that all end together, but none so low that a panel
    /// passes by for a few rows.
    fn blocks(
        &self,
        m: usize,
        columns: Range<usize>,
        threads: usize,
        compute: impl Fn(Range<usize>, Range<usize>) + Send + Sync,
    ) {
        let blocks = columns.len().div_ceil(self.wide);
        let mut rows = 1;
        while blocks * rows < 8 * threads && m / (rows + 1) >= 96 {
            rows += 1;
        }
        let height = m.div_ceil(rows).max(1).next_multiple_of(24);
        let rows = m.div_ceil(height);
        threads::each(rows * blocks, |block| {
            let (row, column) = ((block % rows) * height, columns.start + (block / rows) * self.wide);
            compute(row..(row + height).min(m), column..(column + self.wide).min(columns.end));
        });
    }
}
