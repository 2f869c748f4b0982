//! What tests need of the machine that they run on: files, the terminal, waiting.

use std::io::Write;
use std::path::PathBuf;

pub use futures_lite::future::block_on;
use tabtune::DeviceKind;
use tabtune::kernel::set_software;

/// A file of `tests/fixtures`.
pub fn fixture(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Says what is left out and why, past the test runner's capture of what tests print.
pub fn say(sentence: &str) {
    writeln!(std::io::stderr(), "{sentence}").expect("standard error is open");
}

/// Runs tests on a GPU where `TABTUNE_TEST_GPU` is 1, with the kernels for hardware and with those for emulated adapters,
/// whichever it is. One test per program asks, and runs all its GPU tests in its own thread, since a GPU can be set up only
/// once per process.
pub fn on_a_gpu(tests: &str, run: impl Fn()) {
    if std::env::var_os("TABTUNE_TEST_GPU").is_none_or(|value| value != "1") {
        say(&format!("{tests}: skipped on the GPU. Set TABTUNE_TEST_GPU=1 to run it there, too."));
        return;
    }
    block_on(super::open(DeviceKind::Gpu));
    for software in [true, false] {
        set_software(software);
        run();
    }
}
