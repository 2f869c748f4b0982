//! The settings of a sentence-transformers model that are not weights: pooling, longest text.

use serde_json::Value;

use super::fields::{MAX_SIZE, fits, flag, joined, json, shown, size};
use crate::error::{Error, Result};
use crate::model::Pooling;

/// The file with the longest text, of which old versions had one per family.
pub(super) const ENCODER_CONFIGS: [&str; 7] = [
    "sentence_bert_config.json",
    "sentence_roberta_config.json",
    "sentence_distilbert_config.json",
    "sentence_camembert_config.json",
    "sentence_albert_config.json",
    "sentence_xlm-roberta_config.json",
    "sentence_xlnet_config.json",
];

/// Longest text, and whether texts are put in lower case.
pub(super) fn texts<'a>(folder: &str, file: impl Fn(&str) -> Option<&'a [u8]>) -> Result<(Option<usize>, bool)> {
    let mut paths = ENCODER_CONFIGS.iter().map(|name| joined(folder, name));
    let Some((path, bytes)) = paths.find_map(|path| file(&path).map(|bytes| (path, bytes))) else {
        return Ok((None, false));
    };
    let config = json(&path, bytes)?;
    let longest = match config.get("max_seq_length") {
        None | Some(Value::Null) => None,
        // Some files write an astronomic number for no limit.
        Some(length) if length.as_f64().is_some_and(|length| length > MAX_SIZE as f64) => None,
        Some(length) => Some(size(&path, "max_seq_length", length)?),
    };
    Ok((longest, flag(&path, &config, "do_lower_case", false)?))
}

/// The ways of pooling by the names that new files have, and by the fields of old ones.
const WAYS: [(&str, &str, Option<Pooling>); 6] = [
    ("cls", "pooling_mode_cls_token", Some(Pooling::First)),
    ("max", "pooling_mode_max_tokens", None),
    ("mean", "pooling_mode_mean_tokens", Some(Pooling::Mean)),
    ("mean_sqrt_len_tokens", "pooling_mode_mean_sqrt_len_tokens", None),
    ("weightedmean", "pooling_mode_weightedmean_tokens", None),
    ("lasttoken", "pooling_mode_lasttoken", None),
];

pub(super) fn pooling(path: &str, bytes: &[u8], hidden: usize) -> Result<Pooling> {
    let config = json(path, bytes)?;
    for field in ["embedding_dimension", "word_embedding_dimension"] {
        if let Some(width) = config.get(field) {
            fits(path, field, size(path, field, width)?, hidden)?;
        }
    }
    let unknown = |named: &str| {
        let why = "is not supported; \u{201c}mean\u{201d} and \u{201c}cls\u{201d} are.";
        Error::model(path, format!("pooling by \u{201c}{}\u{201d} {why}", shown(named)))
    };
    let names: Vec<&str> = match config.get("pooling_mode") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().map(|name| name.as_str().unwrap_or("?")).collect(),
        Some(_) => return Err(Error::model(path, "pooling_mode should be a name.")),
        None => {
            let mut names = Vec::new();
            for (name, field, _) in WAYS {
                if flag(path, &config, field, false)? {
                    names.push(name);
                }
            }
            // As the library has it where a file says nothing.
            if names.is_empty() { vec!["mean"] } else { names }
        }
    };
    let [name] = names[..] else { return Err(unknown(&names.join(" and "))) };
    WAYS.iter().find(|(known, ..)| *known == name).and_then(|(.., pooling)| *pooling).ok_or_else(|| unknown(name))
}
