//! The scores of every task but the single label against scikit-learn, scipy, seqeval, transformers and torch.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use tabtune::eval::{
    self, Answers, EntityCounts, MultiLabel, Regression, Retrieval, Scheme, binary_cross_entropy, cosine, entities,
    entities_of, normalise, score_answer, sigmoid,
};

fn fixture<T: DeserializeOwned>(name: &str) -> T {
    let path = format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&std::fs::read(path).expect("the fixture")).expect("its shape")
}

/// Relative to the number itself.
fn same(found: f64, expected: f64, what: &str) {
    assert!((found - expected).abs() <= 1e-12 * expected.abs(), "{what}: {found} instead of {expected}");
}

/// Relative to 1, which correlations, cosines and R² are differences of: near 0 digits cancel, here and there.
fn near(found: Option<f64>, expected: Option<f64>, what: &str) {
    match (found, expected) {
        (Some(found), Some(expected)) => {
            assert!((found - expected).abs() <= 1e-12 * expected.abs().max(1.0), "{what}: {found}, not {expected}");
        }
        _ => assert_eq!(found, expected, "{what}"),
    }
}

#[derive(Deserialize)]
struct Labels {
    cases: Vec<LabelCase>,
    logits: Vec<LogitCase>,
}

#[derive(Deserialize)]
struct LabelCase {
    probabilities: Vec<Vec<f64>>,
    truth: Vec<Vec<usize>>,
    threshold: f64,
    precision: Vec<f64>,
    recall: Vec<f64>,
    f1: Vec<f64>,
    support: Vec<u64>,
    micro_f1: f64,
    macro_f1: f64,
    samples_f1: f64,
    subset_accuracy: f64,
    average_precision: Vec<Option<f64>>,
    macro_average_precision: Option<f64>,
    best_threshold: f64,
}

#[derive(Deserialize)]
struct LogitCase {
    logits: Vec<f32>,
    truth: Vec<usize>,
    probabilities: Vec<f64>,
    loss: f64,
}

#[test]
fn many_labels_score_as_in_scikit_learn() {
    let cases = fixture::<Labels>("metrics_multi_label.json").cases;
    assert!(cases.len() > 200);
    for case in cases {
        let mut rows = MultiLabel::new(case.f1.len());
        for (probabilities, truth) in case.probabilities.iter().zip(&case.truth) {
            rows.add(probabilities, truth);
        }
        let scores = rows.at(case.threshold);
        same(scores.micro_f1(), case.micro_f1, "micro-F1");
        same(scores.macro_f1(), case.macro_f1, "macro-F1");
        same(scores.samples_f1, case.samples_f1, "samples-F1");
        same(scores.subset_accuracy, case.subset_accuracy, "subset accuracy");
        for (label, counts) in scores.per_label.iter().enumerate() {
            same(counts.precision(), case.precision[label], "precision");
            same(counts.recall(), case.recall[label], "recall");
            same(counts.f1(), case.f1[label], "F1");
            assert_eq!(counts.support, case.support[label]);
            near(rows.average_precision(label), case.average_precision[label], "average precision");
        }
        near(rows.macro_average_precision(), case.macro_average_precision, "its mean");
        same(rows.best_threshold(), case.best_threshold, "best threshold");
    }
}

#[test]
fn a_threshold_separates_neighbours_that_have_no_number_between_them() {
    let above = 0.5_f64.next_up();
    let mut rows = MultiLabel::new(1);
    rows.add(&[above], &[0]);
    rows.add(&[0.5], &[]);
    assert_eq!(rows.best_threshold(), above);
    assert_eq!(rows.at(above).micro_f1(), 1.0);
}

#[test]
fn many_labels_without_rows_or_with_nan_stay_defined() {
    let mut rows = MultiLabel::new(2);
    let nothing = rows.at(0.5);
    assert_eq!([nothing.micro_f1(), nothing.macro_f1(), nothing.samples_f1, nothing.subset_accuracy], [0.0; 4]);
    assert_eq!((rows.best_threshold(), rows.macro_average_precision()), (0.5, None));
    rows.add(&[f64::NAN, f64::NAN], &[1]);
    assert_eq!(rows.at(0.0).micro_f1(), 0.0);
    assert_eq!(rows.best_threshold(), 0.5);
    rows.add(&[0.25, 0.125], &[0]);
    assert_eq!(rows.best_threshold(), (0.25 + 0.125) / 2.0);
}

