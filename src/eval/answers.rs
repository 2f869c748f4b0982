//! Answers to questions against the right ones, by the rules of SQuAD.

use std::collections::HashMap;

use unicode_categories::UnicodeCategories;

use super::counts::mean;
use super::interval::{Interval, bootstrap};

/// How near one answer comes to the right ones.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AnswerScores {
    /// Whether it is the same as one of them after [`normalise`].
    pub exact: bool,
    /// Harmonic mean of the shares of words that it has in common with the nearest of them, from 0 to 1.
    pub f1: f64,
}

/// Scores of many questions.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Answers {
    exact: u64,
    /// Of each question.
    f1: Vec<f64>,
}

impl Answers {
    /// Counts the answer to one question; see [`score_answer`].
    pub fn add(&mut self, prediction: &str, right: &[&str]) {
        let scores = score_answer(prediction, right);
        self.exact += u64::from(scores.exact);
        self.f1.push(scores.f1);
    }

    /// Number of questions.
    pub fn questions(&self) -> u64 {
        self.f1.len() as u64
    }

    /// Share of answers that are exactly right, from 0 to 1; 0 without questions.
    pub fn exact_match(&self) -> f64 {
        self.exact as f64 / self.questions().max(1) as f64
    }

    /// Mean of the answers' F1, from 0 to 1; 0 without questions.
    pub fn f1(&self) -> f64 {
        mean(self.f1.iter().copied())
    }

    /// The 95 % interval of F1, by the bootstrap of the questions; `None` without any.
    pub fn interval(&self) -> Option<Interval> {
        bootstrap(self.f1.len(), |drawn| [mean(drawn.iter().map(|&question| self.f1[question as usize]))])
            .map(|[f1]| f1)
    }
}

/// Compares an answer with the right ones and keeps the best of each score (`get_raw_scores` in transformers'
/// `data/metrics/squad_metrics.py`, version 4).
///
/// A question that has no answer has no right ones, or only such as are empty after [`normalise`]: then only an answer
/// that is empty, too, is right.
pub fn score_answer(prediction: &str, right: &[&str]) -> AnswerScores {
    let prediction = normalise(prediction);
    let mut right: Vec<String> = right.iter().map(|text| normalise(text)).filter(|text| !text.is_empty()).collect();
    if right.is_empty() {
        right.push(String::new());
    }
    AnswerScores {
        exact: right.contains(&prediction),
        f1: right.iter().map(|right| common_words(right, &prediction)).fold(0.0, f64::max),
    }
}

/// Lower case, without ASCII punctuation, without the words "a", "an" and "the", with single spaces
/// (`normalize_answer` in the same file).
pub fn normalise(text: &str) -> String {
    let lower: String = text.to_lowercase().chars().filter(|letter| !letter.is_ascii_punctuation()).collect();
    let mut kept = String::with_capacity(lower.len());
    let mut rest = lower.as_str();
    while !rest.is_empty() {
        let (word, behind) = rest.split_at(rest.find(|letter| !in_word(letter)).unwrap_or(rest.len()));
        let (between, behind) = behind.split_at(behind.find(in_word).unwrap_or(behind.len()));
        // An article leaves a space, or what stands around it would become one word.
        kept.push_str(if matches!(word, "a" | "an" | "the") { " " } else { word });
        kept.push_str(between);
        rest = behind;
    }
    kept.split(is_space).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// F1 over words, each counted as often as it occurs; without words on one side 1 if the other has none either.
fn common_words(right: &str, prediction: &str) -> f64 {
    let words = |text: &str| text.split(' ').filter(|word| !word.is_empty()).count();
    let (of_right, of_prediction) = (words(right), words(prediction));
    if of_right == 0 || of_prediction == 0 {
        return if of_right == of_prediction { 1.0 } else { 0.0 };
    }
    let mut left: HashMap<&str, usize> = HashMap::new();
    for word in right.split(' ') {
        *left.entry(word).or_default() += 1;
    }
    let mut common = 0;
    for word in prediction.split(' ') {
        if let Some(count @ 1..) = left.get_mut(word) {
            *count -= 1;
            common += 1;
        }
    }
    (2 * common) as f64 / (of_right + of_prediction) as f64
}

/// What `\w` is in Python, underscore apart, which is punctuation here: letters and numbers, but, other than in Rust,
/// no vowel signs and no circled letters.
fn in_word(letter: char) -> bool {
    letter.is_alphanumeric() && !letter.is_mark() && !letter.is_symbol_other()
}

/// What Python splits words at: Unicode's white space and the four ASCII separators.
fn is_space(letter: char) -> bool {
    letter.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&letter)
}
