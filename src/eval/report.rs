//! What is reported of an evaluation, for every task: loss and scores, and where there are classes, each of them.

use serde::Serialize;

use super::answers::Answers;
use super::confusion::Confusion;
use super::counts::Counts;
use super::interval::{Interval, bootstrap_macro_f1, wilson};
use super::metrics::Metrics;
use super::multi_label::MultiLabel;
use super::probability::perplexity;
use super::ranking::Retrieval;
use super::regression::Regression;
use super::tagging::Tagging;
use crate::task::Task;

/// The scores of one class, label or type of entity.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassReport {
    /// Its label.
    pub label: String,
    /// Share of right answers among those that named it.
    pub precision: f64,
    /// Share of its rows, words or entities that were recognised.
    pub recall: f64,
    /// Harmonic mean of the two.
    pub f1: f64,
    /// Its rows, words or entities.
    pub support: u64,
    /// Area under precision over recall; `None` where labels exclude one another or no row has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub average_precision: Option<f64>,
}

/// Everything that an evaluation shows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// What the model was asked.
    pub task: Task,
    /// Labels in the order of rows and columns; empty where the task has none.
    pub labels: Vec<String>,
    /// Counts; rows truth, columns prediction. `None` where labels do not exclude one another, or there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confusion: Option<Vec<Vec<u64>>>,
    /// The classes in the order of the labels; for entities their types in alphabetical order.
    pub per_class: Vec<ClassReport>,
    /// The scores over all rows.
    pub metrics: Metrics,
    /// From which probability on a label was given, where labels do not exclude one another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
    /// 95 % intervals of scores by name, of those for which one must know what each row came to: a twentieth of a
    /// millisecond per row. Not in JSON.
    #[serde(skip)]
    pub intervals: Vec<(&'static str, Interval)>,
}

impl Report {
    /// One label of several. Scores: accuracy, macro-F1.
    ///
    /// # Panics
    ///
    /// There is not one label per class.
    pub fn classification(labels: &[String], loss: f64, confusion: &Confusion) -> Self {
        let scores = vec![("accuracy", confusion.accuracy()), ("macro_f1", confusion.macro_f1())];
        Self {
            labels: labels.to_vec(),
            confusion: Some(confusion.rows()),
            per_class: per_class(labels, confusion),
            ..Self::bare(Task::Classification, loss, scores)
        }
    }

    /// Any number of labels, given from this probability on. Scores: micro-, macro- and samples-F1, average precision
    /// (the mean over the labels that some row has), subset accuracy.
    ///
    /// # Panics
    ///
    /// There is not one label per class.
    pub fn multi_label(labels: &[String], loss: f64, rows: &MultiLabel, threshold: f64) -> Self {
        assert_eq!(labels.len(), rows.classes(), "labels and classes");
        let reached = rows.at(threshold);
        let of_label = |(class, label): (usize, &String)| ClassReport {
            average_precision: rows.average_precision(class),
            ..ClassReport::new(label, reached.per_label[class])
        };
        let per_class: Vec<ClassReport> = labels.iter().enumerate().map(of_label).collect();
        let scores = vec![
            ("micro_f1", reached.micro_f1()),
            ("macro_f1", reached.macro_f1()),
            ("samples_f1", reached.samples_f1),
            ("average_precision", rows.macro_average_precision().unwrap_or(f64::NAN)),
            ("subset_accuracy", reached.subset_accuracy),
        ];
        Self {
            labels: labels.to_vec(),
            per_class,
            threshold: Some(threshold),
            intervals: named(["micro_f1", "macro_f1", "samples_f1"], rows.intervals(threshold)),
            ..Self::bare(Task::MultiLabel, loss, scores)
        }
    }

    /// Numbers. Scores, those first that say most: R², which a right order of wrong numbers does not raise, MAE, Spearman,
    /// Pearson, RMSE, MSE.
    pub fn regression(loss: f64, numbers: &Regression) -> Self {
        let scores = vec![
            ("r2", numbers.r2.unwrap_or(f64::NAN)),
            ("mae", numbers.mae),
            ("spearman", numbers.spearman.unwrap_or(f64::NAN)),
            ("pearson", numbers.pearson.unwrap_or(f64::NAN)),
            ("rmse", numbers.rmse),
            ("mse", numbers.mse),
        ];
        Self::bare(Task::Regression, loss, scores)
    }

