//! `config.json` → [`EncoderConfig`]: what the encoder is made of, checked before a byte of memory is taken.

use serde_json::Value;

use crate::error::{Error, Result};

/// Largest `config.json` that is read, in bytes; real ones are a few kilobytes, label lists included.
const MAX_BYTES: usize = 4 << 20;

/// Families that can be built, as `model_type` names them.
pub const SUPPORTED: &[&str] = &["bert"];

/// The activation between the two feed-forward layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// `x · Φ(x)` with the error function: `gelu` in transformers.
    Gelu,
    /// The tanh approximation: `gelu_new` and `gelu_pytorch_tanh`.
    GeluTanh,
    /// `max(x, 0)`.
    Relu,
}

/// Sizes and constants of a BERT encoder, named as in `transformers`' `BertConfig`.
#[derive(Debug, Clone, PartialEq)]
pub struct EncoderConfig {
    /// Rows of the word embedding, V.
    pub vocab_size: usize,
    /// Width of the hidden states, H.
    pub hidden_size: usize,
    /// Layers, L.
    pub num_hidden_layers: usize,
    /// Attention heads, A; divides H.
    pub num_attention_heads: usize,
    /// Width between the two feed-forward layers.
    pub intermediate_size: usize,
    /// Longest text in tokens.
    pub max_position_embeddings: usize,
    /// Rows of the token-type embedding.
    pub type_vocab_size: usize,
    /// ε of every LayerNorm; 1e-12 unless the file says otherwise.
    pub layer_norm_eps: f64,
    /// Standard deviation of newly initialised weights; 0.02 unless the file says otherwise.
    pub initializer_range: f64,
    /// Activation of the feed-forward block; GELU unless the file says otherwise.
    pub activation: Activation,
    /// Labels of a checkpoint that has a classification head, in the order of its outputs.
    pub labels: Option<Vec<String>>,
    /// The file as it came, for writing it back with the new labels.
    pub source: Value,
}

impl EncoderConfig {
    /// Reads a `config.json`.
    ///
    /// # Errors
    ///
    /// A file that is no JSON object, an architecture that is not supported (by name), a number that is missing
    /// or outside what an encoder can have.
    pub fn from_json(bytes: &[u8]) -> Result<Self> {
        if bytes.len() > MAX_BYTES {
            return Err(mistake("is larger than 4 MiB, so it is not a model's configuration."));
        }
        let source: Value = serde_json::from_slice(bytes)
            .map_err(|error| mistake(format!("is not valid JSON ({error}). Download it again.")))?;
        if !source.is_object() {
            return Err(mistake("does not hold a JSON object. It should be the model's configuration."));
        }
        check_family(&source)?;
        let read = Reader { source: &source };
        let config = Self {
            vocab_size: read.size("vocab_size", 1_048_576)?,
            hidden_size: read.size("hidden_size", 8_192)?,
            num_hidden_layers: read.size("num_hidden_layers", 128)?,
            num_attention_heads: read.size("num_attention_heads", 256)?,
            intermediate_size: read.size("intermediate_size", 65_536)?,
            max_position_embeddings: read.size("max_position_embeddings", 65_536)?,
            type_vocab_size: read.size("type_vocab_size", 1_024)?,
            layer_norm_eps: read.number("layer_norm_eps", 1e-12)?,
            initializer_range: read.number("initializer_range", 0.02)?,
            activation: activation(&source)?,
            labels: labels(&source)?,
            source: source.clone(),
        };
        config.check()
    }

    fn check(self) -> Result<Self> {
        if !self.hidden_size.is_multiple_of(self.num_attention_heads) {
            return Err(mistake(format!(
                "hidden_size {} cannot be divided among {} attention heads.",
                self.hidden_size, self.num_attention_heads
            )));
        }
        if self.max_position_embeddings < 3 {
            return Err(mistake("max_position_embeddings must be at least 3: two special tokens and one of the text."));
        }
        match self.source.get("position_embedding_type").and_then(Value::as_str) {
            None | Some("absolute") => Ok(self),
            Some(other) => Err(mistake(format!(
                "position_embedding_type \u{201c}{}\u{201d} is not supported; only \u{201c}absolute\u{201d} is.",
                shown(other)
            ))),
        }
    }
}

/// Reads numbers of the file, each with its limits.
struct Reader<'a> {
    source: &'a Value,
}

