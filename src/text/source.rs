//! Checks a `tokenizer.json` where the library, instead of returning an error, would panic or take any amount of memory.

use serde_json::{Map, Value};
use tokenizers::PostProcessorWrapper;
use tokenizers::normalizers::Precompiled;
use tokenizers::processors::template::TemplateProcessing;

use super::charsmap;

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
    if let Some(model) = file.get_mut("model").and_then(Value::as_object_mut) {
        check_merges(model)?;
        // Dropout of merges is for training a tokenizer's model; here the same text must always have the same ids.
        model.remove("dropout");
    }
    if let Some(normalizer) = file.get("normalizer") {
        check_normalizer(normalizer)?;
    }
    Ok(Value::Object(file))
}

/// Checks that the merges of a byte-pair encoding make no token longer than the longest of the vocabulary, which is as
/// much as the library provides for, and that what is merged has the prefix that the library takes off.
fn check_merges(model: &Map<String, Value>) -> Result<(), String> {
    let (Some(vocab), Some(merges)) = (model.get("vocab"), model.get("merges").and_then(Value::as_array)) else {
        return Ok(());
    };
    let longest = vocab.as_object().into_iter().flatten().map(|(token, _)| token.len()).max().unwrap_or(0);
    let prefix = model.get("continuing_subword_prefix").and_then(Value::as_str).unwrap_or_default();
    for merge in merges {
        let halves = match merge {
            Value::String(merge) => merge.split_once(' '),
            merge => merge[0].as_str().zip(merge[1].as_str()),
        };
        // What has no two halves the library refuses.
        let Some((first, second)) = halves else { continue };
        let second = second.strip_prefix(prefix);
        if second.is_none_or(|second| first.len() + second.len() > longest) {
            return Err(format!("the merge {merge} makes no token of its vocabulary"));
        }
    }
    Ok(())
}

/// Checks every table of precompiled characters (SentencePiece's) in a normalizer; serde_json has limited the depth.
fn check_normalizer(normalizer: &Value) -> Result<(), String> {
    match normalizer {
        Value::Array(parts) => parts.iter().try_for_each(check_normalizer),
        Value::Object(fields) if fields.get("type").and_then(Value::as_str) == Some("Precompiled") => {
            let table = fields.get("precompiled_charsmap").and_then(Value::as_str).unwrap_or_default();
            charsmap::check(table)?;
            // Read from text as the library does: the type borrows from it.
            serde_json::from_str::<Precompiled>(&normalizer.to_string()).map_err(|error| error.to_string()).map(drop)
        }
        Value::Object(fields) => fields.values().try_for_each(check_normalizer),
        _ => Ok(()),
    }
}

/// Checks that the template of a post-processor names only special tokens that it holds, one text where it gets one, and
/// both where it gets two.
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
    let mut around = 0;
    for part in parts {
        match part {
            PostProcessorWrapper::Template(template) => check_template(template)?,
            PostProcessorWrapper::Sequence(_) => return Err("its post-processors are nested".to_owned()),
            PostProcessorWrapper::ByteLevel(_) => continue,
            PostProcessorWrapper::Bert(_) | PostProcessorWrapper::Roberta(_) => {}
        }
        around += 1;
    }
    // A second one would get the pieces of the first instead of the texts.
    if around > 1 { Err("several of its post-processors put tokens around a text".to_owned()) } else { Ok(()) }
}

fn check_template(template: &TemplateProcessing) -> Result<(), String> {
    let template = serde_json::to_value(template).map_err(|error| error.to_string())?;
    let length = |token: &Value, field: &str| token[field].as_array().map(Vec::len);
    for (part, expected) in [("single", vec!["A"]), ("pair", vec!["A", "B"])] {
        let mut texts = Vec::new();
        for piece in template[part].as_array().into_iter().flatten() {
            if let Some(id) = piece["SpecialToken"]["id"].as_str() {
                let token = &template["special_tokens"][id];
                if length(token, "ids").is_none() || length(token, "ids") != length(token, "tokens") {
                    return Err(format!("its template lacks the ids of the special token “{id}”"));
                }
            } else {
                texts.extend(piece["Sequence"]["id"].as_str());
            }
        }
        texts.sort_unstable();
        if part == "single" && texts.contains(&"B") {
            return Err("its template for one text asks for a second one".to_owned());
        }
        if texts != expected {
            return Err(format!("its template “{part}” does not have every text once"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

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
