//! Standard output and standard error: what goes there, and what becomes of a program whose reader has gone away or whose
//! disk is full. None of that is a reason to lose a run, so printing never fails, unlike `println!`, which panics.

use std::fmt::Arguments;
use std::io::{ErrorKind, Write};
use std::sync::atomic::{AtomicU8, Ordering};

/// Standard output takes what is printed.
const OPEN: u8 = 0;
/// Its reader has gone away (`tabtune … | head`) and has seen enough.
const LEFT: u8 = 1;
/// It cannot be written to, which was said.
const BROKEN: u8 = 2;

static STANDARD: AtomicU8 = AtomicU8::new(OPEN);

/// Prints a line on standard output, if anybody reads it.
macro_rules! print_line {
    ($($argument:tt)*) => {
        $crate::output::send(format!("{}\n", format_args!($($argument)*)).as_bytes())
    };
}
pub(crate) use print_line;

/// Prints a line on standard error, if that can be written to.
macro_rules! tell {
    ($($argument:tt)*) => {
        $crate::output::say(format_args!("{}\n", format_args!($($argument)*)))
    };
}
pub(crate) use tell;

/// Writes to standard output. Once that has failed, nothing is written there any more.
pub fn send(bytes: &[u8]) {
    if !is_read() {
        return;
    }
    let mut out = std::io::stdout().lock();
    if let Err(error) = out.write_all(bytes).and_then(|()| out.flush()) {
        failed(&error);
    }
}

/// Notes that standard output could not be written to. That its disk is full, say, is told; a reader that has gone away is
/// none of the program's business.
pub fn failed(error: &std::io::Error) {
    let left = error.kind() == ErrorKind::BrokenPipe;
    STANDARD.store(if left { LEFT } else { BROKEN }, Ordering::Relaxed);
    if !left {
        tell!("Standard output: it cannot be written to ({error}), so the rest of what is printed is lost.");
    }
}

/// Writes to standard error, which may have gone away as well.
pub fn say(words: Arguments<'_>) {
    let mut to = std::io::stderr().lock();
    // There is no other place to complain.
    let _ = to.write_fmt(words).and_then(|()| to.flush());
}

/// Whether what goes to standard output still arrives somewhere.
pub fn is_read() -> bool {
    STANDARD.load(Ordering::Relaxed) == OPEN
}

/// Whether something is lost that was to be read.
pub fn is_broken() -> bool {
    STANDARD.load(Ordering::Relaxed) == BROKEN
}
