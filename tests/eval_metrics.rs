//! Scores of a single label against scikit-learn's, cross-entropy against closed forms, and the shape of reports.

use serde::Deserialize;
use tabtune::Task;
use tabtune::eval::{
    Answers, Confusion, Metrics, MultiLabel, Regression, Report, Retrieval, Tagging, cross_entropy, perplexity,
    softmax, words,
};

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
    let report = Report::classification(&labels(), 0.25, &Confusion::of(2, &[0, 0, 1, 1], &[0, 1, 1, 1]));
    assert_eq!(
        serde_json::to_string(&report).expect("it serialises"),
        concat!(
            r#"{"task":"classification","labels":["ham","spam"],"confusion":[[1,1],[0,2]],"per_class":["#,
            r#"{"label":"ham","precision":1.0,"recall":0.5,"f1":0.6666666666666666,"support":2},"#,
            r#"{"label":"spam","precision":0.6666666666666666,"recall":1.0,"f1":0.8,"support":2}],"#,
            r#""metrics":{"loss":0.25,"accuracy":0.75,"macro_f1":0.7333333333333334}}"#,
        )
    );
}

#[test]
fn a_report_of_many_labels_tells_its_threshold_and_leaves_out_what_it_has_not() {
    let mut rows = MultiLabel::new(2);
    rows.add(&[0.75, 0.25], &[0]);
    rows.add(&[0.25, 0.5], &[]);
    let report = Report::multi_label(&labels(), 0.5, &rows, 0.5);
    assert_eq!(
        serde_json::to_value(&report).expect("it serialises"),
        serde_json::json!({
            "task": "multi_label",
            "labels": ["ham", "spam"],
            "per_class": [
                {"label": "ham", "precision": 1.0, "recall": 1.0, "f1": 1.0, "support": 1, "average_precision": 1.0},
                {"label": "spam", "precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 0},
            ],
            "metrics": {
                "loss": 0.5, "micro_f1": 2.0 / 3.0, "macro_f1": 0.5, "samples_f1": 0.5, "average_precision": 1.0,
                "subset_accuracy": 0.5,
            },
            "threshold": 0.5,
        })
    );
}

#[test]
fn tags_are_reported_as_entities_or_word_by_word() {
    let named = |tags: &[&str]| tags.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>();
    let mut entities = Tagging::new(&named(&["O", "B-PER", "I-PER", "B-LOC"]));
    entities.add(&[1, 2, 0, 3], &[1, 2, 0, 0]);
    entities.add(&[1, 2], &[1, 1]);
    let report = Report::tokens(0.5, &entities);
    let kinds: Vec<(&str, u64)> = report.per_class.iter().map(|kind| (kind.label.as_str(), kind.support)).collect();
    assert_eq!(kinds, [("LOC", 1), ("PER", 2)]);
    assert_eq!(report.metrics.main(), Some(("f1", 2.0 / 6.0)));
    assert_eq!(report.metrics.get("accuracy"), Some(4.0 / 6.0));
    assert_eq!(report.confusion.as_ref().map(Vec::len), Some(4));

    let mut plain = Tagging::new(&named(&["NOUN", "VERB"]));
    plain.add(&[0, 1, 1], &[0, 1, 0]);
    let report = Report::tokens(0.5, &plain);
    assert_eq!(report.metrics.main(), Some(("accuracy", 2.0 / 3.0)));
    assert_eq!(report.per_class.iter().map(|tag| tag.label.as_str()).collect::<Vec<_>>(), ["NOUN", "VERB"]);
    assert_eq!(report.metrics.get("f1"), None);
}

/// One report of each task and shape.
fn reports() -> Vec<Report> {
    let bio = ["B-X".to_owned()];
    vec![
        Report::classification(&labels(), 0.1, &Confusion::new(2)),
        Report::multi_label(&labels(), 0.1, &MultiLabel::new(2), 0.5),
        Report::regression(0.1, &Regression::of(&[1.0, 2.0], &[1.0, 1.0])),
        Report::tokens(0.1, &Tagging::new(&labels())),
        Report::tokens(0.1, &Tagging::new(&bio)),
        Report::answers(0.1, &Answers::default()),
        Report::retrieval(0.1, &Retrieval::default()),
        Report::similarity(0.1, &[0.0, 1.0], &[0.5, 0.75]),
        Report::language(0.1),
    ]
}

#[test]
fn every_task_has_a_report_whose_scores_have_words() {
    let mut reported = Vec::new();
    for report in reports() {
        reported.push(report.task);
        let json = serde_json::to_value(&report).expect("it serialises");
        let object = json["metrics"].as_object().expect("an object");
        assert_eq!(object.keys().next().map(String::as_str), Some("loss"));
        assert!(object.keys().all(|name| words::describe(name).is_some()), "{object:?}");
        assert!(!report.metrics.scores.is_empty());
    }
    assert!(Task::ALL.iter().all(|(_, task)| reported.contains(task)));
    let mut names: Vec<&str> = words::SCORES.iter().map(|score| score.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), words::SCORES.len());
}

#[test]
fn scores_are_compared_in_the_direction_that_is_better() {
    let metrics = |loss: f64, spearman: f64| Metrics { loss, scores: vec![("spearman", spearman), ("mse", loss)] };
    let (worse, better, undefined) = (metrics(0.5, 0.1), metrics(0.4, 0.2), metrics(0.45, f64::NAN));
    for name in ["loss", "spearman", "mse", "accuracy"] {
        assert!(better.beat(&worse, name) && !worse.beat(&better, name) && !better.beat(&better, name), "{name}");
    }
    let (early, late) = (metrics(0.5, 0.2), metrics(0.4, 0.2));
    assert!(late.beat(&early, "spearman") && !early.beat(&late, "spearman"), "among equals the lower loss");
    assert!(early.compare(&late, "spearman").is_eq() && late.compare(&early, "mse").is_gt());
    assert!(worse.beat(&undefined, "spearman") && !undefined.beat(&worse, "spearman"));
    assert!(!undefined.beat(&undefined, "spearman"));
    assert_eq!((undefined.main(), undefined.get("spearman"), undefined.get("loss")), (None, None, Some(0.45)));
    assert_eq!(serde_json::json!(undefined), serde_json::json!({"loss": 0.45, "spearman": null, "mse": 0.45}));
    assert!(!words::higher_is_better("perplexity") && words::higher_is_better("accuracy"));
    let error = |value| words::describe("mse").expect("a score").show(value);
    assert_eq!(
        [0.25, 12345.5, 20_063_587.27, 3.14159e-6, 0.0].map(error),
        ["0.250", "12345.500", "20063587", "3.142e-6", "0.000"]
    );
    assert_eq!(words::describe("r2").expect("a score").show(0.0004), "0.000");
    close(perplexity(0.0), 1.0);
    close(Report::language(3.0_f64.ln()).metrics.get("perplexity").expect("it is defined"), 3.0);
}

fn labels() -> [String; 2] {
    ["ham", "spam"].map(str::to_owned)
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
