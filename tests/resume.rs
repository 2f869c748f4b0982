//! A run that was interrupted at any moment and gone on with in another session is the same run: losses, epochs, weights.

#[path = "support/fruit.rs"]
mod fruit;
mod support;

use fruit::{Folder, empty, finish, mapping};
use futures_lite::future::block_on;
use serde_json::{Map, Value, json};
use tabtune::data::Mapping;
use tabtune::recipe::{LoraTargets, Method, Metric};
use tabtune::{DeviceKind, Event, Recipe, Session, Task};

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

#[test]
fn at_every_moment_of_a_run() {
    Case::fruit(recipe()).check(0..);
}

#[test]
fn with_gradients_that_are_added_up_and_an_uneven_end() {
    Case::fruit(Recipe { batch_size: 4, accumulation: 3, epochs: 2, layer_decay: 0.8, ..recipe() }).check(0..);
}

#[test]
fn after_the_best_epoch_and_where_patience_ends() {
    // Steps so large that the model breaks after it has learned.
    let wild = Recipe { learning_rate: 0.05, epochs: 6, metric: Metric::Loss, patience: 2, ..recipe() };
    let case = Case::fruit(wild);
    let (told, _) = case.whole();
    let end = told.iter().flatten().last().map(|event| json!(event)).expect("an end");
    assert_eq!(end["reason"], "early_stopping", "{end}");
    case.check((0..).step_by(3));
    Case::fruit(Recipe { keep_best: false, ..case.recipe }).check((1..).step_by(5));
}

#[test]
fn adapters_and_frozen_layers() {
    let lora = Recipe { method: Method::Lora, lora_targets: LoraTargets::All, epochs: 2, ..recipe() };
    Case::fruit(lora).check((0..).step_by(3));
    Case::fruit(Recipe { frozen_layers: 1, epochs: 2, gradient_checkpointing: true, ..recipe() })
        .check((1..).step_by(4));
}

#[test]
fn a_head_on_encoded_texts_and_then_all() {
    let head = Recipe { method: Method::Frozen, inverse_regularization: 100.0, ..recipe() };
    let mut case = Case::fruit(head);
    case.table = fruit::table(150);
    case.check((0..).step_by(4));
    case.recipe = Recipe { method: Method::Probe, epochs: 2, batch_size: 32, ..case.recipe };
    case.check((0..).step_by(7));
}

/// A table of a task's kind, as its name tells.
fn task(file: &'static str, table: String, task: Task, epochs: usize) -> Case {
    let mut session = empty(DeviceKind::Cpu);
    session.open_table(table.as_bytes(), file).expect("a table");
    let guess = session.guess_mapping(task).expect("columns");
    let mapping = Mapping { validation_share: 0.25, ..guess };
    Case { file, table, mapping, ..Case::fruit(Recipe { epochs, max_length: Some(24), ..recipe() }) }
}

#[test]
fn hidden_words_and_vectors() {
    let texts: String = fruit::texts(40).iter().map(|text| format!("{text}\n")).collect();
    task("texts.csv", format!("text\n{texts}"), Task::Language, 2).check((0..).step_by(3));
    let pairs: String =
        fruit::texts(40).iter().enumerate().map(|(row, text)| format!("{text},the {row} {text} is good\n")).collect();
    task("pairs.csv", format!("anchor,positive\n{pairs}"), Task::Embedding, 2).check((0..).step_by(3));
}

#[test]
fn several_labels_numbers_and_tags() {
    let word = |row: usize| ["good", "bad", "green", "sweet"][row % 4];
    let labels: String =
        (0..32).map(|row| format!("the {} one {row},{}|{}\n", word(row), word(row), word(row / 4))).collect();
    task("labels.csv", format!("text,labels\n{labels}"), Task::MultiLabel, 2).check((1..).step_by(4));
    let scores: String = (0..32).map(|row| format!("the {} one {row},{}.5\n", word(row), row % 4)).collect();
    task("scores.csv", format!("text,score\n{scores}"), Task::Regression, 2).check((1..).step_by(4));
    let tags: String =
        (0..24).map(|row| format!("the O\n{} B-LOOK\none I-LOOK\nwas O\n{row} O\n\n", word(row))).collect();
    task("tags.conll", tags, Task::Tokens, 2).check((1..).step_by(4));
}

