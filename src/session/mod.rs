//! The one state machine over all of it: a model, a table, a run, a trained model. It runs the same natively and
//! in a browser.
//!
//! A step that fails leaves everything that was open before as it was.

mod contrastive;
mod data;
mod evaluation;
mod event;
mod fits;
mod frozen;
mod history;
mod marking;
mod measure;
mod method;
mod misses;
mod model;
mod onnx;
mod predict;
mod prediction;
mod probe;
mod resume;
mod rows;
mod run;
mod saved;
mod script;
mod search;
mod sheet;
mod spans;
mod speed;
mod start;
mod suggest;
mod tally;
mod told;
mod trained;
mod word_rows;

pub use evaluation::Evaluation;
pub use event::{DoneEvent, EpochEvent, Event, Reason, RunInfo, StepEvent};
pub use measure::{Measured, Measuring};
pub use misses::{Miss, MissSearch, Misses, Right, RightMark, Side};
pub use model::{ModelFiles, ModelInfo, OpenModel, OwnHead, Vocabulary};
pub use prediction::{Marked, Mask, Prediction, Word};
pub use resume::{Checkpoint, CheckpointInfo};
pub use run::{Outcome, Run};
pub use search::{Axis, Domain, SearchInfo, SearchPlan, SearchReport, Trial, TrialDone, TrialStarted, TrialState};
pub use sheet::{SheetFormat, SheetRun};
pub use suggest::{Suggestion, Suggestions};
pub use trained::Trained;

use std::sync::Arc;

use crate::data::{Dataset, DatasetInfo, Mapping, ROOM, Table, TableInfo};
use crate::device::{Compute, DeviceInfo, DeviceKind};
use crate::error::{Error, Result};
use crate::export;
use crate::model::{LoraPlan, Pooling};
use crate::recipe::Recipe;
use crate::task::Task;
use contrastive::ContrastiveRun;
use data::OpenData;
use frozen::{Features, FrozenRun};
use probe::ProbeRun;
use search::Search;
use start::outputs;
use told::Told;

/// Everything that is open.
#[derive(Debug)]
pub struct Session {
    compute: Compute,
    model: Option<OpenModel>,
    table: Option<Table>,
    /// A table with right answers that a model is measured on, beside the one that is trained on.
    measured: Option<Table>,
    data: Option<OpenData>,
    run: Option<Running>,
    trained: Option<Trained>,
    encoded: Option<Encoded>,
    /// Operations per second of the device, once somebody wants to know.
    speed: Option<f64>,
    search: Option<Search>,
}

/// Vectors of the open data's texts by the open model, for the next head.
#[derive(Debug)]
struct Encoded {
    max_length: usize,
    pooling: Pooling,
    features: Arc<Features>,
}

/// A run of any kind.
#[derive(Debug)]
#[allow(clippy::large_enum_variant)] // There is one at a time.
enum AnyRun {
    /// Weights move step by step.
    Steps(Run),
    /// A head is fitted to encoded texts.
    Frozen(FrozenRun),
    /// First the one, then the other.
    Probe(ProbeRun),
    /// The encoder on pairs, then a head.
    Contrastive(ContrastiveRun),
}

impl AnyRun {
    fn stop(&mut self) {
        match self {
            Self::Steps(run) => run.stop(),
            Self::Frozen(run) => run.stop(),
            Self::Probe(run) => run.stop(),
            Self::Contrastive(run) => run.stop(),
        }
    }

    /// What was encoded on the way.
    fn features(&self) -> Option<Features> {
        match self {
            // Of an encoder that learns, no vector is worth keeping.
            Self::Steps(_) | Self::Contrastive(_) => None,
            Self::Frozen(run) => run.features(),
            Self::Probe(run) => run.features(),
        }
    }
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
    data_name: String,
    data_hash: String,
    max_length: usize,
    may_lack: bool,
    info: RunInfo,
    told: Told,
}

impl Session {
    /// An empty session on a device.
    ///
    /// # Errors
    ///
    /// A device that cannot be set up.
    pub async fn new(kind: DeviceKind) -> Result<Self> {
        let compute = Compute::open(kind).await?;
        Ok(Self {
            compute,
            model: None,
            table: None,
            measured: None,
            data: None,
            run: None,
            trained: None,
            encoded: None,
            search: None,
            speed: None,
        })
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
        self.take_table(Table::parse(bytes, name)?)
    }

    /// The same for a table that was read already.
    ///
    /// # Errors
    ///
    /// A run under way.
    pub fn take_table(&mut self, table: Table) -> Result<TableInfo> {
        self.refuse_during_run("Another table can be opened when the run is over. Stop it first.")?;
        let info = table.info();
        let before = self.table.replace(table);
        if let (Some(before), Some(data)) = (before, &mut self.data)
            && data.outlived == 0
        {
            data.outlived = before.bytes();
        }
        Ok(info)
    }

