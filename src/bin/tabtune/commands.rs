//! The commands: each opens a session, does its work and prints what came out.

use std::io::{BufRead, Write};
use std::path::Path;
use std::time::Instant;

use serde_json::{Map, Value, json};
use tabtune::eval::{Report, words};
use tabtune::recipe::{Field, Method};
use tabtune::{Error, ModelFiles, Recipe, Result, Session, Vocabulary};

use crate::arguments::{Common, Eval, Export, Predict, Train};
use crate::checkpoint::{self, Keeper};
use crate::columns;
use crate::folder;
use crate::mistakes;
use crate::printing::{Teller, figures, line, print_line};
use crate::runs;
use crate::sheet;

/// A session with model and data, and the recipe; what is worth knowing is told.
async fn ready(options: &Train) -> Result<(Session, Recipe)> {
    folder::prepare(&options.out)?;
    let mut session = open(&options.common).await?;
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
    for name in options.given.keys() {
        let field = Field::named(name)?;
        if !field.is_used_by(recipe.method, data.task) {
            told.note(&format!(
                "--{} has no part in this method and task, and changes nothing.",
                name.replace('_', "-")
            ));
        }
    }
    Ok((session, recipe))
}

/// `tabtune script`
pub async fn script(options: Train) -> Result<()> {
    let (mut session, recipe) = ready(&options).await?;
    folder::write(&options.out, &session.python_files(&recipe, &options.common.model.display().to_string()).await?)?;
    let (out, data) = (options.out.display(), options.columns.data.display());
    let told = Teller::new(&options.common);
    told.note(&format!(
        "Written to {out}. To run it: accelerate launch {out}/train.py --data {data} --model {}",
        options.common.model.display()
    ));
    Ok(())
}

/// `tabtune train`
pub async fn train(options: Train) -> Result<()> {
    let (mut session, recipe) = ready(&options).await?;
    let told = Teller::new(&options.common);
    let varied = options.search.as_ref().is_some_and(|plan| plan.varies("method"));
    if options.adapter.is_some() && (varied || recipe.method != Method::Lora) && options.keeping.resume.is_none() {
        // Said now rather than after hours of training.
        return Err(Error::recipe("method", "--adapter needs --method lora: other methods make no adapter."));
    }
    options.adapter.as_deref().map_or(Ok(()), folder::prepare)?;
    let mut keeper = Keeper::new(&options.keeping)?;
    let notes = match (&options.keeping.resume, options.search) {
        (Some(file), _) => checkpoint::resume(&mut session, file, &options.given, &told).await?.notes,
        (None, Some(plan)) => session.start_search(&recipe, plan)?.notes,
        (None, None) => session.start(recipe)?.notes,
    };
    for note in &notes {
        told.note(note);
    }
    let mut made = Vec::new();
    session.told().iter().for_each(|event| runs::note(&mut made, event));
    while session.is_running() {
        let events = session.run_steps(1).await?;
        for event in &events {
            told.event(event);
            runs::note(&mut made, event);
        }
        keeper.after(&events, &mut session, &told).await;
    }
    if !options.common.json {
        runs::print(made);
    }
    let files = session.export_files(serde_json::Map::new()).await?;
    folder::replace(&options.out, &files)?;
    keeper.finish(&told);
    let vectors = files.iter().any(|file| file.path == "modules.json");
    let kind = if vectors { ", a folder for sentence-transformers" } else { "" };
    told.note(&format!("Written to {}{kind}.", options.out.display()));
    if let Some(adapter) = options.adapter {
        let base = options.common.model.display().to_string();
        folder::write(&adapter, &session.export_adapter(&base, serde_json::Map::new()).await?)?;
        told.note(&format!("The adapter alone is in {}.", adapter.display()));
    }
    Ok(())
}

