//! Has mimalloc, the allocator of the native programs, keep what it once got.
//!
//! A training step frees and takes again some hundred megabytes in pieces of megabytes. The system's allocator gives
//! such pieces back to the system each time, and mimalloc after 10 ms; getting them anew means that the system clears
//! every page of them, which took a fifth of a step's time.

/// `mi_option_purge_delay` of mimalloc's own header, which its Rust crate leaves out.
const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;

/// Freed memory stays with the process until it ends. To be called before anything large is allocated, by a program
/// whose global allocator is mimalloc: which one it is, only a program decides.
pub fn keep() {
    // SAFETY: sets a number that the allocator reads when it frees; any thread may at any time.
    unsafe { libmimalloc_sys::mi_option_set(PURGE_DELAY, -1) }
}
