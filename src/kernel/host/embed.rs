//! Sums of rows of tables, one of each for every token, and their gradients. Letters: N tokens, P tables, E values in a row.

use super::math::add;
use super::threads::{self, Shared};
use crate::kernel::lookup::{Lookup, Places};

/// Tokens that one thread takes at a time.
const RUN: usize = 64;

/// Rows of P tables, `[_, E]` each → their sums `[N, E]`.
pub fn forward(tables: &[&[f32]], lookup: &Lookup, sums: &mut [f32]) {
    let width = sums.len() / lookup.tokens().max(1);
    let shared = Shared::new(sums);
    threads::ranges(lookup.tokens(), RUN, |_, tokens| {
        for token in tokens {
            // SAFETY: every token is given once.
            let sum = unsafe { shared.part(token * width..(token + 1) * width) };
            for (at, (table, places)) in tables.iter().zip(lookup.tables()).enumerate() {
                let row = &table[places.rows[token] as usize * width..][..width];
                if at == 0 {
                    sum.copy_from_slice(row);
                } else {
                    add(row, sum);
                }
            }
        }
    });
}

/// dL/dsums `[N, E]` → the gradient of one table, `[count, E]`: zeros where no token looked.
pub fn table_gradient(gradient: &[f32], places: &Places, dtable: &mut [f32]) {
    let width = gradient.len() / places.rows.len().max(1);
    let (by_row, shared) = (places.by_row(), Shared::new(dtable));
    threads::ranges(places.count, RUN, |_, rows| {
        for row in rows {
            // SAFETY: every row is given once.
            let sum = unsafe { shared.part(row * width..(row + 1) * width) };
            sum.fill(0.0);
            for token in &by_row.order[by_row.starts[row] as usize..by_row.starts[row + 1] as usize] {
                add(&gradient[*token as usize * width..][..width], sum);
            }
        }
    });
}
