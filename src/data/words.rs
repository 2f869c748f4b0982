//! Names that columns usually have, and words that stand for nothing.

use super::sides;

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
    "beschreibung",
    "kommentar",
    "nachricht",
    "satz",
    "inhalt",
    "titel",
    "rezension",
    "texte",
    "phrase",
    "commentaire",
    "avis",
    "titre",
    "texto",
    "frase",
    "comentario",
    "mensaje",
    "descripción",
    "reseña",
    "título",
    "testo",
    "commento",
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
    "kategorie",
    "klasse",
    "thema",
    "etikett",
    "catégorie",
    "étiquette",
    "classe",
    "thème",
    "categoría",
    "etiqueta",
    "clase",
    "tema",
    "categoria",
    "etichetta",
    "genre",
    "type",
    "rating",
    "stars",
    "section",
    "department",
    "abteilung",
    "bewertung",
    "y",
];

/// So many of these names, from the first on, are hardly used for anything but the label.
pub(super) const CERTAIN_LABELS: usize = 24;

/// Usual names of columns with a score; behind those of labels where a table has both.
pub(super) const SCORE: &[&str] = &["score", "similarity", "similarity_score", "relatedness", "value"];

/// Words in the names of columns whose numbers are amounts of something, however few there are.
pub(super) const RATED: &[&str] = &[
    "score",
    "scores",
    "rating",
    "ratings",
    "stars",
    "similarity",
    "relatedness",
    "grade",
    "points",
    "bewertung",
    "note",
    "punkte",
    "puntuación",
    "calificación",
];

/// Words in the names of columns with several labels in a cell.
pub(super) const SEVERAL: &[&str] =
    &["labels", "tags", "topics", "categories", "classes", "genres", "emotions", "keywords", "kategorien", "themen"];

/// Usual names of columns with words as lists, and with the tags of words.
pub(super) const TOKENS: &[&str] = &["tokens", "words", "token", "word"];
pub(super) const TAGS: &[&str] =
    &["tags", "ner_tags", "ner", "tag", "ner_tag", "labels", "label", "bio", "pos_tags", "pos"];

/// Words in the names of columns that tell the sentence which a word belongs to.
pub(super) const OF_SENTENCES: &[&str] = &["sentence", "sentences", "sent", "sid", "document", "doc"];

/// Usual names of columns with marked spans.
pub(super) const SPANS: &[&str] = &["spans", "entities", "label", "labels", "annotations", "ner"];

/// Usual names of columns with a question, its context, and its answers.
pub(super) const QUESTION: &[&str] = &["question", "questions", "query"];
pub(super) const CONTEXT: &[&str] = &["context", "contexts", "passage", "paragraph", "document"];
pub(super) const ANSWERS: &[&str] = &["answers", "answer", "answer_text", "answer_texts", "text"];

/// Usual names of columns with two texts to be compared.
pub(super) const PAIRS: &[(&str, &str)] = &[
    ("sentence1", "sentence2"),
    ("sentence_1", "sentence_2"),
    ("sentence_a", "sentence_b"),
    ("text1", "text2"),
    ("text_1", "text_2"),
    ("text_a", "text_b"),
    ("question1", "question2"),
    ("left_text", "right_text"),
    ("text_left", "text_right"),
    ("left_sentence", "right_sentence"),
    ("left", "right"),
    ("premise", "hypothesis"),
    ("question", "sentence"),
    ("question", "passage"),
    ("question", "context"),
    ("query", "passage"),
    ("query", "document"),
    // Last, since a question with another text may have its answer as the label.
    ("question", "answer"),
];

/// Usual names of columns with two texts that should lie close to each other, as embeddings are trained with.
pub(super) const CLOSE: &[(&str, &str)] =
    &[("anchor", "positive"), ("anchor", "pos"), ("query", "positive"), ("query", "pos")];

