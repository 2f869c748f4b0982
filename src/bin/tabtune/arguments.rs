//! What was given on the command line, as each command takes it.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::ArgMatches;
use serde_json::{Map, Value};
use tabtune::data::{Delimiter, Dialect};
use tabtune::recipe::{FIELDS, Field, FieldKind, Method};
use tabtune::{DeviceKind, Error, Precision, Recipe, Result, SearchPlan, Task};

use crate::output::tell;
use crate::program::program;
use crate::refusals;
use crate::search;
use crate::sheet;

/// What to do.
#[derive(Debug)]
pub enum Command {
    /// Train a model on a table.
    Train(Box<Train>),
    /// Write a training as a script for Python.
    Script(Box<Train>),
    /// Measure a model on a table.
    Eval(Eval),
    /// Label texts.
    Predict(Predict),
    /// Write a model as ONNX.
    Export(Export),
}

/// Options of `train`.
#[derive(Debug)]
pub struct Train {
    pub common: Common,
    pub columns: Columns,
    pub split: Option<String>,
    pub validation_share: f64,
    pub split_seed: u64,
    pub out: PathBuf,
    /// Fields that were given, over the default recipe or the suggested one.
    pub given: Map<String, Value>,
    pub auto: bool,
    /// The method that is picked whatever suits, where the command has no other.
    pub only: Option<Method>,
    pub adapter: Option<PathBuf>,
    /// Many runs instead of one.
    pub search: Option<SearchPlan>,
    pub keeping: Keeping,
}

/// How a run is written down on its way.
#[derive(Debug, Default)]
pub struct Keeping {
    /// Where to.
    pub checkpoint: Option<PathBuf>,
    /// After how many steps, or batches of texts that are encoded.
    pub every: usize,
    /// Whether the file stays when the run is done.
    pub keep: bool,
    /// What to go on from.
    pub resume: Option<PathBuf>,
}

/// Options of `eval`.
#[derive(Debug)]
pub struct Eval {
    pub common: Common,
    pub columns: Columns,
    /// How many rows that are wrong are printed.
    pub mistakes: Option<usize>,
}

/// Options of `predict`.
#[derive(Debug)]
pub struct Predict {
    pub common: Common,
    pub texts: Vec<String>,
    pub pair: Option<String>,
    pub table: Option<Table>,
}

/// A table to be predicted as a whole.
#[derive(Debug)]
pub struct Table {
    pub data: PathBuf,
    /// How it is to be read.
    pub dialect: Dialect,
    /// The column of the texts; guessed if not given.
    pub text: Option<String>,
    /// The column of the second texts; guessed if not given.
    pub pair_column: Option<String>,
    /// Where the result goes; standard output if not given.
    pub out: Option<PathBuf>,
}

/// Options of `export`.
#[derive(Debug)]
pub struct Export {
    pub common: Common,
    pub out: PathBuf,
    /// At least one.
    pub precisions: Vec<Precision>,
}

/// Options of every command.
#[derive(Debug)]
pub struct Common {
    pub model: PathBuf,
    pub device: DeviceKind,
    pub json: bool,
}

/// A table and its columns; a column that is not named is guessed.
#[derive(Debug)]
pub struct Columns {
    pub data: PathBuf,
    /// How it is to be read.
    pub dialect: Dialect,
    pub task: Option<Task>,
    pub text: Option<String>,
    pub pair: Option<String>,
    pub label: Option<String>,
    pub negative: Option<String>,
    pub separator: Option<String>,
}

/// Reads the command line.
///
/// # Errors
///
/// The exit code after help, version or a mistake has been printed.
pub fn parse() -> std::result::Result<Command, ExitCode> {
    let matches = program().try_get_matches().map_err(|error| refusals::of_clap(&error))?;
    command(&matches).map_err(|error| {
        tell!("{error}");
        ExitCode::from(2)
    })
}

/// How a table is to be read.
fn dialect(matches: &ArgMatches) -> Dialect {
    let word = |name: &str| matches.get_one::<String>(name).cloned();
    let delimiter =
        |word: &String| Delimiter::ALL.iter().find(|(name, _)| name == word).map(|(_, delimiter)| *delimiter);
    Dialect {
        worksheet: word("sheet"),
        header: word("header").map(|word| word == "yes"),
        delimiter: matches.get_one("delimiter").and_then(delimiter),
        encoding: word("encoding"),
    }
}

