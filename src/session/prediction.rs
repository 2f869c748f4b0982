//! What a model says to a text, in the shape of its task. The JSON is the same in the page and on the terminal.

use serde::Serialize;
use serde_json::{Map, Value};

/// One prediction.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Prediction {
    /// One label of several.
    Label {
        /// The text, or the first of two.
        text: String,
        /// The second text.
        #[serde(skip_serializing_if = "Option::is_none")]
        pair: Option<String>,
        /// The most probable label.
        label: String,
        /// Probability of each label, in the order of the labels; they sum to 1.
        scores: Map<String, Value>,
    },
    /// Any number of labels.
    Labels {
        /// The text, or the first of two.
        text: String,
        /// The second text.
        #[serde(skip_serializing_if = "Option::is_none")]
        pair: Option<String>,
        /// Labels whose probability reaches the model's threshold.
        labels: Vec<String>,
        /// Each label's own probability, in the order of the labels.
        scores: Map<String, Value>,
    },
    /// A number.
    Score {
        /// The text, or the first of two.
        text: String,
        /// The second text.
        #[serde(skip_serializing_if = "Option::is_none")]
        pair: Option<String>,
        /// The number.
        score: f32,
    },
    /// A label for each word.
    Tokens {
        /// The text.
        text: String,
        /// Its words.
        tokens: Vec<Marked>,
        /// Runs of words that are one thing, where labels begin with B- and I-; else words whose label is not O.
        entities: Vec<Marked>,
    },
    /// The answer to a question.
    Answer {
        /// The question.
        question: String,
        /// Where the answer was looked for.
        context: String,
        /// The answer; empty where the context is held to have none.
        answer: String,
        /// Its first character in the context.
        start: u32,
        /// The character after its last one.
        end: u32,
        /// Its probability, from 0 to 1.
        score: f64,
    },
    /// Words for each mask token.
    Words {
        /// The text.
        text: String,
        /// Its mask tokens in order.
        masks: Vec<Mask>,
    },
    /// The text as a vector.
    Vector {
        /// The text.
        text: String,
        /// H numbers.
        vector: Vec<f32>,
    },
}

/// A part of a text with a label. Characters are Unicode scalar values, as Python counts them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Marked {
    /// First character.
    pub start: u32,
    /// The character after its last one.
    pub end: u32,
    /// The label; of an entity without B- and I-.
    pub label: String,
    /// Its probability; of an entity the mean over its words.
    pub score: f64,
}

/// A hidden word with what could stand there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Mask {
    /// First character of the mask token in the text.
    pub start: u32,
    /// The character after its last one.
    pub end: u32,
    /// The likeliest words, best first.
    pub words: Vec<Word>,
}

/// A word that could stand somewhere.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Word {
    /// The word, as the vocabulary writes it.
    pub word: String,
    /// Its probability.
    pub score: f64,
}
