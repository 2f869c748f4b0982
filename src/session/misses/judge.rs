//! What a model says of a row beside what the data says.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::data::{Example, Target, Word};
use crate::eval::score_answer;
use crate::session::Prediction;
use crate::session::marking::shown;
use crate::session::tally::characters;

/// What the data says of a row, in the shape of its task.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Right {
    /// One label.
    Label(String),
    /// The labels that apply.
    Labels(Vec<String>),
    /// A number.
    Score(f64),
    /// The entities of a text, or where labels do not begin with B- and I- its words whose label is not O.
    Entities(Vec<RightMark>),
    /// Answers, any of which is right; none where there is no answer.
    Answers(Vec<String>),
}

/// A part of a text with its label, in characters as Python counts them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RightMark {
    /// First character.
    pub start: u32,
    /// The character after its last one.
    pub end: u32,
    /// The label; of an entity without B- and I-.
    pub label: String,
}

/// What is right where the model is wrong, and how sure it is of what is wrong; `None` where it is right.
///
/// Sure is: the probability of the label that is given; of several labels the largest among those that are given and do not
/// apply, or one minus that of those that apply and are not given; of words the largest of a word's wrong label; of an
/// answer its probability, times the share of it that is wrong, 1 − F1. Of a number it is the distance.
pub(super) fn judge(example: &Example, said: &Prediction, labels: &[String]) -> Option<(Right, f64)> {
    match (&example.target, said) {
        (Target::Class(class), Prediction::Label { label, scores, .. }) => {
            let right = &labels[*class];
            (label != right).then(|| (Right::Label(right.clone()), probability(scores, label)))
        }
        (Target::Classes(classes), Prediction::Labels { labels: given, scores, .. }) => {
            let right: Vec<String> = classes.iter().map(|&class| labels[class].clone()).collect();
            let wrong = labels.iter().filter_map(|label| match (given.contains(label), right.contains(label)) {
                (true, false) => Some(probability(scores, label)),
                (false, true) => Some(1.0 - probability(scores, label)),
                _ => None,
            });
            let sure = wrong.max_by(f64::total_cmp)?;
            Some((Right::Labels(right), sure))
        }
        (Target::Score(right), Prediction::Score { score, .. }) => {
            let off = (f64::from(*score) - right).abs();
            (off > 0.0).then_some((Right::Score(*right), off))
        }
        (Target::Words(words), Prediction::Tokens { tokens, .. }) => {
            let right: HashMap<u32, &str> = words.iter().map(|word| (word.start, labels[word.tag].as_str())).collect();
            let wrong = tokens.iter().filter(|said| right.get(&said.start).is_some_and(|right| **right != said.label));
            let sure = wrong.map(|said| said.score).max_by(f64::total_cmp)?;
            Some((Right::Entities(entities(words, labels)), sure))
        }
        (Target::Answers(answers), Prediction::Answer { context, answer, score, .. }) => {
            let right: Vec<&str> = answers.iter().map(|one| characters(context, one.start, one.end)).collect();
            let scores = score_answer(answer, &right);
            let right = right.into_iter().map(str::to_owned).collect();
            (!scores.exact).then_some((Right::Answers(right), score * (1.0 - scores.f1)))
        }
        _ => None,
    }
}

fn probability(scores: &Map<String, Value>, label: &str) -> f64 {
    scores.get(label).and_then(Value::as_f64).unwrap_or_default()
}

