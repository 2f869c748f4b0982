//! The commands: each opens a session, does its work and prints what came out.

use std::io::{BufRead, Write};
use std::path::Path;
use std::time::Instant;

use serde_json::{Map, Value, json};
use tabtune::data::Mapping;
use tabtune::eval::words;
use tabtune::recipe::Method;
use tabtune::{Error, ModelFiles, Recipe, Result, Session, Task, Vocabulary};

use crate::arguments::{Columns, Common, Eval, Export, Predict, Train};
use crate::checkpoint::{self, Keeper};
use crate::folder;
use crate::pieces;
use crate::printing::{Teller, figures, line, print_line};
use crate::runs;
use crate::sheet;

/// A session with model and data, and the recipe; what is worth knowing is told.
async fn ready(options: &Train) -> Result<(Session, Recipe)> {
    folder::prepare(&options.out)?;
    let mut session = open(&options.common).await?;
    let guess = open_table(&mut session, &options.columns, options.columns.task)?;
    let mapping = Mapping {
        split: options.split.clone().or_else(|| guess.split.clone()),
        validation_share: options.validation_share,
        seed: options.split_seed,
        ..chosen(&options.columns, guess)
    };
    let data = session.map_columns(&mapping)?;
    let told = Teller::new(&options.common);
    for note in &data.notes {
        told.note(note);
    }
    let mut recipe = Recipe::default();
    if options.auto {
        // Lengths are part of what it is picked from.
        session.tokenize(usize::MAX)?;
        let method = options.given.get("method").and_then(|method| serde_json::from_value(method.clone()).ok());
        let suggestion = session.suggest().await?.of(method);
        told.note(&suggestion.sentence);
        recipe = suggestion.recipe;
    }
    let recipe = recipe.with(&options.given)?;
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
    folder::write(&options.out, &files)?;
    keeper.finish(&told);
    told.note(&format!("Written to {}.", options.out.display()));
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
    open_table(&mut session, &options.columns, None)?;
    let guess = session.guess_mapping(session.predicts()?)?;
    let mapping = chosen(&options.columns, guess);
    let begun = Instant::now();
    let (report, examples) = session.evaluate(&mapping).await?;
    let seconds = begun.elapsed().as_secs_f64();
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
        return Ok(());
    }
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
    Ok(())
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

/// Opens the table; the likeliest columns for a task, or for the likeliest task.
fn open_table(session: &mut Session, columns: &Columns, task: Option<Task>) -> Result<Mapping> {
    let guess = session.take_table(pieces::table(&columns.data)?)?.mapping;
    task.map_or(Ok(guess), |task| session.guess_mapping(task))
}

/// The columns that were named, else those that were guessed.
fn chosen(columns: &Columns, guess: Mapping) -> Mapping {
    let text = columns.text.clone().unwrap_or(guess.text);
    let label = columns.label.clone().unwrap_or(guess.label);
    // A column that was named is not the second text as well.
    let pair = columns.pair.clone().or(guess.pair.filter(|pair| *pair != text && *pair != label));
    Mapping {
        negative: columns.negative.clone().or(guess.negative),
        separator: columns.separator.clone().or(guess.separator),
        text,
        label,
        pair,
        ..guess
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}
