//! Scores against scikit-learn's, cross-entropy against closed forms.

use serde::Deserialize;
use tabtune::eval::{Confusion, Report, cross_entropy, softmax};

#[derive(Deserialize)]
struct Fixture {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    classes: usize,
    truth: Vec<usize>,
    prediction: Vec<usize>,
    accuracy: f64,
    macro_f1: f64,
    weighted_f1: f64,
    balanced_accuracy: f64,
    precision: Vec<f64>,
    recall: Vec<f64>,
    f1: Vec<f64>,
    confusion: Vec<Vec<u64>>,
}

fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-12, "{found} instead of {expected}");
}

#[test]
fn scores_are_those_of_scikit_learn() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/metrics.json");
    let fixture: Fixture = serde_json::from_slice(&std::fs::read(path).expect("the fixture")).expect("its shape");
    assert!(!fixture.cases.is_empty());
    for case in fixture.cases {
        let confusion = Confusion::of(case.classes, &case.truth, &case.prediction);
        assert_eq!(confusion.rows(), case.confusion);
        close(confusion.accuracy(), case.accuracy);
        close(confusion.macro_f1(), case.macro_f1);
        close(confusion.weighted_f1(), case.weighted_f1);
        close(confusion.balanced_accuracy(), case.balanced_accuracy);
        for class in 0..case.classes {
            close(confusion.precision(class), case.precision[class]);
            close(confusion.recall(class), case.recall[class]);
            close(confusion.f1(class), case.f1[class]);
        }
    }
}

#[test]
fn no_answers_give_zeros() {
    let confusion = Confusion::new(3);
    let scores = [
        confusion.accuracy(),
        confusion.macro_f1(),
        confusion.weighted_f1(),
        confusion.balanced_accuracy(),
        confusion.f1(2),
    ];
    assert_eq!(scores, [0.0; 5]);
}

#[test]
fn a_report_has_the_shape_that_the_page_expects() {
    let labels = ["ham", "spam"].map(str::to_owned);
    let report = Report::new(&labels, 0.25, &Confusion::of(2, &[0, 0, 1, 1], &[0, 1, 1, 1]));
    let json = serde_json::to_value(&report).expect("it serialises");
    assert_eq!(json["labels"], serde_json::json!(["ham", "spam"]));
    assert_eq!(json["confusion"], serde_json::json!([[1, 1], [0, 2]]));
    assert_eq!(
        json["per_class"][0],
        serde_json::json!({"label": "ham", "precision": 1.0, "recall": 0.5, "f1": 2.0 / 3.0, "support": 2})
    );
    assert_eq!(
        json["metrics"],
        serde_json::json!({"loss": 0.25, "accuracy": 0.75, "macro_f1": (2.0 / 3.0 + 0.8) / 2.0})
    );
}

#[test]
fn probabilities_and_loss_stay_finite_at_any_size() {
    close(cross_entropy(&[0.0, 0.0, 0.0, 0.0], 2), 4.0_f64.ln());
    close(cross_entropy(&[1.0, 3.0], 0), (1.0 + 2.0_f64.exp()).ln());
    close(cross_entropy(&[1e30, -1e30], 0), 0.0);
    assert_eq!(cross_entropy(&[3e38, -3e38], 1), f64::from(3e38_f32) + f64::from(3e38_f32));
    close(cross_entropy(&[-1000.0, -1000.0], 1), 2.0_f64.ln());
    for logits in [&[1000.0, 1001.0, -1000.0][..], &[-3e38, 3e38], &[0.5]] {
        let probabilities = softmax(logits);
        close(probabilities.iter().sum(), 1.0);
        assert!(probabilities.iter().all(|share| (0.0..=1.0).contains(share)));
        let likeliest = softmax(logits).iter().copied().fold(0.0, f64::max);
        let largest = logits.iter().copied().fold(f32::MIN, f32::max);
        let place = logits.iter().position(|&logit| logit == largest).expect("there is one");
        assert_eq!(probabilities[place], likeliest);
    }
    assert!(softmax(&[f32::NAN, 0.0]).iter().all(|share| share.is_nan()));
}
