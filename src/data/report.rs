//! The health of a data set in sentences: duplicates, contradictions, leaks, imbalance, thin classes.

use std::collections::{HashMap, HashSet};

use super::dataset::{ClassInfo, Dataset, shorten};
use super::places::Places;

/// A class this many times as large as another one is worth a note.
const IMBALANCE: usize = 10;

/// With fewer training rows than this a class is hardly learned.
const FEW_ROWS: usize = 8;

/// Classes that a sentence names.
const NAMED: usize = 5;

/// What is worth knowing before training, in sentences; empty if all is well.
pub(super) fn notes(dataset: &Dataset) -> Vec<String> {
    let mut notes = repeated_texts(dataset);
    notes.extend(class_sizes(&dataset.classes()));
    if dataset.validation.is_empty() {
        notes.push(
            "No rows are held out for validation, so that nothing will show whether the model learns or only memorises."
                .to_owned(),
        );
    }
    notes
}

fn repeated_texts(dataset: &Dataset) -> Vec<String> {
    let mut rows: Vec<_> = dataset.train.iter().map(|example| (example, true)).collect();
    rows.extend(dataset.validation.iter().map(|example| (example, false)));
    rows.sort_by_key(|(example, _)| example.line);
    let mut first: HashMap<&str, usize> = HashMap::new();
    let (mut repeated, mut contradicting) = (Places::default(), Places::default());
    for (example, _) in &rows {
        match first.get(example.text.as_str()) {
            None => drop(first.insert(&example.text, example.label)),
            Some(&label) if label == example.label => repeated.add(example.line),
            Some(_) => contradicting.add(example.line),
        }
    }
    let train: HashSet<&str> = dataset.train.iter().map(|example| example.text.as_str()).collect();
    let mut leaked = Places::default();
    for example in dataset.validation.iter().filter(|example| train.contains(example.text.as_str())) {
        leaked.add(example.line);
    }
    let sentences = [
        (repeated, "repeats an earlier row, text and label alike", "repeat an earlier row, text and label alike"),
        (
            contradicting,
            "has the text of an earlier row but another label, which no model can learn",
            "have the text of an earlier row but another label, which no model can learn",
        ),
        (
            leaked,
            "held out for validation is also trained on, so that the scores look better than they are",
            "held out for validation are also trained on, so that the scores look better than they are",
        ),
    ];
    sentences
        .iter()
        .filter(|(places, ..)| !places.is_empty())
        .map(|(places, one, many)| places.sentence(one, many))
        .collect()
}

fn class_sizes(classes: &[ClassInfo]) -> Vec<String> {
    let mut notes = Vec::new();
    let largest = classes.iter().max_by_key(|class| class.train);
    let smallest = classes.iter().filter(|class| class.train > 0).min_by_key(|class| class.train);
    if let (Some(largest), Some(smallest)) = (largest, smallest)
        && largest.train >= IMBALANCE * smallest.train
    {
        notes.push(format!(
            "“{}” has {} training rows, “{}” only {}: consider balanced class weights, and watch macro-F1.",
            shorten(&largest.label),
            largest.train,
            shorten(&smallest.label),
            smallest.train
        ));
    }
    let thin: Vec<&ClassInfo> = classes.iter().filter(|class| class.train < FEW_ROWS).collect();
    if !thin.is_empty() {
        let mut named: Vec<String> =
            thin.iter().take(NAMED).map(|class| format!("“{}” ({})", shorten(&class.label), class.train)).collect();
        if thin.len() > NAMED {
            named.push(format!("and {} more", thin.len() - NAMED));
        }
        notes.push(format!(
            "Fewer than {FEW_ROWS} training rows: {}. Such classes are hardly learned; add rows.",
            named.join(", ")
        ));
    }
    notes
}
