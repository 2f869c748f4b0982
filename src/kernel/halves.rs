//! Whether dense layers multiply in half precision (Micikevicius et al. 2018, "Mixed Precision Training"): weights, activations,
//! gradients and moments stay in f32, and so does everything but the products. Only GPUs with the kernels for hardware do.

use std::cell::Cell;

thread_local! {
    static WANTED: Cell<bool> = const { Cell::new(false) };
}

/// Multiplies in half precision what `work` launches, if `wanted`, where the device's kernels can.
pub fn in_halves<R>(wanted: bool, work: impl FnOnce() -> R) -> R {
    let before = WANTED.replace(wanted);
    let result = work();
    WANTED.set(before);
    result
}

/// Whether it is wanted now.
#[cfg(feature = "gpu")]
pub(super) fn wanted() -> bool {
    WANTED.get()
}
