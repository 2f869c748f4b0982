//! What a model is asked to learn. A leaf: every room knows it.

use serde::{Deserialize, Serialize};

/// The tasks, as the page, the terminal and reports name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// One label of several for a text, or for a pair of texts.
    #[default]
    Classification,
    /// Any number of labels for a text, or for a pair of texts.
    MultiLabel,
    /// A number for a text, or for a pair of texts.
    Regression,
    /// A label for each word: names, places and the like in a text.
    Tokens,
    /// The answer to a question as a span of a context.
    Answers,
    /// Texts as vectors that lie close together when the texts mean the same.
    Embedding,
    /// Words that were hidden: more training on unlabelled texts of a field.
    Language,
}

impl Task {
    /// Every task with its name in JSON and on the command line.
    pub const ALL: &'static [(&'static str, Task)] = &[
        ("classification", Task::Classification),
        ("multi_label", Task::MultiLabel),
        ("regression", Task::Regression),
        ("tokens", Task::Tokens),
        ("answers", Task::Answers),
        ("embedding", Task::Embedding),
        ("language", Task::Language),
    ];

    /// Its name in JSON and on the command line.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, task)| *task == self).map_or("", |(name, _)| name)
    }
}
