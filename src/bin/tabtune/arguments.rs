//! What can be given on the command line. The hyperparameters come from the recipe's own table of fields, so that
//! page and terminal can never differ.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, value_parser};
use serde_json::{Map, Value};
use tabtune::recipe::{FIELDS, Field, FieldKind};
use tabtune::{DeviceKind, Error, Precision, Recipe, Result, SearchPlan, Task};

use crate::search;

/// Names under which other tools know a field.
pub const ALIASES: &[(&str, &str)] = &[
    ("learning_rate", "lr"),
    ("warmup_ratio", "warmup"),
    ("max_grad_norm", "clip"),
    ("accumulation", "gradient-accumulation-steps"),
];

/// What to do.
#[derive(Debug)]
#[allow(clippy::large_enum_variant)] // There is one per program.
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
    let matches = program().try_get_matches().map_err(|error| {
        if error.use_stderr() {
            // clap's message goes on with a usage text; the first line is the sentence that says what is wrong.
            let text = error.render().to_string();
            let first = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
            eprintln!("{first}. See \u{201c}tabtune --help\u{201d}.");
            ExitCode::from(2)
        } else {
            print!("{error}");
            ExitCode::SUCCESS
        }
    })?;
    command(&matches).map_err(|error| {
        eprintln!("{error}");
        ExitCode::from(2)
    })
}

fn program() -> clap::Command {
    let train = training("train", "Fine-tune an encoder on a table of labelled texts", "Folder for the trained model")
        .arg(
            option("adapter", "DIR", "Folder for the adapter alone, for PEFT, with --method lora")
                .value_parser(value_parser!(PathBuf)),
        )
        .args(search::options())
        .args(keeping());
    let script = training(
        "script",
        "Write the same training as a script for transformers and accelerate, to go on with on more machines",
        "Folder for the script",
    );
    let eval = columns(common(clap::Command::new("eval").about("Measure a model on a table of labelled texts")));
    let predict = common(
        clap::Command::new("predict")
            .about("Label texts given as arguments, or one per line of standard input, or each row of a table"),
    )
    .arg(option("pair", "TEXT", "Second text for each: the context of questions, for one").conflicts_with("data"))
    .arg(
        option(
            "data",
            "FILE",
            "Table to add predictions to, as CSV; cells that a spreadsheet would run get a ' in front",
        )
        .value_parser(value_parser!(PathBuf))
        .conflicts_with("texts"),
    )
    .arg(option("text", "COLUMN", "Its column with the texts; guessed if not given"))
    .arg(option("pair-column", "COLUMN", "Its column with second texts or contexts; guessed if not given"))
    .arg(
        option("out", "FILE", "Where the table goes; standard output if not given")
            .value_parser(value_parser!(PathBuf)),
    )
    .arg(Arg::new("texts").value_name("TEXT").num_args(0..));
    clap::Command::new("tabtune")
        .about("Fine-tune small pretrained text encoders")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands([train, script, eval, predict, export()])
}

/// A command with everything that a training takes.
fn training(name: &'static str, about: &'static str, out: &'static str) -> clap::Command {
    columns(common(clap::Command::new(name).about(about)))
        .arg(option("out", "DIR", out).required(true).value_parser(value_parser!(PathBuf)))
        .arg(option("split", "COLUMN", "Column that says train or validation for each row"))
        .arg(
            option("validation-share", "SHARE", "Share of the rows kept for validation when no column says so [0.1]")
                .value_parser(value_parser!(f64)),
        )
        .arg(option("split-seed", "SEED", "Seed of that choice [0]").value_parser(value_parser!(u64)))
        .arg(
            Arg::new("auto")
                .long("auto")
                .action(ArgAction::SetTrue)
                .help("Pick the hyperparameters that are not given from the model and the data, and say why"),
        )
        .args(FIELDS.iter().map(hyperparameter))
}

fn export() -> clap::Command {
    common(clap::Command::new("export").about("Write a model that has a head as ONNX, for transformers.js"))
        .arg(option("out", "DIR", "Folder for the files").required(true).value_parser(value_parser!(PathBuf)))
        .arg(
            option(
                "precision",
                "WORDS",
                "How weights are kept: f32, f16, int8, or several with commas between them [f32]",
            )
            .value_delimiter(',')
            .value_parser(Precision::ALL.iter().map(|(name, _)| *name).collect::<Vec<_>>()),
        )
}

