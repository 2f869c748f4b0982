//! A recipe, a model and data → the folder that goes on with them in Python.

use std::collections::HashMap;

use crate::checkpoint::{self, Named, adapter, names};
use crate::data;
use crate::error::{Error, Result};
use crate::export::{File, Script, Start};
use crate::model::{EncoderConfig, Frozen, LoraPlan, Model, Place, Pooling};
use crate::recipe::{Method, Recipe};
use crate::session::Session;
use crate::session::data::Source;
use crate::session::method::Tuned;
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
        let start = start(&before, &tuned, &drawn, &model.config, task, base, recipe.lora_dropout).await?;
        let lengths = train.rows.lengths();
        let order = |epoch| data::plan(&lengths, recipe.batch_size, recipe.seed, epoch);
        let objective = Objective::new(task, recipe, &counts(task, labels, &train.rows));
        let (factors, frozen) = parts(&model.config, task, recipe);
        let (pooling, normalises) = model.pooling();
        let units = units(task, &train.rows);
        Script {
            base,
            class: &model.config.class(task),
            task,
            labels,
            recipe,
            max_length: length,
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

/// What the base model's files do not hold: parameters that were drawn, and those of layers that were drawn anew.
async fn start(
    before: &Model,
    tuned: &Tuned,
    drawn: &[String],
    config: &EncoderConfig,
    task: Task,
    base: &str,
    dropout: f64,
) -> Result<Start> {
    let own: Vec<Named> = checkpoint::parameters(before, config, task).await?;
    if let Some(plan) = &tuned.plan {
        let tensors = own.into_iter().filter(|(name, ..)| drawn.contains(name)).collect();
        return Ok(Start::Adapter(tensors, adapter_files(tuned, plan, config, task, base, dropout).await?));
    }
    let own: HashMap<String, Vec<f32>> = own.into_iter().map(|(name, _, values)| (name, values)).collect();
    let all = checkpoint::parameters(&tuned.model, config, task).await?;
    let new = |(name, _, values): &Named| drawn.contains(name) || own.get(name) != Some(values);
    Ok(Start::Tensors(all.into_iter().filter(new).collect()))
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

/// What the learning rate of each parameter is multiplied by, where not by 1; and which parameters stay as they are.
fn parts(config: &EncoderConfig, task: Task, recipe: &Recipe) -> (Vec<(String, f64)>, Vec<String>) {
    let decay = LayerDecay::new(config, recipe.layer_decay);
    let depth = if recipe.method == Method::Full { recipe.frozen_layers } else { 0 };
    let embeddings = recipe.method == Method::Full && (depth > 0 || recipe.frozen_embeddings);
    let kept = Frozen { embeddings, layers: depth };
    let (mut factors, mut frozen) = (Vec::new(), Vec::new());
    for name in names::table(config, task) {
        // sentence-transformers has the encoder alone, under names of its own.
        let hub = if task == Task::Embedding {
            format!("0.auto_model.{}", names::bare(&name.hub, config))
        } else {
            name.hub.clone()
        };
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
