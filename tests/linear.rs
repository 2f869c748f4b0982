//! Heads on encoded texts against scikit-learn's optima.

mod support;

use serde::Deserialize;
use tabtune::data::Truth;
use tabtune::train::{LinearFit, LinearProblem};

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
    weight: Vec<f64>,
    bias: Vec<f64>,
}

impl Case {
    fn problem(&self, facts: &Facts) -> LinearProblem {
        let truths: Vec<Truth> = match self.kind.as_str() {
            "classes" => self.truths.iter().map(|&class| Truth::Class(class as usize)).collect(),
            "labels" => {
                let row = |row: &[f64]| Truth::Labels(row.iter().map(|&label| label as f32).collect());
                self.truths.chunks(facts.classes).map(row).collect()
            }
            "numbers" => self.truths.iter().map(|&score| Truth::Score(score as f32)).collect(),
            other => panic!("no kind {other}"),
        };
        let counts = |class: usize| self.truths.iter().filter(|&&truth| truth as usize == class).count() as f64;
        let weight = |class| self.truths.len() as f64 / (facts.classes as f64 * counts(class));
        LinearProblem {
            features: self.features.clone(),
            hidden: facts.hidden,
            outputs: self.bias.len(),
            c: self.c,
            class_weights: if self.balanced { (0..facts.classes).map(weight).collect() } else { Vec::new() },
            truths,
        }
    }
}

#[test]
fn the_optima_are_those_of_scikit_learn() {
    let facts: Facts = support::json("linear.json");
    assert_eq!(facts.cases.len(), 12);
    for case in &facts.cases {
        let mut fit = LinearFit::new(case.problem(&facts));
        let before = fit.loss();
        while fit.advance() {}
        assert!(fit.loss() < before && fit.iterations() > 2, "{} iterations", fit.iterations());
        let head = fit.head();
        // Logistic regression over all classes is the same if one number is added to all biases.
        let shift = if case.kind == "classes" { mean(&head.bias) - mean(&case.bias) } else { 0.0 };
        let biases = head.bias.iter().map(|bias| f64::from(*bias) - shift);
        let got = head.weight.iter().map(|&weight| f64::from(weight)).chain(biases);
        for (got, expected) in got.zip(case.weight.iter().chain(&case.bias)) {
            assert!((got - expected).abs() < 1e-5, "{} C={}: {got} and {expected}", case.kind, case.c);
        }
        let outputs = head.outputs(&case.features[..facts.hidden]);
        assert_eq!(outputs.len(), case.bias.len());
    }
}

fn mean<T: Copy + Into<f64>>(values: &[T]) -> f64 {
    values.iter().map(|&value| value.into()).sum::<f64>() / values.len() as f64
}
