//! What an evaluation adds up, per task: outputs against what is right, and from them a [`Report`].

use std::collections::{BTreeMap, HashSet};

use crate::data::{Belonging, Target, Truth, firsts};
use crate::eval::{
    Answers, Confusion, MultiLabel, Regression, Report, Retrieval, Tagging, binary_cross_entropy, cosine,
    cross_entropy, sigmoid,
};
use crate::session::rows::Prepared;
use crate::session::spans::Search;
use crate::task::Task;
use crate::text::Tokens;

/// Examples whose texts are compared each with each: a quarter of a billion products for a hundred values each.
pub const MOST_COMPARED: usize = 1500;
/// What cosines are multiplied by in the loss, as in training.
const SCALE: f64 = 20.0;

/// Tags of windows by their rows, or of texts by their places: right and predicted.
type Windows = BTreeMap<usize, [Vec<usize>; 2]>;

/// Counts of one task.
#[derive(Debug)]
pub enum Tally {
    /// Truth against prediction.
    Classes(Confusion),
    /// Probabilities of all labels, and from which one a label is given: the best for these rows where none is set.
    Labels(MultiLabel, Option<f64>),
    /// Numbers, right and predicted.
    Numbers(Vec<f64>, Vec<f64>),
    /// Tags of words; of texts that are read in windows by window, right and predicted, until all of them are there.
    Tags(Box<Tagging>, Windows),
    /// The best answer to each question so far.
    Spans(Vec<Search>),
    /// Vectors of the first and then of the second texts.
    Vectors(Vec<Vec<f32>>),
    /// Nothing but the loss.
    Loss,
}

impl Tally {
    /// Nothing counted yet; `threshold` is where a model with several labels gives one, if that is not to be found.
    pub fn new(task: Task, labels: &[String], examples: usize, threshold: Option<f64>) -> Self {
        match task {
            Task::Classification => Self::Classes(Confusion::new(labels.len())),
            Task::MultiLabel => Self::Labels(MultiLabel::new(labels.len()), threshold),
            Task::Regression => Self::Numbers(Vec::new(), Vec::new()),
            Task::Tokens => Self::Tags(Box::new(Tagging::new(labels)), Windows::new()),
            Task::Answers => Self::Spans(vec![Search::default(); examples]),
            Task::Embedding => Self::Vectors(vec![Vec::new(); 2 * examples]),
            Task::Language => Self::Loss,
        }
    }

    /// Counts one row by its outputs, `[K]` or `[T, K]`; returns its losses' sum and how many there are.
    pub fn add(&mut self, prepared: &Prepared, row: usize, outputs: &[f32]) -> (f64, f64) {
        match (self, &prepared.rows.truths[row]) {
            (Self::Classes(confusion), Truth::Class(class)) => {
                confusion.add(*class, argmax(outputs));
                (cross_entropy(outputs, *class), 1.0)
            }
            (Self::Labels(rows, _), Truth::Labels(labels)) => {
                let right: Vec<usize> = (0..labels.len()).filter(|&label| labels[label] > 0.5).collect();
                let probabilities: Vec<f64> = outputs.iter().map(|&output| sigmoid(output)).collect();
                rows.add(&probabilities, &right);
                (binary_cross_entropy(outputs, &right), 1.0)
            }
            (Self::Numbers(right, predicted), Truth::Score(score)) => {
                right.push(f64::from(*score));
                predicted.push(f64::from(outputs[0]));
                ((f64::from(outputs[0]) - f64::from(*score)).powi(2), 1.0)
            }
            (Self::Tags(tags, windows), Truth::Tokens(classes)) => {
                let known = || {
                    classes.iter().zip(outputs.chunks(tags.labels().len())).filter_map(|(c, o)| Some((*c.as_ref()?, o)))
                };
                let loss = known().map(|(class, outputs)| cross_entropy(outputs, class)).sum();
                let (right, predicted): (Vec<usize>, Vec<usize>) =
                    known().map(|(class, outputs)| (class, argmax(outputs))).unzip();
                let count = right.len() as f64;
                if is_window(prepared, row) {
                    windows.insert(row, [right, predicted]);
                } else {
                    tags.add(&right, &predicted);
                }
                (loss, count)
            }
            (Self::Spans(searches), Truth::Span(ends)) => {
                searches[prepared.origins[row]].add(outputs, &prepared.rows.texts[row].unpack());
                let of_end = |end: usize| {
                    let values: Vec<f32> = outputs.iter().skip(end).step_by(2).copied().collect();
                    cross_entropy(&values, ends[end])
                };
                (0.5 * (of_end(0) + of_end(1)), 1.0)
            }
            (Self::Vectors(vectors), _) => {
                vectors[row] = outputs.to_vec();
                (0.0, 0.0)
            }
            (_, _) => (0.0, 0.0),
        }
    }