#[test]
fn labels_on_their_own_have_the_loss_that_torch_gives() {
    for case in fixture::<Labels>("metrics_multi_label.json").logits {
        for (&logit, &expected) in case.logits.iter().zip(&case.probabilities) {
            same(sigmoid(logit), expected, "probability");
        }
        same(binary_cross_entropy(&case.logits, &case.truth), case.loss, "loss");
    }
    assert_eq!(binary_cross_entropy(&[], &[]), 0.0);
    assert_eq!((sigmoid(f32::MIN), sigmoid(f32::MAX)), (0.0, 1.0));
    assert_eq!(binary_cross_entropy(&[f32::MAX, f32::MIN], &[0]), 0.0);
}

#[derive(Deserialize)]
struct Numbers {
    cases: Vec<NumberCase>,
}

#[derive(Deserialize)]
struct NumberCase {
    truth: Vec<f64>,
    prediction: Vec<f64>,
    mse: f64,
    rmse: f64,
    mae: f64,
    r2: Option<f64>,
    pearson: Option<f64>,
    spearman: Option<f64>,
    ranks: Vec<f64>,
}

#[test]
fn numbers_score_as_in_scikit_learn_and_scipy() {
    let cases = fixture::<Numbers>("metrics_regression.json").cases;
    assert!(cases.iter().filter(|case| case.pearson.is_none()).count() > 20);
    for case in cases {
        let found = Regression::of(&case.truth, &case.prediction);
        same(found.mse, case.mse, "MSE");
        same(found.rmse, case.rmse, "RMSE");
        same(found.mae, case.mae, "MAE");
        near(found.r2, case.r2, "R²");
        near(found.pearson, case.pearson, "Pearson");
        near(found.spearman, case.spearman, "Spearman");
        assert_eq!(eval::ranks(&case.prediction), case.ranks);
    }
}

#[test]
fn numbers_that_are_none_leave_no_correlation() {
    let nothing = Regression::of(&[], &[]);
    assert_eq!((nothing.mse, nothing.mae, nothing.r2, nothing.pearson, nothing.spearman), (0.0, 0.0, None, None, None));
    for odd in [f64::NAN, f64::INFINITY, f64::MAX] {
        let found = Regression::of(&[1.0, 2.0, 3.0], &[1.0, odd, -odd]);
        assert!(!found.mse.is_finite());
        assert_eq!(found.r2, None);
    }
    let found = Regression::of(&[1.0, 2.0, 3.0], &[1.0, f64::NAN, 2.0]);
    assert_eq!((found.pearson, found.spearman), (None, None));
}

#[derive(Deserialize)]
struct Tags {
    cases: Vec<TagCase>,
    bilou: Vec<TagCase>,
}

#[derive(Deserialize)]
struct TagCase {
    truth: Vec<Vec<String>>,
    prediction: Vec<Vec<String>>,
    entities: Vec<Vec<(String, usize, usize)>>,
    accuracy: f64,
    kinds: Vec<(String, Figures)>,
    micro: Figures,
    #[serde(rename = "macro")]
    average: Figures,
}

#[derive(Deserialize)]
struct Figures {
    precision: f64,
    recall: f64,
    f1: f64,
    support: u64,
}

impl Figures {
    fn check(&self, precision: f64, recall: f64, f1: f64) {
        same(precision, self.precision, "precision");
        same(recall, self.recall, "recall");
        same(f1, self.f1, "F1");
    }
}

fn check_entities(cases: &[TagCase], scheme: Scheme) {
    for case in cases {
        let mut counts = EntityCounts::of(scheme);
        for ((truth, prediction), expected) in case.truth.iter().zip(&case.prediction).zip(&case.entities) {
            let truth: Vec<&str> = truth.iter().map(String::as_str).collect();
            let prediction: Vec<&str> = prediction.iter().map(String::as_str).collect();
            counts.add(&truth, &prediction);
            let found = entities_of(scheme, &truth);
            let found: Vec<_> =
                found.iter().map(|entity| (entity.kind.to_owned(), entity.first, entity.last)).collect();
            assert_eq!(&found, expected, "{truth:?}");
        }
        same(counts.accuracy(), case.accuracy, "accuracy");
        assert_eq!(
            counts.kinds().map(|(kind, counts)| (kind, counts.support)).collect::<Vec<_>>(),
            case.kinds.iter().map(|(kind, figures)| (kind.as_str(), figures.support)).collect::<Vec<_>>(),
        );
        for ((_, counts), (_, expected)) in counts.kinds().zip(&case.kinds) {
            expected.check(counts.precision(), counts.recall(), counts.f1());
        }
        let (micro, average) = (counts.micro(), counts.macro_average());
        case.micro.check(micro.precision, micro.recall, micro.f1);
        case.average.check(average.precision, average.recall, average.f1);
    }
}

