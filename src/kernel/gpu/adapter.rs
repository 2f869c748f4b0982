//! What kernels have to know of the adapter that runs.

use std::sync::atomic::{AtomicBool, Ordering};

static SOFTWARE: AtomicBool = AtomicBool::new(false);
static QUADS: AtomicBool = AtomicBool::new(false);

/// Says whether the adapter is emulated on a processor, where barriers within workgroups cost more than they save. To be
/// called when a device is set up, before any kernel.
pub fn set_software(software: bool) {
    SOFTWARE.store(software, Ordering::Relaxed);
}

/// Whether it is.
pub fn is_software() -> bool {
    SOFTWARE.load(Ordering::Relaxed)
}

/// Says whether the device has subgroups, whose invocations come in fours that swap values. To be called when a device is
/// set up, before any kernel.
pub fn set_quads(quads: bool) {
    QUADS.store(quads, Ordering::Relaxed);
}

/// Whether it has.
pub fn has_quads() -> bool {
    QUADS.load(Ordering::Relaxed)
}
