//! Checks a `tokenizer.json` where the library, instead of returning an error, would panic or take any amount of memory.

use serde_json::{Map, Value};
use tokenizers::PostProcessorWrapper;
use tokenizers::normalizers::Precompiled;
use tokenizers::processors::template::TemplateProcessing;

/// Parses the file's JSON without its decoder, which only turns ids back into text and whose reader panics on damage.
///
/// The workarounds of this file can go once `decoders/mod.rs`, `normalizers/mod.rs` and `processors/template.rs` of
/// tokenizers return errors where 0.23.2 has `expect("Helper")`, `expect("Precompiled")` and `special_tokens.0[id]`.
///
/// # Errors
///
/// What is wrong, as part of a sentence.
pub(super) fn read(bytes: &[u8]) -> Result<Value, String> {
    let mut file: Map<String, Value> = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    file.insert("decoder".to_owned(), Value::Null);
    if let Some(normalizer) = file.get("normalizer") {
        check_normalizer(normalizer)?;
    }
    Ok(Value::Object(file))
}

/// Checks every table of precompiled characters (SentencePiece's) in a normalizer; serde_json has limited the depth.
fn check_normalizer(normalizer: &Value) -> Result<(), String> {
    match normalizer {
        Value::Array(parts) => parts.iter().try_for_each(check_normalizer),
        Value::Object(fields) if fields.get("type").and_then(Value::as_str) == Some("Precompiled") => {
            let table = fields.get("precompiled_charsmap").and_then(Value::as_str).unwrap_or_default();
            if first_word(table).is_none_or(|bytes| bytes as usize > table.len()) {
                return Err("its precompiled_charsmap is damaged".to_owned());
            }
            // Read from text as the library does: the type borrows from it.
            serde_json::from_str::<Precompiled>(&normalizer.to_string()).map_err(|error| error.to_string()).map(drop)
        }
        Value::Object(fields) => fields.values().try_for_each(check_normalizer),
        _ => Ok(()),
    }
}

/// Checks that the template of a post-processor names only special tokens that it holds and the one text that it gets.
///
/// It is checked as read, and not in the file, where one thing can be written in several ways.
///
/// # Errors
///
/// What is wrong, as part of a sentence.
pub(super) fn check_post_processor(post_processor: &PostProcessorWrapper) -> Result<(), String> {
    let parts = match post_processor {
        PostProcessorWrapper::Sequence(sequence) => sequence.as_ref(),
        single => std::slice::from_ref(single),
    };
    for part in parts {
        match part {
            PostProcessorWrapper::Template(template) => check_template(template)?,
            PostProcessorWrapper::Sequence(_) => return Err("its post-processors are nested".to_owned()),
            _ => {}
        }
    }
    Ok(())
}

fn check_template(template: &TemplateProcessing) -> Result<(), String> {
    let template = serde_json::to_value(template).map_err(|error| error.to_string())?;
    let length = |token: &Value, field: &str| token[field].as_array().map(Vec::len);
    for piece in template["single"].as_array().into_iter().flatten() {
        if let Some(id) = piece["SpecialToken"]["id"].as_str() {
            let token = &template["special_tokens"][id];
            if length(token, "ids").is_none() || length(token, "ids") != length(token, "tokens") {
                return Err(format!("its template lacks the ids of the special token “{id}”"));
            }
        } else if piece["Sequence"]["id"] != "A" {
            return Err("its template for one text asks for a second one".to_owned());
        }
    }
    Ok(())
}

/// The first 32 bits, little-endian, of bytes in base64: the size of the table that follows.
fn first_word(base64: &str) -> Option<u32> {
    let digit = |letter: u8| match letter {
        b'A'..=b'Z' => Some(letter - b'A'),
        b'a'..=b'z' => Some(letter - b'a' + 26),
        b'0'..=b'9' => Some(letter - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let bits = base64.bytes().take(6).try_fold(0_u64, |bits, letter| Some(bits << 6 | u64::from(digit(letter)?)))?;
    (base64.len() >= 6).then(|| ((bits >> 4) as u32).swap_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_of_a_table_is_read_before_the_table() {
        // base64 of the bytes 04 03 02 01 FF
        assert_eq!(first_word("BAMCAf8="), Some(0x0102_0304));
        assert_eq!(first_word("BAMC"), None);
        assert_eq!(first_word("BA*CAf8="), None);
    }

    #[test]
    fn damaged_tables_of_characters_are_refused() {
        let file = |table: &str| {
            let part = serde_json::json!({"type": "Precompiled", "precompiled_charsmap": table});
            serde_json::json!({"normalizer": {"type": "Sequence", "normalizers": [part]}}).to_string()
        };
        for table in ["", "!!!!!!!!", "/////w==", "AAAAAP8=", "BAMCAf8="] {
            assert!(read(file(table).as_bytes()).is_err(), "{table}");
        }
    }
}