#[test]
fn a_run_that_was_stopped_ends_as_it_would_have() {
    let case = Case::fruit(recipe());
    for units in [0, 3, 9] {
        let mut session = case.session();
        session.start(case.recipe.clone()).expect("a run");
        block_on(session.run_steps(units)).expect("events");
        session.stop();
        let bytes = block_on(session.checkpoint()).expect("a checkpoint").bytes;
        let (events, expected) = (finish(&mut session, 1), weights(&session));
        let mut again = case.session();
        block_on(again.resume(&bytes)).expect("a run");
        assert_eq!(essence(&finish(&mut again, 2)), essence(&events));
        assert!(weights(&again) == expected);
    }
}

#[test]
fn what_a_checkpoint_holds_is_told_without_a_model() {
    let case = Case::fruit(recipe());
    let bytes = case.checkpoint(8);
    let info = Session::checkpoint_info(&bytes).expect("a checkpoint");
    assert_eq!((info.step, info.total_steps, info.best_epoch), (6, 12, 1));
    assert_eq!((info.model.as_str(), info.data.as_str(), info.task), ("tiny-bert", "fruit.csv", Task::Classification));
    assert_eq!((&info.recipe, info.labels.len(), info.bytes), (&case.recipe, 3, bytes.len() as u64));
    assert_eq!(info.sentence, "Step 6 of 12, in epoch 2 of 3. Epoch 1 is the best so far.");
    assert!(info.created > 1_700_000_000_000, "{}", info.created);
    // Anyone can read the arrays, and no row of the data is among what is said.
    let tensors = support::Tensors::read(&bytes[..]);
    assert!(tensors.names().any(|name| name == "weights/encoder.layers.0.query.weight"));
    let words = String::from_utf8_lossy(&bytes);
    assert!(fruit::texts(42).iter().all(|text| !words.contains(text.as_str())));

    let mut session = empty(DeviceKind::Cpu);
    let error = block_on(session.checkpoint()).expect_err("no run");
    assert!(error.to_string().contains("No run is under way"), "{error}");
}

#[test]
fn another_model_other_data_or_another_task_is_refused_in_words() {
    let case = Case::fruit(recipe());
    let bytes = case.checkpoint(3);
    let refused = |session: &mut Session, words: &str| {
        let error = block_on(session.resume(&bytes)).expect_err(words).to_string();
        assert!(error.contains(words), "{error} lacks {words:?}");
        assert!(!session.is_running());
    };
    let mut session = empty(DeviceKind::Cpu);
    refused(&mut session, "Open the model “tiny-bert” first");
    let open = |session: &mut Session, folder: &Folder, name: &str| {
        session.open_model(folder.files(), name).expect("a model");
    };
    open(&mut session, &Folder::fixture("tiny-bert"), "tiny-bert");
    refused(&mut session, "Open the table “fruit.csv”");
    session.open_table(case.table.as_bytes(), "fruit.csv").expect("a table");
    session.map_columns(&mapping(0.5)).expect("a data set");
    refused(&mut session, "learns from other data");
    let labels = Mapping { task: Task::MultiLabel, ..mapping(0.25) };
    session.map_columns(&labels).expect("a data set");
    refused(&mut session, "classification, but the columns are chosen for multi_label");
    session.map_columns(&case.mapping).expect("a data set");

    // The same name with another weight, other words, or another dropout; and another name.
    let folder = Folder::fixture("tiny-bert");
    let mut other = folder.clone();
    let last = other.weights.len() - 2;
    other.weights[last] ^= 1;
    open(&mut session, &other, "tiny-bert");
    refused(&mut session, "the files differ");
    open(&mut session, &folder.with_config("initializer_range", json!(0.03)), "tiny-bert");
    refused(&mut session, "the files differ");
    open(&mut session, &other, "mine");
    refused(&mut session, "trains “tiny-bert”, and “mine” is open");

    // What is the same under another name goes on; a run under way is not thrown away.
    open(&mut session, &folder, "tiny-bert-copy");
    block_on(session.resume(&bytes)).expect("the same model");
    let error = block_on(session.resume(&bytes)).expect_err("a run is under way");
    assert!(error.to_string().contains("A run is under way") && session.is_running(), "{error}");
}

