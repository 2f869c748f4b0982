//! The one state machine over all of it: a model, a table, a run, a trained model. It runs the same natively and
//! in a browser.
//!
//! A step that fails leaves everything that was open before as it was.

mod data;
mod evaluation;
mod event;
mod frozen;
mod history;
mod method;
mod model;
mod predict;
mod prediction;
mod rows;
mod run;
mod spans;
mod tally;
mod trained;

pub use evaluation::Evaluation;
pub use event::{DoneEvent, EpochEvent, Event, Reason, RunInfo, StepEvent};
pub use model::{ModelFiles, ModelInfo, OpenModel, OwnHead, Vocabulary};
pub use prediction::{Marked, Mask, Prediction, Word};
pub use run::{Outcome, Run};
pub use trained::Trained;

use std::sync::Arc;

use crate::data::{Dataset, DatasetInfo, Mapping, Table, TableInfo, Truth};
use crate::device::{Compute, DeviceInfo, DeviceKind};
use crate::error::{Error, Result};
use crate::export;
use crate::model::LoraPlan;
use crate::recipe::{ClassWeights, Comparison, Method, Recipe};
use crate::task::Task;
use crate::train::{Contrast, LayerDecay, MAX_ITERATIONS, Objective, PadRule, Rows, Trainer};
use data::OpenData;
use frozen::{Features, FrozenRun};
use method::Tuned;

/// Longest text in tokens that a run takes unless its recipe says otherwise.
const DEFAULT_MAX_LENGTH: usize = 128;
/// The same for questions with contexts: as question answering is usually trained.
const ANSWERS_MAX_LENGTH: usize = 384;
/// Steps below which a run is told to be short: the default recipe needs a few hundred to move an encoder.
const FEW_STEPS: usize = 100;

/// Everything that is open.
#[derive(Debug)]
pub struct Session {
    compute: Compute,
    model: Option<OpenModel>,
    table: Option<Table>,
    data: Option<OpenData>,
    run: Option<Running>,
    trained: Option<Trained>,
    encoded: Option<Encoded>,
}

/// Vectors of the open data's texts by the open model, for the next head.
#[derive(Debug)]
struct Encoded {
    max_length: usize,
    features: Arc<Features>,
}

/// A run of either kind.
#[derive(Debug)]
#[allow(clippy::large_enum_variant)] // There is one at a time.
enum AnyRun {
    /// Weights move step by step.
    Steps(Run),
    /// A head is fitted to encoded texts.
    Frozen(FrozenRun),
}

/// A run and what its result will be described with.
#[derive(Debug)]
struct Running {
    run: AnyRun,
    recipe: Recipe,
    /// What of the model is an adapter.
    plan: Option<LoraPlan>,
    base: OpenModel,
    task: Task,
    labels: Vec<String>,
    data: DatasetInfo,
    data_hash: String,
    max_length: usize,
}

impl Session {
    /// An empty session on a device.
    ///
    /// # Errors
    ///
    /// A device that cannot be set up.
    pub async fn new(kind: DeviceKind) -> Result<Self> {
        let compute = Compute::open(kind).await?;
        Ok(Self { compute, model: None, table: None, data: None, run: None, trained: None, encoded: None })
    }

    /// What it runs on.
    pub fn device(&self) -> &DeviceInfo {
        &self.compute.info
    }

    /// Opens a model; data that is open is tokenized anew.
    ///
    /// # Errors
    ///
    /// Files that cannot be used, or a run under way.
    pub fn open_model(&mut self, files: ModelFiles, name: &str) -> Result<ModelInfo> {
        self.refuse_during_run("Another model can be opened when the run is over. Stop it first.")?;
        let model = OpenModel::open(files, name, &self.compute)?;
        let info = model.info();
        self.model = Some(model);
        self.encoded = None;
        if let Some(data) = &mut self.data {
            data.forget_tokens();
        }
        Ok(info)
    }

    /// Opens a table. The data set of the table before stays until columns of this one are mapped.
    ///
    /// # Errors
    ///
    /// A file that cannot be used, or a run under way.
    pub fn open_table(&mut self, bytes: &[u8], name: &str) -> Result<TableInfo> {
        self.refuse_during_run("Another table can be opened when the run is over. Stop it first.")?;
        let table = Table::parse(bytes, name)?;
        let info = table.info();
        self.table = Some(table);
        Ok(info)
    }

