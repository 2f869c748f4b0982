//! The cross-entropy against burn's own operations.

use burn::tensor::{Tensor, TensorData};

use super::super::{Target, Targets, cross_entropy};
use super::{On, plain};

/// Rows and classes: fewer and more than a workgroup has threads, rows that share a thread's run, and a vocabulary.
const SIZES: [[usize; 2]; 5] = [[1, 1], [7, 3], [40, 70], [5, 1001], [3, 20_000]];

/// Rows with a class of their own, of different shares, every fifth without one; with and without something for all classes.
pub fn cross_entropies(on: &On) {
    for [rows, classes] in SIZES {
        for spread in [Vec::new(), (0..classes).map(|class| 0.1 + class as f32 / classes as f32).collect()] {
            let target = |row: usize| Target { class: row * 31 % classes, share: 0.5 + row as f32 };
            let targets = Targets::new((0..rows).map(|row| (row % 5 != 4).then(|| target(row))).collect(), spread);
            // Far apart, as outputs of a trained model are.
            let z = on.leaf([rows, classes], 0);
            let outputs = || z.clone() * 20.0;
            let name = format!("cross-entropy {rows} {classes}, spread {}", targets.spread().len());
            same!(on, &name, [z], cross_entropy(outputs(), targets.clone()), plain::cross_entropy(outputs(), &targets));
            let alone = cross_entropy(outputs().inner(), targets.clone());
            on.close(&format!("{name}, without a graph"), alone, plain::cross_entropy(outputs().inner(), &targets));
        }
    }
}

/// As in PyTorch: the curves show that a run has diverged, rather than some number.
#[test]
fn outputs_that_are_no_numbers_give_a_loss_that_is_none() {
    let on = On::cpu();
    for bad in [f32::NAN, f32::INFINITY] {
        for place in [0, 1, 39] {
            let outputs: Vec<f32> = (0..40).map(|at| if at == place { bad } else { 0.5 }).collect();
            let outputs = Tensor::<2>::from_data(TensorData::new(outputs, [1, 40]), &on.device);
            let targets = Targets::new(vec![Some(Target { class: 1, share: 1.0 })], Vec::new());
            let loss: Vec<f32> = cross_entropy(outputs, targets).into_data().try_into_vec().expect("f32");
            assert!(loss[0].is_nan(), "{bad} at {place}: {}", loss[0]);
        }
    }
}
