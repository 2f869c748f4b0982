//! A run under way → a checkpoint, and a checkpoint → the run again, in a session where the same model and data are open.
//! It goes on to the same losses and weights, to the last bit where the device computes the same twice.

use serde::Serialize;
use web_time::{SystemTime, UNIX_EPOCH};

use crate::checkpoint::state::{self, Entry, Sink, Source, StateFile};
use crate::device::Compute;
use crate::error::{Error, Result};
use crate::recipe::{Method, Recipe};
use crate::session::event::{Event, RunInfo};
use crate::session::saved::{
    Saved, SavedHead, SavedPhase, SavedRun, SavedSteps, contradiction, recipe_from_json, recipe_to_json,
};
use crate::session::search::{SavedSearch, Search, SearchInfo};
use crate::session::told::Told;
use crate::session::{AnyRun, Running, Session};
use crate::task::Task;

/// A run that was written down.
#[derive(Debug, Clone)]
pub struct Checkpoint {
    /// The file.
    pub bytes: Vec<u8>,
    /// What is in it.
    pub info: CheckpointInfo,
}

/// What a checkpoint holds, for people.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CheckpointInfo {
    /// Version of Tabtune that wrote it.
    pub tabtune: String,
    /// When, in milliseconds since 1970.
    pub created: u64,
    /// Its size in bytes.
    pub bytes: u64,
    /// Name of the model that is being trained.
    pub model: String,
    /// SHA-256 by which that is known again.
    pub model_hash: String,
    /// Name of the table.
    pub data: String,
    /// SHA-256 of the data set.
    pub data_hash: String,
    /// What is learnt.
    pub task: Task,
    /// The labels; empty where the task has none.
    pub labels: Vec<String>,
    /// How it is trained.
    pub recipe: Recipe,
    /// Steps done; iterations where a head is fitted.
    pub step: usize,
    /// Steps of the whole run.
    pub total_steps: usize,
    /// Epochs done, as a fraction.
    pub epoch: f64,
    /// Epoch whose weights are kept so far; 0 for none.
    pub best_epoch: usize,
    /// Seconds spent computing.
    pub seconds: f64,
    /// Which run of a search it is, from 1, and of how many.
    pub of_search: Option<(usize, usize)>,
    /// Where the run is, in words.
    pub sentence: String,
}

impl Session {
    /// Writes down the run under way, between two units of work. It goes on as if nothing had been.
    ///
    /// # Errors
    ///
    /// No run, or a device that failed.
    pub async fn checkpoint(&mut self) -> Result<Checkpoint> {
        let mut bytes = Vec::new();
        let info = self.checkpoint_to(&mut bytes).await?;
        Ok(Checkpoint { bytes, info })
    }

    /// The same, piece by piece: of the file only some megabytes are in memory at a time.
    ///
    /// # Errors
    ///
    /// No run, a device that failed, or a place that takes no more.
    pub async fn checkpoint_to(&mut self, sink: &mut dyn Sink) -> Result<CheckpointInfo> {
        let running =
            self.run.as_mut().ok_or_else(|| Error::order("No run is under way, so there is nothing to keep."))?;
        running.save(self.search.as_ref().and_then(Search::save), &self.compute, sink).await
    }

    /// Sets up the run of a checkpoint; [`Session::run_steps`] goes on with it.
    ///
    /// # Errors
    ///
    /// Bytes that are no checkpoint or not whole; another model, other data or another task than those that are open, with
    /// what differs; a run under way.
    pub async fn resume(&mut self, bytes: &[u8]) -> Result<RunInfo> {
        self.resume_from(&bytes).await
    }

    /// The same, read piece by piece.
    ///
    /// # Errors
    ///
    /// As [`Session::resume`].
    pub async fn resume_from(&mut self, source: &dyn Source) -> Result<RunInfo> {
        self.refuse_during_run("A run is under way. Stop it first.")?;
        let file = StateFile::open(source)?;
        let mut saved = Saved::read(file.state())?;
        self.check_same(&saved).await?;
        let search = saved.search.take();
        let info = self.start(recipe_from_json(saved.recipe.clone())?)?;
        // Put back only when all has gone well.
        if let Some(mut running) = self.run.take() {
            running.go_on(saved, &file)?;
            self.search = match search {
                Some(search) => Some(running.search(search, info.clone())?),
                None => None,
            };
            self.run = Some(running);
        }
        Ok(info)
    }