    /// The likeliest mapping of the open table's columns for a task.
    ///
    /// # Errors
    ///
    /// No table.
    pub fn guess_mapping(&self, task: Task) -> Result<Mapping> {
        let table = self.table.as_ref().ok_or_else(|| Error::order("Open a table first."))?;
        Ok(Mapping::guess_for(table, task))
    }

    /// Makes a data set of the open table.
    ///
    /// # Errors
    ///
    /// No table, columns that cannot be used, or a run under way.
    pub fn map_columns(&mut self, mapping: &Mapping) -> Result<DatasetInfo> {
        self.refuse_during_run("The data can be changed when the run is over. Stop it first.")?;
        let table = self.table.as_ref().ok_or_else(|| Error::order("Open a table first."))?;
        let data = OpenData::new(Dataset::build(table, mapping)?);
        let info = data.info();
        self.data = Some(data);
        self.encoded = None;
        Ok(info)
    }

    /// Tokenizes up to `rows` more texts of the data; returns how many of how many are done.
    ///
    /// # Errors
    ///
    /// A tokenizer that does not fit the model.
    pub fn tokenize(&mut self, rows: usize) -> Result<(usize, usize)> {
        match (&self.model, &mut self.data) {
            (Some(model), Some(data)) => data.tokenize(model, rows),
            _ => Ok((0, 0)),
        }
    }

    /// The data set as it is now; `None` before columns are mapped.
    pub fn dataset_info(&self) -> Option<DatasetInfo> {
        self.data.as_ref().map(OpenData::info)
    }

    /// Sets a run up; [`Session::run_steps`] does its work.
    ///
    /// # Errors
    ///
    /// A bad recipe, no model, no data, or a run under way.
    pub fn start(&mut self, recipe: Recipe) -> Result<RunInfo> {
        self.refuse_during_run("A run is under way. Stop it first.")?;
        recipe.check()?;
        self.tokenize(usize::MAX)?;
        let model = self.model.as_ref().ok_or_else(|| Error::order("Open a model first."))?;
        let data = self.data.as_ref().ok_or_else(|| Error::order("Open a table and choose its columns first."))?;
        let max_length = max_length(&recipe, model, data)?;
        let [train, mut validation] = data.rows(model, max_length)?;
        let (task, labels) = (data.dataset.task, data.dataset.labels.clone());
        let pad = PadRule::new(model.tokenizer.pad_id(), model.config.longest(), &self.compute);
        let (rows, tokens, cut) =
            (train.rows.texts.len(), train.rows.lengths().iter().sum(), train.cut + validation.cut);
        let held_out = validation.rows.texts.len();
        let (start, drawn) = model.for_task(task, &labels, recipe.seed)?;
        let Tuned { model: start, plan } = Tuned::new(start, &drawn, &model.config, task, &recipe)?;
        let mut parameters = start.parameters();
        let (run, steps_per_epoch, total_steps) = if recipe.method == Method::Frozen {
            let known = self.encoded.as_ref().filter(|known| known.max_length == max_length);
            let known = known.map(|known| Arc::clone(&known.features));
            let (config, compute) = (&model.config, self.compute.clone());
            // The one dense layer over vectors, whatever head the family has in training.
            parameters.trainable = (config.hidden_size + 1) * outputs(task, &labels);
            let both = [train, validation];
            let run = FrozenRun::new(
                &start,
                config,
                model.pooling().0,
                recipe.clone(),
                task,
                labels.clone(),
                both,
                known,
                pad,
                compute,
            );
            (AnyRun::Frozen(run), MAX_ITERATIONS, MAX_ITERATIONS)
        } else {
            let mut objective = Objective::new(task, &recipe, &counts(task, &labels, &train.rows));
            if task == Task::Embedding {
                objective = objective.comparing(contrast(&recipe, &train.rows)?);
                validation = validation.apart();
            }
            let mut trainer = Trainer::new(start, recipe.clone(), objective, train.rows, pad, self.compute.clone());
            trainer = trainer.with_layer_decay(LayerDecay::new(&model.config, recipe.layer_decay));
            if task == Task::Language {
                let masking = model.masking()?;
                validation = validation.hidden(&masking, recipe.seed);
                trainer = trainer.with_masking(masking);
            }
            let (each, all) = (trainer.steps_per_epoch(), trainer.total_steps());
            let run = Run::new(trainer, recipe.clone(), validation, task, labels.clone(), pad, self.compute.clone());
            (AnyRun::Steps(run), each, all)
        };
        let info = RunInfo {
            notes: notes(task, &recipe, cut, max_length, held_out, total_steps),
            total_steps,
            steps_per_epoch,
            max_length,
            train: rows,
            validation: held_out,
            tokens_per_epoch: tokens,
            parameters,
        };
        self.run = Some(Running {
            run,
            recipe,
            plan,
            task,
            base: model.clone(),
            labels,
            data: data.info(),
            data_hash: data.dataset.hash.clone(),
            max_length,
        });
        Ok(info)
    }

