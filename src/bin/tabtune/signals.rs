//! Ctrl-C and SIGTERM: the first one asks for an end, at which nothing is lost; the second one is the end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// What a program that was ended by a signal exits with, less the signal's number.
const BY_SIGNAL: i32 = 128;

/// Looks out for signals. Before there is one, they end the program at once, as ever.
pub struct Watch(Arc<AtomicUsize>);

impl Watch {
    /// Begins to look out.
    pub fn new() -> Self {
        let (asked, again) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        for signal in [SIGINT, SIGTERM] {
            // In this order: the first of these looks whether a signal came before this one. Where signals cannot be caught,
            // they go on to end the program.
            let _ = flag::register_conditional_shutdown(signal, BY_SIGNAL + signal, Arc::clone(&again))
                .and_then(|_| flag::register(signal, Arc::clone(&again)))
                .and_then(|_| flag::register_usize(signal, Arc::clone(&asked), (BY_SIGNAL + signal) as usize));
        }
        Self(asked)
    }

    /// The exit code of the signal that came, if one did.
    pub fn asked(&self) -> Option<u8> {
        u8::try_from(self.0.load(Ordering::Relaxed)).ok().filter(|code| *code != 0)
    }
}