    /// Whether a run could go on with what is open, to be asked before the tokens of long texts are counted for it.
    ///
    /// # Errors
    ///
    /// As [`Session::resume`], but for a checkpoint whose arrays are not as they were written: they are not looked at.
    pub async fn check_resume_from(&self, source: &dyn Source) -> Result<()> {
        self.refuse_during_run("A run is under way. Stop it first.")?;
        self.check_same(&Saved::read(StateFile::glance(source)?.state())?).await
    }

    /// What has been told of the run under way since its beginning: steps and epochs; of a search, all its runs, but for the
    /// steps of those that are over.
    pub fn told(&self) -> Vec<Event> {
        let of_run = self.run.as_ref().map_or_else(Vec::new, |running| running.told.events());
        match &self.search {
            Some(search) => search.told(of_run),
            None => of_run,
        }
    }

    /// The search under way, if there is one, and the recipe that it varies.
    pub fn search_under_way(&self) -> Option<(SearchInfo, &Recipe)> {
        self.search.as_ref().map(|search| (search.info(), &search.base))
    }

    /// What a checkpoint holds, whatever is open.
    ///
    /// # Errors
    ///
    /// Bytes that are no checkpoint, or not whole.
    pub fn checkpoint_info(bytes: &[u8]) -> Result<CheckpointInfo> {
        Self::checkpoint_info_from(&bytes)
    }

    /// The same, read piece by piece.
    ///
    /// # Errors
    ///
    /// As [`Session::checkpoint_info`].
    pub fn checkpoint_info_from(source: &dyn Source) -> Result<CheckpointInfo> {
        let file = StateFile::open(source)?;
        CheckpointInfo::new(&Saved::read(file.state())?, source.size())
    }

    /// Refuses another model, other data or another task, with what to open instead.
    async fn check_same(&self, saved: &Saved) -> Result<()> {
        let [model_name, data_name] = [&saved.model, &saved.data].map(|name| shown(name));
        let model = self.model.as_ref().ok_or_else(|| {
            Error::order(format!("Open the model {model_name} first: the checkpoint is of a run that trains it."))
        })?;
        let data = self.data.as_ref().ok_or_else(|| {
            Error::order(format!(
                "Open the table {data_name} and choose its columns first: the checkpoint's run learns from it."
            ))
        })?;
        if data.dataset.task != saved.task {
            return Err(Error::order(format!(
                "The checkpoint is of a run for the task {}, but the columns are chosen for {}. Choose the task and columns \
                 that it was started with.",
                saved.task.name(),
                data.dataset.task.name()
            )));
        }
        if data.dataset.hash != saved.data_hash || data.dataset.labels != saved.labels {
            return Err(Error::order(format!(
                "The checkpoint's run learns from other data: the rows of {data_name} as they were then, with the columns and \
                 the validation rows chosen then. Open that table and choose the same again."
            )));
        }
        if model.hash().await? != saved.model_hash {
            let open = shown(&model.name);
            return Err(Error::order(if model.name == saved.model {
                format!(
                    "The checkpoint's run trains another model than the one that is open, although both are called {open}: the \
                     files differ. Open the files that it was started with."
                )
            } else {
                format!(
                    "The checkpoint's run trains {model_name}, and {open} is open. Open {model_name} to go on with it."
                )
            }));
        }
        Ok(())
    }
}