impl Reader<'_> {
    fn size(&self, name: &str, max: usize) -> Result<usize> {
        let value = self.source.get(name).ok_or_else(|| mistake(format!("{name} is missing.")))?;
        match value.as_u64() {
            Some(size) if (1..=max as u64).contains(&size) => Ok(size as usize),
            _ => Err(mistake(format!("{name} must be a whole number from 1 to {max}."))),
        }
    }

    fn number(&self, name: &str, default: f64) -> Result<f64> {
        match self.source.get(name) {
            None | Some(Value::Null) => Ok(default),
            Some(value) => match value.as_f64() {
                Some(number) if (0.0..=10.0).contains(&number) => Ok(number),
                _ => Err(mistake(format!("{name} must be a number from 0 to 10."))),
            },
        }
    }
}

fn check_family(source: &Value) -> Result<()> {
    let supported = SUPPORTED.join(", ");
    match source.get("model_type").and_then(Value::as_str) {
        Some(family) if SUPPORTED.contains(&family) => Ok(()),
        Some(family) => Err(mistake(format!(
            "the architecture \u{201c}{}\u{201d} is not supported. Choose a model whose model_type is one of: {supported}.",
            shown(family)
        ))),
        None => Err(mistake(format!("model_type is missing. It should be one of: {supported}."))),
    }
}

fn activation(source: &Value) -> Result<Activation> {
    match source.get("hidden_act").map(|value| value.as_str().unwrap_or("?")) {
        None | Some("gelu") => Ok(Activation::Gelu),
        Some("gelu_new" | "gelu_pytorch_tanh") => Ok(Activation::GeluTanh),
        Some("relu") => Ok(Activation::Relu),
        Some(other) => Err(mistake(format!(
            "hidden_act \u{201c}{}\u{201d} is not supported; gelu, gelu_new, gelu_pytorch_tanh and relu are.",
            shown(other)
        ))),
    }
}

/// `id2label` in the order of its numbers, if the architecture is a sequence classifier.
fn labels(source: &Value) -> Result<Option<Vec<String>>> {
    let classifies = source.get("architectures").and_then(Value::as_array).is_some_and(|names| {
        names.iter().any(|name| name.as_str().is_some_and(|n| n.ends_with("ForSequenceClassification")))
    });
    let Some(names) = source.get("id2label").and_then(Value::as_object).filter(|_| classifies) else {
        return Ok(None);
    };
    let by_id = |id: usize| names.get(&id.to_string()).and_then(Value::as_str).map(str::to_owned);
    let labels: Option<Vec<String>> = (0..names.len()).map(by_id).collect();
    match labels {
        Some(labels) if labels.len() <= 100_000 => Ok(Some(labels)),
        _ => Err(mistake(
            "id2label must name the labels \u{201c}0\u{201d}, \u{201c}1\u{201d}, \u{201c}2\u{201d} and so on, each once.",
        )),
    }
}

/// At most 60 characters of a hostile string.
fn shown(text: &str) -> String {
    text.chars().take(60).collect()
}

fn mistake(message: impl Into<String>) -> Error {
    Error::model("config.json", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(change: impl FnOnce(&mut serde_json::Map<String, Value>)) -> Result<EncoderConfig> {
        let mut config = serde_json::json!({
            "model_type": "bert", "vocab_size": 50, "hidden_size": 8, "num_hidden_layers": 2,
            "num_attention_heads": 2, "intermediate_size": 16, "max_position_embeddings": 32,
            "type_vocab_size": 2,
        });
        change(config.as_object_mut().expect("an object"));
        EncoderConfig::from_json(config.to_string().as_bytes())
    }

    #[test]
    fn defaults_are_those_of_transformers() {
        let config = read(|_| ()).expect("a good configuration");
        assert_eq!(config.layer_norm_eps, 1e-12);
        assert_eq!(config.initializer_range, 0.02);
        assert_eq!(config.activation, Activation::Gelu);
        assert_eq!(config.labels, None);
    }

    #[test]
    fn every_mistake_is_named() {
        let cases: [(Result<EncoderConfig>, &str); 6] = [
            (read(|c| drop(c.insert("model_type".into(), "llama".into()))), "llama"),
            (read(|c| drop(c.remove("model_type"))), "model_type is missing"),
            (read(|c| drop(c.insert("vocab_size".into(), 1e18.into()))), "vocab_size must be"),
            (read(|c| drop(c.insert("num_attention_heads".into(), 3.into()))), "cannot be divided"),
            (read(|c| drop(c.insert("hidden_act".into(), "swish".into()))), "swish"),
            (read(|c| drop(c.insert("position_embedding_type".into(), "relative_key".into()))), "relative_key"),
        ];
        for (result, expected) in cases {
            let message = result.expect_err("a mistake").to_string();
            assert!(message.starts_with("config.json: ") && message.contains(expected), "{message}");
        }
        let broken = EncoderConfig::from_json(b"{\"model_type\": ").expect_err("no JSON").to_string();
        assert!(broken.contains("not valid JSON"), "{broken}");
    }
}