    /// Does `units` units of work of the run, each a training step or a validation batch.
    ///
    /// # Errors
    ///
    /// No run, or a device that failed; the run is over then.
    pub async fn run_steps(&mut self, units: usize) -> Result<Vec<Event>> {
        // Taken out, so that a run whose device failed is not gone on with.
        let mut running = self.run.take().ok_or_else(|| Error::order("No run is under way. Start one first."))?;
        let (events, outcome) = match &mut running.run {
            AnyRun::Steps(run) => run.advance(units).await?,
            AnyRun::Frozen(run) => {
                let (events, outcome) = run.advance(units).await?;
                if outcome.is_some()
                    && let Some(features) = run.features()
                {
                    self.encoded = Some(Encoded { max_length: running.max_length, features: Arc::new(features) });
                }
                (events, outcome)
            }
        };
        match outcome {
            None => self.run = Some(running),
            Some(outcome) => self.trained = Some(running.finish(outcome, &self.compute.info)),
        }
        Ok(events)
    }

    /// Ends the run; the events that [`Session::run_steps`] still gives end with `done`.
    pub fn stop(&mut self) {
        if let Some(running) = &mut self.run {
            match &mut running.run {
                AnyRun::Steps(run) => run.stop(),
                AnyRun::Frozen(run) => run.stop(),
            }
        }
    }

    /// Whether a run is under way.
    pub fn is_running(&self) -> bool {
        self.run.is_some()
    }

    /// The files of the trained model. `made_with` is added to the versions in its report.
    ///
    /// # Errors
    ///
    /// Nothing trained yet, or a device that failed.
    pub async fn export_files(
        &self,
        made_with: serde_json::Map<String, serde_json::Value>,
    ) -> Result<Vec<export::File>> {
        let trained = self.trained.as_ref().ok_or_else(|| Error::order("Train a model first."))?;
        trained.files(made_with).await
    }

    /// The files of the trained model's adapter, for PEFT, over a base model of this name on the hub or in this folder.
    ///
    /// # Errors
    ///
    /// Nothing trained yet, a model that was not trained with LoRA, or a device that failed.
    pub async fn export_adapter(
        &self,
        base: &str,
        made_with: serde_json::Map<String, serde_json::Value>,
    ) -> Result<Vec<export::File>> {
        let trained = self.trained.as_ref().ok_or_else(|| Error::order("Train a model first."))?;
        trained.adapter_files(base, made_with).await
    }

    fn refuse_during_run(&self, message: &str) -> Result<()> {
        if self.run.is_some() { Err(Error::order(message)) } else { Ok(()) }
    }
}

impl Running {
    fn finish(self, outcome: Outcome, device: &DeviceInfo) -> Trained {
        Trained {
            // Folded in, so that what predicts and what is exported is an ordinary model.
            model: if self.plan.is_some() { outcome.model.merged() } else { outcome.model.clone() },
            adapter: self.plan.map(|plan| (outcome.model, plan)),
            base: self.base,
            task: self.task,
            labels: self.labels,
            recipe: self.recipe,
            epochs: outcome.epochs,
            done: outcome.done,
            data: self.data,
            data_hash: self.data_hash,
            max_length: self.max_length,
            device: device.clone(),
        }
    }
}

