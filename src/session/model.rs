//! An open model: its files checked against each other, its weights on the device.

use std::sync::{Arc, OnceLock};

use serde::Serialize;
use serde_json::Value;

use crate::checkpoint::{self, Loaded, SentenceLayout, SentenceModules};
use crate::device::Compute;
use crate::error::{Error, Result};
use crate::model::{EncoderConfig, Head, Model, OutputHead, Pooling, SentenceHead};
use crate::recipe::TextVector;
use crate::task::Task;
use crate::text::Tokenizer;
use crate::train::Masking;

/// The files of a model folder.
#[derive(Debug, Clone)]
pub struct ModelFiles<'a> {
    /// `config.json`
    pub config: &'a [u8],
    /// What texts are cut into tokens with.
    pub vocabulary: Vocabulary<'a>,
    /// `model.safetensors`, or its shards.
    pub weights: Vec<&'a [u8]>,
    /// `tokenizer_config.json`, where there is one.
    pub tokenizer_config: Option<&'a [u8]>,
    /// `modules.json` of a sentence-transformers model and the files that it names, by path; empty for other models.
    pub modules: Vec<(&'a str, &'a [u8])>,
}

/// What texts are cut into tokens with.
#[derive(Debug, Clone, Copy)]
pub enum Vocabulary<'a> {
    /// `tokenizer.json`
    Tokenizer(&'a [u8]),
    /// `vocab.txt` of a WordPiece model that has no `tokenizer.json`.
    Words(&'a [u8]),
}

/// What a form shows of an open model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModelInfo {
    /// Name that the user knows it by.
    pub name: String,
    /// Family, e.g. `BERT`.
    pub architecture: String,
    /// Layers.
    pub layers: usize,
    /// Width of the hidden states.
    pub hidden: usize,
    /// Tokens that it knows.
    pub vocabulary: usize,
    /// Longest text in tokens.
    pub max_length: usize,
    /// Parameters of the encoder and its head.
    pub parameters: usize,
    /// Task of a checkpoint that already has a head.
    pub task: Option<Task>,
    /// Labels of such a checkpoint, where its task has labels.
    pub labels: Option<Vec<String>>,
    /// Missing and unused tensors, in words.
    pub notes: Vec<String>,
}

/// The head of a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnHead {
    /// What it was trained for.
    pub task: Task,
    /// Labels in the order of its outputs; empty where the task has none.
    pub labels: Vec<String>,
}

/// A model that is ready to be trained or to predict.
#[derive(Debug, Clone)]
pub struct OpenModel {
    /// Name that the user knows it by.
    pub name: String,
    /// Its configuration.
    pub config: EncoderConfig,
    /// Its tokenizer.
    pub tokenizer: Tokenizer,
    /// `tokenizer_config.json` as it came.
    pub tokenizer_config: Option<Vec<u8>>,
    /// The head that it came with.
    pub head: Option<OwnHead>,
    /// How a sentence-transformers model makes vectors of hidden states.
    pub layout: Option<SentenceLayout>,
    compute: Compute,
    loaded: Loaded,
    /// See [`OpenModel::hash`]; found out when it is first asked for.
    hash: Arc<OnceLock<String>>,
}

