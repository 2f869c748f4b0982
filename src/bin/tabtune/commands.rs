//! The three commands: each opens a session, does its work and prints what came out.

use std::io::{BufRead, IsTerminal, Write};
use std::path::Path;
use std::time::Instant;

use serde_json::{Map, Value, json};
use tabtune::data::Mapping;
use tabtune::eval::{Metrics, words};
use tabtune::{Event, ModelFiles, Result, Session};

use crate::arguments::{Columns, Common, Eval, Predict, Train};
use crate::folder;

/// Prints a line; a reader that has gone away (`tabtune … | head`) ends the program quietly, unlike `println!`,
/// which panics.
macro_rules! print_line {
    ($($argument:tt)*) => {
        if writeln!(std::io::stdout(), $($argument)*).is_err() {
            std::process::exit(0);
        }
    };
}

/// `tabtune train`
pub async fn train(options: Train) -> Result<()> {
    folder::prepare(&options.out)?;
    let mut session = open(&options.common).await?;
    let guess = open_table(&mut session, &options.columns)?;
    let (text, label) = chosen(&options.columns, &guess);
    let mapping = Mapping {
        // A column that was named is not the second text as well.
        pair: guess.pair.filter(|pair| *pair != text && *pair != label),
        text,
        label,
        split: options.split.or(guess.split),
        validation_share: options.validation_share,
        seed: options.split_seed,
        ..guess
    };
    let data = session.map_columns(&mapping)?;
    let told = Teller { json: options.common.json, live: std::io::stderr().is_terminal() };
    for note in &data.notes {
        told.note(note);
    }
    let run = session.start(options.recipe)?;
    for note in &run.notes {
        told.note(note);
    }
    while session.is_running() {
        for event in session.run_steps(1).await? {
            told.event(&event);
        }
    }
    let files = session.export_files(serde_json::Map::new()).await?;
    folder::write(&options.out, &files)?;
    told.note(&format!("Written to {}.", options.out.display()));
    Ok(())
}

/// `tabtune eval`
pub async fn eval(options: Eval) -> Result<()> {
    let mut session = open(&options.common).await?;
    let guess = open_table(&mut session, &options.columns)?;
    let (text, label) = chosen(&options.columns, &guess);
    let begun = Instant::now();
    let report = session.evaluate(&text, &label).await?;
    let seconds = begun.elapsed().as_secs_f64();
    let examples: u64 = report.per_class.iter().map(|class| class.support).sum();
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
    print_line!("{}  loss {:.4}", figures(metrics), metrics.loss);
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
    let texts = if options.texts.is_empty() {
        let lines = std::io::stdin().lock().lines().collect::<std::io::Result<Vec<String>>>();
        lines.map_err(|error| tabtune::Error::file("standard input", format!("it cannot be read ({error}).")))?
    } else {
        options.texts
    };
    for prediction in session.predict(&texts).await? {
        if options.common.json {
            print_line!("{}", json!(prediction));
        } else {
            let score = prediction.scores.get(&prediction.label).and_then(serde_json::Value::as_f64).unwrap_or(0.0);
            print_line!("{}  {score:.3}  {}", prediction.label, prediction.text);
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
        tokenizer: &folder.tokenizer,
        weights: &folder.weights,
        tokenizer_config: folder.tokenizer_config.as_deref(),
    };
    session.open_model(files, &file_name(&common.model))?;
    Ok(session)
}

fn open_table(session: &mut Session, columns: &Columns) -> Result<Mapping> {
    let bytes = folder::read(&columns.data)?;
    Ok(session.open_table(&bytes, &file_name(&columns.data))?.mapping)
}

/// The columns that were named, else those that were guessed.
fn chosen(columns: &Columns, guess: &Mapping) -> (String, String) {
    (
        columns.text.clone().unwrap_or_else(|| guess.text.clone()),
        columns.label.clone().unwrap_or_else(|| guess.label.clone()),
    )
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// The scores on one line.
fn figures(metrics: &Metrics) -> String {
    let figure = |(name, value): &(&'static str, f64)| {
        format!("{} {value:.4}", words::describe(name).map_or(*name, |score| score.words))
    };
    metrics.scores.iter().map(figure).collect::<Vec<_>>().join("  ")
}

/// Prints what happens: JSON on standard output, or words, with a line that moves where a terminal shows it.
struct Teller {
    json: bool,
    live: bool,
}

impl Teller {
    fn note(&self, note: &str) {
        eprintln!("{note}");
    }

    fn event(&self, event: &Event) {
        if self.json {
            if !matches!(event, Event::Evaluate { .. }) {
                print_line!("{}", json!(event));
            }
            return;
        }
        match event {
            Event::Step(step) => self.live(&format!(
                "step {} of {}  loss {:.4}  {:.1} examples/s",
                step.step,
                step.total_steps,
                step.loss,
                step.examples as f64 / step.seconds.max(1e-9)
            )),
            Event::Evaluate { done, total } => self.live(&format!("validating {done} of {total}")),
            Event::Epoch(epoch) => {
                self.live("");
                let validation = epoch.validation.as_ref().map_or_else(String::new, |metrics| {
                    format!("  validation loss {:.4}  {}", metrics.loss, figures(metrics))
                });
                let best = if epoch.best { "  best so far" } else { "" };
                print_line!("epoch {}  training loss {:.4}{validation}{best}", epoch.epoch, epoch.train_loss);
                if let Some(note) = &epoch.note {
                    print_line!("{note}");
                }
            }
            Event::Done(done) => print_line!("{} {:.1} s.", done.sentence, done.seconds),
        }
    }

    /// Writes over the line that moves.
    fn live(&self, line: &str) {
        if self.live {
            eprint!("\r\x1b[2K{line}");
            // A terminal that has gone away is no reason to lose a run.
            std::io::stderr().flush().ok();
        }
    }
}
