//! A session over the tiny encoder and a small table of fruit, and what its events hold.

// Each test program uses a part of this, and the compiler looks at each program alone.
#![allow(dead_code)]

use futures_lite::future::block_on;
use serde_json::Value;
use tabtune::data::{DatasetInfo, Mapping};
use tabtune::{
    DeviceKind, DoneEvent, EpochEvent, Event, File, ModelFiles, Prediction, Recipe, RunInfo, Session, StepEvent,
    Vocabulary,
};

use crate::support::fixture;

/// The words of each class; a few words that say nothing come between them.
const CLASSES: [(&str, [&str; 4]); 3] = [
    ("red", ["apple", "red", "sweet", "pie"]),
    ("green", ["pear", "green", "ripe", "tree"]),
    ("yellow", ["quince", "jam", "tart", "honey"]),
];
const FILLING: [&str; 7] = ["the", "is", "very", "good", "and", "with", "we"];

/// A table of this many rows, all different, whose class shows in two of their words.
pub fn table(rows: usize) -> String {
    let mut csv = "text,label\n".to_owned();
    for row in 0..rows {
        let ((label, words), turn) = (CLASSES[row % 3], row / 3);
        let filling: Vec<&str> = (0..turn % 5).map(|place| FILLING[(turn + place) % 7]).collect();
        csv += &format!("{} {} {} {turn},{label}\n", words[turn % 4], filling.join(" "), words[(turn / 4 + 1) % 4]);
    }
    csv
}

pub fn texts(rows: usize) -> Vec<String> {
    table(rows).lines().skip(1).map(|line| line.rsplit_once(',').expect("two columns").0.to_owned()).collect()
}

/// The files of a model folder, to be changed.
#[derive(Clone)]
pub struct Folder {
    pub config: Vec<u8>,
    pub tokenizer: Vec<u8>,
    pub weights: Vec<u8>,
    pub tokenizer_config: Option<Vec<u8>>,
    pub modules: Vec<(String, Vec<u8>)>,
}

impl Folder {
    pub fn fixture(name: &str) -> Self {
        let [config, tokenizer, weights] =
            ["config.json", "tokenizer.json", "model.safetensors"].map(|file| fixture(&format!("{name}/{file}")));
        Self { config, tokenizer, weights, tokenizer_config: None, modules: Vec::new() }
    }

    pub fn exported(files: &[File]) -> Self {
        let file = |path: &str| files.iter().find(|file| file.path == path).expect("a file").bytes.clone();
        let around = ["modules.json", "sentence_bert_config.json"];
        let beside = files.iter().filter(|file| around.contains(&file.path.as_str()) || file.path.contains('/'));
        Self {
            config: file("config.json"),
            tokenizer: file("tokenizer.json"),
            weights: file("model.safetensors"),
            tokenizer_config: Some(file("tokenizer_config.json")),
            modules: beside.map(|file| (file.path.clone(), file.bytes.clone())).collect(),
        }
    }

    pub fn with_config(&self, field: &str, value: Value) -> Self {
        let mut config: Value = serde_json::from_slice(&self.config).expect("JSON");
        config[field] = value;
        Self { config: config.to_string().into_bytes(), ..self.clone() }
    }

    pub fn files(&self) -> ModelFiles<'_> {
        ModelFiles {
            config: &self.config,
            vocabulary: Vocabulary::Tokenizer(&self.tokenizer),
            weights: vec![&self.weights],
            tokenizer_config: self.tokenizer_config.as_deref(),
            modules: self.modules.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())).collect(),
        }
    }
}

pub fn empty(kind: DeviceKind) -> Session {
    block_on(Session::new(kind)).expect("a device")
}

/// A session with the tiny encoder and a table of which this share is held out.
pub fn ready(kind: DeviceKind, rows: usize, share: f64) -> (Session, DatasetInfo) {
    let mut session = empty(kind);
    session.open_model(Folder::fixture("tiny-bert").files(), "tiny").expect("a model");
    session.open_table(table(rows).as_bytes(), "fruit.csv").expect("a table");
    let info = session.map_columns(&mapping(share)).expect("a data set");
    (session, info)
}

pub fn mapping(share: f64) -> Mapping {
    Mapping { validation_share: share, ..Mapping::new("text", "label") }
}

pub fn recipe() -> Recipe {
    Recipe { epochs: 3, batch_size: 8, learning_rate: 5e-3, ..Recipe::default() }
}

/// Goes on with the run to its end, so many units of work at a time.
pub fn finish(session: &mut Session, units: usize) -> Vec<Event> {
    let mut events = Vec::new();
    while session.is_running() {
        events.extend(block_on(session.run_steps(units)).expect("events"));
        assert!(events.len() < 10_000, "a run that does not end");
    }
    events
}

pub fn train(session: &mut Session, recipe: &Recipe) -> (RunInfo, Vec<Event>) {
    let info = session.start(recipe.clone()).expect("a run");
    (info, finish(session, 5))
}

pub fn steps(events: &[Event]) -> Vec<&StepEvent> {
    events.iter().filter_map(|event| if let Event::Step(step) = event { Some(step) } else { None }).collect()
}

pub fn losses(events: &[Event]) -> Vec<f64> {
    steps(events).into_iter().map(|step| step.loss).collect()
}

pub fn epochs(events: &[Event]) -> Vec<&EpochEvent> {
    events.iter().filter_map(|event| if let Event::Epoch(epoch) = event { Some(epoch) } else { None }).collect()
}

pub fn done(events: &[Event]) -> &DoneEvent {
    let ends = events.iter().filter(|event| matches!(event, Event::Done(_))).count();
    match events.last() {
        Some(Event::Done(done)) if ends == 1 => done,
        other => panic!("{ends} ends, and the last event is {other:?}"),
    }
}

pub fn predict(session: &Session, texts: &[String]) -> Vec<Prediction> {
    block_on(session.predict(texts, None)).expect("predictions")
}

/// The text and its label.
pub fn label(prediction: &Prediction) -> (&str, &str) {
    let Prediction::Label { text, label, .. } = prediction else { panic!("not a label: {prediction:?}") };
    (text, label)
}

/// Probabilities in the order of the labels.
pub fn scores(prediction: &Prediction) -> Vec<f64> {
    let Prediction::Label { scores, .. } = prediction else { panic!("not a label: {prediction:?}") };
    scores.values().map(|score| score.as_f64().expect("a number")).collect()
}
