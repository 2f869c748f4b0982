//! What kernels have to know of the adapter that runs.

use std::sync::atomic::{AtomicBool, Ordering};

static SOFTWARE: AtomicBool = AtomicBool::new(false);

/// Says whether the adapter is emulated on a processor, where barriers within workgroups cost more than they save. To be
/// called when a device is set up, before any kernel.
pub fn set_software(software: bool) {
    SOFTWARE.store(software, Ordering::Relaxed);
}

/// Whether it is.
pub fn is_software() -> bool {
    SOFTWARE.load(Ordering::Relaxed)
}
