//! A folder that PEFT's `AutoPeftModelFor…` loads over the base model: the adapters and the head, a fraction of its size.

use serde_json::Value;

use crate::checkpoint::adapter;
use crate::error::Result;
use crate::export::File;
use crate::model::{EncoderConfig, LoraPlan, Model};
use crate::task::Task;

/// What a folder is made of. It has no tokenizer: that is the base model's, and PEFT would cut the table of words down to
/// one that lies beside an adapter.
#[derive(Debug)]
pub struct AdapterBundle<'a> {
    /// The adapted model.
    pub model: &'a Model,
    /// The base model's configuration.
    pub config: &'a EncoderConfig,
    /// What it learnt.
    pub task: Task,
    /// How it was adapted.
    pub plan: &'a LoraPlan,
    /// The base model's name on the hub, or its folder.
    pub base: &'a str,
    /// Recipe, data and metrics; and the labels, which PEFT's files have no place for.
    pub report: &'a Value,
}

impl AdapterBundle<'_> {
    /// The files: adapters, configuration, report.
    ///
    /// # Errors
    ///
    /// A device that fails while the weights are read.
    pub async fn files(&self) -> Result<Vec<File>> {
        let file = |path: &str, bytes: Vec<u8>| File { path: path.to_owned(), bytes };
        let text = |path: &str, value: &Value| file(path, format!("{value:#}\n").into_bytes());
        let Self { model, config, task, plan, base, report } = *self;
        Ok(vec![
            file("adapter_model.safetensors", adapter::save(model, config, task, plan).await?),
            text("adapter_config.json", &adapter::config(plan, config, task, base)),
            text("training_report.json", report),
        ])
    }
}
