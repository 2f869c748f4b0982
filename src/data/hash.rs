//! The hash that names a data set: the same rows on the same sides give the same one, on every machine.

use sha2::{Digest, Sha256};

use super::target::{Example, Target};
use crate::task::Task;

/// Gathers rows in the file's order.
pub(super) struct DatasetHash {
    sha: Sha256,
    labels: Vec<String>,
    /// Whether rows are written as the first version had them, which only knew texts with one class.
    first: bool,
}

impl DatasetHash {
    /// `pairs`: whether examples have a second text.
    pub fn new(task: Task, pairs: bool, labels: &[String]) -> Self {
        let first = task == Task::Classification && !pairs;
        let mut sha = Sha256::new_with_prefix(if first { "tabtune dataset 1\n" } else { "tabtune dataset 2\n" });
        if !first {
            sha.update(task.name());
            sha.update("\n");
        }
        Self { sha, labels: labels.to_vec(), first }
    }

    /// Adds a row.
    pub fn add(&mut self, example: &Example, held_out: bool) {
        self.sha.update(if held_out { b"v" } else { b"t" });
        self.text(&example.text);
        if !self.first {
            self.number(usize::from(example.pair.is_some()));
            if let Some(pair) = &example.pair {
                self.text(pair);
            }
        }
        match &example.target {
            Target::None => {}
            Target::Class(class) => self.label(*class),
            Target::Classes(classes) => {
                self.number(classes.len());
                classes.iter().for_each(|class| self.label(*class));
            }
            Target::Score(score) => self.sha.update(score.to_le_bytes()),
            Target::Words(words) => {
                self.number(words.len());
                for word in words {
                    self.number(word.start as usize);
                    self.number(word.end as usize);
                    self.label(word.tag);
                }
            }
            Target::Answers(answers) => {
                self.number(answers.len());
                for answer in answers {
                    self.number(answer.start as usize);
                    self.number(answer.end as usize);
                }
            }
            Target::Negative(negative) => self.text(negative),
        }
    }

    /// In hexadecimal digits.
    pub fn finish(self) -> String {
        format!("{:x}", self.sha.finalize())
    }

    fn label(&mut self, place: usize) {
        let label = std::mem::take(&mut self.labels[place]);
        self.text(&label);
        self.labels[place] = label;
    }

    fn text(&mut self, text: &str) {
        self.number(text.len());
        self.sha.update(text);
    }

    fn number(&mut self, number: usize) {
        self.sha.update((number as u64).to_le_bytes());
    }
}
