//! The tiny classifier against transformers, natively; the bodies are in `support/parity.rs`.

mod support;

use support::{block_on, parity};
use tabtune::DeviceKind;

#[test]
fn hidden_states_and_logits_on_the_cpu() {
    block_on(parity::hidden_states_and_logits(DeviceKind::Cpu));
}

#[test]
fn losses_and_every_gradient_on_the_cpu() {
    block_on(parity::losses_and_every_gradient(DeviceKind::Cpu));
}

#[test]
fn smoothing_and_class_weights_on_the_cpu() {
    block_on(parity::smoothing_and_class_weights(DeviceKind::Cpu));
}

#[test]
fn all_of_it_on_the_gpu() {
    support::on_a_gpu("Parity with transformers", || {
        block_on(parity::hidden_states_and_logits(DeviceKind::Gpu));
        block_on(parity::losses_and_every_gradient(DeviceKind::Gpu));
        block_on(parity::smoothing_and_class_weights(DeviceKind::Gpu));
    });
}