/// Asserts that bytes are refused with these words, and that nothing is running then.
#[track_caller]
fn unusable(case: &Case, bytes: &[u8], words: &str) {
    let error = Session::checkpoint_info(bytes).expect_err(words).to_string();
    assert!(error.contains(words) && error.len() < 1000, "{error} lacks {words:?}");
    let mut session = case.session();
    assert_eq!(block_on(session.resume(bytes)).expect_err(words).to_string(), error);
    assert!(!session.is_running());
}

#[test]
fn what_is_not_whole_is_refused() {
    let case = Case::fruit(recipe());
    let whole = case.checkpoint(8);
    let header = 8 + u64::from_le_bytes(*whole.first_chunk().expect("a length")) as usize;
    for (bytes, words) in [
        (&b""[..], "too short"),
        (&whole[..11], "too short"),
        (&whole[..1000], "cut short within its header"),
        (&whole[..header], "should be"),
        (&whole[..whole.len() - 1], "should be"),
        (&[&whole[..], b" "].concat(), "should be"),
        (&[0xFF; 64], "no checkpoint"),
        (b"PK\x03\x04\x14\0\0\0\x08\0 and the rest of a zip archive", "no checkpoint"),
        (&Folder::fixture("tiny-bert").weights, "no checkpoint"),
        (&[&100_u64.to_le_bytes()[..], &[b'['; 200]].concat(), "header is not right"),
    ] {
        unusable(&case, bytes, words);
    }
    // A file of which the last pages never reached the disk has its length, and zeros.
    for lost in [4, 100, 4096] {
        let mut torn = whole.clone();
        let kept = torn.len() - lost;
        torn[kept..].fill(0);
        unusable(&case, &torn, "damaged or not whole");
    }
    // No bit can change unnoticed.
    let bits = (0..whole.len() * 8).step_by(whole.len() * 8 / 500);
    for bit in
        bits.chain(0..64).chain((header * 8 - 64)..(header * 8 + 64)).chain((whole.len() * 8 - 64)..whole.len() * 8)
    {
        let mut flipped = whole.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        Session::checkpoint_info(&flipped).expect_err("a flipped bit");
    }
    for end in (0..whole.len()).step_by(whole.len() / 200) {
        Session::checkpoint_info(&whole[..end]).expect_err("a part");
    }
}

/// A checkpoint with its header changed by someone who knows how to make its checksum right.
fn forged(whole: &[u8], change: impl FnOnce(&mut Value, &mut Value)) -> Vec<u8> {
    let (length, rest) = whole.split_first_chunk().expect("a length");
    let (header, data) = rest.split_at(u64::from_le_bytes(*length) as usize);
    let mut header: Value = serde_json::from_slice(header).expect("JSON");
    let mut state: Value =
        serde_json::from_str(header["__metadata__"]["state"].as_str().expect("a text")).expect("JSON");
    change(&mut header, &mut state);
    header["__metadata__"]["state"] = state.to_string().into();
    let header = header.to_string();
    let mut bytes = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &data[..data.len() - 4]].concat();
    let sum = crc32fast::hash(&bytes);
    bytes.extend(sum.to_le_bytes());
    bytes
}

