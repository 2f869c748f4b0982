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

/// One family with every head that it has been tried with; how many these are.
#[wasm_bindgen]
pub async fn family(device: String, name: String) -> usize {
    let kind = opened(&device);
    let heads: Vec<_> = families::all().filter(|(family, ..)| *family == name).collect();
    for (family, head, task) in &heads {
        families::agrees(kind, family, head, *task).await;
    }
    heads.len()
}

fn opened(device: &str) -> DeviceKind {
    console_error_panic_hook::set_once();
    if device == "gpu" { DeviceKind::Gpu } else { DeviceKind::Cpu }
}
