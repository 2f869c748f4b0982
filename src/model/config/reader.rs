//! Fields of a `config.json`, each read with its limits.

use serde_json::Value;

use crate::error::{Error, Result};
use crate::model::config::Activation;

/// Reads fields of the file, each with its limits.
pub(in crate::model) struct Reader<'a> {
    pub(in crate::model) source: &'a Value,
}

impl<'a> Reader<'a> {
    /// The file with a field that the family does not have but shared code asks for.
    pub(in crate::model) fn with(source: &Value, name: &str, value: usize) -> Value {
        let mut source = source.clone();
        if let Some(fields) = source.as_object_mut() {
            fields.insert(name.to_owned(), value.into());
        }
        source
    }

    /// A whole number from 1 to `max` that must be there.
    pub(in crate::model) fn size(&self, name: &str, max: usize) -> Result<usize> {
        let value = self.source.get(name).ok_or_else(|| mistake(format!("{name} is missing.")))?;
        match value.as_u64() {
            Some(size) if (1..=max as u64).contains(&size) => Ok(size as usize),
            _ => Err(mistake(format!("{name} must be a whole number from 1 to {max}."))),
        }
    }

    /// A whole number from 1 to `max`.
    pub(in crate::model) fn size_or(&self, name: &str, max: usize, default: usize) -> Result<usize> {
        if self.is_null(name) { Ok(default) } else { self.size(name, max) }
    }

    /// A whole number from 0 to `max`; negative ones, which some files have for none, are 0.
    pub(in crate::model) fn count(&self, name: &str, max: usize, default: usize) -> Result<usize> {
        match self.source.get(name).and_then(Value::as_i64) {
            None if self.is_null(name) => Ok(default),
            Some(count) if count < 0 => Ok(0),
            Some(count) if count as u64 <= max as u64 => Ok(count as usize),
            _ => Err(mistake(format!("{name} must be a whole number up to {max}."))),
        }
    }

    /// The id of a token.
    pub(in crate::model) fn id(&self, name: &str, default: usize) -> Result<usize> {
        self.count(name, 1_048_576, default)
    }

    /// A number from 0 to 10.
    pub(in crate::model) fn number(&self, name: &str, default: f64) -> Result<f64> {
        match self.source.get(name) {
            None | Some(Value::Null) => Ok(default),
            Some(value) => match value.as_f64() {
                Some(number) if (0.0..=10.0).contains(&number) => Ok(number),
                _ => Err(mistake(format!("{name} must be a number from 0 to 10."))),
            },
        }
    }

    /// Yes or no.
    pub(in crate::model) fn flag(&self, name: &str, default: bool) -> Result<bool> {
        match self.source.get(name) {
            None | Some(Value::Null) => Ok(default),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(mistake(format!("{name} must be true or false."))),
        }
    }

    /// A word, if one is there.
    pub(in crate::model) fn word(&self, name: &str) -> Option<&'a str> {
        self.source.get(name).and_then(Value::as_str)
    }

    /// A list of words, or words between bars; none if it is neither.
    pub(in crate::model) fn words(&self, name: &str) -> Vec<String> {
        match self.source.get(name) {
            Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            Some(Value::String(words)) => words.split('|').map(|word| word.trim().to_lowercase()).collect(),
            _ => Vec::new(),
        }
    }

    /// An activation by name.
    pub(in crate::model) fn activation(&self, name: &str, default: Activation) -> Result<Activation> {
        match self.source.get(name).map(|value| value.as_str().unwrap_or("?")) {
            None => Ok(default),
            Some("gelu") => Ok(Activation::Gelu),
            Some("gelu_new" | "gelu_pytorch_tanh") => Ok(Activation::GeluTanh),
            Some("relu") => Ok(Activation::Relu),
            Some("silu" | "swish") => Ok(Activation::Silu),
            Some("tanh") => Ok(Activation::Tanh),
            Some(other) => Err(mistake(format!(
                "{name} \u{201c}{}\u{201d} is not supported; gelu, gelu_new, gelu_pytorch_tanh, relu, silu and tanh are.",
                shown(other)
            ))),
        }
    }

    /// `id2label` in the order of its numbers, if the checkpoint has a head for labels.
    pub(in crate::model) fn labels(&self) -> Result<Option<Vec<String>>> {
        let ends = |name: &str| name.ends_with("ForSequenceClassification") || name.ends_with("ForTokenClassification");
        let named = self.source.get("architectures").and_then(Value::as_array);
        let classifies = named.is_some_and(|names| names.iter().any(|name| name.as_str().is_some_and(ends)));
        if classifies { self.named_labels() } else { Ok(None) }
    }

    /// `id2label` in the order of its numbers.
    pub(in crate::model) fn named_labels(&self) -> Result<Option<Vec<String>>> {
        let Some(names) = self.source.get("id2label").and_then(Value::as_object) else { return Ok(None) };
        let by_id = |id: usize| names.get(&id.to_string()).and_then(Value::as_str).map(str::to_owned);
        let labels: Option<Vec<String>> = (0..names.len()).map(by_id).collect();
        match labels {
            Some(labels) if labels.is_empty() => Ok(None),
            Some(labels) if labels.len() <= 100_000 => Ok(Some(labels)),
            _ => Err(mistake(
                "id2label must name the labels \u{201c}0\u{201d}, \u{201c}1\u{201d}, \u{201c}2\u{201d} and so on, each once.",
            )),
        }
    }

    /// At most 60 characters of a hostile string.
    pub(in crate::model) fn shown(&self, text: &str) -> String {
        shown(text)
    }

    fn is_null(&self, name: &str) -> bool {
        self.source.get(name).is_none_or(Value::is_null)
    }
}

/// At most 60 characters of a hostile string.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(60).collect()
}

/// A mistake in the file.
pub(in crate::model) fn mistake(message: impl Into<String>) -> Error {
    Error::model("config.json", message)
}