impl OpenModel {
    /// Checks the files and loads the weights.
    ///
    /// # Errors
    ///
    /// Any file that cannot be used, and files that do not belong together.
    pub fn open(files: ModelFiles, name: &str, compute: &Compute) -> Result<Self> {
        let config = EncoderConfig::from_json(files.config)?;
        let tokenizer = match files.vocabulary {
            Vocabulary::Tokenizer(bytes) => Tokenizer::from_json(bytes)?,
            Vocabulary::Words(bytes) => Tokenizer::from_vocab(bytes, files.tokenizer_config)?,
        };
        let tokenizer = tokenizer.for_types(config.type_vocab_size);
        if tokenizer.vocabulary() > config.vocab_size {
            return Err(Error::model(
                "tokenizer.json",
                format!(
                    "it has {} tokens, but config.json describes a model that knows {}. The files do not belong together.",
                    tokenizer.vocabulary(),
                    config.vocab_size
                ),
            ));
        }
        if config.type_vocab_size > 0 && tokenizer.token_types() > config.type_vocab_size {
            return Err(Error::model(
                "tokenizer.json",
                format!(
                    "it gives {} token types, but config.json describes a model that knows {}. The files do not belong together.",
                    tokenizer.token_types(),
                    config.type_vocab_size
                ),
            ));
        }
        check_table(&config, compute)?;
        let layout = layout(&files.modules, &config)?;
        let task = config.task().unwrap_or_default();
        let outputs = config.labels.as_ref().map_or(2, Vec::len);
        let mut loaded = checkpoint::load(&config, &files.weights, task, outputs.max(1), &compute.device)?;
        let mut head = config.task().filter(|_| loaded.missing.is_empty()).and_then(|task| own_head(task, &config));
        if let Some(layout) = layout.as_ref().filter(|_| head.is_none()) {
            let (own, over_vectors) = layout_head(layout, &config, compute)?;
            loaded.model = loaded.model.with_head(over_vectors);
            loaded.missing.clear();
            head = Some(own);
        }
        Ok(Self {
            name: name.to_owned(),
            tokenizer,
            tokenizer_config: files.tokenizer_config.map(<[u8]>::to_vec),
            head,
            layout,
            loaded,
            config,
            compute: compute.clone(),
            hash: Arc::default(),
        })
    }

    /// The model as it was loaded.
    pub fn model(&self) -> &Model {
        &self.loaded.model
    }

    /// A model for this task and these labels to begin a run with: the checkpoint's own head if it was trained for the
    /// same, whatever the order of its labels, else a new one drawn from the seed; what else the checkpoint lacks is drawn, too. With the hub names of all
    /// that was drawn.
    ///
    /// # Errors
    ///
    /// A tensor of a head that has another shape than the configuration says.
    pub fn for_task(&self, task: Task, labels: &[String], seed: u64) -> Result<(Model, Vec<String>)> {
        let own = self.head.as_ref().filter(|head| head.task == task);
        let order = own.and_then(|head| order_of(labels, &head.labels));
        if task == Task::Language {
            self.config.check_language()?;
        }
        let outputs = super::outputs(task, labels);
        let device = &self.compute.device;
        if task == Task::Embedding {
            let (pooling, normalises) = self.pooling();
            let head = Head::Sentence(SentenceHead::new(pooling, normalises));
            return Ok((self.loaded.model.clone().with_head(head), Vec::new()));
        }
        let (mut model, missing) = self.loaded.with_head(&self.config, task, outputs, order.is_some(), device)?;
        if let Some(order) = order.filter(|order| !order.is_sorted()) {
            model = model.reordered(&order);
        }
        let model = checkpoint::initialise(model, &self.config, task, &missing, seed);
        Ok((model, missing))
    }

    /// Tokens at which texts are cut that a checkpoint predicts for: as its files say, so that its answers are those of the
    /// libraries that it came from.
    pub fn cuts_at(&self, task: Task) -> usize {
        let settings = self.tokenizer_config.as_deref().and_then(|bytes| serde_json::from_slice::<Value>(bytes).ok());
        // Files that know of no limit say 10³⁰, which is no whole number that fits.
        let named = || settings.as_ref()?.get("model_max_length")?.as_u64()?.try_into().ok();
        let said = self.layout.as_ref().and_then(|layout| layout.max_length).or_else(named);
        let least = self.tokenizer.special_tokens_of_pair() + 1;
        cuts_at(task, said.unwrap_or(usize::MAX).max(least), self.config.longest())
    }

    /// How hidden states become a vector, and whether it is scaled to length 1: as the model's own layout says, else the
    /// mean as it is.
    pub fn pooling(&self) -> (Pooling, bool) {
        self.layout.as_ref().map_or((self.config.pooling(), false), |layout| (layout.pooling, layout.normalises))
    }

