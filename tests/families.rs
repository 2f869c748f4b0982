//! Every family and head against transformers, natively; the bodies are in `support/families.rs`.

mod support;

use support::families::{FAMILIES, HEADS, MORE, agrees, agrees_with_checkpointing, all};
use support::{block_on, on_a_gpu};
use tabtune::{DeviceKind, Task};

fn every_family(head: &str) {
    let task = HEADS.iter().find(|(name, _)| *name == head).map(|(_, task)| *task).unwrap_or(Task::Classification);
    for family in FAMILIES {
        block_on(agrees(DeviceKind::Cpu, family, head, task));
    }
}

#[test]
fn sequence_classifiers_of_every_family() {
    every_family("sequence");
}

#[test]
fn token_classifiers_of_every_family() {
    every_family("tokens");
}

#[test]
fn question_answering_of_every_family() {
    every_family("answers");
}

#[test]
fn hidden_words_of_every_family() {
    every_family("language");
}

#[test]
fn labels_numbers_and_pooling() {
    for (family, head, task) in MORE {
        block_on(agrees(DeviceKind::Cpu, family, head, *task));
    }
}

#[test]
fn activations_computed_again() {
    for family in FAMILIES {
        for (head, task) in HEADS {
            block_on(agrees_with_checkpointing(DeviceKind::Cpu, family, head, *task));
        }
    }
}

#[test]
fn all_of_it_on_the_gpu() {
    on_a_gpu("Parity of every family", || {
        for (family, head, task) in all() {
            block_on(agrees(DeviceKind::Gpu, family, head, task));
            block_on(agrees_with_checkpointing(DeviceKind::Gpu, family, head, task));
        }
    });
}
