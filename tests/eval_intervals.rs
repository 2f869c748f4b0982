//! How sure scores are: intervals of shares as statsmodels has them, and of what rows are drawn for as numpy does.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use tabtune::eval::{Answers, Interval, MultiLabel, Report, Tagging, bootstrap_macro_f1, wilson};

#[derive(Deserialize)]
struct Intervals {
    wilson: Vec<Share>,
    bootstrap: Vec<Table>,
    labels: Vec<Labels>,
    tags: Vec<Tags>,
    answers: Questions,
}

#[derive(Deserialize)]
struct Share {
    right: u64,
    of: u64,
    low: f64,
    high: f64,
}

#[derive(Deserialize)]
struct Table {
    table: Vec<Vec<u64>>,
    #[serde(flatten)]
    expected: Drawn,
}

/// Percentiles of 40,000 draws, and their standard deviation.
#[derive(Deserialize)]
struct Drawn {
    low: f64,
    high: f64,
    deviation: f64,
}

#[derive(Deserialize)]
struct Labels {
    classes: usize,
    truth: Vec<Vec<usize>>,
    given: Vec<Vec<usize>>,
    scores: BTreeMap<String, Drawn>,
}

#[derive(Deserialize)]
struct Tags {
    tags: Vec<String>,
    truth: Vec<Vec<String>>,
    prediction: Vec<Vec<String>>,
    scores: BTreeMap<String, Drawn>,
}

#[derive(Deserialize)]
struct Questions {
    questions: usize,
    scores: BTreeMap<String, Drawn>,
}

/// The questions themselves.
#[derive(Deserialize)]
struct Measured {
    cases: Vec<Question>,
}

#[derive(Deserialize)]
struct Question {
    prediction: String,
    right: Vec<String>,
}

fn fixture<T: DeserializeOwned>(name: &str) -> T {
    let path = format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&std::fs::read(path).expect("the fixture")).expect("its shape")
}

fn intervals() -> Intervals {
    fixture("intervals.json")
}

/// A quantile of 2,000 draws is off by a fifteenth of their deviation, one time in twenty by twice that.
fn near(found: Interval, expected: &Drawn, what: &str) {
    let Drawn { low, high, deviation } = *expected;
    let within = |found: f64, expected: f64| (found - expected).abs() < 0.2 * deviation;
    assert!(within(found.low, low) && within(found.high, high), "{what}: {found:?} instead of {low} to {high}");
}

/// The report has an interval for each of these scores, and for no other.
fn all_near(report: &Report, expected: &BTreeMap<String, Drawn>) {
    let found: BTreeMap<String, Interval> =
        report.intervals.iter().map(|(name, interval)| ((*name).to_owned(), *interval)).collect();
    assert!(found.len() == report.intervals.len() && found.keys().eq(expected.keys()), "{found:?}");
    for (name, interval) in &found {
        near(*interval, &expected[name], name);
        assert!(report.metrics.get(name).is_some_and(|score| interval.low < score && score < interval.high), "{name}");
    }
}

#[test]
fn shares_have_the_intervals_of_statsmodels() {
    let shares = intervals().wilson;
    assert!(shares.len() > 5);
    for Share { right, of, low, high } in shares {
        let found = wilson(right, of).expect("an interval");
        assert!((found.low - low).abs() < 1e-12 && (found.high - high).abs() < 1e-12, "{right} of {of}: {found:?}");
    }
    assert_eq!(wilson(0, 0), None);
}

#[test]
fn macro_f1_is_drawn_as_numpy_draws_it() {
    let tables = intervals().bootstrap;
    assert!(tables.len() > 2);
    for Table { table, expected } in tables {
        let found = bootstrap_macro_f1(&table).expect("an interval");
        assert_eq!(Some(found), bootstrap_macro_f1(&table), "the same rows, the same interval");
        near(found, &expected, "macro-F1");
    }
    assert_eq!(bootstrap_macro_f1(&[vec![0, 0], vec![0, 0]]), None);
}

#[test]
fn rows_with_labels_are_drawn_as_numpy_draws_them() {
    let cases = intervals().labels;
    assert!(cases.len() > 1);
    for Labels { classes, truth, given, scores } in cases {
        let mut rows = MultiLabel::new(classes);
        for (truth, given) in truth.iter().zip(&given) {
            let probabilities: Vec<f64> =
                (0..classes).map(|label| if given.contains(&label) { 0.75 } else { 0.25 }).collect();
            rows.add(&probabilities, truth);
        }
        let labels: Vec<String> = (0..classes).map(|label| label.to_string()).collect();
        let report = Report::multi_label(&labels, 0.0, &rows, 0.5);
        all_near(&report, &scores);
        assert_eq!(report, Report::multi_label(&labels, 0.0, &rows, 0.5), "the same rows, the same intervals");
    }
}

#[test]
fn texts_with_tags_are_drawn_as_numpy_draws_them() {
    let cases = intervals().tags;
    assert_eq!(cases.len(), 2, "each tag for its own word, and entities");
    for Tags { tags, truth, prediction, scores } in cases {
        let mut tagging = Tagging::new(&tags);
        let places = |text: &[String]| -> Vec<usize> {
            text.iter().map(|tag| tags.iter().position(|known| known == tag).expect("a tag")).collect()
        };
        for (truth, prediction) in truth.iter().zip(&prediction) {
            tagging.add(&places(truth), &places(prediction));
        }
        all_near(&Report::tokens(0.0, &tagging), &scores);
    }
}

#[test]
fn questions_are_drawn_as_numpy_draws_them() {
    let Questions { questions, scores } = intervals().answers;
    let mut answers = Answers::default();
    for case in &fixture::<Measured>("metrics_answers.json").cases[..questions] {
        answers.add(&case.prediction, &case.right.iter().map(String::as_str).collect::<Vec<_>>());
    }
    all_near(&Report::answers(0.0, &answers), &scores);
}

#[test]
fn without_rows_nothing_is_sure_and_one_row_is_all_that_is_drawn() {
    let labels = ["a".to_owned(), "B-X".to_owned()];
    for report in [
        Report::multi_label(&labels, 0.0, &MultiLabel::new(2), 0.5),
        Report::tokens(0.0, &Tagging::new(&labels)),
        Report::tokens(0.0, &Tagging::new(&labels[..1])),
        Report::answers(0.0, &Answers::default()),
    ] {
        assert_eq!(report.intervals, [], "{:?}", report.task);
    }
    let mut row = MultiLabel::new(2);
    row.add(&[0.75, 0.75], &[0]);
    let (micro, half) = (2.0 / 3.0, 0.5);
    let at = |score| Interval { low: score, high: score };
    assert_eq!(row.intervals(0.5), Some([at(micro), at(half), at(micro)]));
}