#[test]
fn entities_score_as_in_seqeval() {
    let fixture = fixture::<Tags>("metrics_entities.json");
    assert!(fixture.cases.len() > 300 && fixture.bilou.len() > 40);
    check_entities(&fixture.cases, Scheme::Plain);
    check_entities(&fixture.bilou, Scheme::Bilou);
    assert_eq!(entities(&["", "B-X", ""]), [eval::Entity { kind: "X", first: 1, last: 1 }]);
}

#[test]
fn tags_tell_their_scheme() {
    let of = |tags: &[&str]| Scheme::of(&tags.iter().map(|&tag| tag.to_owned()).collect::<Vec<_>>());
    assert_eq!(of(&["O", "B-X", "I-X", "L-X", "U-X"]), Scheme::Bilou);
    assert_eq!(of(&["O", "U-X"]), Scheme::Bilou);
    assert_eq!(of(&["O", "B-X", "I-X"]), Scheme::Plain);
    assert_eq!(of(&["O", "B-X", "E-X", "S-X", "U-X"]), Scheme::Plain, "a stray tag makes no other scheme");
    // Two words, each an entity of its own, of which the second is missed.
    let labels = ["O", "U-X"].map(str::to_owned);
    let mut tagging = eval::Tagging::new(&labels);
    tagging.add(&[1, 1], &[1, 0]);
    assert_eq!(tagging.entities().micro(), eval::Scores { precision: 1.0, recall: 0.5, f1: 2.0 / 3.0 });
}

#[derive(Deserialize)]
struct Questions {
    cases: Vec<QuestionCase>,
}

#[derive(Deserialize)]
struct QuestionCase {
    prediction: String,
    right: Vec<String>,
    normal: String,
    exact: bool,
    f1: f64,
}

#[test]
fn answers_score_as_in_transformers() {
    let cases = fixture::<Questions>("metrics_answers.json").cases;
    assert!(cases.len() > 800);
    let (mut all, mut exact, mut f1) = (Answers::default(), 0.0, 0.0);
    for case in &cases {
        let right: Vec<&str> = case.right.iter().map(String::as_str).collect();
        assert_eq!(normalise(&case.prediction), case.normal, "{:?}", case.prediction);
        let found = score_answer(&case.prediction, &right);
        assert_eq!(found.exact, case.exact, "{:?} for {right:?}", case.prediction);
        same(found.f1, case.f1, &case.prediction);
        all.add(&case.prediction, &right);
        exact += f64::from(u8::from(case.exact));
        f1 += case.f1;
    }
    same(all.exact_match(), exact / cases.len() as f64, "exact match");
    same(all.f1(), f1 / cases.len() as f64, "mean F1");
    assert_eq!((Answers::default().exact_match(), Answers::default().f1()), (0.0, 0.0));
}

#[derive(Deserialize)]
struct Rankings {
    cases: Vec<RankingCase>,
    cosines: Vec<Pair>,
}

#[derive(Deserialize)]
struct RankingCase {
    similarities: Vec<Vec<f64>>,
    ranks: Vec<usize>,
    accuracy_at: Vec<(usize, f64)>,
    mean_reciprocal_rank: f64,
}

#[derive(Deserialize)]
struct Pair {
    a: Vec<f32>,
    b: Vec<f32>,
    cosine: f64,
}

#[test]
fn rankings_and_cosines_are_those_of_scikit_learn() {
    let fixture = fixture::<Rankings>("metrics_ranking.json");
    assert!(fixture.cases.len() > 100);
    for case in fixture.cases {
        let found = Retrieval::of_matrix(&case.similarities);
        assert_eq!(found.ranks(), case.ranks);
        for (k, share) in case.accuracy_at {
            same(found.accuracy_at(k), share, "accuracy");
        }
        same(found.mean_reciprocal_rank(), case.mean_reciprocal_rank, "mean reciprocal rank");
    }
    for pair in fixture.cosines {
        near(Some(cosine(&pair.a, &pair.b)), Some(pair.cosine), "cosine");
    }
    let mut odd = Retrieval::default();
    assert_eq!((odd.accuracy_at(1), odd.mean_reciprocal_rank()), (0.0, 0.0));
    odd.add(&[f64::NAN, 0.0, 0.5], 0);
    odd.add(&[f64::NAN, 0.0, 0.5], 2);
    assert_eq!(odd.ranks(), [3, 2], "NaN counts against the right one on either side");
}
