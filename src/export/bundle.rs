//! A folder that transformers' `from_pretrained` of the task's class loads, with a report of how it was made.

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
    /// Path within the folder, with `/` between folders.
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
    /// What the model was trained for.
    pub task: Task,
    /// Labels in the order of the outputs; empty where the task has none.
    pub labels: &'a [String],
    /// Probability from which a label applies, where several may.
    pub threshold: f64,
    /// Whether contexts of questions may hold no answer.
    pub may_lack: bool,
    /// Tokens at which texts are cut, as in training.
    pub max_length: usize,
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
        let weights = checkpoint::save(self.model, self.config, self.task).await?;
        Ok(self.around(weights, &self.config.class(self.task)))
    }

    /// The weights and what stands around them, for a class of transformers.
    pub(super) fn around(&self, weights: Vec<u8>, class: &str) -> Vec<File> {
        vec![
            file("model.safetensors", weights),
            text("config.json", &self.config_json(class)),
            file("tokenizer.json", self.tokenizer.source().to_vec()),
            match self.tokenizer_config {
                Some(bytes) => file("tokenizer_config.json", self.cutting(bytes)),
                None => text("tokenizer_config.json", &self.tokenizer_json()),
            },
            text("training_report.json", self.report),
        ]
    }

    /// The base model's `tokenizer_config.json`, but for where texts are cut: libraries that cut them elsewhere than
    /// training did would say something else of long ones.
    fn cutting(&self, own: &[u8]) -> Vec<u8> {
        let Ok(Value::Object(mut settings)) = serde_json::from_slice(own) else { return own.to_vec() };
        settings.insert("model_max_length".to_owned(), json!(self.max_length));
        format!("{:#}\n", Value::Object(settings)).into_bytes()
    }

    /// What a tokenizer needs beside its `tokenizer.json`: not every class knows which token pads or hides.
    pub(super) fn tokenizer_json(&self) -> Value {
        let mut settings = Map::new();
        settings.insert("model_max_length".to_owned(), json!(self.max_length));
        let pad = Some(self.tokenizer.pad_id()).filter(|&id| self.tokenizer.is_special(id));
        for (name, id) in [("pad_token", pad), ("mask_token", self.tokenizer.mask_id())] {
            let token = id.and_then(|id| u32::try_from(id).ok()).and_then(|id| self.tokenizer.token(id));
            if let Some(token) = token {
                settings.insert(name.to_owned(), json!(token));
            }
        }
        Value::Object(settings)
    }

    /// The base model's configuration as that of the class: architecture, labels both ways, kind of problem.
    pub(super) fn config_json(&self, class: &str) -> Value {
        let mut config = self.config.source.as_object().cloned().unwrap_or_default();
        for stale in [
            "_name_or_path",
            "torch_dtype",
            "id2label",
            "label2id",
            "num_labels",
            "problem_type",
            "threshold",
            "handle_impossible_answer",
        ] {
            config.shift_remove(stale);
        }
        config.insert("architectures".to_owned(), json!([class]));
        let unnamed = [String::from("LABEL_0")];
        let labels = if self.task == Task::Regression { &unnamed[..] } else { self.labels };
        if !labels.is_empty() {
            let by_id = labels.iter().enumerate().map(|(id, label)| (id.to_string(), json!(label)));
            let by_label = labels.iter().enumerate().map(|(id, label)| (label.clone(), json!(id)));
            config.insert("id2label".to_owned(), Value::Object(by_id.collect::<Map<_, _>>()));
            config.insert("label2id".to_owned(), Value::Object(by_label.collect::<Map<_, _>>()));
        }
        let problem = match self.task {
            Task::Classification => Some("single_label_classification"),
            Task::MultiLabel => Some("multi_label_classification"),
            Task::Regression => Some("regression"),
            _ => None,
        };
        if let Some(problem) = problem {
            config.insert("problem_type".to_owned(), json!(problem));
        }
        if self.task == Task::MultiLabel {
            // Of no meaning to transformers, which keeps it; read by us when the model is opened again.
            config.insert("threshold".to_owned(), json!(self.threshold));
        }
        if self.task == Task::Answers {
            // Named as the question answering pipeline of transformers names what asks for it; read by us, too.
            config.insert("handle_impossible_answer".to_owned(), json!(self.may_lack));
        }
        // The weights are always written as f32.
        config.insert("dtype".to_owned(), json!("float32"));
        Value::Object(config)
    }
}

pub(super) fn file(path: &str, bytes: Vec<u8>) -> File {
    File { path: path.to_owned(), bytes }
}

/// A JSON file.
pub(super) fn text(path: &str, value: &Value) -> File {
    file(path, format!("{value:#}\n").into_bytes())
}
