//! How large the blocks of C are, and how the depth is cut.

use super::Kind;
use crate::kernel::gpu::adapter::{has_quads, is_software};

/// Blocks of C: what a workgroup computes, and what each of its invocations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tile {
    /// Rows of a workgroup's block.
    pub rows: usize,
    /// Columns of a workgroup's block.
    pub columns: usize,
    /// How much of A and B the workgroup holds at a time, along the depth.
    pub depth: usize,
    /// Rows of an invocation's block, a multiple of four.
    pub high: usize,
    /// Columns of an invocation's block, a multiple of four.
    pub wide: usize,
    /// Whether A and B are read without the memory that workgroups share.
    pub direct: bool,
    /// Whether the four invocations of a workgroup, two by two, each read half of what they need and swap the rest.
    pub swaps: bool,
}

impl Tile {
    const fn shared(rows: usize, columns: usize, [high, wide]: [usize; 2]) -> Self {
        Self { rows, columns, depth: 16, high, wide, direct: false, swaps: false }
    }

    const fn direct(rows: usize, columns: usize, [high, wide]: [usize; 2]) -> Self {
        Self { rows, columns, depth: 4, high, wide, direct: true, swaps: false }
    }

    /// Invocations of a workgroup.
    pub fn threads(&self) -> usize {
        self.across() * self.down()
    }

    /// Invocations side by side.
    pub fn across(&self) -> usize {
        self.columns / self.wide
    }

    /// Invocations one below the other.
    pub fn down(&self) -> usize {
        self.rows / self.high
    }
}

/// For hardware, from small to large.
const NARROW: Tile = Tile::shared(64, 32, [4, 4]);
const SMALL: Tile = Tile::shared(32, 64, [4, 4]);
const MIDDLE: Tile = Tile::shared(64, 64, [8, 4]);
const LARGE: Tile = Tile::shared(64, 128, [8, 8]);
/// For emulated adapters, without subgroups and with.
const DIRECT: Tile = Tile::direct(16, 32, [8, 8]);
const QUAD: Tile = Tile { swaps: true, ..Tile::direct(16, 32, [8, 16]) };
const LARGE_QUAD: Tile = Tile { swaps: true, ..Tile::direct(32, 32, [16, 16]) };

/// The tile for a product whose C is m × n, `count` of them side by side, on the adapter that runs.
///
/// Measured on an H100 (tests/bench/LOG.md): 64 × 128 gives most while there are enough of them to go round, 64 × 64 next,
/// and half of that keeps more of a device busy than it loses where C is small. On emulated adapters reading a value costs as
/// much as a dozen products: invocations that swap what they read halve it, and so do large blocks, which take half a second to
/// compile.
pub fn pick(kind: Kind, [m, n, count]: [usize; 3]) -> Tile {
    #[cfg(test)]
    if let Some(tile) = forced::get() {
        return tile;
    }
    let groups = |tile: Tile| m.div_ceil(tile.rows) * n.div_ceil(tile.columns) * count;
    if is_software() {
        return match has_quads() {
            true if groups(LARGE_QUAD) >= 32 => LARGE_QUAD,
            true => QUAD,
            false => DIRECT,
        };
    }
    match kind {
        _ if n <= 32 => NARROW,
        Kind::ParameterGradients => MIDDLE,
        _ if n > 64 && groups(LARGE) >= 350 => LARGE,
        _ if groups(MIDDLE) >= 300 => MIDDLE,
        _ => SMALL,
    }
}

/// Into how many parts the depth of dW is cut, so that there are workgroups enough: rows of a batch are many, weights few.
pub fn parts(tile: Tile, [m, n, count]: [usize; 3], depth: usize) -> usize {
    /// Workgroups that keep a large device busy.
    const ENOUGH: usize = 768;
    /// Slices that a part has at least: fewer would be more work to add up than they save.
    const LEAST: usize = 8;
    let groups = m.div_ceil(tile.rows) * n.div_ceil(tile.columns) * count;
    let slices = depth.div_ceil(tile.depth);
    if tile.direct { 1 } else { ENOUGH.div_ceil(groups).min(slices / LEAST).clamp(1, 16) }
}

/// Has one tile picked for every product, so that tests with small arrays meet each.
#[cfg(test)]
pub mod forced {
    use std::cell::Cell;

    use super::{DIRECT, LARGE, LARGE_QUAD, MIDDLE, NARROW, QUAD, SMALL, Tile, has_quads};

    thread_local! {
        static TILE: Cell<Option<Tile>> = const { Cell::new(None) };
    }

    pub(super) fn get() -> Option<Tile> {
        TILE.get()
    }

    /// Runs something once with each tile that the device can run.
    pub fn with_each(run: impl Fn(Tile)) {
        let able = |tile: &Tile| has_quads() || !tile.swaps;
        for tile in [NARROW, SMALL, MIDDLE, LARGE, DIRECT, QUAD, LARGE_QUAD].into_iter().filter(able) {
            TILE.set(Some(tile));
            run(tile);
        }
        TILE.set(None);
    }
}
