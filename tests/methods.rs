//! Ways of fine-tuning through the whole session: LoRA, frozen layers, and heads on texts that are encoded once.

#[path = "support/fruit.rs"]
mod fruit;
mod support;

use fruit::{Folder, done, finish, predict, ready, scores, steps, texts};
use futures_lite::future::block_on;
use serde_json::{Map, Value};
use support::Tensors;
use tabtune::data::Mapping;
use tabtune::recipe::{LoraTargets, Method, TextVector};
use tabtune::{DeviceKind, Event, Recipe, Session, Suggestion, Suggestions, Task};

fn recipe(method: Method) -> Recipe {
    Recipe {
        method,
        epochs: 4,
        batch_size: 8,
        learning_rate: 5e-3,
        inverse_regularization: 10_000.0,
        ..Recipe::default()
    }
}

fn encoded(events: &[Event]) -> usize {
    events.iter().filter(|event| matches!(event, Event::Encode { .. })).count()
}

#[test]
fn texts_are_encoded_once_for_any_number_of_heads() {
    let (mut session, _) = ready(DeviceKind::Cpu, 240, 0.2);
    let info = session.start(recipe(Method::Frozen)).expect("a run");
    assert!(info.parameters.trainable < 1000 && info.parameters.frozen > 20_000, "{:?}", info.parameters);
    let first = finish(&mut session, 3);
    assert!(encoded(&first) >= 8, "240 texts in batches of 32");
    let end = done(&first);
    // The encoder is random, and knows as little of texts: a third would be chance.
    assert!(end.metrics.as_ref().and_then(|metrics| metrics.get("accuracy")) > Some(0.6), "{:?}", end.metrics);
    assert_eq!(end.optimizer_bytes, 0);
    let losses: Vec<f64> = steps(&first).iter().map(|step| step.loss).collect();
    assert!(losses.len() > 3 && losses[losses.len() - 1] < losses[0]);

    // Validation on cached vectors is what the whole model says to the texts.
    let (report, rows) = block_on(session.evaluate(&fruit::mapping(0.0))).expect("a report");
    assert_eq!(rows, 240);
    assert!(report.metrics.get("accuracy") > Some(0.7));

    // The exported folder, which sentence-transformers loads, says the same when it is opened again.
    let files = block_on(session.export_files(Map::new())).expect("files");
    assert!(files.iter().any(|file| file.path == "3_Dense/model.safetensors"));
    let mut again = fruit::empty(DeviceKind::Cpu);
    let info = again.open_model(Folder::exported(&files).files(), "again").expect("a model");
    assert_eq!((info.task, info.labels.map(|labels| labels.len())), (Some(Task::Classification), Some(3)));
    for (again, before) in predict(&again, &texts(12)).iter().zip(predict(&session, &texts(12))) {
        scores(again).iter().zip(scores(&before)).for_each(|(a, b)| assert!((a - b).abs() < 1e-5, "{a} and {b}"));
    }

    // Another recipe encodes nothing; the same recipe gives the same head; other data is encoded anew.
    let before = predict(&session, &texts(12));
    session.start(Recipe { inverse_regularization: 0.01, ..recipe(Method::Frozen) }).expect("a run");
    let second = finish(&mut session, 3);
    assert_eq!(encoded(&second), 0);
    assert_ne!(predict(&session, &texts(12)), before);
    session.start(recipe(Method::Frozen)).expect("a run");
    assert_eq!(encoded(&finish(&mut session, 3)), 0);
    for (again, before) in predict(&session, &texts(12)).iter().zip(&before) {
        assert_eq!(scores(again), scores(before));
    }
    session.map_columns(&fruit::mapping(0.3)).expect("a data set");
    session.start(recipe(Method::Frozen)).expect("a run");
    assert!(encoded(&finish(&mut session, 3)) > 0);
}

#[test]
fn a_frozen_run_can_be_stopped_at_any_moment() {
    for units in [0, 1, 9, 14] {
        let (mut session, _) = ready(DeviceKind::Cpu, 240, 0.2);
        session.start(recipe(Method::Frozen)).expect("a run");
        block_on(session.run_steps(units)).expect("events");
        session.stop();
        let events = finish(&mut session, 1);
        assert!(done(&events).sentence.starts_with("Stopped."), "{}", done(&events).sentence);
        assert_eq!(predict(&session, &texts(3)).len(), 3);
    }
}