fn command(matches: &ArgMatches) -> Result<Command> {
    let (name, matches) = matches.subcommand().unwrap_or_else(|| unreachable!("clap asks for a subcommand"));
    let text = |name: &str| matches.get_one::<String>(name).cloned();
    let path = |name: &str| matches.get_one::<PathBuf>(name).cloned().unwrap_or_default();
    let device = if text("device").as_deref() == Some("gpu") { DeviceKind::Gpu } else { DeviceKind::Cpu };
    let common = Common { model: path("model"), device, json: matches.get_flag("json") };
    if name == "predict" {
        let texts = matches.get_many::<String>("texts").unwrap_or_default().cloned().collect();
        if !matches.contains_id("data")
            && let Some(option) = ["sheet", "header", "delimiter", "encoding", "text", "pair-column", "out"]
                .into_iter()
                .find(|option| matches.contains_id(option))
        {
            return Err(Error::order(format!("--{option} is for a table: name it with --data.")));
        }
        let table = matches.get_one::<PathBuf>("data").map(|data| Table {
            data: data.clone(),
            dialect: dialect(matches),
            text: text("text"),
            pair_column: text("pair-column"),
            out: matches.get_one::<PathBuf>("out").cloned(),
        });
        table.iter().filter_map(|table| table.out.as_deref()).try_for_each(sheet::refuse_unwritten)?;
        return Ok(Command::Predict(Predict { common, texts, pair: text("pair"), table }));
    }
    if name == "export" {
        let named: Vec<&String> = matches.get_many("precision").unwrap_or_default().collect();
        let of = |word: &String| Precision::ALL.iter().find(|(name, _)| name == word).map(|(_, precision)| *precision);
        let precisions = named.into_iter().filter_map(of).collect::<Vec<_>>();
        let precisions = if precisions.is_empty() { vec![Precision::F32] } else { precisions };
        return Ok(Command::Export(Export { common, out: path("out"), precisions }));
    }
    let named = text("task");
    let task = Task::ALL.iter().find(|(name, _)| named.as_deref() == Some(*name)).map(|(_, task)| *task);
    let columns = Columns {
        data: path("data"),
        dialect: dialect(matches),
        task,
        text: text("text"),
        pair: text("pair"),
        label: text("label"),
        negative: text("negative"),
        separator: text("separator"),
    };
    if name == "eval" {
        let mistakes = matches.get_one::<u64>("mistakes").map(|most| *most as usize);
        return Ok(Command::Eval(Eval { common, columns, mistakes }));
    }
    let train = Train {
        common,
        columns,
        split: text("split"),
        validation_share: matches.get_one("validation-share").copied().unwrap_or(0.1),
        split_seed: matches.get_one("split-seed").copied().unwrap_or(0),
        out: path("out"),
        given: given(matches)?,
        auto: matches.get_flag("auto"),
        only: (name == "script").then_some(Method::Full),
        adapter: if name == "train" { matches.get_one::<PathBuf>("adapter").cloned() } else { None },
        search: if name == "train" { search::plan(matches)? } else { None },
        keeping: if name == "train" { kept(matches) } else { Keeping::default() },
    };
    refusals::idle(&train, matches)?;
    let train = Box::new(train);
    Ok(if name == "train" { Command::Train(train) } else { Command::Script(train) })
}

/// What was said of checkpoints.
fn kept(matches: &ArgMatches) -> Keeping {
    Keeping {
        checkpoint: matches.get_one::<PathBuf>("checkpoint").cloned(),
        every: matches.get_one::<u64>("checkpoint-every").map_or(200, |&steps| steps as usize),
        keep: matches.get_flag("keep-checkpoint"),
        resume: matches.get_one::<PathBuf>("resume").cloned(),
    }
}

/// The fields that were given, each checked by itself.
fn given(matches: &ArgMatches) -> Result<Map<String, Value>> {
    let mut given = Map::new();
    for field in FIELDS {
        if let Some(text) = matches.get_one::<String>(field.name) {
            given.insert(field.name.to_owned(), value(field, text)?);
        }
    }
    Recipe::default().with(&given)?.check()?;
    Ok(given)
}

/// What was typed, as the field's kind of JSON value.
///
/// # Errors
///
/// Something else.
pub fn value(field: &Field, text: &str) -> Result<Value> {
    let option = field.name.replace('_', "-");
    let wrong = |expected: String| {
        Error::recipe(field.name, format!("--{option} must be {expected}; it is \u{201c}{text}\u{201d}."))
    };
    match field.kind {
        FieldKind::Integer { min, max, .. } => {
            text.parse::<u64>().map(Into::into).map_err(|_| wrong(format!("a whole number from {min} to {max}")))
        }
        FieldKind::Number { min, max } => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(number.into()),
            _ => Err(wrong(format!("a number from {min} to {max}"))),
        },
        FieldKind::Switch => text.parse::<bool>().map(Into::into).map_err(|_| wrong("true or false".to_owned())),
        FieldKind::Choice { choices } => {
            let words: Vec<&str> = choices.iter().map(|(value, _)| *value).collect();
            if words.contains(&text) { Ok(text.into()) } else { Err(wrong(format!("one of {}", words.join(", ")))) }
        }
    }
}