#[test]
fn lies_are_refused() {
    let case = Case::fruit(recipe());
    let whole = case.checkpoint(10);
    assert_eq!(Session::checkpoint_info(&forged(&whole, |_, _| {})).expect("a checkpoint").step, 8);
    let query = "weights/encoder.layers.0.query.weight";
    let rename = |header: &mut Value, from: &str, to: &str| {
        let entry = header.as_object_mut().and_then(|header| header.remove(from)).expect("an array");
        header[to] = entry;
    };
    type Lie<'a> = Box<dyn FnOnce(&mut Value, &mut Value) + 'a>;
    let lies: Vec<(Lie, &str)> = vec![
        (Box::new(|header, _| header["__metadata__"]["tabtune_checkpoint"] = json!("2")), "another version"),
        (Box::new(|header, _| header[query]["shape"] = json!([16, 64])), "weights/encoder.layers.0.query.weight"),
        (Box::new(|header, _| header[query]["shape"] = json!([u64::MAX, 2])), "header is not right"),
        (Box::new(|header, _| header[query]["shape"] = json!([1_u64 << 40])), "header is not right"),
        (Box::new(|header, _| header[query]["dtype"] = json!("I32")), "weights/encoder.layers.0.query.weight"),
        (Box::new(|header, _| header[query]["data_offsets"] = json!([0, u64::MAX])), "header is not right"),
        (Box::new(|header, _| rename(header, query, "weights/else")), "weights/encoder.layers.0.query.weight"),
        (Box::new(|header, _| rename(header, "history", "weights/more")), "contradict"),
        (Box::new(|header, _| rename(header, "second/head.output.bias", "second/else")), "second/head.output.bias"),
        (Box::new(|header, _| rename(header, "~checksum", "checksum")), "does not end with a checksum"),
        (Box::new(|_, state| state["recipe"]["epochs"] = json!(1_000_000)), "Epochs must be"),
        (Box::new(|_, state| state["recipe"]["epochs"] = json!(4)), "contradict"),
        (Box::new(|_, state| state["recipe"]["colour"] = json!("red")), "recipe cannot be read"),
        (Box::new(|_, state| state["recipe"]["method"] = json!("frozen")), "contradict"),
        (Box::new(|_, state| state["recipe"]["lora_rank"] = json!(1 << 30)), "rank must be"),
        (Box::new(|_, state| state["run"]["step"] = json!(u64::MAX)), "contradict"),
        (Box::new(|_, state| state["run"]["step"] = json!(9)), "contradict"),
        (Box::new(|_, state| state["run"]["step"] = json!(6)), "contradict"),
        (Box::new(|_, state| state["run"]["step"] = json!(-1)), "cannot be read"),
        (Box::new(|_, state| state["run"]["phase"] = json!("training")), "contradict"),
        (Box::new(|_, state| state["run"]["phase"] = json!("dreaming")), "cannot be read"),
        (Box::new(|_, state| state["run"]["best"]["epoch"] = json!(0)), "contradict"),
        (Box::new(|_, state| state["run"]["best"]["epoch"] = json!(2)), "contradict"),
        (Box::new(|_, state| state["run"]["best"]["report"]["confusion"] = json!([[1]])), "confusions"),
        (Box::new(|_, state| state["run"]["epochs"] = json!([])), "contradict"),
        (Box::new(|_, state| state["run"]["epochs"][0]["step"] = json!(3)), "contradict"),
        (Box::new(|_, state| state["run"]["epochs"][0]["validation"]["scores"][0][0] = json!("luck")), "score"),
        (Box::new(|_, state| state["run"]["epoch_loss"] = json!("much")), "cannot be read"),
        (Box::new(|_, state| state["run"]["part"] = json!("head")), "cannot be read"),
        (Box::new(|_, state| state["max_length"] = json!(1)), "contradict"),
        (Box::new(|_, state| state["model_hash"] = json!("")), "the files differ"),
        (Box::new(|_, state| *state = json!(["x".repeat(1 << 20)])), "cannot be read"),
        (Box::new(|_, state| state["labels"] = json!(["a", "b", "c"])), "other data"),
    ];
    for (lie, words) in lies {
        let mut session = case.session();
        let error = block_on(session.resume(&forged(&whole, lie))).expect_err(words).to_string();
        assert!(error.contains(words) && error.len() < 1000, "{error} lacks {words:?}");
        assert!(!session.is_running());
        // What is open is as it was.
        session.start(case.recipe.clone()).expect("a run");
    }
}