#[test]
fn a_rate_that_hardly_moves_adapters_is_told_of() {
    for (method, learning_rate, told) in
        [(Method::Lora, 2e-4, true), (Method::Lora, 2e-3, false), (Method::Full, 2e-4, false)]
    {
        let (mut session, _) = ready(DeviceKind::Cpu, 48, 0.2);
        let info = session.start(Recipe { learning_rate, ..recipe(method) }).expect("a run");
        let said = info.notes.iter().any(|note| note.starts_with("Adapters learn little at a learning rate of 2e-4"));
        assert_eq!(said, told, "{:?}", info.notes);
    }
}

#[test]
fn adapters_learn_and_are_folded_in_and_given_out() {
    for targets in [LoraTargets::Attention, LoraTargets::All] {
        let (mut session, _) = ready(DeviceKind::Cpu, 240, 0.2);
        let recipe = Recipe { lora_targets: targets, epochs: 12, ..recipe(Method::Lora) };
        let info = session.start(recipe).expect("a run");
        assert!(info.parameters.trainable < info.parameters.frozen / 2, "{:?}", info.parameters);
        let events = finish(&mut session, 5);
        let end = done(&events);
        assert!(end.metrics.as_ref().and_then(|metrics| metrics.get("accuracy")) > Some(0.9), "{:?}", end.metrics);
        assert_eq!(end.optimizer_bytes, info.parameters.trainable * 8, "two moments of four bytes, and no more");

        let whole = block_on(session.export_files(Map::new())).expect("files");
        let weights = whole.iter().find(|file| file.path == "model.safetensors").expect("weights");
        let tensors = Tensors::read(&weights.bytes);
        assert!(tensors.names().any(|name| name == "classifier.weight"));
        assert!(!tensors.names().any(|name| name.contains("lora")), "an ordinary model");
        let adapter = block_on(session.export_adapter("base/model", Map::new())).expect("files");
        let file = |path: &str| adapter.iter().find(|file| file.path == path).expect("a file");
        assert!(file("adapter_model.safetensors").bytes.len() < weights.bytes.len());
        let config: Value = serde_json::from_slice(&file("adapter_config.json").bytes).expect("JSON");
        assert_eq!((&config["peft_type"], &config["r"]), (&"LORA".into(), &8.into()));
    }
}

#[test]
fn what_is_frozen_stays_and_costs_nothing() {
    let (mut session, _) = ready(DeviceKind::Cpu, 48, 0.0);
    const WORDS: usize = 300;
    let bytes = |session: &mut tabtune::Session, recipe: Recipe| {
        let words_learn = recipe.frozen_layers == 0 && !recipe.frozen_embeddings;
        let info = session.start(recipe).expect("a run");
        let events = finish(session, 5);
        // Two moments of four bytes; and for each row of the table of words whether it ever had a gradient, and how far it is.
        let notes = if words_learn { WORDS * (1 + size_of::<u32>()) } else { 0 };
        assert_eq!(done(&events).optimizer_bytes, info.parameters.trainable * 8 + notes);
        info.parameters
    };
    let all = bytes(&mut session, recipe(Method::Full));
    let part = bytes(&mut session, Recipe { frozen_layers: 1, ..recipe(Method::Full) });
    let words = bytes(&mut session, Recipe { frozen_embeddings: true, ..recipe(Method::Full) });
    assert!(words.frozen > 0 && words.frozen < part.frozen, "{words:?}");
    assert_eq!(all.frozen, 0);
    assert!(part.frozen > 0 && part.trainable + part.frozen == all.trainable);
    let error = block_on(session.export_adapter("base", Map::new())).expect_err("no adapter");
    assert!(error.to_string().contains("LoRA"), "{error}");
    bytes(&mut session, Recipe { reinit_layers: 1, layer_decay: 0.9, ..recipe(Method::Full) });
}

