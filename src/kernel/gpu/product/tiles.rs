//! How large the blocks of C are, and how the depth is cut.

use super::Kind;
use crate::kernel::gpu::adapter::is_software;

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
}

impl Tile {
    const fn shared(rows: usize, columns: usize, [high, wide]: [usize; 2]) -> Self {
        Self { rows, columns, depth: 16, high, wide, direct: false }
    }

    const fn direct(rows: usize, columns: usize, [high, wide]: [usize; 2]) -> Self {
        Self { rows, columns, depth: 4, high, wide, direct: true }
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

/// The tile for a product whose C is m × n, `count` of them side by side, on the adapter that runs.
///
/// Measured on an H100 (tests/bench/LOG.md): 64 × 128 gives most while there are enough of them to go round, 64 × 64 next,
/// and half of that keeps more of a device busy than it loses where C is small.
pub fn pick(kind: Kind, [m, n, count]: [usize; 3]) -> Tile {
    let groups = |tile: Tile| m.div_ceil(tile.rows) * n.div_ceil(tile.columns) * count;
    if is_software() {
        // For each value that is read there, the fewer others a block has, the more reading costs; but a block of 256
        // takes a second to compile, which only much work makes up for.
        let [large, small] = [Tile::direct(16, 64, [16, 16]), Tile::direct(16, 32, [8, 8])];
        return if groups(large) >= 64 { large } else { small };
    }
    let [large, middle] = [Tile::shared(64, 128, [8, 8]), Tile::shared(64, 64, [8, 4])];
    match kind {
        _ if n <= 32 => Tile::shared(64, 32, [4, 4]),
        Kind::ParameterGradients => middle,
        _ if n > 64 && groups(large) >= 350 => large,
        _ if groups(middle) >= 300 => middle,
        _ => Tile::shared(32, 64, [4, 4]),
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