impl Running {
    async fn save(
        &mut self,
        search: Option<SavedSearch>,
        compute: &Compute,
        sink: &mut dyn Sink,
    ) -> Result<CheckpointInfo> {
        let (run, mut entries) = self.run.save();
        entries.push(self.told.entry());
        let saved = Saved {
            tabtune: env!("CARGO_PKG_VERSION").to_owned(),
            created: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64),
            model: self.base.name.clone(),
            model_hash: self.base.hash().await?,
            data: self.data_name.clone(),
            data_hash: self.data_hash.clone(),
            task: self.task,
            labels: self.labels.clone(),
            max_length: self.max_length,
            recipe: recipe_to_json(&self.recipe),
            total_steps: self.info.total_steps,
            steps_per_epoch: self.info.steps_per_epoch,
            run,
            search,
        };
        let bytes = state::write(saved.text()?, entries, compute, sink).await?;
        CheckpointInfo::new(&saved, bytes)
    }

    /// The search that this run is one of.
    fn search(&self, saved: SavedSearch, info: RunInfo) -> Result<Search> {
        let epochs = self.told.events().into_iter();
        let epochs = epochs.filter_map(|event| if let Event::Epoch(epoch) = event { Some(epoch) } else { None });
        let search = Search::go_on(saved, info, self.told.steps(), epochs.collect())?;
        let same = search.current.as_ref().is_some_and(|current| current.trial.recipe == self.recipe);
        if same { Ok(search) } else { Err(contradiction()) }
    }

    fn go_on(&mut self, saved: Saved, file: &StateFile) -> Result<()> {
        if saved.max_length != self.max_length || saved.total_steps != self.info.total_steps {
            return Err(contradiction());
        }
        let told = match &saved.run {
            SavedRun::Steps(steps) => steps.step,
            // A head that comes first is not told of.
            SavedRun::Head(_) if matches!(self.run, AnyRun::Probe(_)) => 0,
            SavedRun::Head(head) => head.fit.as_ref().map_or(0, |fit| fit.iterations),
        };
        let epochs = match (&mut self.run, saved.run) {
            (AnyRun::Steps(run), SavedRun::Steps(saved)) => run.go_on(saved, file)?,
            (AnyRun::Frozen(run), SavedRun::Head(saved)) => run.go_on(saved, file).map(|_| Vec::new())?,
            (AnyRun::Probe(run), saved) => run.go_on(saved, file)?,
            (AnyRun::Contrastive(run), SavedRun::Steps(saved)) => run.go_on(saved, file)?,
            (AnyRun::Steps(_) | AnyRun::Contrastive(_), SavedRun::Head(_))
            | (AnyRun::Frozen(_), SavedRun::Steps(_)) => return Err(contradiction()),
        };
        self.told = Told::read(file, told, epochs)?;
        Ok(())
    }
}

impl AnyRun {
    fn save(&mut self) -> (SavedRun, Vec<Entry<'_>>) {
        match self {
            Self::Steps(run) => {
                let (saved, entries) = run.save();
                (SavedRun::Steps(saved), entries)
            }
            Self::Frozen(run) => {
                let (saved, entries) = run.save();
                (SavedRun::Head(saved), entries)
            }
            Self::Probe(run) => run.save(),
            Self::Contrastive(run) => run.save(),
        }
    }
}

impl CheckpointInfo {
    fn new(saved: &Saved, bytes: u64) -> Result<Self> {
        let recipe = recipe_from_json(saved.recipe.clone())?;
        let (step, seconds, best_epoch, sentence) = match &saved.run {
            SavedRun::Steps(run) => {
                let best = run.best.as_ref().map_or(0, |best| best.epoch);
                (run.step, run.seconds.0, best, steps_in_words(run, saved, recipe.epochs, best))
            }
            SavedRun::Head(run) => {
                // Iterations are steps only where nothing comes after them.
                let fit = run.fit.as_ref().filter(|_| recipe.method == Method::Frozen);
                (fit.map_or(0, |fit| fit.iterations), run.seconds.0, 0, head_in_words(run))
            }
        };
        let of_search = saved.search.as_ref().map(SavedSearch::place);
        Ok(Self {
            tabtune: saved.tabtune.clone(),
            created: saved.created,
            bytes,
            model: saved.model.clone(),
            model_hash: saved.model_hash.clone(),
            data: saved.data.clone(),
            data_hash: saved.data_hash.clone(),
            task: saved.task,
            labels: saved.labels.clone(),
            recipe,
            step,
            total_steps: saved.total_steps,
            epoch: step as f64 / saved.steps_per_epoch.max(1) as f64,
            best_epoch,
            seconds,
            of_search,
            sentence: match of_search {
                Some((run, runs)) => format!("Run {run} of {runs}. {sentence}"),
                None => sentence,
            },
        })
    }
}

fn steps_in_words(run: &SavedSteps, saved: &Saved, epochs: usize, best: usize) -> String {
    let done = run.epochs.len();
    let place = match run.phase {
        SavedPhase::Training => format!("in epoch {} of {epochs}", (done + 1).min(epochs)),
        SavedPhase::Evaluating => format!("epoch {} of {epochs} is being validated", (done + 1).min(epochs)),
        SavedPhase::Closing => "training is over".to_owned(),
    };
    let best = if best == 0 { String::new() } else { format!(" Epoch {best} is the best so far.") };
    format!("Step {} of {}, {place}.{best}", run.step, saved.total_steps)
}

fn head_in_words(run: &SavedHead) -> String {
    match &run.fit {
        None => format!("{} of {} texts are encoded.", run.encoded, run.texts),
        Some(fit) => format!("All texts are encoded; the head has had {} iterations.", fit.iterations),
    }
}

/// A name from outside, in quotation marks and not too long.
fn shown(name: &str) -> String {
    format!("\u{201c}{}\u{201d}", name.chars().take(100).collect::<String>())
}
