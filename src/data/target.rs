//! What an example asks of a model: its text, or two of them, and the target of its task.

use super::shared::Text;

/// One row of a data set.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// The text exactly as in the table; for [`crate::Task::Answers`] the question. Words that come as a list are
    /// joined by single spaces.
    pub text: Text,
    /// The second text: of a pair, the context of a question, or the text that should lie close to the first.
    pub pair: Option<Text>,
    /// What the model should answer.
    pub target: Target,
    /// Line of the file, from 1, in which its row starts.
    pub line: u64,
}

/// The answer that an example asks for; its kind follows from the task.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// Nothing: the texts alone teach (language, and embeddings from pairs).
    None,
    /// Place of the label in the list of labels.
    Class(usize),
    /// Places of the labels, ascending; none where no label applies.
    Classes(Vec<usize>),
    /// A finite number: the score of a regression, or the cosine that the vectors of two texts are to have.
    Score(f64),
    /// The words of the text in order, none overlapping another.
    Words(Vec<Word>),
    /// The answers to a question; none where the context holds no answer.
    Answers(Vec<Answer>),
    /// A text that should lie far from the first, where the pair should lie close to it.
    Negative(Text),
}

/// A word of a text with its tag. Characters are Unicode scalar values, as Python counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    /// First character.
    pub start: u32,
    /// The character after its last one.
    pub end: u32,
    /// Place of its tag in the list of labels.
    pub tag: usize,
}

/// A span of a context that answers a question. Characters are Unicode scalar values, as Python counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// First character.
    pub start: u32,
    /// The character after its last one.
    pub end: u32,
}

impl Target {
    /// The class of an example of a classification.
    pub fn class(&self) -> Option<usize> {
        if let Self::Class(class) = self { Some(*class) } else { None }
    }

    /// Replaces each place in the list of labels by `places` of it.
    pub(super) fn renumber(&mut self, places: &[usize]) {
        match self {
            Self::Class(class) => *class = places[*class],
            Self::Classes(classes) => {
                classes.iter_mut().for_each(|class| *class = places[*class]);
                classes.sort_unstable();
            }
            Self::Words(words) => words.iter_mut().for_each(|word| word.tag = places[word.tag]),
            Self::None | Self::Score(_) | Self::Answers(_) | Self::Negative(_) => {}
        }
    }
}
