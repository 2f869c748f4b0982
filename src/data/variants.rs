//! Labels and texts that hardly are what was meant: the same one written in two ways, or a word for a missing one.

use std::collections::BTreeMap;

use super::dataset::Dataset;
use super::examples::shorten;
use super::target::{Example, Target};
use super::words;
use crate::task::Task;

/// Groups of labels that are named; the rest is only counted.
const NAMED: usize = 3;

/// What is to be said of them, in sentences.
pub(super) fn notes(dataset: &Dataset) -> Vec<String> {
    if !matches!(dataset.task, Task::Classification | Task::MultiLabel) {
        return missing_texts(dataset).into_iter().collect();
    }
    let mut notes: Vec<String> = alike(&dataset.labels).into_iter().collect();
    notes.extend(missing_labels(dataset));
    notes.extend(missing_texts(dataset));
    notes
}

/// Labels that differ only in case, or are the same number.
fn alike(labels: &[String]) -> Option<String> {
    let mut groups: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for label in labels {
        let number = label.parse::<f64>().ok().filter(|number| number.is_finite());
        // -0 and 0 are the same number, too.
        let key = number.map_or_else(|| label.to_lowercase(), |number| (number + 0.0).to_string());
        groups.entry(key).or_default().push(label);
    }
    let several: Vec<&Vec<&str>> = groups.values().filter(|group| group.len() > 1).collect();
    let named: Vec<String> = several.iter().take(NAMED).map(|group| listed(group.iter().copied(), "and")).collect();
    let more = match several.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(", and so do {more} more"),
    };
    (!named.is_empty()).then(|| {
        format!(
            "{} differ only in how they are written{more}, and are learnt as labels of their own. Write them alike if they are \
             the same.",
            named.join("; ")
        )
    })
}

/// `“a”, “b” and “c”`.
fn listed<'a>(words: impl Iterator<Item = &'a str>, joined: &str) -> String {
    let mut quoted: Vec<String> = words.map(|word| format!("“{}”", shorten(word))).collect();
    let last = quoted.pop().unwrap_or_default();
    if quoted.is_empty() { last } else { format!("{} {joined} {last}", quoted.join(", ")) }
}

fn missing_labels(dataset: &Dataset) -> Option<String> {
    let classes = dataset.classes();
    let missing: Vec<_> = classes.iter().filter(|class| words::is_missing(&class.label)).collect();
    let rows = missing.iter().map(|class| class.train + class.validation).sum();
    match missing.as_slice() {
        [] => None,
        some => Some(looks_missing("label", &listed(some.iter().map(|class| class.label.as_str()), "or"), rows)),
    }
}

/// Texts that are nothing but such a word.
fn missing_texts(dataset: &Dataset) -> Option<String> {
    // Single words are texts of their own where each has a tag.
    let examples = || dataset.train.iter().chain(&dataset.validation);
    let missing = |example: &&Example| {
        !matches!(example.target, Target::Words(_)) && words::is_missing(&example.text) && example.text.trim().len() > 2
    };
    let first = examples().find(missing)?;
    let word = first.text.trim();
    Some(looks_missing(
        "text",
        &listed([word].into_iter(), "or"),
        examples().filter(|example| example.text.trim() == word).count(),
    ))
}

fn looks_missing(what: &str, word: &str, rows: usize) -> String {
    let rows = if rows == 1 { "1 row has".to_owned() } else { format!("{rows} rows have") };
    format!("{rows} the {what} {word}, which looks like a missing one. If it is, leave the cell empty.")
}
