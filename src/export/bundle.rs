//! A folder that `AutoModelForSequenceClassification.from_pretrained` loads, with a report of how it was made.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::checkpoint;
use crate::error::Result;
use crate::model::{EncoderConfig, Model};
use crate::task::Task;
use crate::text::Tokenizer;

/// A file of the folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct File {
    /// Name within the folder.
    pub path: String,
    /// Content.
    pub bytes: Vec<u8>,
}

/// What a folder is made of.
#[derive(Debug)]
pub struct Bundle<'a> {
    /// The weights.
    pub model: &'a Model,
    /// The base model's configuration.
    pub config: &'a EncoderConfig,
    /// Labels in the order of the outputs.
    pub labels: &'a [String],
    /// The tokenizer.
    pub tokenizer: &'a Tokenizer,
    /// The base model's `tokenizer_config.json`, if it came with one.
    pub tokenizer_config: Option<&'a [u8]>,
    /// Recipe, data and metrics.
    pub report: &'a Value,
}

impl Bundle<'_> {
    /// The files: weights, configuration, tokenizer, report.
    ///
    /// # Errors
    ///
    /// A device that fails while the weights are read.
    pub async fn files(&self) -> Result<Vec<File>> {
        let file = |path: &str, bytes: Vec<u8>| File { path: path.to_owned(), bytes };
        let text = |path: &str, value: &Value| file(path, format!("{value:#}\n").into_bytes());
        Ok(vec![
            file("model.safetensors", checkpoint::save(self.model, self.config, Task::Classification).await?),
            text("config.json", &config(&self.config.source, self.labels)),
            file("tokenizer.json", self.tokenizer.source().to_vec()),
            match self.tokenizer_config {
                Some(bytes) => file("tokenizer_config.json", bytes.to_vec()),
                None => text("tokenizer_config.json", &tokenizer_config(self.config.longest())),
            },
            text("training_report.json", self.report),
        ])
    }
}

/// The base model's configuration as a classifier's: architecture, labels both ways, kind of problem.
fn config(source: &Value, labels: &[String]) -> Value {
    let mut config = source.as_object().cloned().unwrap_or_default();
    let by_id = labels.iter().enumerate().map(|(id, label)| (id.to_string(), json!(label)));
    let by_label = labels.iter().enumerate().map(|(id, label)| (label.clone(), json!(id)));
    config.shift_remove("_name_or_path");
    config.insert("architectures".to_owned(), json!(["BertForSequenceClassification"]));
    config.insert("id2label".to_owned(), Value::Object(by_id.collect::<Map<_, _>>()));
    config.insert("label2id".to_owned(), Value::Object(by_label.collect::<Map<_, _>>()));
    config.insert("problem_type".to_owned(), json!("single_label_classification"));
    // The older and the newer name of the same field; the weights are always written as f32.
    config.shift_remove("torch_dtype");
    config.insert("dtype".to_owned(), json!("float32"));
    Value::Object(config)
}

/// For a model that came without one: enough for transformers to load `tokenizer.json`.
fn tokenizer_config(max_length: usize) -> Value {
    json!({ "tokenizer_class": "BertTokenizer", "model_max_length": max_length })
}