/// Usual names of columns with a text that should lie close to the first.
pub(super) const POSITIVE: &[&str] = &["positive", "pos", "positive1", "positives"];

/// Usual names of columns with a text that should lie far from the first.
pub(super) const NEGATIVE: &[&str] = &[
    "negative",
    "neg",
    "hard_negative",
    "negatives",
    "negs",
    "negative1",
    "neg1",
    "sentence_c",
    "sentence3",
    "sentence_3",
    "text_c",
    "text3",
    "text_3",
];

/// Words in the names of columns that say how alike two texts are, likeliest first.
pub(super) const LIKENESS: &[&str] = &[
    "score",
    "scores",
    "similarity",
    "sim",
    "similar",
    "relatedness",
    "related",
    "duplicate",
    "paraphrase",
    "cosine",
    "label",
    "labels",
    "gold",
    "relevance",
    "rating",
    "match",
    "target",
];

/// Words that say of two texts whether they are alike, beside those of yes and no.
const VERDICTS: &[&str] = &[
    "similar",
    "dissimilar",
    "not similar",
    "different",
    "same",
    "duplicate",
    "not duplicate",
    "not a duplicate",
    "paraphrase",
    "not paraphrase",
    "related",
    "unrelated",
    "match",
    "no match",
    "positive",
    "negative",
    "entailment",
    "neutral",
    "contradiction",
];

/// Names of columns that number rows; never a score.
pub(super) const NUMBERING: &[&str] = &["id", "index", "idx", "nr", "no", "number", "row", "row_id", "unnamed:_0"];

/// Words in the names of columns whose numbers are names, too.
pub(super) const CODES: &[&str] = &["id", "code", "codes", "zip", "postcode"];

/// What programs and people write where there is nothing.
const MISSING: &[&str] = &["null", "nan", "n/a", "#n/a", "na", "<na>", "none", "nil", "-", "--"];

/// Other usual names; they only show that a row is a header.
const OTHER: &[&str] = &[
    "id",
    "index",
    "idx",
    "name",
    "date",
    "score",
    "similarity",
    "tokens",
    "answers",
    "url",
    "author",
    "user",
    "language",
    "lang",
    "source",
];

/// What a word of yes or no says, in any case and with spaces around it.
pub(super) fn truth(cell: &str) -> Option<bool> {
    match cell.trim().to_lowercase().as_str() {
        "true" | "yes" => Some(true),
        "false" | "no" => Some(false),
        _ => None,
    }
}

/// Whether a cell says of two texts whether they are alike.
pub(super) fn is_verdict(cell: &str) -> bool {
    truth(cell).is_some() || rank(cell, VERDICTS).is_some()
}

/// Whether a cell is a usual name of a column.
pub(super) fn is_known_name(cell: &str) -> bool {
    let of_a_pair = PAIRS.iter().any(|(one, other)| rank(cell, &[one, other]).is_some());
    of_a_pair || [TEXT, LABEL, sides::NAMES, OTHER].iter().any(|names| rank(cell, names).is_some())
}

/// Whether a cell looks like one that is to be empty.
pub(super) fn is_missing(cell: &str) -> bool {
    let cell = cell.trim();
    cell.len() <= 4 && MISSING.iter().any(|word| cell.eq_ignore_ascii_case(word))
}

/// Place of a column's name in a list of usual names, if it is in it; a space or a hyphen in it is as good as `_`.
pub(super) fn rank(column: &str, names: &[&str]) -> Option<usize> {
    let column = column.trim().to_lowercase().replace([' ', '-'], "_");
    names.iter().position(|name| *name == column)
}

/// Place in a list of usual names of the first one that is a word of the column's name, as in `review_text`.
pub(super) fn rank_of_word(column: &str, names: &[&str]) -> Option<usize> {
    let column = column.to_lowercase();
    names.iter().position(|name| column.split(|letter: char| !letter.is_alphanumeric()).any(|word| word == *name))
}
