//! The bodies of the native parity tests as a module for a browser: `parity.test.mjs` calls them on each device.
//!
//! A test that fails panics, which ends the module; its sentence is on the console.

#![cfg(target_family = "wasm")]

#[path = "../support/mod.rs"]
mod support;

use support::{curve, parity};
use tabtune::DeviceKind;
use wasm_bindgen::prelude::wasm_bindgen;

/// Runs them all on `gpu` or `cpu`.
#[wasm_bindgen]
pub async fn run(device: String) {
    console_error_panic_hook::set_once();
    let kind = if device == "gpu" { DeviceKind::Gpu } else { DeviceKind::Cpu };
    parity::hidden_states_and_logits(kind).await;
    parity::losses_and_every_gradient(kind).await;
    parity::smoothing_and_class_weights(kind).await;
    curve::ten_steps(kind).await;
    curve::accumulated_batches(kind).await;
}
