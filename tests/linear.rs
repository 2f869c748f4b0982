//! Heads on encoded texts against scikit-learn's optima.

mod support;

use serde::Deserialize;
use tabtune::data::Truth;
use tabtune::train::{LinearFit, LinearHead, LinearProblem, balanced};

#[derive(Deserialize)]
struct Facts {
    hidden: usize,
    classes: usize,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    kind: String,
    #[serde(default)]
    balanced: bool,
    c: f64,
    features: Vec<f32>,
    truths: Vec<f64>,
    /// Unit of the numbers, in which the head is told.
    #[serde(default = "one")]
    scale: f64,
    #[serde(default)]
    shift: f64,
    /// Classes of which the second's outputs over the first's are told.
    #[serde(default)]
    known: Vec<usize>,
    weight: Vec<f64>,
    bias: Vec<f64>,
}

fn one() -> f64 {
    1.0
}

impl Case {
    fn problem(&self, facts: &Facts) -> LinearProblem {
        let truths: Vec<Truth> = match self.kind.as_str() {
            "classes" | "two" => self.truths.iter().map(|&class| Truth::Class(class as usize)).collect(),
            "labels" => {
                let row = |row: &[f64]| Truth::Labels(row.iter().map(|&label| label as f32).collect());
                self.truths.chunks(facts.classes).map(row).collect()
            }
            "numbers" => self.truths.iter().map(|&score| Truth::Score(score as f32)).collect(),
            other => panic!("no kind {other}"),
        };
        let outputs = self.known.last().map_or(self.bias.len(), |last| last + 1);
        let count = |class: usize| self.truths.iter().filter(|&&truth| truth as usize == class).count();
        let counts: Vec<usize> = (0..outputs).map(count).collect();
        LinearProblem {
            features: self.features.clone(),
            hidden: facts.hidden,
            outputs,
            c: self.c,
            class_weights: if self.balanced { balanced(&counts) } else { Vec::new() },
            truths,
        }
    }

    /// A head as scikit-learn tells it.
    fn told(&self, head: &LinearHead) -> (Vec<f64>, Vec<f64>) {
        let wide = |values: &[f32]| values.iter().map(|&value| f64::from(value)).collect::<Vec<f64>>();
        let (weight, bias) = (wide(&head.weight), wide(&head.bias));
        if let [first, second] = self.known[..] {
            let over = |outputs: &[f64]| outputs[second] - outputs[first];
            return (weight.chunks(bias.len()).map(over).collect(), vec![over(&bias)]);
        }
        // Logistic regression over all classes is the same if one number is added to all biases.
        let shift = if self.kind == "classes" { mean(&bias) - mean(&self.bias) } else { self.shift };
        let in_unit = |values: &[f64], shift| values.iter().map(|value| (value - shift) / self.scale).collect();
        (in_unit(&weight, 0.0), in_unit(&bias, shift))
    }
}

#[test]
fn the_optima_are_those_of_scikit_learn() {
    let facts: Facts = support::json("linear.json");
    assert_eq!(facts.cases.len(), 24);
    for case in &facts.cases {
        let mut fit = LinearFit::new(case.problem(&facts));
        let before = fit.loss();
        while fit.advance() {}
        assert!(fit.loss() < before && fit.iterations() > 2, "{} iterations", fit.iterations());
        let (weight, bias) = case.told(&fit.head());
        for (got, expected) in weight.iter().chain(&bias).zip(case.weight.iter().chain(&case.bias)) {
            assert!((got - expected).abs() < 1e-5, "{} C={}: {got} and {expected}", case.kind, case.c);
        }
        assert_eq!((weight.len(), bias.len()), (case.weight.len(), case.bias.len()));
    }
}

#[test]
fn a_class_without_rows_has_no_share() {
    let facts: Facts = support::json("linear.json");
    let case = facts.cases.iter().find(|case| case.known == [0, 2]).expect("a case");
    let mut fit = LinearFit::new(case.problem(&facts));
    while fit.advance() {}
    for features in case.features.chunks(facts.hidden) {
        let outputs = fit.head().outputs(features);
        let shares: Vec<f64> = outputs.iter().map(|&output| f64::from(output - outputs[2]).exp()).collect();
        assert!(shares[1] / shares.iter().sum::<f64>() < 1e-9, "{outputs:?}");
    }
}

#[test]
fn weights_are_balanced_over_the_classes_that_there_are() {
    assert_eq!(balanced(&[3, 0, 1]), [4.0 / 6.0, 0.0, 2.0]);
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
