//! Runs the constructors of the libraries below, once, as the module is loaded. Left to itself the linker takes the module
//! for a program that is called once: it has every exported function run all of them first, cubecl's hundreds of entries
//! in a registry among them, and a training step on WebGPU calls such functions thousands of times. It does so only where
//! nobody else calls them, so this call must stay while any library has constructors (`wasm-ld`'s "command" modules).

use wasm_bindgen::prelude::wasm_bindgen;

unsafe extern "C" {
    /// Put together by the linker.
    fn __wasm_call_ctors();
}

#[wasm_bindgen(start)]
fn construct() {
    // SAFETY: no code of the module has run before, and nothing else calls it.
    unsafe { __wasm_call_ctors() }
}
