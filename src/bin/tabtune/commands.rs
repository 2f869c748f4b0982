//! The commands that ask a model: each opens a session, does its work and prints what came out; its exit code.

use std::io::BufRead;
use std::path::Path;
use std::time::Instant;

use serde_json::{Map, Value, json};
use tabtune::eval::{Report, words};
use tabtune::{Error, Measured, ModelFiles, ModelInfo, Result, Session, Task, Vocabulary};

use crate::arguments::{Common, Eval, Export, Predict};
use crate::columns;
use crate::folder;
use crate::mistakes;
use crate::output::{print_line, tell};
use crate::printing::{Teller, figures, line};
use crate::sheet;

/// Rows that are measured between two words about how far it is.
const ROWS: usize = 256;

/// `tabtune eval`
pub async fn eval(options: Eval) -> Result<u8> {
    let (mut session, _) = open(&options.common).await?;
    let told = Teller::new(&options.common);
    let mut choice = columns::open(&mut session, &options.columns, |session| measured(session, &options), &told)?;
    // All rows are measured, whichever side they were on.
    choice.mapping.split = None;
    told.note(&choice.sentence());
    let begun = Instant::now();
    let mut measuring = session.measuring(session.table()?, &choice.mapping)?;
    let (total, mut left) = (measuring.total(), measuring.total());
    while left > 0 {
        left = session.measure(&mut measuring, ROWS).await?;
        told.live(&format!("measuring, {} of {total}", total - left));
    }
    told.live("");
    let Measured { report, rows: examples, notes, interval } = measuring.finish();
    let seconds = begun.elapsed().as_secs_f64();
    notes.iter().for_each(|note| told.note(note));
    let metrics = &report.metrics;
    if options.common.json {
        let mut object: Map<String, Value> =
            metrics.scores.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        object.insert("loss".to_owned(), json!(metrics.loss));
        object.insert("interval".to_owned(), json!(interval));
        object.insert("examples".to_owned(), json!(examples));
        object.insert("seconds".to_owned(), json!(seconds));
        object.insert("examples_per_second".to_owned(), json!(examples as f64 / seconds));
        object.insert("labels".to_owned(), json!(report.labels));
        object.insert("per_class".to_owned(), json!(report.per_class));
        object.insert("confusion".to_owned(), json!(report.confusion));
        print_line!("{}", Value::Object(object));
    } else {
        print_report(&report, interval, examples, seconds);
    }
    if let Some(most) = options.mistakes {
        mistakes::print(&session, &choice.mapping, most, &told).await?;
    }
    Ok(0)
}

/// The task that a model is measured for: its own one.
fn measured(session: &Session, options: &Eval) -> Result<Option<Task>> {
    let own = session.predicts()?;
    match options.columns.task.filter(|asked| *asked != own) {
        None => Ok(Some(own)),
        Some(asked) => {
            let [own, asked] = [own, asked].map(|task| json!(task).as_str().unwrap_or_default().to_owned());
            Err(Error::order(format!(
                "This model is for the task {own} and is measured for no other. Leave --task {asked} out."
            )))
        }
    }
}

/// The scores, and those of each class, in words.
fn print_report(report: &Report, interval: Option<[f64; 2]>, examples: usize, seconds: f64) {
    let metrics = &report.metrics;
    print_line!("{}  loss {}", figures(metrics), words::figure(metrics.loss, 4));
    let first = metrics.scores.first().and_then(|(name, _)| words::describe(name));
    if let (Some([low, high]), Some(score)) = (interval, first) {
        print_line!("95 % interval of the {}: {} to {}", score.words, score.show(low), score.show(high));
    }
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
pub async fn predict(options: Predict) -> Result<u8> {
    let (session, _) = open(&options.common).await?;
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
    let (cut, tokens) = session.cut(&texts, pairs.as_deref())?;
    tell_cut(cut as u64, tokens);
    for prediction in session.predict(&texts, pairs.as_deref()).await? {
        if options.common.json {
            print_line!("{}", json!(prediction));
        } else {
            print_line!("{}", line(&prediction));
        }
    }
    Ok(0)
}

/// Says that of some texts only the beginning is read.
pub fn tell_cut(texts: u64, tokens: usize) {
    if texts > 0 {
        let which = if texts == 1 { "1 text".to_owned() } else { format!("{texts} texts") };
        tell!("Only the first {tokens} tokens of {which} are read: this model takes no more.");
    }
}

/// `tabtune export`
pub async fn export(options: Export) -> Result<u8> {
    folder::prepare(&options.out)?;
    let (session, _) = open(&options.common).await?;
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
    Ok(0)
}

/// A session with the model open, and what that is.
///
/// # Errors
///
/// A device or a model that cannot be used.
pub async fn open(common: &Common) -> Result<(Session, ModelInfo)> {
    let folder = folder::read_model(&common.model)?;
    let mut session = Session::new(common.device).await?;
    if session.device().software {
        tell!("{}", session.device().sentence);
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
    let model = session.open_model(files, &file_name(&common.model))?;
    Ok((session, model))
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}
