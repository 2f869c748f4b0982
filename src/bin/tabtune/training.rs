//! `tabtune train` and `tabtune script`: a model and a table in; a run to its end and its model, or the same run in Python.

use std::path::Path;

use serde_json::{Map, Value};
use tabtune::recipe::{Field, Method};
use tabtune::{Error, Event, ModelInfo, Recipe, Result, SearchPlan, Session, Task};

use crate::arguments::Train;
use crate::checkpoint::{self, Keeper};
use crate::columns;
use crate::commands::open;
use crate::folder;
use crate::leftovers;
use crate::pieces;
use crate::printing::Teller;
use crate::runs;
use crate::signals::Watch;

/// A session with model and data, and the recipe; what is worth knowing is told.
async fn ready(options: &Train) -> Result<(Session, Recipe)> {
    let (mut session, model) = open(&options.common).await?;
    refuse_missing_layers(&options.given, &model)?;
    let told = Teller::new(&options.common);
    let mut choice = columns::open(&mut session, &options.columns, |_| Ok(options.columns.task), &told)?;
    let mapping = &mut choice.mapping;
    mapping.split = options.split.clone().or_else(|| mapping.split.take());
    (mapping.validation_share, mapping.seed) = (options.validation_share, options.split_seed);
    told.note(&choice.sentence());
    let data = session.map_columns(&choice.mapping)?;
    told.note(&format!("{} rows to train on, {} held out.", data.train, data.validation));
    // Lengths and unknown tokens are part of what is told, and of what a recipe is picked from.
    session.tokenize(usize::MAX)?;
    let data = session.dataset_info().unwrap_or(data);
    data.notes.iter().for_each(|note| told.note(note));
    let mut recipe = Recipe::default();
    if options.auto {
        let given = options.given.get("method").and_then(|method| serde_json::from_value(method.clone()).ok());
        // Only steps are written as a script.
        let suggestion = session.suggest().await?.of(given.or(options.only));
        told.note(&suggestion.sentence);
        recipe = suggestion.recipe;
    }
    let recipe = recipe.with(&options.given)?;
    tell_idle(options, &recipe, data.task, &told)?;
    Ok((session, recipe))
}

/// Tells which hyperparameters change nothing that were given.
fn tell_idle(options: &Train, recipe: &Recipe, task: Task, told: &Teller) -> Result<()> {
    // Several seeds are those from the one that is given.
    let plan = options.search.as_ref().filter(|plan| !matches!(plan, SearchPlan::Seeds { .. }));
    for name in options.given.keys() {
        let option = name.replace('_', "-");
        if plan.is_some_and(|plan| plan.varies(name)) {
            told.note(&format!("--{option} changes nothing: the search has values of its own for it."));
        } else if !Field::named(name)?.is_used_by(recipe.method, task) {
            told.note(&format!("--{option} has no part in this method and task, and changes nothing."));
        }
    }
    Ok(())
}

/// Refuses to freeze or to draw anew more layers than there are.
fn refuse_missing_layers(given: &Map<String, Value>, model: &ModelInfo) -> Result<()> {
    for name in ["frozen_layers", "reinit_layers"] {
        if let Some(layers) = given.get(name).and_then(Value::as_u64).filter(|layers| *layers > model.layers as u64) {
            let (option, most) = (name.replace('_', "-"), model.layers);
            let message = format!("--{option} must be from 0 to {most}, the layers of this model; it is {layers}.");
            return Err(Error::recipe(name, message));
        }
    }
    Ok(())
}

/// `tabtune script`
pub async fn script(options: Train) -> Result<u8> {
    folder::prepare(&options.out)?;
    let (mut session, recipe) = ready(&options).await?;
    let files = session.python_files(&recipe, &options.common.model.display().to_string()).await?;
    leftovers::refuse_over(&options.out, &files, "recipe.json")?;
    folder::write(&options.out, &files)?;
    let from_pipe = options.columns.data == Path::new(pieces::STANDARD);
    let data = if from_pipe { "TABLE".to_owned() } else { typed(&options.columns.data) };
    let (out, script, model) =
        (options.out.display(), typed(&options.out.join("train.py")), typed(&options.common.model));
    let told = Teller::new(&options.common);
    told.note(&format!("Written to {out}. To run it: accelerate launch {script} --data {data} --model {model}"));
    Ok(0)
}

