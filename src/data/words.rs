//! Names that columns of text, label and split usually have, and words that name the sides of a split.

/// Usual names of columns with the text.
pub(super) const TEXT: &[&str] = &[
    "text",
    "sentence",
    "review",
    "description",
    "comment",
    "message",
    "title",
    "body",
    "content",
    "tweet",
    "document",
    "question",
    "utterance",
    "query",
    "headline",
    "summary",
    "abstract",
    "post",
];

/// Usual names of columns with the label, likeliest first.
pub(super) const LABEL: &[&str] = &[
    "label",
    "class",
    "category",
    "target",
    "sentiment",
    "tag",
    "labels",
    "intent",
    "topic",
    "emotion",
    "genre",
    "type",
    "rating",
    "stars",
    "section",
    "y",
];

/// Usual names of columns with the side of the split.
pub(super) const SPLIT: &[&str] = &["split", "set", "fold", "partition", "subset"];

/// Other usual names; they only show that a row is a header.
const OTHER: &[&str] =
    &["id", "index", "idx", "name", "date", "score", "url", "author", "user", "language", "lang", "source"];

/// A side of the split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Train,
    Validation,
}

/// The side that a cell of a split column names, in any case and with spaces around it.
pub(super) fn side(cell: &str) -> Option<Side> {
    match cell.trim().to_lowercase().as_str() {
        "train" | "training" => Some(Side::Train),
        "validation" | "valid" | "val" | "dev" | "eval" | "test" => Some(Side::Validation),
        _ => None,
    }
}

/// Whether a cell is a usual name of a column.
pub(super) fn is_known_name(cell: &str) -> bool {
    [TEXT, LABEL, SPLIT, OTHER].iter().any(|names| rank(cell, names).is_some())
}

/// Place of a column's name in a list of usual names, if it is in it.
pub(super) fn rank(column: &str, names: &[&str]) -> Option<usize> {
    let column = column.trim().to_lowercase();
    names.iter().position(|name| *name == column)
}

/// Place in a list of usual names of the first one that is a word of the column's name, as in `review_text`.
pub(super) fn rank_of_word(column: &str, names: &[&str]) -> Option<usize> {
    let column = column.to_lowercase();
    names.iter().position(|name| column.split(|letter: char| !letter.is_alphanumeric()).any(|word| word == *name))
}
