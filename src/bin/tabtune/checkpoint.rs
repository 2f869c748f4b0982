//! Checkpoints on disk: a run written down on its way, so that whatever ends the program costs only some steps.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tabtune::recipe::Method;
use tabtune::{Error, Event, Result, RunInfo, Session};

use crate::arguments::{Keeping, Train};
use crate::folder;
use crate::printing::Teller;
use crate::writing::{self, Part};

/// Writes a run down when it is time to.
pub struct Keeper {
    /// Where to; `None` for nowhere.
    file: Option<PathBuf>,
    every: usize,
    keep: bool,
    /// Steps and batches since the last time.
    since: usize,
    /// Whether it was said that it does not work.
    complained: bool,
}

impl Keeper {
    /// Makes sure, before hours of training, that the file can be written.
    ///
    /// # Errors
    ///
    /// A place that cannot be written to, or a checkpoint there that is not the one to go on from.
    pub fn new(options: &Keeping) -> Result<Self> {
        let file = options.checkpoint.clone().or_else(|| options.resume.clone());
        if let Some(file) = &file {
            let goes_on = options.resume.as_ref().is_some_and(|resumed| folder::is_same(resumed, file));
            if file.exists() && !goes_on {
                return Err(Error::file(
                    file.display().to_string(),
                    "there is a file of this name already, perhaps the checkpoint of a run that is not done. Go on with it \
                     by --resume, delete it, or name another one.",
                ));
            }
            writing::probe(file)?;
        }
        Ok(Self { file, every: options.every, keep: options.keep, since: 0, complained: false })
    }

    /// Writes the run down if so many steps have been done since the last time, or an epoch has ended. A disk that is full
    /// does not end the run.
    pub async fn after(&mut self, events: &[Event], session: &mut Session, told: &Teller) {
        if self.file.is_none() || !session.is_running() {
            return;
        }
        self.since += events.iter().filter(|event| matches!(event, Event::Step(_) | Event::Encode { .. })).count();
        let epoch = events.iter().any(|event| matches!(event, Event::Epoch(_)));
        if epoch || self.since >= self.every {
            self.now(session, told).await;
        }
    }

    /// Writes the run down.
    pub async fn now(&mut self, session: &mut Session, told: &Teller) {
        let Some(file) = self.file.as_deref() else { return };
        match write(session, file).await {
            Ok(()) => (self.since, self.complained) = (0, false),
            // Between two runs of a search: once the next has begun.
            Err(Error::Order { .. }) => self.since = self.every,
            Err(error) if !self.complained => {
                told.note(&format!("The run could not be written down: {error} It goes on without."));
                self.complained = true;
            }
            Err(_) => {}
        }
    }

    /// Tells how to go on with a run that was stopped.
    pub fn leave(self, told: &Teller) {
        if let Some(file) = self.file.filter(|file| file.exists()) {
            told.note(&format!(
                "The run as it was when it was stopped is in {}: --resume goes on with it.",
                file.display()
            ));
        }
    }

    /// Removes the checkpoint of a run whose model is written.
    pub fn finish(self, told: &Teller) {
        let Some(file) = self.file.filter(|file| !self.keep && file.exists()) else { return };
        if let Err(error) = fs::remove_file(&file) {
            told.note(&folder::wrong(&file, &error).to_string());
        }
    }
}

/// Goes on with the run of a checkpoint. Hyperparameters are those of the checkpoint.
///
/// # Errors
///
/// A checkpoint that cannot be used, a hyperparameter that was given and is another there, and an adapter that is wanted of a
/// run that makes none.
pub async fn resume(session: &mut Session, file: &Path, options: &Train, told: &Teller) -> Result<RunInfo> {
    let given = &options.given;
    let bytes = folder::read(file)?;
    let info = Session::checkpoint_info(&bytes).map_err(|error| named(error, file))?;
    let no_adapter = || {
        let message = "its run makes no adapter, which only the method LoRA does. Leave --adapter out.";
        Err(Error::file(file.display().to_string(), message))
    };
    if options.adapter.is_some() && info.recipe.method != Method::Lora {
        return no_adapter();
    }
    let recipe = serde_json::to_value(&info.recipe).unwrap_or_default();
    if let Some((field, value)) = given.iter().find(|(field, value)| !alike(value, &recipe[field.as_str()])) {
        let option = field.replace('_', "-");
        return Err(Error::recipe(
            field,
            format!(
                "The run of the checkpoint has --{option} {}, not {value}, and a run keeps its hyperparameters. Leave \
                 --{option} out.",
                recipe[field.as_str()]
            ),
        ));
    }
    let run = session.resume(&bytes).await.map_err(|error| named(error, file))?;
    let varied = session
        .search_under_way()
        .is_some_and(|(search, _)| search.changes.iter().any(|run| run.contains_key("method")));
    if options.adapter.is_some() && varied {
        return no_adapter();
    }
    told.note(&format!("Goes on from {}. {}", file.display(), info.sentence));
    Ok(run)
}

/// The same value; whole numbers are fractions, too.
fn alike(a: &Value, b: &Value) -> bool {
    a == b || a.as_f64().is_some() && a.as_f64() == b.as_f64()
}

/// A mistake in a checkpoint with the name of its file.
fn named(error: Error, file: &Path) -> Error {
    match error {
        Error::File { message, .. } => Error::file(file.display().to_string(), message),
        other => other,
    }
}

/// The checkpoint before stays until this one is whole and on the disk.
async fn write(session: &mut Session, file: &Path) -> Result<()> {
    let mut part = Part::of(file)?;
    session.checkpoint_to(&mut part).await?;
    part.finish()?;
    part.put()
}
