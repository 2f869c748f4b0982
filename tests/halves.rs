//! Products in half precision: how far they may be from PyTorch in float64, what they do to a run, and devices without them.

#[path = "support/fruit.rs"]
mod fruit;
mod support;

use std::cell::Cell;

use fruit::{epochs, losses, ready, recipe, train};
use support::{Within, assert_close, block_on, curve, on_a_gpu, open, parity, say};
use tabtune::{DeviceKind, Event, Recipe, RunInfo};

fn run(kind: DeviceKind, half_precision: bool) -> (RunInfo, Vec<Event>) {
    let (mut session, _) = ready(kind, 60, 0.2);
    train(&mut session, &Recipe { half_precision, ..recipe() })
}

#[test]
fn a_device_without_them_says_so_and_computes_as_ever() {
    let [(plain, expected), (info, events)] = [false, true].map(|halves| run(DeviceKind::Cpu, halves));
    let said = |info: &RunInfo| info.notes.iter().any(|note| note.contains("does not multiply in half precision"));
    assert_eq!((said(&plain), said(&info)), (false, true));
    assert_eq!(losses(&events), losses(&expected));
}

#[test]
fn all_of_it_on_the_gpu() {
    let differ = Cell::new(None);
    on_a_gpu("Half precision", || {
        let compute = block_on(open(DeviceKind::Gpu));
        if !compute.halves {
            return say("Half precision: skipped, since this GPU does not have it.");
        }
        block_on(parity::losses_and_every_gradient_in_halves(&compute));
        block_on(curve::ten_steps_in_halves(&compute));
        differ.set(Some(differ.get().unwrap_or(0) + usize::from(learns_alike())));
    });
    // Or all of the above would hold where nothing is in half precision.
    assert!(matches!(differ.get(), None | Some(1)), "with the kernels for hardware, and with no others");
}

/// A run of dozens of steps has the same curve, and ends as well; whether its losses differ at all.
fn learns_alike() -> bool {
    let [plain, halves] = [false, true].map(|halves| run(DeviceKind::Gpu, halves).1);
    let curve = |events: &[Event]| losses(events).iter().map(|&loss| loss as f32).collect::<Vec<_>>();
    assert_close("losses of a run", &curve(&halves), &curve(&plain), Within::Relative(1e-3));
    let scores = |events: &[Event]| epochs(events).last().and_then(|epoch| Some(epoch.validation.clone()?.scores));
    assert_eq!(scores(&halves), scores(&plain));
    losses(&halves) != losses(&plain)
}
