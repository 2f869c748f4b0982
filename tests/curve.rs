//! Steps of AdamW on the tiny classifier against PyTorch, natively; the bodies are in `support/curve.rs`.

mod support;

use support::{block_on, curve};
use tabtune::DeviceKind;

#[test]
fn ten_steps_on_the_cpu() {
    block_on(curve::ten_steps(DeviceKind::Cpu));
}

#[test]
fn accumulated_batches_on_the_cpu() {
    block_on(curve::accumulated_batches(DeviceKind::Cpu));
}

#[test]
fn all_of_it_on_the_gpu() {
    support::on_a_gpu("Steps of AdamW", || {
        block_on(curve::ten_steps(DeviceKind::Gpu));
        block_on(curve::ten_steps_in_short_arrays(DeviceKind::Gpu));
        block_on(curve::accumulated_batches(DeviceKind::Gpu));
    });
}
