//! Files in a browser, where there is no file system: what runs the module fetches them.

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
unsafe extern "C" {
    /// A function that the worker makes global, of `parity.worker.js`; `None` where there is no such file.
    #[wasm_bindgen(js_name = fetchFixture)]
    fn fetch(name: &str) -> Option<Vec<u8>>;
}

/// A file of `tests/fixtures`.
pub fn fixture(name: &str) -> Vec<u8> {
    fetch(name).unwrap_or_else(|| panic!("{name} could not be fetched"))
}