/// How vectors are compared: as the recipe says, or as the data allows.
fn contrast(recipe: &Recipe, rows: &Rows) -> Result<Contrast> {
    let scored = rows.truths.iter().any(|truth| matches!(truth, Truth::Score(_)));
    let lacks =
        |what: &str| Err(Error::recipe("comparison", format!("This comparison needs {what}, which the data lacks.")));
    match recipe.comparison {
        Comparison::Auto if scored => Ok(Contrast::Cosine),
        Comparison::Auto | Comparison::Ranking if !scored => Ok(Contrast::RANKING),
        Comparison::Auto | Comparison::Ranking => Err(Error::recipe(
            "comparison",
            "Ranking takes pairs that belong together; these have scores. Choose Cosine, or a table without scores.",
        )),
        Comparison::Cosine if scored => Ok(Contrast::Cosine),
        Comparison::Cosine => lacks("a score for each pair"),
        Comparison::Triplet if rows.partners.len() == 2 => Ok(Contrast::TRIPLET),
        Comparison::Triplet => lacks("a text that means something else for each row"),
    }
}

/// Outputs of a head for a task.
fn outputs(task: Task, labels: &[String]) -> usize {
    if task == Task::Regression { 1 } else { labels.len() }
}

/// How often each class is to be learnt, in the order of the labels: rows, or words.
fn counts(task: Task, labels: &[String], rows: &Rows) -> Vec<usize> {
    let mut counts = vec![0; labels.len()];
    for truth in &rows.truths {
        match truth {
            Truth::Class(class) => counts[*class] += 1,
            Truth::Tokens(classes) => classes.iter().flatten().for_each(|&class| counts[class] += 1),
            _ => {}
        }
    }
    if matches!(task, Task::Classification | Task::Tokens) { counts } else { Vec::new() }
}

/// The recipe's maximum length, or the task's default, or what the data needs if that is shorter.
fn max_length(recipe: &Recipe, model: &OpenModel, data: &OpenData) -> Result<usize> {
    let longest = model.config.longest();
    let least = model.tokenizer.special_tokens() + 1;
    match recipe.max_length {
        Some(length) if length > longest => Err(Error::recipe(
            "max_length",
            format!("Maximum length must be at most {longest} tokens for this model; it is {length}."),
        )),
        Some(length) if length < least => Err(Error::recipe(
            "max_length",
            format!("Maximum length must be at least {least} tokens for this model; it is {length}."),
        )),
        Some(length) => Ok(length),
        None => {
            let default = if data.dataset.task == Task::Answers { ANSWERS_MAX_LENGTH } else { DEFAULT_MAX_LENGTH };
            Ok(data.longest().clamp(least, default.min(longest)))
        }
    }
}

fn notes(
    task: Task,
    recipe: &Recipe,
    cut: usize,
    max_length: usize,
    held_out: usize,
    total_steps: usize,
) -> Vec<String> {
    let mut notes = Vec::new();
    let classes = matches!(task, Task::Classification | Task::Tokens);
    if !classes && (recipe.label_smoothing > 0.0 || recipe.class_weights != ClassWeights::None) {
        notes.push(
            "Label smoothing and class weights are for tasks with one label of several; they change nothing here."
                .to_owned(),
        );
    }
    if total_steps < FEW_STEPS && recipe.method != Method::Frozen {
        notes.push(format!(
            "The run has only {total_steps} steps, which teach an encoder little. With so few rows, 10 to 20 epochs or a \
             learning rate of 2e-4 usually reach far more."
        ));
    }
    if cut > 0 {
        let texts = if cut == 1 { "1 text is".to_owned() } else { format!("{cut} texts are") };
        let then = if task == Task::Answers { "read in windows that overlap" } else { "cut there" };
        notes.push(format!("{texts} longer than {max_length} tokens and {then}."));
    }
    if held_out == 0 {
        notes.push("There are no validation rows, so nothing tells how well it does on new texts.".to_owned());
    }
    notes
}
