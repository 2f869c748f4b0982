//! A trained model and how it came to be.

use serde_json::{Map, Value, json};

use crate::data::DatasetInfo;
use crate::device::DeviceInfo;
use crate::error::{Error, Result};
use crate::eval::THRESHOLD;
use crate::export::{AdapterBundle, Bundle, Card, File, Kind, SentenceBundle};
use crate::model::{Head, LoraPlan, Model};
use crate::recipe::Recipe;
use crate::session::event::{DoneEvent, EpochEvent};
use crate::session::model::{OpenModel, cuts_at};
use crate::session::search::SearchReport;
use crate::session::tally::MOST_COMPARED;
use crate::task::Task;

/// The result of a run.
#[derive(Debug, Clone)]
pub struct Trained {
    /// The kept weights.
    pub model: Model,
    /// The model with its adapters apart, and what of it is one; of models trained with LoRA.
    pub adapter: Option<(Model, LoraPlan)>,
    /// What it was trained from.
    pub base: OpenModel,
    /// What it was trained for.
    pub task: Task,
    /// Labels in the order of the outputs; empty where the task has none.
    pub labels: Vec<String>,
    /// How it was trained.
    pub recipe: Recipe,
    /// Every epoch's figures.
    pub epochs: Vec<EpochEvent>,
    /// How the run ended.
    pub done: DoneEvent,
    /// What it was trained on: counts, no rows.
    pub data: DatasetInfo,
    /// SHA-256 of the data set.
    pub data_hash: String,
    /// Tokens at which texts were cut.
    pub max_length: usize,
    /// Whether some question of the data had no answer in its context, so that none may be given.
    pub may_lack: bool,
    /// Where it was trained.
    pub device: DeviceInfo,
    /// The runs that it was the best of, if it was one of several.
    pub search: Option<SearchReport>,
}

impl Trained {
    /// The files that transformers loads, or sentence-transformers where the model makes vectors or says what it says from
    /// them. `made_with` goes into the report; its `base_model`, if there is one, is the base model's name on the hub.
    ///
    /// # Errors
    ///
    /// A device that fails while the weights are read.
    pub async fn files(&self, made_with: Map<String, Value>) -> Result<Vec<File>> {
        let base_name = made_with.get("base_model").and_then(Value::as_str).unwrap_or(&self.base.name).to_owned();
        let bundle = Bundle {
            model: &self.model,
            config: &self.base.config,
            task: self.task,
            labels: &self.labels,
            threshold: self.threshold(),
            may_lack: self.may_lack,
            max_length: self.cuts_at(),
            tokenizer: &self.base.tokenizer,
            tokenizer_config: self.base.tokenizer_config.as_deref(),
            report: &self.report(made_with),
        };
        let over_vectors = match self.model.head() {
            Head::Sentence(_) => true,
            Head::Outputs(head) => head.is_linear(),
            Head::Language(_) => false,
        };
        if over_vectors {
            let base = self.base.loaded();
            let files = SentenceBundle { bundle, base }.files().await?;
            return Ok(self.with_card(files, Kind::Sentence, &base_name));
        }
        Ok(self.with_card(bundle.files().await?, Kind::Transformers, &base_name))
    }

    /// The files that PEFT loads over a base model.
    ///
    /// # Errors
    ///
    /// A model that was not trained with LoRA, or a device that fails while the weights are read.
    pub async fn adapter_files(&self, base: &str, made_with: Map<String, Value>) -> Result<Vec<File>> {
        let (model, plan) = self
            .adapter
            .as_ref()
            .ok_or_else(|| Error::order("This model has no adapter. Train it with the method LoRA to get one."))?;
        let (config, task) = (&self.base.config, self.task);
        let report = &self.report(made_with);
        let files = AdapterBundle { model, config, task, plan, base, report }.files().await?;
        Ok(self.with_card(files, Kind::Adapter, base))
    }

    /// The files and their `README.md`.
    fn with_card(&self, mut files: Vec<File>, kind: Kind, base: &str) -> Vec<File> {
        let text = self.card(kind, base).text();
        files.push(File { path: "README.md".to_owned(), bytes: text.into_bytes() });
        files
    }

    fn card<'a>(&'a self, kind: Kind, base: &'a str) -> Card<'a> {
        let validation = self.data.validation;
        let report = self.done.report.as_ref();
        Card {
            kind,
            base,
            family: self.base.config.family.name,
            task: self.task,
            labels: &self.labels,
            pooling: self.base.pooling().0,
            recipe: &self.recipe,
            max_length: self.max_length,
            data: &self.data,
            data_hash: &self.data_hash,
            compared: if self.task == Task::Embedding { validation.min(MOST_COMPARED) } else { validation },
            report,
            sentence: &self.done.sentence,
            picked: report.is_some() && self.recipe.keep_best && self.epochs.len() > 1 && self.done.best_epoch > 0,
            seconds: self.done.seconds,
            device: &self.device.name,
        }
    }

    /// Tokens at which texts are cut that it predicts for.
    pub fn cuts_at(&self) -> usize {
        cuts_at(self.task, self.max_length, self.base.config.longest())
    }

    /// Probability from which a label applies, of models with several labels: the best on the validation rows, else ½.
    pub fn threshold(&self) -> f64 {
        self.done.report.as_ref().and_then(|report| report.threshold).unwrap_or(THRESHOLD)
    }

    /// `training_report.json`: recipe, data, metrics, versions; no row of the data.
    pub(super) fn report(&self, mut made_with: Map<String, Value>) -> Value {
        made_with.insert("tabtune".to_owned(), json!(env!("CARGO_PKG_VERSION")));
        made_with.insert("burn".to_owned(), json!("0.22.1"));
        let DatasetInfo { classes, train, validation, longest_tokens, mean_tokens, .. } = &self.data;
        let mut report = json!({
            "made_with": made_with,
            "base_model": self.base.name,
            "task": self.task,
            "recipe": self.recipe,
            "max_length": self.max_length,
            "data": {
                "sha256": self.data_hash,
                "train": train,
                "validation": validation,
                "classes": classes,
                "longest_tokens": longest_tokens,
                "mean_tokens": mean_tokens,
            },
            "device": self.device,
            "epochs": self.epochs,
            "result": self.done,
        });
        if let (Some(report), Some(search)) = (report.as_object_mut(), &self.search) {
            report.insert("search".to_owned(), json!(search));
        }
        report
    }
}