/// A path as it is typed in a shell: in quotes if there is anything in it that a shell takes for something else.
fn typed(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = if cfg!(windows) { "_-./:\\" } else { "_-./:=@%+," };
    let is_plain = |letter: char| letter.is_alphanumeric() || plain.contains(letter);
    if text.chars().all(is_plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// `tabtune train`
pub async fn train(options: Train) -> Result<u8> {
    refuse_mixed(&options)?;
    folder::prepare_for_model(&options.out)?;
    options.adapter.as_deref().map_or(Ok(()), folder::prepare_for_model)?;
    let (mut session, recipe) = ready(&options).await?;
    let told = Teller::new(&options.common);
    let varied = options.search.as_ref().is_some_and(|plan| plan.varies("method"));
    if options.adapter.is_some() && (varied || recipe.method != Method::Lora) && options.keeping.resume.is_none() {
        // Said now rather than after hours of training.
        return Err(Error::recipe("method", "--adapter needs --method lora: other methods make no adapter."));
    }
    let mut keeper = Keeper::new(&options.keeping)?;
    let notes = match (&options.keeping.resume, &options.search) {
        (Some(file), _) => checkpoint::resume(&mut session, file, &options, &told).await?.notes,
        (None, Some(plan)) => session.start_search(&recipe, plan.clone())?.notes,
        (None, None) => session.start(recipe)?.notes,
    };
    for note in &notes {
        told.note(note);
    }
    let (code, steps) = run(&mut session, &mut keeper, &told).await?;
    if code != 0 && steps == 0 {
        // What was drawn at random is not to take the place of a model that was trained before.
        told.note("Nothing was learnt yet, so no model is written.");
        keeper.leave(&told);
        return Ok(code);
    }
    write(&session, &options, &told).await?;
    if code == 0 {
        keeper.finish(&told)
    } else {
        keeper.leave(&told)
    }
    Ok(code)
}

/// Refuses an adapter in the folder of a whole model: what loads that would put the adapter on it once more.
fn refuse_mixed(options: &Train) -> Result<()> {
    let Some(adapter) = &options.adapter else { return Ok(()) };
    let wrong = |message: &str| Err(Error::file(adapter.display().to_string(), message));
    if folder::is_same(adapter, &options.out) {
        return wrong(
            "--adapter and --out are the same folder, and the files of one would replace the other's. Name two.",
        );
    }
    if folder::is_same(adapter, &options.common.model) {
        return wrong("the adapter would be mixed with the model that it is for. Name another folder with --adapter.");
    }
    if folder::is_same(&options.out, &options.common.model) {
        return wrong(
            "an adapter needs the model that it is for, which --out would replace. Name another folder with --out.",
        );
    }
    Ok(())
}

/// Does the work of a run or a search to its end, or to the first signal; the exit code, and the steps of the run that is kept.
async fn run(session: &mut Session, keeper: &mut Keeper, told: &Teller) -> Result<(u8, usize)> {
    let mut made = Vec::new();
    session.told().iter().for_each(|event| runs::note(&mut made, event));
    let (watch, mut code, mut steps) = (Watch::new(), 0, 0);
    while session.is_running() {
        if let (0, Some(asked)) = (code, watch.asked()) {
            code = asked;
            told.live("");
            told.note(
                "Stopping: the best weights so far are kept. A second signal ends the program at once, with no model.",
            );
            keeper.now(session, told).await;
            session.stop();
        }
        let events = session.run_steps(1).await?;
        for event in &events {
            told.event(event);
            runs::note(&mut made, event);
            if let Event::Done(done) = event {
                steps = done.steps;
            }
        }
        // What was written down last is to be gone on with, and not the end.
        if code == 0 {
            keeper.after(&events, session, told).await;
        }
    }
    if !told.json {
        runs::print(made);
    }
    Ok((code, steps))
}

/// Writes what was trained.
async fn write(session: &Session, options: &Train, told: &Teller) -> Result<()> {
    let files = session.export_files(Map::new()).await?;
    folder::replace(&options.out, &files)?;
    let vectors = files.iter().any(|file| file.path == "modules.json");
    let kind = if vectors { ", a folder for sentence-transformers" } else { "" };
    told.note(&format!("Written to {}{kind}.", options.out.display()));
    if let Some(adapter) = &options.adapter {
        let base = options.common.model.display().to_string();
        folder::replace(adapter, &session.export_adapter(&base, Map::new()).await?)?;
        told.note(&format!("The adapter alone is in {}.", adapter.display()));
    }
    Ok(())
}