/// The entities of tagged words, or the words themselves where tags are of another kind.
fn entities(words: &[Word], labels: &[String]) -> Vec<RightMark> {
    let mark = |first: &Word, last: &Word, label: &str| RightMark {
        start: first.start,
        end: last.end,
        label: label.to_owned(),
    };
    if !labels.iter().any(|label| label.starts_with("B-") || label.starts_with("I-")) {
        let tagged = words.iter().filter(|word| labels[word.tag] != "O");
        return tagged.map(|word| mark(word, word, &labels[word.tag])).collect();
    }
    let tags: Vec<&str> = words.iter().map(|word| labels[word.tag].as_str()).collect();
    shown(labels, &tags).iter().map(|one| mark(&words[one.first], &words[one.last], one.kind)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Answer;
    use crate::session::Marked;

    fn example(target: Target) -> Example {
        Example { text: "ripe red apple".into(), pair: None, target, line: 2 }
    }

    fn labels(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    fn scores(of: &[(&str, f64)]) -> Map<String, Value> {
        of.iter().map(|(label, score)| ((*label).to_owned(), (*score).into())).collect()
    }

    #[test]
    fn a_wrong_label_is_as_sure_as_its_probability() {
        let names = labels(&["apple", "pear"]);
        let said = |label: &str| Prediction::Label {
            text: String::new(),
            pair: None,
            label: label.to_owned(),
            scores: scores(&[("apple", 0.25), ("pear", 0.75)]),
        };
        assert_eq!(
            judge(&example(Target::Class(0)), &said("pear"), &names),
            Some((Right::Label("apple".to_owned()), 0.75))
        );
        assert_eq!(judge(&example(Target::Class(1)), &said("pear"), &names), None);
    }

    #[test]
    fn of_several_labels_the_surest_that_is_wrong_counts() {
        let names = labels(&["red", "ripe", "soft"]);
        let said = Prediction::Labels {
            text: String::new(),
            pair: None,
            labels: labels(&["red", "soft"]),
            scores: scores(&[("red", 0.99), ("ripe", 0.125), ("soft", 0.75)]),
        };
        let wrong = judge(&example(Target::Classes(vec![0, 1])), &said, &names);
        assert_eq!(wrong, Some((Right::Labels(labels(&["red", "ripe"])), 0.875)), "one that is missing is surer");
        assert_eq!(judge(&example(Target::Classes(vec![0, 2])), &said, &names), None);
        let none = judge(&example(Target::Classes(Vec::new())), &said, &names);
        assert_eq!(none, Some((Right::Labels(Vec::new()), 0.99)));
    }

    #[test]
    fn numbers_are_off_by_their_distance() {
        let said = Prediction::Score { text: String::new(), pair: None, score: 2.5 };
        assert_eq!(judge(&example(Target::Score(4.0)), &said, &[]), Some((Right::Score(4.0), 1.5)));
        assert_eq!(judge(&example(Target::Score(2.5)), &said, &[]), None);
    }

    #[test]
    fn words_are_compared_as_far_as_the_model_saw_them() {
        let names = labels(&["O", "B-F", "I-F"]);
        let word = |start, end, tag| Word { start, end, tag };
        let said = |tags: &[(u32, u32, &str, f64)]| Prediction::Tokens {
            text: String::new(),
            tokens: tags
                .iter()
                .map(|&(start, end, label, score)| Marked { start, end, label: label.to_owned(), score })
                .collect(),
            entities: Vec::new(),
        };
        let right = Target::Words(vec![word(0, 4, 0), word(5, 8, 1), word(9, 14, 2)]);
        let marks = vec![RightMark { start: 5, end: 14, label: "F".to_owned() }];
        let wrong = said(&[(0, 4, "B-F", 0.5), (5, 8, "O", 0.75), (9, 14, "I-F", 0.99)]);
        assert_eq!(judge(&example(right.clone()), &wrong, &names), Some((Right::Entities(marks), 0.75)));
        assert_eq!(judge(&example(right), &said(&[(0, 4, "O", 0.5), (5, 8, "B-F", 0.5)]), &names), None);
        let mixed = labels(&["O", "B-F", "I-F", "LOC", "b-f"]);
        let right = Target::Words(vec![word(0, 4, 3), word(5, 8, 1), word(9, 14, 4)]);
        let mark = |start, end, label: &str| RightMark { start, end, label: label.to_owned() };
        let marks = vec![mark(0, 4, "LOC"), mark(5, 8, "F"), mark(9, 14, "b-f")];
        let wrong = said(&[(0, 4, "O", 0.5)]);
        let judged = judge(&example(right), &wrong, &mixed);
        assert_eq!(judged, Some((Right::Entities(marks), 0.5)), "tags are shown as they stand in the table");
        let plain = labels(&["O", "NOUN"]);
        let right = Target::Words(vec![word(0, 4, 0), word(5, 8, 1)]);
        let marks = vec![RightMark { start: 5, end: 8, label: "NOUN".to_owned() }];
        let wrong = judge(&example(right), &said(&[(0, 4, "NOUN", 0.5), (5, 8, "NOUN", 0.5)]), &plain);
        assert_eq!(wrong, Some((Right::Entities(marks), 0.5)));
    }

    #[test]
    fn answers_are_compared_by_the_rules_of_squad() {
        let said = |answer: &str| Prediction::Answer {
            question: String::new(),
            context: "It came on a grey Monday".to_owned(),
            answer: answer.to_owned(),
            start: 0,
            end: 0,
            score: 0.5,
        };
        let right = Target::Answers(vec![Answer { start: 11, end: 24 }]);
        assert_eq!(judge(&example(right.clone()), &said("the grey monday!"), &[]), None, "articles and case aside");
        let (answers, sure) = judge(&example(right), &said("Monday"), &[]).expect("half of it");
        assert_eq!(answers, Right::Answers(vec!["a grey Monday".to_owned()]));
        assert!((sure - 0.5 * (1.0 - 2.0 / 3.0)).abs() < 1e-12, "{sure}");
        let none = judge(&example(Target::Answers(Vec::new())), &said("Monday"), &[]);
        assert_eq!(none, Some((Right::Answers(Vec::new()), 0.5)));
        assert_eq!(judge(&example(Target::Answers(Vec::new())), &said(""), &[]), None);
    }
}