    /// The open table.
    ///
    /// # Errors
    ///
    /// There is none.
    pub fn table(&self) -> Result<&Table> {
        self.table.as_ref().ok_or_else(|| Error::order("Open a table first."))
    }

    /// Opens a table to measure a model on; the one that is trained on stays.
    pub fn take_measured(&mut self, table: Table) -> TableInfo {
        self.measured.insert(table).info()
    }

    /// The table to measure a model on.
    ///
    /// # Errors
    ///
    /// There is none.
    pub fn measured(&self) -> Result<&Table> {
        self.measured.as_ref().ok_or_else(|| Error::order("Open a table to measure the model on first."))
    }

    /// Bytes of memory that there are for another table, beside all that is open.
    pub fn room(&self) -> usize {
        let tables = self.table.iter().chain(&self.measured).map(Table::bytes).sum::<usize>();
        let held = tables + self.data.as_ref().map_or(0, OpenData::bytes);
        ROOM.saturating_sub(held)
    }

    /// The likeliest mapping of the open table's columns for a task.
    ///
    /// # Errors
    ///
    /// No table.
    pub fn guess_mapping(&self, task: Task) -> Result<Mapping> {
        Ok(Mapping::guess_for(self.table()?, task))
    }

    /// Makes a data set of the open table.
    ///
    /// # Errors
    ///
    /// No table, columns that cannot be used, or a run under way.
    pub fn map_columns(&mut self, mapping: &Mapping) -> Result<DatasetInfo> {
        self.refuse_during_run("The data can be changed when the run is over. Stop it first.")?;
        let table = self.table()?;
        let data = OpenData::new(Dataset::build(table, mapping)?, table.name()).of(table, mapping);
        let info = data.info();
        self.data = Some(data);
        self.encoded = None;
        Ok(info)
    }

    /// Tokenizes up to `rows` more texts of the data; returns how many of how many are done.
    ///
    /// # Errors
    ///
    /// A tokenizer that does not fit the model; more tokens than a browser's memory has room for.
    pub fn tokenize(&mut self, rows: usize) -> Result<(usize, usize)> {
        match (&self.model, &mut self.data) {
            (Some(model), Some(data)) => {
                let table = self.table.as_ref().map_or(0, Table::bytes);
                let room = ROOM.saturating_sub(table + data.outlived);
                data.tokenize(model, rows, room)
            }
            _ => Ok((0, 0)),
        }
    }

    /// The data set as it is now; `None` before columns are mapped.
    pub fn dataset_info(&self) -> Option<DatasetInfo> {
        self.data.as_ref().map(OpenData::info)
    }

    /// Does `units` units of work of the run or the search, each a training step or a validation batch.
    ///
    /// # Errors
    ///
    /// No run, or a device that failed; the run is over then.
    pub async fn run_steps(&mut self, units: usize) -> Result<Vec<Event>> {
        let Some(mut search) = self.search.take() else { return self.advance(units).await };
        let (events, over) = self.search_steps(&mut search, units).await?;
        self.search = (!over).then_some(search);
        Ok(events)
    }

    /// Does units of work of the run.
    async fn advance(&mut self, units: usize) -> Result<Vec<Event>> {
        // Taken out, so that a run whose device failed is not gone on with.
        let mut running = self.run.take().ok_or_else(|| Error::order("No run is under way. Start one first."))?;
        let (events, outcome) = match &mut running.run {
            AnyRun::Steps(run) => run.advance(units).await?,
            AnyRun::Frozen(run) => run.advance(units).await?,
            AnyRun::Probe(run) => run.advance(units).await?,
            AnyRun::Contrastive(run) => run.advance(units).await?,
        };
        running.told.note(&events);
        if outcome.is_some()
            && let Some(features) = running.run.features()
        {
            let pooling = running.base.pooling_for(running.recipe.text_vector);
            self.encoded = Some(Encoded { max_length: running.max_length, pooling, features: Arc::new(features) });
        }
        match outcome {
            None => self.run = Some(running),
            Some(outcome) => self.trained = Some(running.finish(outcome, &self.compute.info)),
        }
        Ok(events)
    }

    /// Ends the run; the events that [`Session::run_steps`] still gives end with `done`.
    pub fn stop(&mut self) {
        if let Some(search) = &mut self.search {
            search.stop();
        }
        self.stop_run();
    }

    fn stop_run(&mut self) {
        if let Some(running) = &mut self.run {
            running.run.stop();
        }
    }

    /// Whether a run or a search is under way.
    pub fn is_running(&self) -> bool {
        self.run.is_some() || self.search.is_some()
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
        if self.is_running() { Err(Error::order(message)) } else { Ok(()) }
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
            may_lack: self.may_lack,
            device: device.clone(),
            search: None,
        }
    }
}