#[test]
fn what_is_suggested_fits_the_data_and_says_why() {
    let suggest = |session: &mut Session| block_on(session.suggest()).expect("suggestions");
    let (mut session, _) = ready(DeviceKind::Cpu, 60, 0.2);
    let suggestion = suggest(&mut session).picked;
    assert_eq!((suggestion.recipe.method, suggestion.recipe.mistakes().len()), (Method::Probe, 0));
    assert!(suggestion.sentence.contains("16 rows per label"), "{}", suggestion.sentence);
    assert!(suggestion.sentence.contains("some seconds here"), "a tiny encoder: {}", suggestion.sentence);
    let (mut many, _) = ready(DeviceKind::Cpu, 1200, 0.0);
    let other = suggest(&mut many).picked;
    assert_eq!((other.recipe.method, other.recipe.epochs), (Method::Full, 3));
    assert!(other.sentence.contains("225 steps"), "{}", other.sentence);

    // A checkpoint that knows the task already goes on with its own head.
    session.open_model(Folder::fixture("tiny-classifier").files(), "tiny").expect("a model");
    let goes_on = suggest(&mut session).picked;
    assert_eq!(goes_on.recipe.method, Method::Full);
    assert!(goes_on.sentence.starts_with("All of the model learns"), "{}", goes_on.sentence);
    let error = block_on(fruit::empty(DeviceKind::Cpu).suggest()).expect_err("nothing is open");
    assert!(error.to_string().contains("Open a model first"), "{error}");
}

#[test]
fn each_method_of_a_task_has_a_recipe_of_its_own() {
    let (mut session, _) = ready(DeviceKind::Cpu, 60, 0.2);
    let few = block_on(session.suggest()).expect("suggestions");
    let methods: Vec<Method> = few.methods.iter().map(|suggestion| suggestion.recipe.method).collect();
    let all = [Method::Full, Method::Lora, Method::Frozen, Method::Probe, Method::Contrastive];
    assert_eq!(methods, all);
    for Suggestion { recipe, sentence } in &few.methods {
        assert_eq!(recipe.mistakes(), [], "{sentence}");
        session.start(recipe.clone()).expect("a run");
        assert!(done(&finish(&mut session, 20)).report.is_some(), "{sentence}");
    }
    let of = |suggestions: &Suggestions, method| suggestions.clone().of(Some(method)).recipe;
    assert_eq!(few.clone().of(None), few.picked);
    assert_eq!(of(&few, Method::Lora).learning_rate, 10.0 * of(&few, Method::Full).learning_rate);
    assert_eq!(of(&few, Method::Frozen).inverse_regularization, 10.0);
    assert_eq!(of(&few, Method::Contrastive).pairs_per_row, 10);

    let (mut many, _) = ready(DeviceKind::Cpu, 1200, 0.0);
    let many_rows = block_on(many.suggest()).expect("suggestions");
    assert_eq!(of(&many_rows, Method::Frozen).inverse_regularization, 1.0);
    assert_eq!(of(&many_rows, Method::Contrastive).pairs_per_row, 1);

    // Numbers have no labels to pair, and texts without labels have no head to fit.
    session.open_table(b"text,label\na b,1\nb c,2\nc d,3\nd e,4\n", "numbers.csv").expect("a table");
    for (task, fewer) in [(Task::Regression, &all[..4]), (Task::Language, &all[..2])] {
        let mapping = session.guess_mapping(task).expect("columns");
        session.map_columns(&mapping).expect("a data set");
        let suggestions = block_on(session.suggest()).expect("suggestions");
        let methods: Vec<Method> = suggestions.methods.iter().map(|suggestion| suggestion.recipe.method).collect();
        assert_eq!(methods, fewer);
    }
}

#[test]
fn a_head_first_and_then_all_of_the_model() {
    let (mut session, _) = ready(DeviceKind::Cpu, 240, 0.2);
    let info = session.start(recipe(Method::Probe)).expect("a run");
    assert_eq!(info.total_steps, 4 * 24);
    let events = finish(&mut session, 3);
    assert!(encoded(&events) >= 8);
    assert_eq!(steps(&events).len(), 4 * 24, "steps of the fit are not told");
    let end = done(&events);
    assert!(end.metrics.as_ref().and_then(|metrics| metrics.get("accuracy")) > Some(0.9), "{:?}", end.metrics);
    let files = block_on(session.export_files(Map::new())).expect("files");
    let mut again = fruit::empty(DeviceKind::Cpu);
    again.open_model(Folder::exported(&files).files(), "again").expect("a model");
    for (again, before) in predict(&again, &texts(12)).iter().zip(predict(&session, &texts(12))) {
        scores(again).iter().zip(scores(&before)).for_each(|(a, b)| assert!((a - b).abs() < 1e-5, "{a} and {b}"));
    }
    // Stopped while texts are encoded, it ends with the head as it is.
    session.map_columns(&fruit::mapping(0.3)).expect("a data set");
    session.start(recipe(Method::Probe)).expect("a run");
    block_on(session.run_steps(2)).expect("events");
    session.stop();
    assert!(done(&finish(&mut session, 1)).sentence.starts_with("Stopped."));
}

