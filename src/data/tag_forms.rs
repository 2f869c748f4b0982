//! Tags of words that hardly are what was meant: in another form than the others, or within an entity that nothing begins.

use std::collections::HashSet;

use super::dataset::Dataset;
use super::examples::shorten;
use super::places::Places;
use super::target::{Example, Target, Word};
use crate::task::Task;

/// Tags that are named; the rest is only counted.
const NAMED: usize = 5;

/// What is to be said of them, in sentences.
pub(super) fn notes(dataset: &Dataset) -> Vec<String> {
    if dataset.task != Task::Tokens || !dataset.labels.iter().any(|tag| begins(tag).is_some()) {
        return Vec::new();
    }
    odd(&dataset.labels).into_iter().chain(unbegun(dataset)).collect()
}

/// The type of an entity that a tag begins.
fn begins(tag: &str) -> Option<&str> {
    tag.strip_prefix("B-")
}

/// Tags that are not of the form that others have.
fn odd(labels: &[String]) -> Option<String> {
    let is_regular =
        |tag: &str| tag == "O" || matches!(tag.split_once('-'), Some(("B" | "I" | "E" | "S" | "L" | "U" | "M", _)));
    let odd: Vec<String> =
        labels.iter().filter(|tag| !is_regular(tag)).map(|tag| format!("“{}”", shorten(tag))).collect();
    let more = if odd.len() > NAMED { format!(" and {} more", odd.len() - NAMED) } else { String::new() };
    let named = odd[..odd.len().min(NAMED)].join(", ");
    match odd.len() {
        0 => None,
        1 => Some(format!(
            "The tag {named} is not of the form B-PER, as others are, and is learnt as a label of its own. Correct it if it is one of them."
        )),
        _ => Some(format!(
            "The tags {named}{more} are not of the form B-PER, as others are, and are learnt as labels of their own. Correct them if \
             they are some of those."
        )),
    }
}

/// Entities that a tag such as `I-PER` begins, in data that begins most of them with `B-PER`. Where `I-` begins most, it is
/// meant so: in the scheme IOB1 `B-` stands only where one entity follows another.
fn unbegun(dataset: &Dataset) -> Option<String> {
    let (mut begun, mut rows, mut count, mut kinds) = (0, Places::default(), 0, HashSet::new());
    let mut examples: Vec<&Example> = dataset.train.iter().chain(&dataset.validation).collect();
    examples.sort_by_key(|example| example.line);
    for example in examples {
        let Target::Words(words) = &example.target else { continue };
        begun += words.iter().filter(|word| begins(&dataset.labels[word.tag]).is_some()).count();
        let found = unbegun_in(words, &dataset.labels);
        if !found.is_empty() {
            rows.add(example.line);
            count += found.len();
            kinds.extend(found);
        }
    }
    let kind = kinds.iter().min()?;
    let places = if count == 1 { "1 place".to_owned() } else { format!("{count} places") };
    (count < begun).then(|| {
        format!(
            "In {places} a tag such as “I-{}” begins an entity, which others begin with “B-” ({rows}). They count as entities all \
             the same; write B- there if one begins.",
            shorten(kind)
        )
    })
}

/// The types of such entities in a sentence.
fn unbegun_in<'a>(words: &[Word], labels: &'a [String]) -> Vec<&'a str> {
    let (mut found, mut open) = (Vec::new(), None);
    for word in words {
        let tag = labels[word.tag].as_str();
        let inside = tag.strip_prefix("I-");
        found.extend(inside.filter(|&kind| open != Some(kind)));
        open = inside.or(begins(tag));
    }
    found
}
