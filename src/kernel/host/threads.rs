//! All cores over a list of independent pieces of work; one after the other where there is only one thread.

use std::marker::PhantomData;
use std::ops::Range;

/// Threads that work at the same time, at least 1.
pub fn count() -> usize {
    #[cfg(feature = "threads")]
    return rayon::current_num_threads();
    #[cfg(not(feature = "threads"))]
    return 1;
}

/// Makes the calling thread one of those that work, natively, rather than one that wakes them and waits: some hundred
/// times per step that costs more than it looks. To be called once, before any kernel; later calls change nothing.
#[cfg(all(feature = "threads", not(target_family = "wasm")))]
pub fn join_in() {
    // An error says that there is a pool already, which is as good.
    let _ = rayon::ThreadPoolBuilder::new().use_current_thread().build_global();
}

/// Runs `work` for 0, 1, … `pieces` − 1, in any order.
pub fn each(pieces: usize, work: impl Fn(usize) + Send + Sync) {
    #[cfg(feature = "threads")]
    if pieces > 1 && count() > 1 {
        use rayon::prelude::*;
        if super::crew::each(pieces, &work) {
            return;
        }
        return (0..pieces).into_par_iter().with_max_len(1).for_each(work);
    }
    (0..pieces).for_each(work);
}

/// What `work` makes of each item, in their order.
pub fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Send + Sync) -> Vec<R> {
    #[cfg(feature = "threads")]
    if items.len() > 1 && count() > 1 {
        use rayon::prelude::*;
        return items.par_iter().map(work).collect();
    }
    items.iter().map(work).collect()
}

/// Cuts `0..size` into runs of `length`, the last one shorter, and runs `work` with the number and the range of each.
/// The cut does not depend on the threads, so that sums over runs do not either.
pub fn ranges(size: usize, length: usize, work: impl Fn(usize, Range<usize>) + Send + Sync) {
    each(size.div_ceil(length), |piece| work(piece, piece * length..((piece + 1) * length).min(size)));
}

/// An array that several threads write, each its own part.
#[derive(Clone, Copy)]
pub struct Shared<'a> {
    start: *mut f32,
    len: usize,
    array: PhantomData<&'a mut [f32]>,
}

// SAFETY: callers of all three accesses promise that what they touch does not overlap.
unsafe impl Send for Shared<'_> {}
// SAFETY: as above.
unsafe impl Sync for Shared<'_> {}

impl<'a> Shared<'a> {
    /// Opens an array for writing in parts.
    pub fn new(array: &'a mut [f32]) -> Self {
        Self { start: array.as_mut_ptr(), len: array.len(), array: PhantomData }
    }

    /// Where `range` begins, which lies within the array.
    ///
    /// # Safety
    ///
    /// Nobody else touches what is read and written there.
    pub unsafe fn pointer(&self, range: Range<usize>) -> *mut f32 {
        assert!(range.start <= range.end && range.end <= self.len, "{range:?} of {} values", self.len);
        // SAFETY: within the array as just checked.
        unsafe { self.start.add(range.start) }
    }

    /// The values in `range`.
    ///
    /// # Safety
    ///
    /// Nobody else holds a part that overlaps this one.
    pub unsafe fn part(&self, range: Range<usize>) -> &'a mut [f32] {
        // SAFETY: not shared by the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.pointer(range.clone()), range.len()) }
    }

    /// The values in `range`, to be read.
    ///
    /// # Safety
    ///
    /// Nobody holds a part that overlaps this one.
    pub unsafe fn read(&self, range: Range<usize>) -> &'a [f32] {
        // SAFETY: written by no one by the caller's promise.
        unsafe { std::slice::from_raw_parts(self.pointer(range.clone()), range.len()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_comes_in_order() {
        let items: Vec<usize> = (0..1000).collect();
        assert!(map(&items, |item| item * 2).into_iter().eq((0..1000).map(|item| item * 2)));
    }

    #[test]
    fn every_element_is_visited_once() {
        for (size, length) in [(0, 1), (1, 1), (7, 3), (1000, 1), (1000, 300), (64, 64)] {
            let mut seen = vec![0.0; size];
            let shared = Shared::new(&mut seen);
            // SAFETY: `ranges` gives every place once.
            ranges(size, length, |_, range| unsafe { shared.part(range) }.iter_mut().for_each(|x| *x += 1.0));
            assert!(seen.iter().all(|&times| times == 1.0), "{size} {length}");
        }
    }
}
