//! What comes of a run that was interrupted, moment by moment, method by method, device by device.

use super::*;

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
    let lora =
        Recipe { method: Method::Lora, lora_targets: LoraTargets::All, lora_dropout: 0.3, epochs: 2, ..recipe() };
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

#[test]
fn pairs_and_then_a_head() {
    let pairs = Recipe { method: Method::Contrastive, pairs_per_row: 1, epochs: 2, batch_size: 16, ..recipe() };
    Case::fruit(pairs).check(0..);
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