    /// What the rows say.
    pub fn report(self, labels: &[String], loss: f64, prepared: &Prepared) -> Report {
        match self {
            Self::Classes(confusion) => Report::classification(labels, loss, &confusion),
            Self::Labels(rows, threshold) => {
                Report::multi_label(labels, loss, &rows, threshold.unwrap_or_else(|| rows.best_threshold()))
            }
            Self::Numbers(right, predicted) => Report::regression(loss, &Regression::of(&right, &predicted)),
            Self::Tags(tags, windows) => Report::tokens(loss, &together(*tags, windows, prepared)),
            Self::Spans(searches) => Report::answers(loss, &answers(searches, prepared)),
            Self::Vectors(vectors) => compared(&vectors, prepared),
            Self::Loss => Report::language(loss),
        }
    }
}

/// Whether a row is one of several of its example, which follow one another.
fn is_window(prepared: &Prepared, row: usize) -> bool {
    let origin = |row: usize| prepared.origins.get(row);
    origin(row) == origin(row + 1) || row.checked_sub(1).is_some_and(|before| origin(before) == origin(row))
}

/// The tags with those of windows, put together to texts: each word counts in one window, and these are in order.
fn together(mut tags: Tagging, windows: Windows, prepared: &Prepared) -> Tagging {
    let mut texts = Windows::new();
    for (row, [right, predicted]) in windows {
        let text = texts.entry(prepared.origins[row]).or_default();
        text[0].extend(right);
        text[1].extend(predicted);
    }
    texts.values().for_each(|[right, predicted]| tags.add(right, predicted));
    tags
}

/// How close the texts of the examples lie: to their scores, or compared with all others of the data.
fn compared(vectors: &[Vec<f32>], prepared: &Prepared) -> Report {
    let half = vectors.len() / 2;
    let (first, second) = vectors.split_at(half);
    let given: Vec<f64> = prepared.rows.truths.iter().filter_map(|truth| truth.score().map(f64::from)).collect();
    if !given.is_empty() {
        let cosines: Vec<f64> = first.iter().zip(second).map(|(a, b)| cosine(a, b)).collect();
        let errors = given.iter().zip(&cosines).map(|(given, cosine)| (given - cosine).powi(2));
        return Report::similarity(errors.sum::<f64>() / given.len() as f64, &given, &cosines);
    }
    let (first, second) = (&first[..first.len().min(MOST_COMPARED)], &second[..second.len().min(MOST_COMPARED)]);
    let text = firsts(prepared.rows.texts.iter().map(Tokens::ids));
    let belonging = Belonging::of((0..first.len()).map(|row| (text[row], text[half + row])));
    // Of equal texts one; a text that belongs to the anchor, too, is none that it could be taken for.
    let mut met = HashSet::new();
    let different: Vec<usize> = (0..second.len()).filter(|&row| met.insert(text[half + row])).collect();
    let (mut found, mut loss) = (Retrieval::default(), 0.0);
    for (row, anchor) in first.iter().enumerate() {
        let others = different.iter().filter(|&&other| !belonging.holds(text[row], text[half + other]));
        let cosines: Vec<f64> = [row].iter().chain(others).map(|&text| cosine(anchor, &second[text])).collect();
        let scaled: Vec<f32> = cosines.iter().map(|cosine| (SCALE * cosine) as f32).collect();
        loss += cross_entropy(&scaled, 0);
        found.add(&cosines, 0);
    }
    Report::retrieval(loss / first.len().max(1) as f64, &found)
}

/// Each question's best answer against those of the data. Whether there may be none is the model's own, and not for the rows to
/// say that it is measured on.
fn answers(searches: Vec<Search>, prepared: &Prepared) -> Answers {
    let mut answers = Answers::default();
    for (search, example) in searches.into_iter().zip(prepared.examples.iter()) {
        let context = example.pair.as_deref().unwrap_or_default();
        let best = search.finish(prepared.may_lack).characters;
        let found = best.map_or("", |(start, end)| characters(context, start, end));
        let Target::Answers(right) = &example.target else { continue };
        let right: Vec<&str> = right.iter().map(|answer| characters(context, answer.start, answer.end)).collect();
        answers.add(found, &right);
    }
    answers
}

/// Whether some question of the data has no answer in its context.
pub fn may_lack(prepared: &Prepared) -> bool {
    prepared.examples.iter().any(|example| matches!(&example.target, Target::Answers(answers) if answers.is_empty()))
}

/// Characters `start` to `end` of a text.
pub fn characters(text: &str, start: u32, end: u32) -> &str {
    let byte = |at: u32| text.char_indices().nth(at as usize).map_or(text.len(), |(byte, _)| byte);
    text.get(byte(start)..byte(end)).unwrap_or_default()
}

/// The first of the largest values, as numpy's argmax takes it.
pub fn argmax(row: &[f32]) -> usize {
    let mut best = 0;
    for (class, value) in row.iter().enumerate() {
        if *value > row[best] {
            best = class;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_counted_as_python_does() {
        assert_eq!(characters("a🍐bé", 1, 3), "🍐b");
        assert_eq!(characters("abc", 1, 9), "bc");
        assert_eq!(characters("abc", 5, 9), "");
        assert_eq!(characters("abc", 2, 1), "");
    }
}
