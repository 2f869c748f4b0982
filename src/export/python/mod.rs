//! "Continue in Python": a folder with the recipe as a script for transformers and accelerate, so that the same run scales
//! to many processes. It holds no text of the data but the names of columns and labels.

use serde_json::{Value, json};

use super::File;
use crate::checkpoint::{self, Named};
use crate::data::{Cosines, Delimiter, Dialect, Mapping, Marks};
use crate::error::Result;
use crate::recipe::Recipe;
use crate::task::Task;

/// Most places that the order of the batches may have, all epochs together; a script that lacks it draws its own.
const MOST_ORDERED: usize = 4_000_000;

/// What a run begins with beside the base model's weights.
#[derive(Debug)]
pub enum Start {
    /// Tensors under the names of the class: the head, layers drawn anew.
    Tensors(Vec<Named>),
    /// The same, and the files of an adapter.
    Adapter(Vec<Named>, Vec<File>),
}

/// What a script is made of.
#[allow(missing_debug_implementations)] // A function has none.
pub struct Script<'a> {
    /// The base model's name: on the hub, or that of a folder.
    pub base: &'a str,
    /// The class of transformers that is trained.
    pub class: &'a str,
    /// What is learnt.
    pub task: Task,
    /// Labels in the order of the outputs; empty where the task has none.
    pub labels: &'a [String],
    /// How.
    pub recipe: &'a Recipe,
    /// Longest row in tokens.
    pub max_length: usize,
    /// Tokens at which the trained model cuts texts.
    pub cuts_at: usize,
    /// Weight of each class in the loss.
    pub class_weights: &'a [f64],
    /// Mean and standard deviation that numbers are learnt in, and the layer that says them, by hub name; of numbers.
    pub units: Option<(f64, f64, &'a str)>,
    /// How vectors are compared: `ranking`, `cosine` or `triplet`.
    pub contrast: &'a str,
    /// `cls` or `mean`, and whether vectors are scaled to length 1; of embeddings.
    pub pooling: (&'a str, bool),
    /// What the learning rate of parameters is multiplied by where that is not 1, by their names in the class.
    pub factors: &'a [(String, f64)],
    /// Parameters that stay as they are.
    pub frozen: &'a [String],
    /// The table's format in words, how its file was read, and the names of its columns.
    pub table: (&'a str, &'a Dialect, &'a [String]),
    /// Which column is which.
    pub mapping: &'a Mapping,
    /// SHA-256 of the data set.
    pub data_hash: &'a str,
    /// What the scores of pairs were before they became cosines.
    pub cosines: Option<Cosines>,
    /// How the table writes scores.
    pub marks: Marks,
    /// Places in the table of the rows to train on and of those held out.
    pub sides: &'a [Vec<usize>; 2],
    /// Rows that are trained on: examples, or windows of them.
    pub rows: usize,
    /// Which rows make up each batch of an epoch, counted from 0.
    pub order: &'a dyn Fn(u64) -> Vec<Vec<usize>>,
    /// What the run begins with.
    pub start: Start,
}

impl Script<'_> {
    /// The files.
    ///
    /// # Errors
    ///
    /// Tensors that cannot be written.
    pub fn files(self) -> Result<Vec<File>> {
        let text = |path: &str, text: &str| File { path: path.to_owned(), bytes: text.as_bytes().to_vec() };
        let mut files = vec![
            text("README.md", &self.readme()),
            text("train.py", include_str!("train.py")),
            text("tables.py", include_str!("tables.py")),
            text("packed.py", include_str!("packed.py")),
            text("parquets.py", include_str!("parquets.py")),
            text("data.py", include_str!("data.py")),
            text("spans.py", include_str!("spans.py")),
            text("tasks.py", include_str!("tasks.py")),
            text("scores.py", include_str!("scores.py")),
            text("answers.py", include_str!("answers.py")),
            text("requirements.txt", include_str!("requirements.txt")),
            text("recipe.json", &format!("{:#}\n", self.plan())),
            text("split.json", &format!("{}\n", self.split())),
        ];
        let (tensors, adapter) = match self.start {
            Start::Tensors(tensors) => (tensors, Vec::new()),
            Start::Adapter(tensors, files) => (tensors, files),
        };
        files.push(File { path: "start.safetensors".to_owned(), bytes: checkpoint::serialize(tensors)? });
        files.extend(adapter.into_iter().map(|file| File { path: format!("adapter/{}", file.path), ..file }));
        Ok(files)
    }

    fn plan(&self) -> Value {
        let Mapping { text, pair, label, negative, separator, .. } = self.mapping;
        let label = Some(label).filter(|label| !label.is_empty());
        json!({
            "made_with": format!("Tabtune {}", env!("CARGO_PKG_VERSION")),
            "task": self.task,
            "base_model": super::card::hub_id(self.base),
            "class": self.class,
            "config": self.config(),
            "labels": self.labels,
            "recipe": self.recipe,
            "max_length": self.max_length,
            "cuts_at": self.cuts_at,
            "class_weights": self.class_weights,
            "units": self.units.map(|(mean, deviation, layer)| units(mean, deviation, layer)),
            "contrast": self.contrast,
            "pooling": self.pooling.0,
            "normalises": self.pooling.1,
            "factors": self.factors.iter().map(|(name, factor)| (name.clone(), json!(factor))).collect::<serde_json::Map<_, _>>(),
            "frozen": self.frozen,
            "data": {
                "sha256": self.data_hash,
                "cosines": self.cosines.map(|range| [range.least, range.most]),
                "marks": self.marks,
                "layout": layout(self.table),
                "columns": { "text": text, "pair": pair, "label": label, "negative": negative, "separator": separator },
            },
        })
    }

    /// What the class's configuration says of the head.
    fn config(&self) -> Value {
        let problem = match self.task {
            Task::Classification => "single_label_classification",
            Task::MultiLabel => "multi_label_classification",
            Task::Regression => return json!({ "num_labels": 1, "problem_type": "regression" }),
            Task::Tokens => return self.names(json!({})),
            // Whatever the base model's own head says.
            Task::Answers => return json!({ "num_labels": 2 }),
            Task::Embedding | Task::Language => return json!({}),
        };
        self.names(json!({ "problem_type": problem }))
    }

    fn names(&self, mut config: Value) -> Value {
        let by_id = self.labels.iter().enumerate().map(|(id, label)| (id.to_string(), json!(label)));
        let by_label = self.labels.iter().enumerate().map(|(id, label)| (label.clone(), json!(id)));
        config["id2label"] = Value::Object(by_id.collect());
        config["label2id"] = Value::Object(by_label.collect());
        config
    }

    fn split(&self) -> Value {
        let places = self.rows.saturating_mul(self.recipe.epochs);
        let order = (places <= MOST_ORDERED)
            .then(|| (0..self.recipe.epochs).map(|epoch| (self.order)(epoch as u64)).collect::<Vec<_>>());
        let [train, validation] = self.sides;
        json!({ "train": train, "validation": validation, "rows": self.rows, "order": order })
    }

    fn readme(&self) -> String {
        let model = match super::card::hub_id(self.base) {
            Some(id) => format!("It begins with `{id}`; `--model FOLDER` takes another copy of the same model."),
            None => "Say with `--model FOLDER` where the model lies that was open in Tabtune.".to_owned(),
        };
        include_str!("README.md").replace("{model}", &model)
    }
}

fn units(mean: f64, deviation: f64, layer: &str) -> Value {
    json!({ "mean": mean, "deviation": deviation, "layer": layer })
}

/// What Python calls encodings of the Encoding Standard, where that is something else or reads fewer letters.
const CODECS: &[(&str, &str)] = &[
    ("UTF-8", "utf-8-sig"),
    ("windows-874", "cp874"),
    ("macintosh", "mac_roman"),
    ("x-mac-cyrillic", "mac_cyrillic"),
    ("ISO-8859-8-I", "iso8859_8"),
    ("Shift_JIS", "cp932"),
    ("GBK", "gb18030"),
    ("Big5", "big5hkscs"),
    ("EUC-KR", "cp949"),
];

/// How the script is to read the table: how it was read, and what the format in words says, for a program.
fn layout((words, dialect, columns): (&str, &Dialect, &[String])) -> Value {
    let parts: Vec<&str> = words.split(", ").collect();
    let encoding = dialect.encoding.as_deref().unwrap_or("UTF-8");
    let encoding = CODECS.iter().find(|(name, _)| *name == encoding).map_or(encoding, |(_, codec)| *codec);
    let kind = match parts.first().copied().unwrap_or_default() {
        "JSON Lines" => "jsonl",
        "JSON list" => "json",
        "JSON columns" => "columns",
        "SQuAD JSON" => "squad",
        "CoNLL" => "conll",
        "Excel" => "workbook",
        "Parquet" => "parquet",
        _ => "delimited",
    };
    let delimiter = match dialect.delimiter {
        Some(Delimiter::Tab) => "\t",
        Some(Delimiter::Pipe) => "|",
        Some(Delimiter::Semicolon) => ";",
        Some(Delimiter::Comma) => ",",
        Some(Delimiter::None) | None => "",
    };
    let sentences = parts.iter().find_map(|part| part.strip_prefix("sentences by column ")?.parse::<usize>().ok());
    let packed = match () {
        () if parts.contains(&"in gzip") => Some("gzip"),
        () if parts.contains(&"in zstd") => Some("zstd"),
        () if words.contains(" of a zip archive") => Some("zip"),
        () => None,
    };
    // Counted from 1: the sheet of a workbook, the first column of its table, and the file of an archive.
    let count = |before: &str| {
        let told = parts.iter().find_map(|part| part.strip_prefix(before)?.split(' ').next()?.parse::<usize>().ok());
        told.unwrap_or(1) - 1
    };
    let skipped = parts.iter().find_map(|part| part.split_once(" line")?.0.parse::<usize>().ok());
    json!({
        "kind": kind,
        "packed": packed,
        "file": count("file "),
        "encoding": encoding,
        "delimiter": delimiter,
        "quoted": parts.contains(&"quoted"),
        "header": dialect.header.unwrap_or(false),
        "skipped": skipped.unwrap_or(0),
        "sheet": count("sheet "),
        "left": count("from column "),
        "columns": columns,
        "sentences": sentences.and_then(|place| columns.get(place.checked_sub(1)?)),
    })
}