#[test]
fn pairs_first_and_then_a_head() {
    let (mut session, _) = ready(DeviceKind::Cpu, 120, 0.2);
    let recipe = Recipe { epochs: 2, pairs_per_row: 4, ..recipe(Method::Contrastive) };
    let info = session.start(recipe.clone()).expect("a run");
    // 96 rows, each with four pairs of either sort, in batches of 8.
    assert_eq!((info.total_steps, info.steps_per_epoch, info.train), (192, 96, 96));
    assert!(info.notes.iter().any(|note| note.contains("768 pairs")), "{:?}", info.notes);
    assert!(info.parameters.frozen == 0);
    let events = finish(&mut session, 5);
    let told = steps(&events);
    assert_eq!(told.len(), 192, "steps of the head's fit are not told");
    let mean = |steps: &[&tabtune::StepEvent]| steps.iter().map(|step| step.loss).sum::<f64>() / steps.len() as f64;
    assert!(mean(&told[180..]) < 0.3 * mean(&told[..12]), "{} and {}", mean(&told[..12]), mean(&told[180..]));
    assert!(encoded(&events) >= 4, "120 texts in batches of 32, by the encoder that has learnt");
    let epochs: Vec<_> =
        events.iter().filter_map(|e| if let Event::Epoch(epoch) = e { Some(epoch) } else { None }).collect();
    assert_eq!(
        epochs.iter().map(|epoch| (epoch.epoch, epoch.validation.is_some())).collect::<Vec<_>>(),
        [(1, false), (2, true)]
    );
    let end = done(&events);
    assert!(end.metrics.as_ref().and_then(|metrics| metrics.get("accuracy")) > Some(0.95), "{:?}", end.metrics);
    assert!(end.sentence.starts_with("The encoder learnt from pairs in 192 steps"), "{}", end.sentence);
    assert_eq!((end.steps, end.best_epoch), (192, 2));
    assert!(end.optimizer_bytes >= info.parameters.trainable * 8);

    let files = block_on(session.export_files(Map::new())).expect("files");
    let mut again = fruit::empty(DeviceKind::Cpu);
    again.open_model(Folder::exported(&files).files(), "again").expect("a model");
    for (again, before) in predict(&again, &texts(12)).iter().zip(predict(&session, &texts(12))) {
        scores(again).iter().zip(scores(&before)).for_each(|(a, b)| assert!((a - b).abs() < 1e-5, "{a} and {b}"));
    }

    // Stopped while the encoder learns, it still ends with a head that knows the labels.
    session.start(recipe).expect("a run");
    block_on(session.run_steps(60)).expect("events");
    session.stop();
    let end = done(&finish(&mut session, 3)).clone();
    assert!(end.sentence.starts_with("Stopped after 60 steps on pairs."), "{}", end.sentence);
    assert!(end.metrics.as_ref().and_then(|metrics| metrics.get("accuracy")) > Some(0.6), "{:?}", end.metrics);
}

#[test]
fn pairs_that_cannot_be_made_are_refused_in_words() {
    let (mut session, _) = ready(DeviceKind::Cpu, 1200, 0.0);
    let error = session.start(Recipe { pairs_per_row: 100, ..recipe(Method::Contrastive) }).expect_err("too many");
    assert!(error.to_string().contains("240000 pairs") && error.to_string().contains("at most 83"), "{error}");
    let (mut session, _) = ready(DeviceKind::Cpu, 48, 0.0);
    session.open_table(b"text,label\na b,1\nb c,2\nc d,3\nd e,4\n", "numbers.csv").expect("a table");
    let mapping = session.guess_mapping(Task::Regression).expect("columns");
    session.map_columns(&mapping).expect("a data set");
    let error = session.start(recipe(Method::Contrastive)).expect_err("numbers have no pairs");
    assert!(error.to_string().contains("it is for labels only"), "{error}");
}