#[test]
fn rows_of_a_table_that_do_not_exist_are_refused() {
    let case = Case::fruit(recipe());
    let whole = case.checkpoint(3);
    let name = "rows/encoder.embeddings.word.weight";
    let file = safetensors::SafeTensors::deserialize(&whole).expect("a file");
    let rows = file.tensor(name).expect("rows").data();
    let at = rows.as_ptr() as usize - whole.as_ptr() as usize;
    for (place, row) in [(at + rows.len() - 4, 300_u32), (at + 4, 0), (at + rows.len() - 4, u32::MAX)] {
        let mut bytes = whole.clone();
        bytes[place..place + 4].copy_from_slice(&row.to_le_bytes());
        let bytes = forged(&bytes, |_, _| {});
        let error = block_on(case.session().resume(&bytes)).expect_err("a row that is not there").to_string();
        assert!(error.contains("contradict"), "{error}");
    }
}

/// Losses of a run that was written down on one device after some steps and gone on with on another.
fn moved(from: DeviceKind, to: DeviceKind, recipe: &Recipe, units: usize) -> Vec<f64> {
    let case = Case { kind: from, ..Case::fruit(recipe.clone()) };
    let bytes = case.checkpoint(units);
    let mut session = Case { kind: to, ..case }.session();
    block_on(session.resume(&bytes)).expect("a run");
    let told = session.told();
    fruit::losses(&[told, finish(&mut session, 3)].concat())
}

#[test]
fn on_the_gpu_and_from_one_device_to_the_other() {
    support::on_a_gpu("Going on with runs", || {
        let gentle = Recipe { learning_rate: 1e-3, dropout: 0.0, ..recipe() };
        for recipe in [
            gentle.clone(),
            Recipe { dropout: 0.2, gradient_checkpointing: true, ..gentle.clone() },
            Recipe { method: Method::Lora, ..gentle.clone() },
            Recipe { accumulation: 2, batch_size: 4, frozen_layers: 1, ..gentle.clone() },
        ] {
            let whole = |kind| {
                let (told, _) = Case { kind, ..Case::fruit(recipe.clone()) }.whole();
                fruit::losses(&told.concat())
            };
            let [cpu, gpu] = [DeviceKind::Cpu, DeviceKind::Gpu].map(whole);
            let close = |a: &[f64], b: &[f64], limit: f64| {
                assert_eq!(a.len(), b.len());
                a.iter().zip(b).for_each(|(a, b)| assert!((a - b).abs() <= limit * b.abs(), "{a} and {b}"));
            };
            close(&whole(DeviceKind::Gpu), &gpu, 1e-6);
            for units in [0, 2, 5, 9] {
                close(&moved(DeviceKind::Gpu, DeviceKind::Gpu, &recipe, units), &gpu, 1e-6);
                if recipe.dropout > 0.0 {
                    // How a device pads decides what is dropped.
                    continue;
                }
                close(&moved(DeviceKind::Gpu, DeviceKind::Cpu, &recipe, units), &cpu, 1e-3);
                close(&moved(DeviceKind::Cpu, DeviceKind::Gpu, &recipe, units), &cpu, 1e-3);
            }
        }
    });
}