/// `tabtune eval`
pub async fn eval(options: Eval) -> Result<()> {
    let mut session = open(&options.common).await?;
    let told = Teller::new(&options.common);
    let mut choice = columns::open(&mut session, &options.columns, |session| session.predicts().map(Some), &told)?;
    // All rows are measured, whichever side they were on.
    choice.mapping.split = None;
    told.note(&choice.sentence());
    let begun = Instant::now();
    let (report, examples) = session.evaluate(&choice.mapping).await?;
    let seconds = begun.elapsed().as_secs_f64();
    if examples < choice.rows {
        told.note(&format!("Rows without a label are not measured: {} of {}.", choice.rows - examples, choice.rows));
    }
    let metrics = &report.metrics;
    if options.common.json {
        let mut object: Map<String, Value> =
            metrics.scores.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        object.insert("loss".to_owned(), json!(metrics.loss));
        object.insert("examples".to_owned(), json!(examples));
        object.insert("seconds".to_owned(), json!(seconds));
        object.insert("examples_per_second".to_owned(), json!(examples as f64 / seconds));
        object.insert("labels".to_owned(), json!(report.labels));
        object.insert("per_class".to_owned(), json!(report.per_class));
        object.insert("confusion".to_owned(), json!(report.confusion));
        print_line!("{}", Value::Object(object));
    } else {
        print_report(&report, examples, seconds);
    }
    match options.mistakes {
        Some(most) => mistakes::print(&session, &choice.mapping, most, &told).await,
        None => Ok(()),
    }
}

/// The scores, and those of each class, in words.
fn print_report(report: &Report, examples: usize, seconds: f64) {
    let metrics = &report.metrics;
    print_line!("{}  loss {}", figures(metrics), words::figure(metrics.loss, 4));
    print_line!("{examples} rows in {seconds:.1} s, {:.0} rows/s", examples as f64 / seconds);
    for class in &report.per_class {
        print_line!(
            "  {:<24} precision {:.3}  recall {:.3}  F1 {:.3}  rows {}",
            class.label,
            class.precision,
            class.recall,
            class.f1,
            class.support
        );
    }
}

/// `tabtune predict`
pub async fn predict(options: Predict) -> Result<()> {
    let session = open(&options.common).await?;
    if let Some(table) = options.table {
        return sheet::predict(&session, &table).await;
    }
    let texts = if options.texts.is_empty() {
        let lines = std::io::stdin().lock().lines().collect::<std::io::Result<Vec<String>>>();
        lines.map_err(|error| tabtune::Error::file("standard input", format!("it cannot be read ({error}).")))?
    } else {
        options.texts
    };
    let pairs = options.pair.map(|pair| vec![pair; texts.len()]);
    for prediction in session.predict(&texts, pairs.as_deref()).await? {
        if options.common.json {
            print_line!("{}", json!(prediction));
        } else {
            print_line!("{}", line(&prediction));
        }
    }
    Ok(())
}

/// `tabtune export`
pub async fn export(options: Export) -> Result<()> {
    folder::prepare(&options.out)?;
    let session = open(&options.common).await?;
    let files = session.export_onnx(&options.precisions, Map::new()).await?;
    folder::write(&options.out, &files)?;
    for file in files {
        let megabytes = file.bytes.len() as f64 / 1e6;
        if options.common.json {
            print_line!("{}", json!({ "path": file.path, "bytes": file.bytes.len() }));
        } else {
            print_line!("{:<28} {megabytes:>8.1} MB", file.path);
        }
    }
    Ok(())
}

async fn open(common: &Common) -> Result<Session> {
    let folder = folder::read_model(&common.model)?;
    let mut session = Session::new(common.device).await?;
    if session.device().software {
        eprintln!("{}", session.device().sentence);
    }
    let files = ModelFiles {
        config: &folder.config,
        vocabulary: match &folder.vocabulary {
            folder::Words::Tokenizer(bytes) => Vocabulary::Tokenizer(bytes),
            folder::Words::Vocab(bytes) => Vocabulary::Words(bytes),
        },
        weights: folder.weights.iter().map(Vec::as_slice).collect(),
        tokenizer_config: folder.tokenizer_config.as_deref(),
        modules: folder.modules.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())).collect(),
    };
    session.open_model(files, &file_name(&common.model))?;
    Ok(session)
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}
