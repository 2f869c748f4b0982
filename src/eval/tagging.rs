//! Tags of words as a model gives them, counted word by word and entity by entity.

use super::confusion::Confusion;
use super::entities::EntityCounts;

/// True and predicted tags of many texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tagging {
    labels: Vec<String>,
    words: Confusion,
    entities: EntityCounts,
}

impl Tagging {
    /// No texts yet, with these K tags.
    pub fn new(labels: &[String]) -> Self {
        let words = Confusion::new(labels.len());
        Self { labels: labels.to_vec(), words, entities: EntityCounts::default() }
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

    /// Whether each tag stands for its own word, such as a part of speech: no tag begins with `B-` or `I-`.
    pub fn is_plain(&self) -> bool {
        !self.labels.iter().any(|tag| tag.starts_with("B-") || tag.starts_with("I-"))
    }
}
