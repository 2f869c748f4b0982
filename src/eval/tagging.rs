//! Tags of words as a model gives them, counted word by word and entity by entity.

use super::confusion::Confusion;
use super::counts::Counts;
use super::entities::{EntityCounts, Scheme};
use super::interval::Interval;
use super::row_counts::RowCounts;

/// True and predicted tags of many texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tagging {
    labels: Vec<String>,
    words: Confusion,
    texts: RowCounts,
    entities: EntityCounts,
}

impl Tagging {
    /// No texts yet, with these K tags.
    pub fn new(labels: &[String]) -> Self {
        let words = Confusion::new(labels.len());
        let entities = EntityCounts::of(Scheme::of(labels));
        Self { labels: labels.to_vec(), words, texts: RowCounts::default(), entities }
    }

    /// Counts one text by the true and the predicted tags of its words, as places in the list of tags.
    ///
    /// # Panics
    ///
    /// The lengths differ, or a tag is not below K.
    pub fn add(&mut self, truth: &[usize], prediction: &[usize]) {
        assert_eq!(truth.len(), prediction.len(), "truth and prediction");
        for (&truth, &prediction) in truth.iter().zip(prediction) {
            self.words.add(truth, prediction);
        }
        self.texts.add(truth.iter().zip(prediction).flat_map(|(&truth, &prediction)| {
            let right = u64::from(truth == prediction);
            let found = Counts { right: 0, predicted: 1, support: 0 };
            [(truth, Counts { right, predicted: 0, support: 1 }), (prediction, found)]
        }));
        let named = |tags: &[usize]| tags.iter().map(|&tag| self.labels[tag].as_str()).collect::<Vec<_>>();
        self.entities.add(&named(truth), &named(prediction));
    }

    /// The tags.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// Counts of words, true tag against predicted tag.
    pub fn words(&self) -> &Confusion {
        &self.words
    }

    /// Counts of entities.
    pub fn entities(&self) -> &EntityCounts {
        &self.entities
    }

    /// 95 % intervals of accuracy over words and of the mean of the tags' F1, by the bootstrap of the texts; `None` without
    /// any.
    pub fn word_intervals(&self) -> Option<[Interval; 2]> {
        // Each word has one true and one predicted tag, so that F1 over all tags is the share of right words.
        self.texts.intervals(|drawn| [drawn.all().f1(), drawn.macro_f1()])
    }

    /// Whether each tag stands for its own word, such as a part of speech: no tag begins with `B-` or `I-`.
    pub fn is_plain(&self) -> bool {
        !self.labels.iter().any(|tag| tag.starts_with("B-") || tag.starts_with("I-"))
    }
}