    /// Tags of words. Where they tell entities: F1, precision and recall over all entities, accuracy over words, mean
    /// of the types' F1; `per_class` holds the types. Where each tag stands for its own word: accuracy and macro-F1
    /// over words; `per_class` holds the tags. The confusion matrix counts words either way.
    pub fn tokens(loss: f64, tags: &Tagging) -> Self {
        let (words, entities) = (tags.words(), tags.entities());
        let mut intervals = named(["accuracy", "macro_f1"], tags.word_intervals());
        let (scores, per_class) = if tags.is_plain() {
            let scores = vec![("accuracy", words.accuracy()), ("macro_f1", words.macro_f1())];
            (scores, per_class(tags.labels(), words))
        } else {
            intervals.truncate(1);
            intervals.extend(named(["f1", "precision", "recall", "macro_f1"], entities.intervals()));
            let all = entities.micro();
            let scores = vec![
                ("f1", all.f1),
                ("precision", all.precision),
                ("recall", all.recall),
                ("accuracy", entities.accuracy()),
                ("macro_f1", entities.macro_average().f1),
            ];
            (scores, entities.kinds().map(|(kind, counts)| ClassReport::new(kind, counts)).collect())
        };
        Self {
            labels: tags.labels().to_vec(),
            confusion: Some(words.rows()),
            per_class,
            intervals,
            ..Self::bare(Task::Tokens, loss, scores)
        }
    }

    /// Answers to questions. Scores: F1 over words, exact match.
    pub fn answers(loss: f64, answers: &Answers) -> Self {
        let scores = vec![("f1", answers.f1()), ("exact_match", answers.exact_match())];
        let intervals = named(["f1"], answers.interval().map(|f1| [f1]));
        Self { intervals, ..Self::bare(Task::Answers, loss, scores) }
    }

    /// Texts that belong together found among others. Scores: accuracy, accuracy within the first 10, mean reciprocal
    /// rank.
    pub fn retrieval(loss: f64, found: &Retrieval) -> Self {
        let scores = vec![
            ("accuracy", found.accuracy_at(1)),
            ("accuracy_at_10", found.accuracy_at(10)),
            ("mean_reciprocal_rank", found.mean_reciprocal_rank()),
        ];
        Self::bare(Task::Embedding, loss, scores)
    }

    /// Similarities of pairs of texts against those that people gave. Scores: Spearman, Pearson.
    pub fn similarity(loss: f64, given: &[f64], cosines: &[f64]) -> Self {
        let numbers = Regression::of(given, cosines);
        let scores =
            vec![("spearman", numbers.spearman.unwrap_or(f64::NAN)), ("pearson", numbers.pearson.unwrap_or(f64::NAN))];
        Self::bare(Task::Embedding, loss, scores)
    }

    /// Words that were hidden. Score: perplexity, from the mean loss of a hidden word.
    pub fn language(loss: f64) -> Self {
        Self::bare(Task::Language, loss, vec![("perplexity", perplexity(loss))])
    }

    /// From where to where a score lies with a confidence of 95 %, and how that was found; `compared` is how many rows a share
    /// among the scores counts.
    ///
    /// Shares of rows that are right have Wilson's interval; macro-F1 of classes is resampled from the confusion matrix, which
    /// holds every row's outcome; [`Report::intervals`] has those for which rows were drawn while their outcomes were at hand.
    /// Of other scores nobody knows what a row came to.
    pub fn interval(&self, name: &str, compared: usize) -> Option<(Interval, &'static str)> {
        let of_rows = match self.task {
            Task::Classification | Task::Embedding => matches!(name, "accuracy" | "accuracy_at_10"),
            Task::MultiLabel => name == "subset_accuracy",
            Task::Answers => name == "exact_match",
            Task::Regression | Task::Tokens | Task::Language => false,
        };
        if of_rows {
            let (_, share) = self.metrics.scores.iter().find(|(held, _)| *held == name)?;
            let right = (share * compared as f64).round() as u64;
            return wilson(right, compared as u64).map(|interval| (interval, "Wilson"));
        }
        if let Some((_, interval)) = self.intervals.iter().find(|(held, _)| *held == name) {
            return Some((*interval, "bootstrap"));
        }
        let is_of_classes = self.task == Task::Classification && name == "macro_f1";
        let confusion = self.confusion.as_ref().filter(|_| is_of_classes)?;
        bootstrap_macro_f1(confusion).map(|interval| (interval, "bootstrap"))
    }

    fn bare(task: Task, loss: f64, scores: Vec<(&'static str, f64)>) -> Self {
        let metrics = Metrics { loss, scores };
        Self {
            task,
            labels: Vec::new(),
            confusion: None,
            per_class: Vec::new(),
            metrics,
            threshold: None,
            intervals: Vec::new(),
        }
    }
}

/// Intervals with the names of their scores.
fn named<const N: usize>(names: [&'static str; N], found: Option<[Interval; N]>) -> Vec<(&'static str, Interval)> {
    found.map(|found| names.into_iter().zip(found).collect()).unwrap_or_default()
}

impl ClassReport {
    fn new(label: &str, counts: Counts) -> Self {
        Self {
            label: label.to_owned(),
            precision: counts.precision(),
            recall: counts.recall(),
            f1: counts.f1(),
            support: counts.support,
            average_precision: None,
        }
    }
}

fn per_class(labels: &[String], confusion: &Confusion) -> Vec<ClassReport> {
    assert_eq!(labels.len(), confusion.classes(), "labels and classes");
    labels.iter().enumerate().map(|(class, label)| ClassReport::new(label, confusion.class(class))).collect()
}
