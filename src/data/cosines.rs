//! How alike two texts are, in whatever unit → the cosine that their vectors are to have.

use super::target::{Example, Target};
use crate::task::Task;

/// What a cosine may be off by where a program computed it.
const ROUNDED: f64 = 0.01;

/// Scores that cannot be cosines go from `least` to `most`, and stand for cosines from 0 to 1, as ratings from 0 to 5 are
/// divided by 5 for sentence-transformers' `CosineSimilarityLoss`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cosines {
    /// The score that stands for 0.
    pub least: f64,
    /// The score that stands for 1.
    pub most: f64,
}

impl Cosines {
    /// The range of the scores of an embedding's examples; `None` where all can be cosines as they are, or are the same.
    pub(super) fn of<'a>(task: Task, examples: impl Iterator<Item = &'a Example>) -> Option<Self> {
        let range = |(least, most): (f64, f64), score: f64| (least.min(score), most.max(score));
        let examples = examples.filter(|_| task == Task::Embedding);
        let (least, most) = examples.filter_map(score).fold((f64::INFINITY, f64::NEG_INFINITY), range);
        let limit = 1.0 + ROUNDED;
        ((least < -limit || most > limit) && least < most).then_some(Self { least, most })
    }

    /// Puts cosines in place of scores.
    pub(super) fn replace(self, examples: &mut [Example]) {
        for example in examples {
            if let Target::Score(score) = &mut example.target {
                *score = (*score - self.least) / (self.most - self.least);
            }
        }
    }
}

fn score(example: &Example) -> Option<f64> {
    if let Target::Score(score) = example.target { Some(score) } else { None }
}