    /// How hidden states become the vector that a head is fitted to.
    pub fn pooling_for(&self, wanted: TextVector) -> Pooling {
        match wanted {
            TextVector::Auto => self.pooling().0,
            TextVector::Mean => Pooling::Mean,
            TextVector::First => Pooling::First,
        }
    }

    /// What the model is known again by, see [`checkpoint::state::identity`].
    ///
    /// # Errors
    ///
    /// A device that failed.
    pub async fn hash(&self) -> Result<String> {
        if let Some(hash) = self.hash.get() {
            return Ok(hash.clone());
        }
        let hash = checkpoint::state::identity(&self.loaded, &self.config, self.tokenizer.source()).await?;
        Ok(self.hash.get_or_init(|| hash).clone())
    }

    /// What the files held, for what goes out again as it came.
    pub fn loaded(&self) -> &Loaded {
        &self.loaded
    }

    /// What a form shows.
    pub fn info(&self) -> ModelInfo {
        use burn::module::Module;
        let config = &self.config;
        ModelInfo {
            name: self.name.clone(),
            architecture: config.family.name.to_owned(),
            layers: config.num_hidden_layers,
            hidden: config.hidden_size,
            vocabulary: config.vocab_size,
            max_length: config.longest(),
            parameters: self.loaded.model.num_params(),
            task: self.head.as_ref().map(|head| head.task),
            labels: self.head.as_ref().map(|head| head.labels.clone()).filter(|labels| !labels.is_empty()),
            notes: self.notes(),
        }
    }

    /// How its words are hidden.
    ///
    /// # Errors
    ///
    /// A tokenizer without a mask token.
    pub fn masking(&self) -> Result<Masking> {
        let mask = self.tokenizer.mask_id().ok_or_else(|| {
            Error::model(
                "tokenizer.json",
                "it has no mask token, which training on hidden words needs. Choose another model.",
            )
        })?;
        let vocabulary = i32::try_from(self.tokenizer.vocabulary()).unwrap_or(i32::MAX);
        Ok(Masking { mask, vocabulary, special: self.tokenizer.special_ids().to_vec() })
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let labels = self.head.as_ref().map_or(&[][..], |head| &head.labels);
        if !labels.is_empty() {
            let then = match self.layout {
                None => "data with the same labels goes on from there",
                Some(_) => "training begins with a new head",
            };
            notes.push(format!("It already knows {} labels; {then}.", labels.len()));
        }
        let unread =
            self.layout.as_ref().and_then(|layout| layout.dense.as_ref()).filter(|_| self.config.problem().is_none());
        if unread.is_some() {
            notes.push("Its dense layer after pooling is not used: vectors are those before it.".to_owned());
        }
        if self.loaded.missing.iter().any(|name| name.contains("pooler")) {
            notes.push("The weights have no pooler; a new one is drawn from the seed.".to_owned());
        }
        if !self.loaded.unexpected.is_empty() {
            notes.push(format!("Not used: {}.", listed(&self.loaded.unexpected)));
        }
        notes
    }
}

/// The places that these labels have among those of a head; `None` where they are not the same ones.
fn order_of(labels: &[String], of_head: &[String]) -> Option<Vec<usize>> {
    let place = |label: &String| of_head.iter().position(|other| other == label);
    labels.iter().map(place).collect::<Option<Vec<usize>>>().filter(|order| order.len() == of_head.len())
}

/// The head of a class of transformers; none for one that gives several numbers.
fn own_head(task: Task, config: &EncoderConfig) -> Option<OwnHead> {
    let named = config.labels.clone();
    let labels = match task {
        Task::Regression if named.as_ref().is_some_and(|labels| labels.len() > 1) => return None,
        // Where the file names no labels, transformers has two, of these names.
        Task::Classification | Task::MultiLabel | Task::Tokens => {
            named.unwrap_or_else(|| vec!["LABEL_0".to_owned(), "LABEL_1".to_owned()])
        }
        Task::Regression | Task::Answers | Task::Embedding | Task::Language => Vec::new(),
    };
    Some(OwnHead { task, labels })
}

