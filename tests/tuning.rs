//! Ways of fine-tuning less than everything, natively; the bodies are in `support/tuning.rs`.

mod support;

use support::families::FAMILIES;
use support::{block_on, on_a_gpu, tuning};
use tabtune::DeviceKind;

#[test]
fn a_learning_rate_per_depth_as_in_pytorch() {
    block_on(tuning::a_rate_per_depth(DeviceKind::Cpu));
}

#[test]
fn frozen_parts_of_every_family_cost_nothing() {
    for family in FAMILIES {
        block_on(tuning::frozen_parts_cost_nothing(DeviceKind::Cpu, family));
    }
}

#[test]
fn the_top_layer_of_every_family_is_drawn_anew() {
    for family in FAMILIES.iter().filter(|family| **family != "albert") {
        block_on(tuning::the_top_is_drawn_anew(DeviceKind::Cpu, family));
    }
}

#[test]
fn all_of_it_on_the_gpu() {
    on_a_gpu("Fine-tuning of parts", || {
        block_on(tuning::a_rate_per_depth(DeviceKind::Gpu));
        for family in FAMILIES {
            block_on(tuning::frozen_parts_cost_nothing(DeviceKind::Gpu, family));
        }
        block_on(tuning::the_top_is_drawn_anew(DeviceKind::Gpu, "bert"));
    });
}
