//! The health of a data set in sentences: duplicates, contradictions, leaks, imbalance, thin classes, what is marked.

use std::collections::{HashMap, HashSet};

use super::dataset::{ClassInfo, Dataset};
use super::entities::TypedTags;
use super::examples::shorten;
use super::places::Places;
use super::target::{Example, Target};
use super::{tag_forms, variants};
use crate::task::Task;

/// A class this many times as large as another one is worth a note.
const IMBALANCE: usize = 10;

/// With fewer training rows than this a class is hardly learned.
const FEW_ROWS: usize = 8;

/// Share of the scores' range that single precision may miss by.
const MOST_COARSE: f64 = 1e-3;

/// Classes that a sentence names.
const NAMED: usize = 5;

/// What is worth knowing before training, in sentences; empty if all is well with a classification.
pub(super) fn notes(dataset: &Dataset, leaked: &Places) -> Vec<String> {
    let mut notes = repeated_texts(dataset, leaked);
    notes.extend(variants::notes(dataset));
    notes.extend(class_sizes(dataset.task, &dataset.classes()));
    notes.extend(marked(dataset));
    notes.extend(tag_forms::notes(dataset));
    notes.extend(scores(dataset));
    if dataset.validation.is_empty() {
        notes.push(
            "No rows are held out for validation, so that nothing will show whether the model learns or only memorises."
                .to_owned(),
        );
    }
    notes
}

/// What is alike in a row that repeats another one, what its texts are called, and what is not alike in a row that
/// contradicts another one; `None` where rows with the same texts may differ.
fn words_of(task: Task, pairs: bool) -> (&'static str, &'static str, Option<&'static str>) {
    match (task, pairs) {
        (Task::Classification, false) => ("text and label", "text", Some("another label")),
        (Task::Classification, true) => ("texts and label", "texts", Some("another label")),
        (Task::MultiLabel, false) => ("text and labels", "text", Some("other labels")),
        (Task::MultiLabel, true) => ("texts and labels", "texts", Some("other labels")),
        (Task::Regression, false) => ("text and score", "text", Some("another score")),
        (Task::Regression, true) => ("texts and score", "texts", Some("another score")),
        (Task::Tokens, _) => ("words and tags", "words", Some("other tags")),
        (Task::Answers, _) => ("question, context and answers", "question and context", Some("another answer")),
        (Task::Embedding, _) => ("all texts", "texts", None),
        (Task::Language, _) => ("all of it", "text", None),
    }
}

fn texts(example: &Example) -> (&str, Option<&str>) {
    (&example.text, example.pair.as_deref())
}

/// Rows whose texts a data set trains on. Of questions those on a context that it trains on: another question on it is no test
/// of new contexts.
pub(super) fn learnt(dataset: &Dataset, rows: &[Example]) -> Places {
    let known: fn(&Example) -> (&str, Option<&str>) =
        if dataset.task == Task::Answers { |example| ("", example.pair.as_deref()) } else { texts };
    let train: HashSet<_> = dataset.train.iter().map(known).collect();
    let mut learnt = Places::default();
    for example in rows.iter().filter(|example| train.contains(&known(example))) {
        learnt.add(example.line);
    }
    learnt
}

/// Such rows of another table in a sentence.
pub(super) fn learnt_in_words(dataset: &Dataset, rows: &[Example]) -> Option<String> {
    let learnt = learnt(dataset, rows);
    let [has, have] = match (dataset.task, dataset.train.iter().any(|example| example.pair.is_some())) {
        (Task::Answers, _) => ["asks on a context", "ask on contexts"],
        (_, true) => ["has texts", "have texts"],
        (_, false) => ["has a text", "have texts"],
    };
    let better = "that the model was trained on, so that the scores look better than they are";
    (!learnt.is_empty()).then(|| learnt.sentence(&format!("{has} {better}"), &format!("{have} {better}")))
}

fn repeated_texts(dataset: &Dataset, leaked: &Places) -> Vec<String> {
    let mut rows: Vec<&Example> = dataset.train.iter().chain(&dataset.validation).collect();
    rows.sort_by_key(|example| example.line);
    let mut first: HashMap<(&str, Option<&str>), &Target> = HashMap::new();
    let (mut repeated, mut contradicting) = (Places::default(), Places::default());
    for example in &rows {
        match first.get(&texts(example)) {
            None => drop(first.insert(texts(example), &example.target)),
            Some(&target) if *target == example.target => repeated.add(example.line),
            Some(_) => contradicting.add(example.line),
        }
    }
    let (alike, shared, other) = words_of(dataset.task, dataset.train.iter().any(|example| example.pair.is_some()));
    let contradicts = other.map(|other| {
        let what = format!("the {shared} of an earlier row but {other}, which no model can learn");
        (&contradicting, format!("has {what}"), format!("have {what}"))
    });
    let better = "also trained on, so that the scores look better than they are";
    let [is, are] = if dataset.task == Task::Answers {
        ["asks on a context that is", "ask on contexts that are"]
    } else {
        ["is", "are"]
    };
    let mut sentences = vec![(
        &repeated,
        format!("repeats an earlier row, {alike} alike"),
        format!("repeat an earlier row, {alike} alike"),
    )];
    sentences.extend(contradicts);
    sentences.push((
        leaked,
        format!("held out for validation {is} {better}"),
        format!("held out for validation {are} {better}"),
    ));
    let found = sentences.iter().filter(|(places, ..)| !places.is_empty());
    found.map(|(places, one, many)| places.sentence(one, many)).collect()
}

