//! What can be given on the command line. The hyperparameters come from the recipe's own table of fields, so that
//! page and terminal can never differ.

use std::fmt::Display;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Arg, ArgAction, value_parser};
use serde_json::Value;
use tabtune::data::Delimiter;
use tabtune::recipe::{FIELDS, Field, FieldKind};
use tabtune::{Precision, Recipe, Task};

use crate::search;

/// Names under which other tools know a field.
pub const ALIASES: &[(&str, &str)] = &[
    ("learning_rate", "lr"),
    ("warmup_ratio", "warmup"),
    ("max_grad_norm", "clip"),
    ("accumulation", "gradient-accumulation-steps"),
];

/// The program with all its commands.
pub fn program() -> clap::Command {
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
    let eval = columns(common(clap::Command::new("eval").about("Measure a model on a table of labelled texts"))).arg(
        option("mistakes", "N", "Print so many rows that are wrong, too, those first that the model is surest of")
            .value_parser(value_parser!(u64).range(1..=100_000))
            .allow_negative_numbers(true),
    );
    let predict = common(
        clap::Command::new("predict")
            .about("Label texts given as arguments, or one per line of standard input, or each row of a table"),
    )
    .arg(option("pair", "TEXT", "Second text for each: the context of questions, for one").conflicts_with("data"))
    .arg(
        option(
            "data",
            "FILE",
            "Table to add predictions to, - for standard input; in CSV, cells that a spreadsheet would run get a ' in front",
        )
        .value_parser(value_parser!(PathBuf))
        .conflicts_with_all(["texts", "json"]),
    )
    .args(dialect())
    .arg(option("text", "COLUMN", "Its column with the texts; guessed if not given"))
    .arg(option("pair-column", "COLUMN", "Its column with second texts or contexts; guessed if not given"))
    .arg(
        option(
            "out",
            "FILE",
            "Where the table goes, as Excel if it ends in .xlsx, else with what stands between its own cells; standard output if not given",
        )
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

/// A number from the one to the other, both included.
///
/// # Errors
///
/// Words that clap puts after the option and what was given.
pub fn within<N: FromStr + PartialOrd + Display>(text: &str, least: N, most: N) -> std::result::Result<N, String> {
    let number = text.parse().ok().filter(|number| (&least..=&most).contains(&number));
    number.ok_or_else(|| format!("it must be from {least} to {most}"))
}

/// A command with everything that a training takes.
fn training(name: &'static str, about: &'static str, out: &'static str) -> clap::Command {
    columns(common(clap::Command::new(name).about(about)))
        .mut_arg("json", |json| {
            json.help("Print events as JSON, one per line: step, epoch, trial_started and trial_done of a search, done")
        })
        .arg(option("out", "DIR", out).required(true).value_parser(value_parser!(PathBuf)))
        .arg(option("split", "COLUMN", "Column that says train or validation for each row"))
        .arg(
            option("validation-share", "SHARE", "Share of the rows kept for validation when no column says so [0.1]")
                .value_parser(|text: &str| within(text, 0.0, 0.9))
                .allow_negative_numbers(true),
        )
        .arg(
            option("split-seed", "SEED", "Seed of that choice [0]")
                .value_parser(value_parser!(u64))
                .allow_negative_numbers(true),
        )
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
            .allow_negative_numbers(true)
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

/// How a table is to be read.
fn dialect() -> [Arg; 4] {
    let delimiters = Delimiter::ALL.iter().map(|(name, _)| *name).collect::<Vec<_>>();
    [
        option("sheet", "NAME", "Sheet of an Excel workbook, or table of a zip archive; found out if not given"),
        option("header", "WORD", "Whether the first row names the columns; found out if not given")
            .value_parser(["yes", "no"]),
        option("delimiter", "WORD", "What stands between cells; found out if not given").value_parser(delimiters),
        option(
            "encoding",
            "NAME",
            "Encoding of the letters, such as windows-1251 or Shift_JIS; found out if not given",
        ),
    ]
}

fn columns(command: clap::Command) -> clap::Command {
    command
        .arg(
            option(
                "data",
                "FILE",
                "Table: Excel, CSV, TSV, JSON Lines, Parquet, CoNLL or SQuAD JSON, also in gzip, zstd or zip; - for standard input",
            )
            .required(true)
            .value_parser(value_parser!(PathBuf)),
        )
        .args(dialect())
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
        // What is wrong with a negative one is said where its range is.
        .allow_negative_numbers(field.is_number())
        .help_heading("Hyperparameters");
    // A switch that is named without a value is on.
    if field.kind == FieldKind::Switch { argument.num_args(0..=1).default_missing_value("true") } else { argument }
}
