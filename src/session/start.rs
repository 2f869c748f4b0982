//! Setting a run up: a recipe, a model and data → a run of the kind that the recipe asks for.

mod notes;

use std::sync::Arc;

use crate::checkpoint::names;
use crate::data::Truth;
use crate::device::Compute;
use crate::error::{Error, Result};
use crate::model::{Model, Parameters};
use crate::recipe::{ContrastiveLoss, Method, Recipe};
use crate::session::contrastive::ContrastiveRun;
use crate::session::event::RunInfo;
use crate::session::frozen::FrozenRun;
use crate::session::method::Tuned;
use crate::session::model::OpenModel;
use crate::session::probe::ProbeRun;
use crate::session::rows::Prepared;
use crate::session::run::Run;
use crate::session::told::Told;
use crate::session::{AnyRun, Running, Session, tally};
use crate::task::Task;
use crate::train::{Contrast, LayerDecay, MAX_ITERATIONS, Objective, PadRule, Rows, Trainer, Units};

/// Longest text in tokens that a run takes unless its recipe says otherwise.
pub(super) const DEFAULT_MAX_LENGTH: usize = 128;
/// The same for questions with contexts: as question answering is usually trained.
pub(super) const ANSWERS_MAX_LENGTH: usize = 384;

/// All that the runs of a recipe are made of, whatever its method.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The model's files and configuration.
    pub base: OpenModel,
    /// What is learnt.
    pub task: Task,
    /// Labels, where the task has some.
    pub labels: Vec<String>,
    /// How.
    pub recipe: Recipe,
    /// How batches are padded.
    pub pad: PadRule,
    /// Where.
    pub compute: Compute,
}

impl Session {
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
        let max_length = max_length(&recipe, model, data.dataset.task)?;
        let [mut train, mut validation] = data.rows(model, max_length)?;
        let may_lack = tally::may_lack(&train);
        [train.may_lack, validation.may_lack] = [may_lack; 2];
        if data.dataset.task == Task::Language {
            let masking = model.masking()?;
            [train, validation] = [train, validation].map(|rows| rows.hideable(&masking));
            if train.rows.texts.is_empty() {
                return Err(Error::table(
                    "No text has a word that the model's vocabulary knows, so there is nothing to hide. Choose a model for \
                     the language of these texts.",
                ));
            }
        }
        let setup = Setup {
            base: model.clone(),
            task: data.dataset.task,
            labels: data.dataset.labels.clone(),
            recipe,
            pad: PadRule::new(model.tokenizer.pad_id(), model.config.longest(), &self.compute),
            compute: self.compute.clone(),
        };
        let (start, drawn) = match setup.recipe.method {
            // The head comes when the encoder has learnt.
            Method::Contrastive => model.for_task(Task::Embedding, &[], setup.recipe.seed)?,
            _ => begin(model, setup.task, &setup.labels, setup.recipe.seed, &train.rows)?,
        };
        let Tuned { model: start, plan } = Tuned::new(start, &drawn, &model.config, setup.task, &setup.recipe)?;
        setup.check_vectors(train.rows.texts.len() + validation.rows.texts.len(), self.room())?;
        let memory = setup.check_memory(&start, &train, max_length)?;
        let mut info = setup.info(&train, &validation, max_length, start.parameters());
        info.notes.extend(memory);
        if setup.task == Task::Language && !drawn.is_empty() {
            info.notes.push(notes::NEW_HEAD_FOR_WORDS.to_owned());
        }
        let pooling = model.pooling_for(setup.recipe.text_vector);
        let known = self.encoded.as_ref().filter(|known| (known.max_length, known.pooling) == (max_length, pooling));
        let known = known.map(|known| Arc::clone(&known.features));
        let run = match setup.recipe.method {
            Method::Full | Method::Lora => AnyRun::Steps(setup.steps(start, train, validation)?),
            Method::Frozen => {
                // The one dense layer over vectors, whatever head the family has in training.
                info.parameters.trainable = (model.config.hidden_size + 1) * outputs(setup.task, &setup.labels);
                AnyRun::Frozen(FrozenRun::new(&start, &setup, [train, validation], known))
            }
            Method::Probe => {
                let both = [train, validation];
                AnyRun::Probe(ProbeRun::new(FrozenRun::new(&start, &setup, both.clone(), known), setup.clone(), both))
            }
            Method::Contrastive => {
                AnyRun::Contrastive(ContrastiveRun::new(start, setup.clone(), [train, validation], &mut info)?)
            }
        };
        let (data, data_name, data_hash) = (data.info(), data.name.clone(), data.dataset.hash.clone());
        let Setup { base, task, labels, recipe, .. } = setup;
        let (told, run_info) = (Told::default(), info.clone());
        self.run = Some(Running {
            run,
            recipe,
            plan,
            task,
            base,
            labels,
            data,
            data_name,
            data_hash,
            max_length,
            may_lack,
            info: run_info,
            told,
        });
        Ok(info)
    }
}