fn class_sizes(task: Task, classes: &[ClassInfo]) -> Vec<String> {
    let (unit, advice) = match task {
        Task::Classification => ("training rows", "consider balanced class weights, and watch macro-F1"),
        Task::Tokens => ("places to train on", "watch the F1 of each"),
        _ => ("training rows", "watch macro-F1"),
    };
    let mut notes = Vec::new();
    let largest = classes.iter().max_by_key(|class| class.train);
    let smallest = classes.iter().filter(|class| class.train > 0).min_by_key(|class| class.train);
    if let (Some(largest), Some(smallest)) = (largest, smallest)
        && largest.train >= IMBALANCE * smallest.train
    {
        notes.push(format!(
            "“{}” has {} {unit}, “{}” only {}: {advice}.",
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
        let what = if task == Task::Classification { "classes" } else { "labels" };
        notes.push(format!(
            "Fewer than {FEW_ROWS} {unit}: {}. Such {what} are hardly learned; add rows.",
            named.join(", ")
        ));
    }
    notes
}

/// How much of the data is marked at all: words with a tag, rows with a label, questions with an answer.
fn marked(dataset: &Dataset) -> Option<String> {
    let all = || dataset.train.iter().chain(&dataset.validation);
    let share = |part: usize, of: usize| 100.0 * part as f64 / of.max(1) as f64;
    let empty = |nothing: &Target| all().filter(|example| example.target == *nothing).count();
    match dataset.task {
        Task::MultiLabel => {
            let (rows, none) = (all().count(), empty(&Target::Classes(Vec::new())));
            (none > 0).then(|| format!("{none} of {rows} rows have no label ({:.0} %).", share(none, rows)))
        }
        Task::Answers => {
            let (rows, none) = (all().count(), empty(&Target::Answers(Vec::new())));
            let unanswered = format!("{none} of {rows} questions have no answer in their context");
            (none > 0).then(|| format!("{unanswered} ({:.0} %).", share(none, rows)))
        }
        Task::Tokens => {
            let outside = dataset.labels.iter().position(|label| label == "O");
            let sentences = all().filter_map(|example| match &example.target {
                Target::Words(words) => Some(words),
                _ => None,
            });
            let (mut words, mut tagged, mut longest, mut rows) = (0, 0, 0, 0_usize);
            for sentence in sentences {
                rows += 1;
                words += sentence.len();
                longest = longest.max(sentence.len());
                tagged += sentence.iter().filter(|word| Some(word.tag) != outside).count();
            }
            let mean = words as f64 / rows.max(1) as f64;
            let mut note = format!("The texts have {mean:.0} words on average, the longest {longest}");
            if outside.is_some() {
                note += &format!("; {:.1} % of the words are tagged", share(tagged, words));
            }
            let numbers = TypedTags::of(&dataset.labels).is_none()
                && dataset.labels.iter().all(|label| label.parse::<i64>().is_ok());
            if numbers {
                note += ". The tags are numbers, which do not tell where an entity begins; names such as B-PER do";
            }
            let typed = dataset.labels.iter().any(|label| label.starts_with("B-") || label.starts_with("I-"));
            if !typed && dataset.labels.iter().any(|label| is_odd_tag(label)) {
                note += ". No tag is of the form B-PER, so that words are counted and not entities; write tags so where several words are one";
            }
            Some(note + ".")
        }
        Task::Classification | Task::Regression | Task::Embedding | Task::Language => None,
    }
}

/// Whether a tag looks like one of an entity in another form: `b-per`, `B_PER`, `PER-B`.
fn is_odd_tag(tag: &str) -> bool {
    let tag = tag.to_uppercase();
    let prefix = |part: &str| matches!(part, "B" | "I");
    tag.split_once(['-', '_']).is_some_and(|(first, _)| prefix(first))
        || tag.rsplit_once(['-', '_']).is_some_and(|(_, last)| prefix(last))
}

/// The range of the scores.
fn scores(dataset: &Dataset) -> Option<String> {
    let scores: Vec<f64> = dataset
        .train
        .iter()
        .filter_map(|example| if let Target::Score(score) = example.target { Some(score) } else { None })
        .collect();
    let (least, most) = scores.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), &x| (a.min(x), b.max(x)));
    // Divided first, so that the sum of huge scores does not overflow.
    let mean = scores.iter().map(|score| score / scores.len() as f64).sum::<f64>();
    // Models compute with numbers of 24 bits; those that lie far from zero and close together differ in the last of them.
    let coarse = least.abs().max(most.abs()) * f64::from(f32::EPSILON) > MOST_COARSE * (most - least);
    let advice = if coarse && most > least {
        " They lie so close together that the numbers of a model can hardly tell them apart: subtract what they have in common."
    } else {
        ""
    };
    let told = format!("The scores to train on go from {least} to {most}; their mean is {mean:.3}.{advice}");
    (!scores.is_empty()).then_some(told)
}