fn keeping() -> [Arg; 4] {
    let file = value_parser!(PathBuf);
    [
        option("checkpoint", "FILE", "Write the run down here on its way, so that --resume can go on with it")
            .value_parser(file.clone()),
        option("checkpoint-every", "STEPS", "After how many steps; also after each epoch")
            .value_parser(value_parser!(u64).range(1..))
            .default_value("200"),
        Arg::new("keep-checkpoint")
            .long("keep-checkpoint")
            .action(ArgAction::SetTrue)
            .help("Leave the checkpoint where it is when the model is written"),
        option(
            "resume",
            "FILE",
            "Go on with the run of a checkpoint, and write it down there if nowhere else is named",
        )
        .value_parser(file),
    ]
}

fn option(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).help(help)
}

fn common(command: clap::Command) -> clap::Command {
    command
        .arg(
            option("model", "DIR", "Folder with config.json, tokenizer.json and model.safetensors")
                .required(true)
                .value_parser(value_parser!(PathBuf)),
        )
        .arg(option("device", "DEVICE", "What computes").value_parser(["cpu", "gpu"]).default_value("cpu"))
        .arg(Arg::new("json").long("json").action(ArgAction::SetTrue).help("Print JSON, one object per line"))
}

fn columns(command: clap::Command) -> clap::Command {
    command
        .arg(
            option("data", "FILE", "Table: CSV, TSV, JSON Lines, CoNLL or SQuAD JSON")
                .required(true)
                .value_parser(value_parser!(PathBuf)),
        )
        .arg(
            option("task", "TASK", "What to learn; guessed if not given, or as the checkpoint says")
                .value_parser(Task::ALL.iter().map(|(name, _)| *name).collect::<Vec<_>>()),
        )
        .arg(option("text", "COLUMN", "Column with the texts or questions; guessed if not given"))
        .arg(option("pair", "COLUMN", "Column with second texts or contexts; guessed if not given"))
        .arg(option("label", "COLUMN", "Column with the labels, scores, tags or answers; guessed if not given"))
        .arg(option("negative", "COLUMN", "Column with texts that mean something else (embedding)"))
        .arg(option("separator", "TEXT", "What stands between several labels in a cell; guessed if not given"))
}

/// A field of the recipe as an option: `batch_size` is `--batch-size`.
fn hyperparameter(field: &'static Field) -> Arg {
    let (value, range) = match field.kind {
        FieldKind::Integer { min, max, .. } => ("N", format!("{min} to {max}")),
        FieldKind::Number { min, max } => ("X", format!("{min} to {max}")),
        FieldKind::Choice { choices } => {
            ("WORD", choices.iter().map(|(value, _)| *value).collect::<Vec<_>>().join(", "))
        }
        FieldKind::Switch => ("true|false", "true, false".to_owned()),
    };
    let defaults = serde_json::to_value(Recipe::default()).unwrap_or_default();
    let default = match &defaults[field.name] {
        Value::String(word) => format!("; default {word}"),
        Value::Null => String::new(),
        other => format!("; default {other}"),
    };
    let argument = Arg::new(field.name)
        .long(field.name.replace('_', "-"))
        .visible_aliases(ALIASES.iter().filter(|(name, _)| *name == field.name).map(|(_, alias)| *alias))
        .value_name(value)
        .help(format!("{} [{range}{default}]", field.help))
        .help_heading("Hyperparameters");
    // A switch that is named without a value is on.
    if field.kind == FieldKind::Switch { argument.num_args(0..=1).default_missing_value("true") } else { argument }
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
            && let Some(option) = ["text", "pair-column", "out"].into_iter().find(|option| matches.contains_id(option))
        {
            return Err(Error::order(format!("--{option} is for a table: name it with --data.")));
        }
        let table = matches.get_one::<PathBuf>("data").map(|data| Table {
            data: data.clone(),
            text: text("text"),
            pair_column: text("pair-column"),
            out: matches.get_one::<PathBuf>("out").cloned(),
        });
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
        task,
        text: text("text"),
        pair: text("pair"),
        label: text("label"),
        negative: text("negative"),
        separator: text("separator"),
    };
    if name == "eval" {
        return Ok(Command::Eval(Eval { common, columns }));
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
        adapter: if name == "train" { matches.get_one::<PathBuf>("adapter").cloned() } else { None },
        search: if name == "train" { search::plan(matches)? } else { None },
        keeping: if name == "train" { kept(matches) } else { Keeping::default() },
    };
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
        FieldKind::Number { min, max } => {
            text.parse::<f64>().map(Into::into).map_err(|_| wrong(format!("a number from {min} to {max}")))
        }
        FieldKind::Switch => text.parse::<bool>().map(Into::into).map_err(|_| wrong("true or false".to_owned())),
        FieldKind::Choice { choices } => {
            let words: Vec<&str> = choices.iter().map(|(value, _)| *value).collect();
            if words.contains(&text) { Ok(text.into()) } else { Err(wrong(format!("one of {}", words.join(", ")))) }
        }
    }
}
