//! Dropout of arrays, in place, by a rule that tells for each place whether it is dropped ([`Mask`]).

use super::threads::{self, Shared};
use super::wide::wide;
use crate::kernel::dropout::Mask;

/// Values that one thread takes at a time.
const RUN: usize = 1 << 14;

/// A whole array.
pub fn whole(mask: Mask, values: &mut [f32]) {
    let (size, shared) = (values.len(), Shared::new(values));
    threads::ranges(size, RUN, |_, range| {
        let start = range.start;
        // SAFETY: `ranges` gives every place once.
        part(mask, start, unsafe { shared.part(range) });
    });
}

wide! {
    /// Neighbours of an array, of which the first is at `place` there, on the calling thread.
    pub fn part(mask: Mask, place: usize, values: &mut [f32]) {
        mask.apply(place, values);
    }
}
