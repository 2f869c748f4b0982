//! What tests need of the machine that they run on: files, the terminal, waiting.

use std::io::Write;
use std::path::PathBuf;

pub use futures_lite::future::block_on;

/// A file of `tests/fixtures`.
pub fn fixture(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Says what is left out and why, past the test runner's capture of what tests print.
pub fn say(sentence: &str) {
    writeln!(std::io::stderr(), "{sentence}").expect("standard error is open");
}

/// Whether tests run on a GPU, too: where `TABTUNE_TEST_GPU` is 1. One test per program asks, and runs all its GPU
/// tests in its own thread, since a GPU can be set up only once per process.
pub fn gpu_is_wanted(tests: &str) -> bool {
    let wanted = std::env::var_os("TABTUNE_TEST_GPU").is_some_and(|value| value == "1");
    if !wanted {
        say(&format!("{tests}: skipped on the GPU. Set TABTUNE_TEST_GPU=1 to run it there, too."));
    }
    wanted
}