/// What comes after the encoder of a sentence-transformers model.
fn layout(files: &[(&str, &[u8])], config: &EncoderConfig) -> Result<Option<SentenceLayout>> {
    let file = |path: &str| files.iter().find(|(name, _)| *name == path).map(|(_, bytes)| *bytes);
    let Some(modules) = file("modules.json") else { return Ok(None) };
    SentenceModules::from_json(modules)?.layout(config.hidden_size, file).map(Some)
}

/// The head that such a model has: vectors, or the outputs of its dense layer where `config.json` says what they are.
fn layout_head(layout: &SentenceLayout, config: &EncoderConfig, compute: &Compute) -> Result<(OwnHead, Head)> {
    let vectors = || {
        (OwnHead { task: Task::Embedding, labels: Vec::new() }, SentenceHead::new(layout.pooling, layout.normalises))
    };
    let Some((dense, task)) = layout.dense.as_ref().zip(config.problem()) else {
        let (own, head) = vectors();
        return Ok((own, Head::Sentence(head)));
    };
    let labels = if task == Task::Regression { Vec::new() } else { config.named_labels()?.unwrap_or_default() };
    let outputs = dense.bias.len();
    if task != Task::Regression && labels.len() != outputs {
        return Err(Error::model(
            "config.json",
            format!(
                "it names {} labels, but the model's dense layer has {outputs} outputs. The files do not belong together.",
                labels.len()
            ),
        ));
    }
    let head = OutputHead::linear(config, layout.pooling, layout.normalises, outputs, &compute.device);
    Ok((OwnHead { task, labels }, Head::Outputs(head.with_output(&dense.weight, &dense.bias))))
}

/// The first few names and how many more there are.
fn listed(names: &[String]) -> String {
    const SHOWN: usize = 4;
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| name.chars().take(80).collect()).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more tensors", shown.join(", ")),
    }
}

/// Tokens at which texts are cut, of those that training cut at and those that the encoder has positions for: every word is
/// to get its label, however long the texts were that taught it.
pub fn cuts_at(task: Task, trained: usize, longest: usize) -> usize {
    if task == Task::Tokens { longest } else { trained.min(longest) }
}

/// The table of words is one array, and on some GPUs that of a multilingual model is too long for one.
fn check_table(config: &EncoderConfig, compute: &Compute) -> Result<()> {
    let table = config.vocab_size as u64 * config.embedding_size as u64 * size_of::<f32>() as u64;
    match compute.longest_array {
        Some(longest) if table > longest => Err(Error::model(
            "config.json",
            format!(
                "its table of {} words takes {} MB, and this GPU takes arrays of at most {} MB. Use the CPU, or a model with \
                 fewer words.",
                config.vocab_size,
                table.div_ceil(1 << 20),
                longest >> 20
            ),
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::DeviceKind;

    #[test]
    fn a_table_of_words_that_is_longer_than_any_array_of_the_device_is_refused() {
        let config = serde_json::json!({
            "model_type": "bert", "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2,
            "intermediate_size": 64, "vocab_size": 250_000, "max_position_embeddings": 64, "type_vocab_size": 2,
        });
        let config = EncoderConfig::from_json(config.to_string().as_bytes()).expect("a configuration");
        let mut compute = futures_lite::future::block_on(Compute::open(DeviceKind::Cpu)).expect("a device");
        compute.longest_array = Some(32_000_000);
        check_table(&config, &compute).expect("exactly so long");
        compute.longest_array = Some(32_000_000 - 4);
        let error = check_table(&config, &compute).expect_err("too long").to_string();
        assert!(error.contains("250000 words takes 31 MB") && error.contains("Use the CPU"), "{error}");
    }
}
