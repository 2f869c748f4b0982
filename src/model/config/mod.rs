//! `config.json` → [`EncoderConfig`]: what the encoder is made of, checked before a byte of memory is taken.

mod reader;

use serde_json::Value;

use crate::error::Result;
use crate::model::family::{Details, FAMILIES, Family, HeadShape, Pooling, Positions, Table};
use crate::task::Task;
use reader::shown;
pub(super) use reader::{Reader, mistake};

/// Largest `config.json` that is read, in bytes; real ones are a few kilobytes, label lists included.
const MAX_BYTES: usize = 4 << 20;

/// An activation, as `ACT2FN` in transformers names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// `x · Φ(x)` with the error function: `gelu`.
    Gelu,
    /// The tanh approximation: `gelu_new` and `gelu_pytorch_tanh`.
    GeluTanh,
    /// `max(x, 0)`: `relu`.
    Relu,
    /// `x · σ(x)`: `silu` and `swish`.
    Silu,
    /// `tanh`.
    Tanh,
}

/// Sizes and constants of an encoder, named as in `BertConfig` of transformers, whatever its family calls them.
#[derive(Debug, Clone, PartialEq)]
pub struct EncoderConfig {
    /// Its family.
    pub family: &'static Family,
    /// Rows of the word embedding, V.
    pub vocab_size: usize,
    /// Width of the hidden states, H.
    pub hidden_size: usize,
    /// Width of the embeddings, E; H but in ALBERT and ELECTRA.
    pub embedding_size: usize,
    /// Layers, L.
    pub num_hidden_layers: usize,
    /// Attention heads, A; divides H.
    pub num_attention_heads: usize,
    /// Width between the two feed-forward layers.
    pub intermediate_size: usize,
    /// Positions that it was trained for; rows of the position embedding where there is one.
    pub max_position_embeddings: usize,
    /// Rows of the token-type embedding; 0 without one.
    pub type_vocab_size: usize,
    /// Id of the padding token, from which some families count positions.
    pub pad_token_id: usize,
    /// How positions are counted.
    pub positions: Positions,
    /// ε of every LayerNorm; 1e-12 unless the file or the family says otherwise.
    pub layer_norm_eps: f64,
    /// Standard deviation of newly initialised weights; 0.02 unless the file says otherwise.
    pub initializer_range: f64,
    /// Activation of the feed-forward block; GELU unless the file says otherwise.
    pub activation: Activation,
    /// Whether dropout follows the attention block and the feed-forward block.
    pub drops: [bool; 2],
    /// What the family's heads are made of.
    pub head: HeadShape,
    /// What only this family has.
    pub details: Details,
    /// Labels of a checkpoint that has a head for them, in the order of its outputs.
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
        family(&source)?.read(&Reader { source: &source })?.check()
    }

    fn check(self) -> Result<Self> {
        if !self.hidden_size.is_multiple_of(self.num_attention_heads) {
            return Err(mistake(format!(
                "{} hidden values cannot be divided among {} attention heads.",
                self.hidden_size, self.num_attention_heads
            )));
        }
        if matches!(self.details, Details::Modern(_))
            && !(self.hidden_size / self.num_attention_heads).is_multiple_of(2)
        {
            return Err(mistake("rotary positions need an even number of values per attention head."));
        }
        if self.longest() < 3 {
            return Err(mistake("it has room for fewer than 3 tokens: two special tokens and one of the text."));
        }
        Ok(self)
    }

    /// Longest text in tokens.
    pub fn longest(&self) -> usize {
        match self.positions {
            Positions::AfterPadding => self.max_position_embeddings.saturating_sub(self.pad_token_id + 1),
            Positions::FromZero | Positions::None => self.max_position_embeddings,
        }
    }

    /// What stands for a text as a whole where its vector is wanted: the mean, as most sentence encoders were trained.
    pub fn pooling(&self) -> Pooling {
        Pooling::Mean
    }

    /// Activation of the head over hidden words: some families write GELU there whatever the file says.
    pub fn language_activation(&self) -> Activation {
        match (self.family.table, self.head.dense) {
            (Table::Roberta | Table::Electra | Table::Mpnet, _) => Activation::Gelu,
            (Table::ModernBert, Some(dense)) => dense.activation,
            _ => self.activation,
        }
    }

    /// The task that the checkpoint's own head was trained for, as `architectures` and `problem_type` say.
    pub fn task(&self) -> Option<Task> {
        let named = self.source.get("architectures").and_then(Value::as_array)?;
        let ends = |end: &str| named.iter().any(|name| name.as_str().is_some_and(|name| name.ends_with(end)));
        if ends("ForSequenceClassification") {
            let outputs = self.labels.as_ref().map_or(2, Vec::len);
            return Some(match self.source.get("problem_type").and_then(Value::as_str) {
                Some("multi_label_classification") => Task::MultiLabel,
                Some("regression") => Task::Regression,
                None if outputs == 1 => Task::Regression,
                _ => Task::Classification,
            });
        }
        let tasks = [
            ("ForTokenClassification", Task::Tokens),
            ("ForQuestionAnswering", Task::Answers),
            ("ForMaskedLM", Task::Language),
        ];
        let task = tasks.into_iter().find(|(end, _)| ends(end)).map(|(_, task)| task);
        task.filter(|task| *task != Task::Language || self.check_language().is_ok())
    }

    /// What `problem_type` says, whatever the architecture.
    pub fn problem(&self) -> Option<Task> {
        match self.source.get("problem_type").and_then(Value::as_str)? {
            "single_label_classification" => Some(Task::Classification),
            "multi_label_classification" => Some(Task::MultiLabel),
            "regression" => Some(Task::Regression),
            _ => None,
        }
    }

    /// `id2label` in the order of its numbers, whatever the architecture.
    ///
    /// # Errors
    ///
    /// Numbers that do not run from 0, each once.
    pub fn named_labels(&self) -> Result<Option<Vec<String>>> {
        Reader { source: &self.source }.named_labels()
    }

    /// Probability from which a label applies, of a checkpoint with several labels: what its file says, else ½.
    pub fn threshold(&self) -> f64 {
        self.source.get("threshold").and_then(Value::as_f64).filter(|share| (0.0..=1.0).contains(share)).unwrap_or(0.5)
    }

    /// Whether contexts of questions may hold no answer, if the checkpoint says so, as ours do.
    pub fn may_lack(&self) -> Option<bool> {
        self.source.get("handle_impossible_answer").and_then(Value::as_bool)
    }

    /// Refuses heads over hidden words whose last layer is another than the word table.
    ///
    /// # Errors
    ///
    /// `tie_word_embeddings` is false, or, of DeBERTa, `legacy`.
    pub fn check_language(&self) -> Result<()> {
        let is_false = |name: &str| self.source.get(name).and_then(Value::as_bool) == Some(false);
        let untied = if is_false("tie_word_embeddings") {
            "tie_word_embeddings"
        } else if self.family.table == Table::Deberta && is_false("legacy") {
            "legacy"
        } else {
            return Ok(());
        };
        Err(mistake(format!(
            "{untied} is false: a head over hidden words of that kind is not supported. Choose another task or another model."
        )))
    }

    /// The class of transformers that has a head for a task on this encoder.
    pub fn class(&self, task: Task) -> String {
        let head = match task {
            Task::Classification | Task::MultiLabel | Task::Regression => "ForSequenceClassification",
            Task::Tokens => "ForTokenClassification",
            Task::Answers => "ForQuestionAnswering",
            Task::Embedding => "Model",
            Task::Language => "ForMaskedLM",
        };
        format!("{}{head}", self.family.class)
    }
}

/// The family that `model_type` names.
fn family(source: &Value) -> Result<&'static Family> {
    let supported = || FAMILIES.iter().map(|family| family.model_type).collect::<Vec<_>>().join(", ");
    let Some(named) = source.get("model_type").and_then(Value::as_str) else {
        return Err(mistake(format!("model_type is missing. It should be one of: {}.", supported())));
    };
    FAMILIES.iter().find(|family| family.model_type == named).ok_or_else(|| {
        mistake(format!(
            "the architecture \u{201c}{}\u{201d} is not supported. Choose a model whose model_type is one of: {}.",
            shown(named),
            supported()
        ))
    })
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
            (read(|c| drop(c.insert("hidden_act".into(), "mish".into()))), "mish"),
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
