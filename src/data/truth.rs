//! What the outputs of a model should be for one row, in tokens: what examples become once they are tokenized.

/// The right outputs of one row.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Truth {
    /// Unknown: a text to predict for.
    #[default]
    None,
    /// One class of K.
    Class(usize),
    /// For each of K labels 1 where it applies, else 0.
    Labels(Vec<f32>),
    /// A number.
    Score(f32),
    /// The class of each token; `None` where nothing is to be learnt: special tokens, and all of a word but its first.
    Tokens(Vec<Option<usize>>),
    /// First and last token of an answer; the first token of all where there is no answer.
    Span([usize; 2]),
    /// That the texts of the row's group belong together.
    Together,
    /// Places of hidden tokens and which tokens they were, places ascending.
    Hidden(Vec<(usize, i32)>),
}

impl Truth {
    /// The number, if it is one.
    pub fn score(&self) -> Option<f32> {
        if let Self::Score(score) = self { Some(*score) } else { None }
    }
}
