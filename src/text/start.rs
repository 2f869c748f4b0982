//! Whether the start of a long text can be tokenized alone, and where it may end: a text far longer than its cut need not
//! be tokenized whole.
//!
//! It may end before a space that follows a word, if everything that the tokenizer does stays within words: then no
//! token of the start depends on what follows.

use serde_json::Value;
use tokenizers::Tokenizer;

/// Patterns of `Replace` that converted SentencePiece tokenizers have: they join white space, which the start has not
/// got at its end.
const JOIN_SPACES: [&str; 3] = [" {2,}", r"\s{2,}|[\n\r\t]", r"\s+"];

/// Whether a tokenizer stays within words, as those of all families of encoders do.
///
/// Its normalizer works on single characters and what combines with them, its pre-tokenizer splits at white space, and
/// no added token has a space after its beginning or takes along the space behind it.
pub(super) fn splits_at_spaces(tokenizer: &Tokenizer) -> bool {
    let value = |part: Option<Value>| part.unwrap_or_default();
    let normalizer = value(tokenizer.get_normalizer().and_then(|part| serde_json::to_value(part).ok()));
    let pre_tokenizer = value(tokenizer.get_pre_tokenizer().and_then(|part| serde_json::to_value(part).ok()));
    stays_within_words(&normalizer)
        && splits_words(&pre_tokenizer)
        && tokenizer
            .get_added_tokens_decoder()
            .values()
            .all(|added| !added.rstrip && !added.content.trim_start().contains(char::is_whitespace))
}

/// Whether a text is nothing but its words to a tokenizer, as to BERT's: white space between them leaves no trace, and
/// what is around a word changes nothing in it.
pub(super) fn is_words_alone(tokenizer: &Tokenizer) -> bool {
    let kind = |part: Option<Value>| part.and_then(|part| part["type"].as_str().map(str::to_owned));
    let normalizer = kind(tokenizer.get_normalizer().and_then(|part| serde_json::to_value(part).ok()));
    let pre_tokenizer = kind(tokenizer.get_pre_tokenizer().and_then(|part| serde_json::to_value(part).ok()));
    let model = serde_json::to_value(tokenizer.get_model()).ok();
    normalizer.as_deref() == Some("BertNormalizer")
        && pre_tokenizer.as_deref() == Some("BertPreTokenizer")
        && model.is_some_and(|model| model["type"] == "WordPiece")
        && tokenizer
            .get_added_tokens_decoder()
            .values()
            .all(|added| !added.rstrip && !added.lstrip && !added.content.contains(char::is_whitespace))
}

fn stays_within_words(normalizer: &Value) -> bool {
    match normalizer["type"].as_str() {
        None => normalizer.is_null(),
        Some("Sequence") => normalizer["normalizers"].as_array().is_some_and(|all| all.iter().all(stays_within_words)),
        Some("Replace") => {
            let pattern = &normalizer["pattern"];
            pattern["String"].as_str().is_some_and(|plain| !plain.contains(char::is_whitespace))
                || pattern["Regex"].as_str().is_some_and(|pattern| JOIN_SPACES.contains(&pattern))
        }
        Some(kind) => {
            let kinds =
                ["BertNormalizer", "Lowercase", "NFC", "NFD", "NFKC", "NFKD", "Precompiled", "Strip", "StripAccents"];
            kinds.contains(&kind)
        }
    }
}

fn splits_words(pre_tokenizer: &Value) -> bool {
    match pre_tokenizer["type"].as_str() {
        Some("BertPreTokenizer" | "WhitespaceSplit") => true,
        Some("ByteLevel") => pre_tokenizer["use_regex"] == true,
        Some("Metaspace") => pre_tokenizer["split"] == true,
        // After the first one the others see words alone.
        Some("Sequence") => {
            let first = pre_tokenizer["pretokenizers"].as_array().and_then(|all| all.first());
            first.is_some_and(|first| first["type"] != "Sequence" && splits_words(first))
        }
        _ => false,
    }
}

/// Where a start of at least `bytes` bytes may end, if that is before the text's end.
pub(super) fn end(text: &str, bytes: usize) -> Option<usize> {
    let from = text.floor_char_boundary(bytes);
    let mut before = text[..from].chars().next_back();
    text[from..].char_indices().find_map(|(at, letter)| {
        let word = before.replace(letter).is_some_and(|before| !before.is_whitespace() && !joins(before));
        (word && matches!(letter, ' ' | '\n')).then_some(from + at)
    })
}

/// Characters that make one grapheme with what follows, be it a space (`Grapheme_Cluster_Break=Prepend` in Unicode, or
/// in a block that has such): SentencePiece's tables are looked up by graphemes.
fn joins(letter: char) -> bool {
    let prepended = ['\u{6DD}', '\u{70F}', '\u{890}', '\u{891}', '\u{8E2}', '\u{D4E}'];
    prepended.contains(&letter) || matches!(letter, '\u{600}'..='\u{605}' | '\u{11000}'..='\u{11FFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_ends_before_a_space_behind_a_word() {
        assert_eq!(end("one two three", 0), Some(3));
        assert_eq!(end("one two three", 3), Some(3));
        assert_eq!(end("one two three", 4), Some(7));
        assert_eq!(end("one  two\nthree", 4), Some(8));
        assert_eq!(end("öäü ß", 5), Some(6));
        assert_eq!(end("one two", 5), None);
        assert_eq!(end("\u{600} one \u{D4E}\ntwo six", 0), Some(6));
        assert_eq!(end("\u{D4E}\ntwo six", 2), Some(7));
        assert_eq!(end("", 0), None);
    }

    #[test]
    fn tokenizers_that_look_across_words_are_known() {
        let replace = |pattern| serde_json::json!({"type": "Replace", "pattern": pattern, "content": ""});
        assert!(stays_within_words(&Value::Null));
        assert!(stays_within_words(&replace(serde_json::json!({"String": "``"}))));
        assert!(!stays_within_words(&replace(serde_json::json!({"String": "a b"}))));
        assert!(!stays_within_words(&replace(serde_json::json!({"Regex": "a.b"}))));
        assert!(!stays_within_words(&serde_json::json!({"type": "Prepend", "prepend": "x"})));
        assert!(!splits_words(&Value::Null));
        assert!(!splits_words(&serde_json::json!({"type": "Metaspace", "split": false})));
        assert!(!splits_words(&serde_json::json!({"type": "ByteLevel", "use_regex": false})));
    }
}
