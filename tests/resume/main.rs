//! A run that was interrupted at any moment and gone on with in another session is the same run: losses, epochs, weights.

mod exact;
#[path = "../support/fruit.rs"]
mod fruit;
mod refused;
mod searches;
#[path = "../support/mod.rs"]
mod support;

use fruit::{Folder, empty, finish, mapping};
use futures_lite::future::block_on;
use serde_json::{Map, Value, json};
use tabtune::data::Mapping;
use tabtune::recipe::{LoraTargets, Method, Metric};
use tabtune::{DeviceKind, Event, Recipe, SearchPlan, Session, Task};

/// What a run is of.
struct Case {
    kind: DeviceKind,
    model: &'static str,
    file: &'static str,
    table: String,
    mapping: Mapping,
    recipe: Recipe,
}

impl Case {
    fn fruit(recipe: Recipe) -> Self {
        let table = fruit::table(42);
        Self { kind: DeviceKind::Cpu, model: "tiny-bert", file: "fruit.csv", table, mapping: mapping(0.25), recipe }
    }

    /// A session in which all is open.
    fn session(&self) -> Session {
        let mut session = empty(self.kind);
        session.open_model(Folder::fixture(self.model).files(), self.model).expect("a model");
        session.open_table(self.table.as_bytes(), self.file).expect("a table");
        session.map_columns(&self.mapping).expect("a data set");
        session
    }

    /// The run without an interruption: what is told of each unit of work, and the weights in the end.
    fn whole(&self) -> (Vec<Vec<Event>>, Vec<u8>) {
        let mut session = self.session();
        session.start(self.recipe.clone()).expect("a run");
        let mut told = Vec::new();
        while session.is_running() {
            told.push(block_on(session.run_steps(1)).expect("events"));
        }
        (told, weights(&session))
    }

    /// The bytes of a checkpoint after so many units of work.
    fn checkpoint(&self, units: usize) -> Vec<u8> {
        let mut session = self.session();
        session.start(self.recipe.clone()).expect("a run");
        for _ in 0..units {
            block_on(session.run_steps(1)).expect("events");
        }
        block_on(session.checkpoint()).expect("a checkpoint").bytes
    }

    /// Interrupts the run after every number of units of work that is asked for, and compares what comes of it.
    fn check(&self, moments: impl Iterator<Item = usize>) {
        let (told, expected) = self.whole();
        let units = told.len();
        for moment in moments.take_while(|moment| *moment < units) {
            let bytes = self.checkpoint(moment);
            let mut session = self.session();
            block_on(session.resume(&bytes)).unwrap_or_else(|error| panic!("after {moment} units: {error}"));
            let before = essence(told[..moment].iter().flatten());
            assert_eq!(essence(&session.told()), kept(&before), "told before {moment}");
            // Written down again at once, it is the same.
            let again = block_on(session.checkpoint()).expect("a checkpoint").bytes;
            assert!(timeless(&again) == timeless(&bytes), "written down again after {moment} units");
            let events = finish(&mut session, 3);
            let all: Vec<Value> = [before, essence(&events)].concat();
            assert_eq!(kept(&all), kept(&essence(told.iter().flatten())), "after {moment} units");
            assert!(weights(&session) == expected, "weights after {moment} units");
        }
    }
}

fn weights(session: &Session) -> Vec<u8> {
    let files = block_on(session.export_files(Map::new())).expect("files");
    files.into_iter().filter(|file| file.path.ends_with(".safetensors")).flat_map(|file| file.bytes).collect()
}

/// Events to the last bit, but for how long they took.
fn essence<'a>(events: impl IntoIterator<Item = &'a Event>) -> Vec<Value> {
    let exact = |event: &Event| {
        let mut json = json!(event);
        json.as_object_mut().expect("an object").remove("seconds");
        if let Event::Step(step) = event {
            json["bits"] = json!([step.loss.to_bits(), step.grad_norm.to_bits(), step.learning_rate.to_bits()]);
        }
        if let Event::Epoch(epoch) = event {
            let metrics = epoch.validation.iter();
            let scores = metrics.flat_map(|metrics| metrics.scores.iter().map(|score| score.1).chain([metrics.loss]));
            json["bits"] = scores.chain([epoch.train_loss]).map(f64::to_bits).collect();
        }
        json
    };
    events.into_iter().map(exact).collect()
}

/// Those that a checkpoint remembers, and the end; validation and encoding are told only while they last.
fn kept(events: &[Value]) -> Vec<Value> {
    let passing = |event: &&Value| event["type"] != "evaluate" && event["type"] != "encode";
    events.iter().filter(passing).cloned().collect()
}

/// A checkpoint's arrays, and what it says but for when.
fn timeless(bytes: &[u8]) -> (Value, Vec<(String, Vec<u8>)>) {
    let (_, metadata) = safetensors::SafeTensors::read_metadata(bytes).expect("a header");
    let state = metadata.metadata().as_ref().expect("metadata")["state"].clone();
    let mut state: Value = serde_json::from_str(&state).expect("JSON");
    state["created"] = Value::Null;
    let file = safetensors::SafeTensors::deserialize(bytes).expect("a safetensors file");
    let arrays = file.tensors().into_iter().filter(|(name, _)| name != "~checksum");
    let mut arrays: Vec<(String, Vec<u8>)> = arrays.map(|(name, view)| (name, view.data().to_vec())).collect();
    arrays.sort();
    (state, arrays)
}

fn recipe() -> Recipe {
    Recipe { epochs: 3, batch_size: 8, learning_rate: 5e-3, dropout: 0.2, ..Recipe::default() }
}
