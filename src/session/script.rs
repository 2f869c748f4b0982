//! A recipe, a model and data → the folder that goes on with them in Python.

use std::collections::{HashMap, HashSet};

use crate::checkpoint::{self, Named, adapter, names};
use crate::data;
use crate::error::{Error, Result};
use crate::export::{File, Script, Start};
use crate::model::{EncoderConfig, Frozen, LoraPlan, Place, Pooling};
use crate::recipe::{Method, Recipe};
use crate::session::Session;
use crate::session::data::Source;
use crate::session::method::Tuned;
use crate::session::model::cuts_at;
use crate::session::rows::Prepared;
use crate::session::start::{begin, contrast, counts, max_length, units};
use crate::task::Task;
use crate::train::{Contrast, LayerDecay, Objective};

impl Session {
    /// The files of a script that does, in Python, the run that [`Session::start`] would set up. `base` is the base model's
    /// name on the hub, if it is there.
    ///
    /// # Errors
    ///
    /// A bad recipe, no model, no data, a run under way, or a method that moves no weights step by step.
    pub async fn python_files(&mut self, recipe: &Recipe, base: &str) -> Result<Vec<File>> {
        self.refuse_during_run("A run is under way. Stop it first.")?;
        recipe.check()?;
        if !matches!(recipe.method, Method::Full | Method::Lora) {
            return Err(Error::recipe(
                "method",
                "Only a run of steps goes on in Python; a fit on encoded texts takes seconds and needs no other machine. Choose \
                 Full or LoRA.",
            ));
        }
        self.tokenize(usize::MAX)?;
        let model = self.model.as_ref().ok_or_else(|| Error::order("Open a model first."))?;
        let open = self.data.as_ref().ok_or_else(|| Error::order("Open a table and choose its columns first."))?;
        let Some(Source { format, dialect, columns, mapping }) = &open.source else {
            return Err(Error::order("Open a table and choose its columns first."));
        };
        let (task, labels) = (open.dataset.task, &open.dataset.labels);
        let length = max_length(recipe, model, task)?;
        let [mut train, _] = open.rows(model, length)?;
        if task == Task::Language {
            train = train.hideable(&model.masking()?);
        }
        let (before, drawn) = begin(model, task, labels, recipe.seed, &train.rows)?;
        let tuned = Tuned::new(before.clone(), &drawn, &model.config, task, recipe)?;
        let own = checkpoint::parameters(&before, &model.config, task).await?;
        let (factors, frozen) = parts(&own, &model.config, task, recipe);
        let start = start(own, &tuned, &drawn, &model.config, task, base, recipe.lora_dropout).await?;
        let lengths = train.rows.lengths();
        let order = |epoch| data::plan(&lengths, recipe.batch_size, recipe.seed, epoch);
        let objective = Objective::new(task, recipe, &counts(task, labels, &train.rows));
        let (pooling, normalises) = model.pooling();
        let units = units(task, &train.rows);
        Script {
            base,
            class: &model.config.class(task),
            task,
            labels,
            recipe,
            max_length: length,
            cuts_at: cuts_at(task, length, model.config.longest()),
            class_weights: objective.weights(),
            units: names::output(&model.config, task)
                .filter(|_| task == Task::Regression)
                .map(|layer| (units.mean(), units.deviation(), layer)),
            contrast: compared(task, recipe, &train)?,
            pooling: (if pooling == Pooling::First { "cls" } else { "mean" }, normalises),
            factors: &factors,
            frozen: &frozen,
            table: (format, dialect, columns),
            mapping,
            data_hash: &open.dataset.hash,
            cosines: open.dataset.cosines,
            marks: open.dataset.marks,
            sides: &open.dataset.rows,
            rows: train.rows.texts.len(),
            order: &order,
            start,
        }
        .files()
    }
}

fn compared(task: Task, recipe: &Recipe, train: &Prepared) -> Result<&'static str> {
    if task != Task::Embedding {
        return Ok("ranking");
    }
    Ok(match contrast(recipe, &train.rows)? {
        Contrast::Ranking { .. } => "ranking",
        Contrast::Cosine => "cosine",
        Contrast::Triplet { .. } => "triplet",
    })
}

/// What the base model's files may hold otherwise or not at all: the head, which is drawn or has its outputs put into another
/// order, what else was drawn, and layers that were drawn anew. `own` is what the model had before that.
async fn start(
    own: Vec<Named>,
    tuned: &Tuned,
    drawn: &[String],
    config: &EncoderConfig,
    task: Task,
    base: &str,
    dropout: f64,
) -> Result<Start> {
    let named = |(name, shape, values): Named| (in_class(&name, config, task).to_owned(), shape, values);
    let head: HashSet<String> = names::head_names(config, task).into_iter().map(|name| name.hub).collect();
    let given = |name: &String| head.contains(name) || drawn.contains(name);
    if let Some(plan) = &tuned.plan {
        let tensors = own.into_iter().filter(|(name, ..)| given(name)).map(named).collect();
        return Ok(Start::Adapter(tensors, adapter_files(tuned, plan, config, task, base, dropout).await?));
    }
    let own: HashMap<String, Vec<f32>> = own.into_iter().map(|(name, _, values)| (name, values)).collect();
    let all = checkpoint::parameters(&tuned.model, config, task).await?;
    let new = |(name, _, values): &Named| given(name) || own.get(name) != Some(values);
    Ok(Start::Tensors(all.into_iter().filter(new).map(named).collect()))
}

/// What a parameter is called in the class of transformers that is trained: for embeddings that is the encoder alone.
fn in_class<'a>(hub: &'a str, config: &EncoderConfig, task: Task) -> &'a str {
    if task == Task::Embedding { names::bare(hub, config) } else { hub }
}

async fn adapter_files(
    Tuned { model, .. }: &Tuned,
    plan: &LoraPlan,
    config: &EncoderConfig,
    task: Task,
    base: &str,
    dropout: f64,
) -> Result<Vec<File>> {
    let mut settings = adapter::config(plan, config, task, base);
    // Of what has been trained nothing is dropped any more; this is still to be.
    settings["lora_dropout"] = dropout.into();
    let settings = format!("{settings:#}\n");
    Ok(vec![
        File { path: "adapter_model.safetensors".to_owned(), bytes: adapter::save(model, config, task, plan).await? },
        File { path: "adapter_config.json".to_owned(), bytes: settings.into_bytes() },
    ])
}

/// What the learning rate of each of the model's parameters is multiplied by, where not by 1; and which of them stay as they
/// are.
fn parts(own: &[Named], config: &EncoderConfig, task: Task, recipe: &Recipe) -> (Vec<(String, f64)>, Vec<String>) {
    let decay = LayerDecay::new(config, recipe.layer_decay);
    let depth = if recipe.method == Method::Full { recipe.frozen_layers } else { 0 };
    let embeddings = recipe.method == Method::Full && (depth > 0 || recipe.frozen_embeddings);
    let kept = Frozen { embeddings, layers: depth };
    let present: HashSet<&str> = own.iter().map(|(name, ..)| name.as_str()).collect();
    let (mut factors, mut frozen) = (Vec::new(), Vec::new());
    // A family's table names what a model of it can have; the script refuses names of what this one does not.
    for name in names::table(config, task).iter().filter(|name| present.contains(name.hub.as_str())) {
        let hub = in_class(&name.hub, config, task).to_owned();
        if embeddings && kept.holds(Place::of(&name.path), &config.layer_order()) {
            frozen.push(hub.clone());
        }
        let factor = decay.of(&name.path);
        if factor != 1.0 {
            factors.push((hub, factor));
        }
    }
    (factors, frozen)
}