impl Setup {
    /// A run that moves weights step by step.
    ///
    /// # Errors
    ///
    /// A comparison that the data does not allow, or a tokenizer that cannot hide words.
    pub fn steps(&self, start: Model, train: Prepared, mut validation: Prepared) -> Result<Run> {
        let (task, recipe) = (self.task, &self.recipe);
        let mut objective =
            Objective::new(task, recipe, &counts(task, &self.labels, &train.rows)).in_units(units(task, &train.rows));
        if task == Task::Embedding {
            objective = objective.comparing(contrast(recipe, &train.rows)?);
            validation = validation.apart();
        }
        let mut trainer = Trainer::new(start, recipe.clone(), objective, train.rows, self.pad, self.compute.clone());
        trainer = trainer.with_layer_decay(LayerDecay::new(&self.base.config, recipe.layer_decay));
        if task == Task::Language {
            let masking = self.base.masking()?;
            validation = validation.hidden(&masking, recipe.seed);
            trainer = trainer.with_masking(masking);
        }
        let (labels, compute) = (self.labels.clone(), self.compute.clone());
        Ok(Run::new(trainer, recipe.clone(), validation, task, labels, self.pad, compute))
    }

    fn info(&self, train: &Prepared, validation: &Prepared, max_length: usize, parameters: Parameters) -> RunInfo {
        let (recipe, rows) = (&self.recipe, train.rows.texts.len());
        let (steps_per_epoch, total_steps) = match recipe.method {
            Method::Frozen => (MAX_ITERATIONS, MAX_ITERATIONS),
            _ => {
                let each = rows.div_ceil(recipe.batch_size).div_ceil(recipe.accumulation);
                (each, each * recipe.epochs)
            }
        };
        // Texts that are compared are measured one by one.
        let held_out = if self.task == Task::Embedding { 2 } else { 1 } * validation.rows.texts.len();
        RunInfo {
            notes: self.notes(train.cut + validation.cut, max_length, held_out, total_steps),
            total_steps,
            steps_per_epoch,
            max_length,
            train: rows,
            validation: held_out,
            tokens_per_epoch: train.rows.lengths().iter().sum(),
            parameters,
        }
    }
}

/// The model that a run of steps begins with, and the hub names of what was drawn for it. An output that is drawn for numbers
/// begins at their mean, and says others as far from it as they lie.
pub(super) fn begin(
    model: &OpenModel,
    task: Task,
    labels: &[String],
    seed: u64,
    rows: &Rows,
) -> Result<(Model, Vec<String>)> {
    let (start, drawn) = model.for_task(task, labels, seed)?;
    let is_new = names::output(&model.config, task).is_some_and(|layer| drawn.contains(&format!("{layer}.weight")));
    Ok((if is_new { units(task, rows).outward(start) } else { start }, drawn))
}

/// Units that a task's numbers are learnt in.
pub(super) fn units(task: Task, rows: &Rows) -> Units {
    if task == Task::Regression { Units::of(&rows.truths) } else { Units::PLAIN }
}

/// How vectors are compared: as the recipe says, or as the data allows.
pub(super) fn contrast(recipe: &Recipe, rows: &Rows) -> Result<Contrast> {
    let scored = rows.truths.iter().any(|truth| truth.score().is_some());
    let lacks =
        |what: &str| Err(Error::recipe("contrastive_loss", format!("This loss needs {what}, which the data lacks.")));
    match recipe.contrastive_loss {
        ContrastiveLoss::Auto if scored => Ok(Contrast::Cosine),
        ContrastiveLoss::Auto | ContrastiveLoss::Ranking if !scored => Ok(Contrast::RANKING),
        ContrastiveLoss::Auto | ContrastiveLoss::Ranking => Err(Error::recipe(
            "contrastive_loss",
            "Ranking takes pairs that belong together; these have scores. Choose Cosine, or a table without scores.",
        )),
        ContrastiveLoss::Cosine if scored => Ok(Contrast::Cosine),
        ContrastiveLoss::Cosine => lacks("a score for each pair"),
        ContrastiveLoss::Triplet if rows.partners.len() == 2 => Ok(Contrast::TRIPLET),
        ContrastiveLoss::Triplet => lacks("a text that means something else for each row"),
    }
}

/// Outputs of a head for a task.
pub(super) fn outputs(task: Task, labels: &[String]) -> usize {
    if task == Task::Regression { 1 } else { labels.len() }
}

/// How often each class is to be learnt, in the order of the labels: rows, or words.
pub(super) fn counts(task: Task, labels: &[String], rows: &Rows) -> Vec<usize> {
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

/// The recipe's maximum length, or the task's default. What the data needs does not count: the model reads longer texts
/// later.
pub(super) fn max_length(recipe: &Recipe, model: &OpenModel, task: Task) -> Result<usize> {
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
            let default = if task == Task::Answers { ANSWERS_MAX_LENGTH } else { DEFAULT_MAX_LENGTH };
            Ok(default.min(longest))
        }
    }
}