#[test]
fn vectors_of_the_first_token_are_others_than_their_mean() {
    let (mut session, _) = ready(DeviceKind::Cpu, 48, 0.2);
    let with = |text_vector| Recipe { text_vector, ..recipe(Method::Frozen) };
    session.start(with(TextVector::Mean)).expect("a run");
    assert!(encoded(&finish(&mut session, 3)) > 0);
    let mean = predict(&session, &texts(6));
    session.start(with(TextVector::First)).expect("a run");
    assert!(encoded(&finish(&mut session, 3)) > 0, "other vectors are not those at hand");
    assert_ne!(predict(&session, &texts(6)), mean);
    let files = block_on(session.export_files(Map::new())).expect("files");
    let pooling = files.iter().find(|file| file.path == "1_Pooling/config.json").expect("a file");
    let pooling: Value = serde_json::from_slice(&pooling.bytes).expect("JSON");
    assert_eq!(
        (&pooling["pooling_mode_cls_token"], &pooling["pooling_mode_mean_tokens"]),
        (&true.into(), &false.into())
    );
    session.start(with(TextVector::Auto)).expect("a run");
    assert!(encoded(&finish(&mut session, 3)) > 0);
}

#[test]
fn adapters_drop_in_training_alone_and_the_seed_settles_what() {
    // The rows to validate are known, so that what was said of them in training can be compared with the end's model.
    let table = fruit::table(60);
    let (head, rows) = table.split_once('\n').expect("a header");
    let rows: Vec<&str> = rows.lines().collect();
    let split = |row: usize| if row < 40 { "train" } else { "validation" };
    let with_split: String = rows.iter().enumerate().map(|(at, row)| format!("{row},{}\n", split(at))).collect();
    let held_out = format!("{head}\n{}\n", rows[40..].join("\n"));
    let losses = |lora_dropout, gradient_checkpointing| {
        let (mut session, _) = ready(DeviceKind::Cpu, 6, 0.0);
        session.open_table(format!("{head},split\n{with_split}").as_bytes(), "split.csv").expect("a table");
        let mapping = Mapping { split: Some("split".to_owned()), ..fruit::mapping(0.0) };
        session.map_columns(&mapping).expect("a data set");
        let recipe = Recipe { lora_dropout, gradient_checkpointing, dropout: 0.0, epochs: 2, ..recipe(Method::Lora) };
        session.start(recipe).expect("a run");
        let events = finish(&mut session, 3);
        session.open_table(held_out.as_bytes(), "held-out.csv").expect("a table");
        let (report, rows) = block_on(session.evaluate(&fruit::mapping(0.0))).expect("a report");
        let told = done(&events).metrics.as_ref().expect("figures").loss;
        assert_eq!(rows, 20);
        assert!((report.metrics.loss - told).abs() < 1e-5, "{told} with adapters, {} folded in", report.metrics.loss);
        steps(&events).iter().map(|step| step.loss).collect::<Vec<f64>>()
    };
    let (none, some) = (losses(0.0, false), losses(0.5, false));
    assert_eq!(none[0], some[0], "B is zero at first");
    assert_ne!(none, some);
    assert_eq!(some, losses(0.5, false));
    let computed_again = losses(0.5, true);
    some.iter().zip(computed_again).for_each(|(a, b)| assert!((a - b).abs() < 1e-6, "{a} and {b}"));
}

#[test]
fn every_method_on_the_gpu() {
    support::on_a_gpu("Ways of fine-tuning", || {
        for method in [Method::Frozen, Method::Probe, Method::Lora, Method::Contrastive] {
            let (mut session, _) = ready(DeviceKind::Gpu, 48, 0.2);
            session.start(Recipe { epochs: 2, ..recipe(method) }).expect("a run");
            let events = finish(&mut session, 3);
            let end = done(&events);
            assert!(
                end.metrics.as_ref().is_some_and(|metrics| metrics.loss.is_finite()),
                "{method:?} {:?}",
                end.metrics
            );
            assert_eq!(predict(&session, &texts(3)).len(), 3);
        }
    });
}
