//! The bodies of the native parity tests as a module for a browser: `parity.test.mjs` calls them on each device.
//!
//! A test that fails panics, which ends the module; its sentence is on the console.

#![cfg(target_family = "wasm")]

#[path = "../support/mod.rs"]
mod support;

use support::{curve, families, parity};
use tabtune::DeviceKind;
use wasm_bindgen::prelude::wasm_bindgen;

/// BERT, from the states after each layer to the losses of ten steps, on `gpu` or `cpu`.
#[wasm_bindgen]
pub async fn bert(device: String) {
    let kind = opened(&device);
    parity::hidden_states_and_logits(kind).await;
    parity::losses_and_every_gradient(kind).await;
    parity::smoothing_and_class_weights(kind).await;
    curve::ten_steps(kind).await;
    curve::accumulated_batches(kind).await;
}

/// Every family, on the CPU with every head. A WebGPU adapter that is emulated compiles kernels for seconds per head, so
/// that there each family has the head for sequences and BERT alone the others, which differ little between families.
#[wasm_bindgen]
pub async fn families(device: String) {
    let kind = opened(&device);
    let tried = |family: &str, head: &str| kind == DeviceKind::Cpu || family == "bert" || head == "sequence";
    for (family, head, task) in families::all().filter(|(family, head, _)| tried(family, head)) {
        families::agrees(kind, family, head, task).await;
    }
}

fn opened(device: &str) -> DeviceKind {
    console_error_panic_hook::set_once();
    if device == "gpu" { DeviceKind::Gpu } else { DeviceKind::Cpu }
}
