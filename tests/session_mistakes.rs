//! Every wrong turn of a session: refused with the place and the remedy, and nothing that is open is lost.

#[path = "support/fruit.rs"]
mod fruit;
mod support;

use fruit::{Folder, empty, finish, losses, mapping, predict, ready, recipe, table, texts, train};
use futures_lite::future::block_on;
use serde_json::{Map, json};
use tabtune::data::Mapping;
use tabtune::{DeviceKind, Error, Recipe};

#[track_caller]
fn refused<T>(kind: &str, words: &str, result: tabtune::Result<T>) {
    let error = result.err().unwrap_or_else(|| panic!("accepted: {words}"));
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().contains(words), "{error} lacks {words:?}");
}

#[test]
fn what_comes_too_early_says_what_comes_first() {
    let mut session = empty(DeviceKind::Cpu);
    refused("order", "Open a table first", session.map_columns(&mapping(0.1)));
    refused("order", "Open a model first", session.start(recipe()));
    refused("order", "Start one first", block_on(session.run_steps(1)));
    refused("order", "Open a model first", block_on(session.predict(&texts(1), None)));
    refused("order", "Open a table first", block_on(session.evaluate(&Mapping::new("text", "label"))));
    refused("order", "Train a model first", block_on(session.export_files(Map::new())));
    assert_eq!((session.tokenize(10), session.dataset_info()), (Ok((0, 0)), None));
    session.stop();

    session.open_model(Folder::fixture("tiny-bert").files(), "tiny").expect("a model");
    refused("order", "choose its columns", session.start(recipe()));
    refused("order", "Train it first", block_on(session.predict(&texts(1), None)));
    session.open_table(table(30).as_bytes(), "fruit.csv").expect("a table");
    refused("order", "choose its columns", session.start(recipe()));
    refused("order", "Train it first", block_on(session.evaluate(&Mapping::new("text", "label"))));
    session.map_columns(&mapping(0.1)).expect("a data set");
    train(&mut session, &Recipe { epochs: 1, ..recipe() });
}

#[test]
fn a_run_under_way_is_not_disturbed() {
    let (mut session, _) = ready(DeviceKind::Cpu, 60, 0.2);
    let (_, undisturbed) = train(&mut session, &recipe());
    session.start(recipe()).expect("a run");
    let mut events = block_on(session.run_steps(4)).expect("events");
    refused("order", "Stop it first", session.open_model(Folder::fixture("tiny-classifier").files(), "other"));
    refused("order", "Stop it first", session.open_table(table(9).as_bytes(), "other.csv"));
    refused("order", "Stop it first", session.map_columns(&mapping(0.5)));
    refused("order", "Stop it first", session.start(recipe()));
    assert_eq!(predict(&session, &texts(3)).len(), 3, "the model of the run before still predicts");
    events.extend(finish(&mut session, 5));
    assert_eq!(losses(&events), losses(&undisturbed));
}

#[test]
fn no_mistake_costs_what_is_open() {
    let (mut untouched, data) = ready(DeviceKind::Cpu, 60, 0.2);
    let (_, expected) = train(&mut untouched, &recipe());

    let (mut session, _) = ready(DeviceKind::Cpu, 60, 0.2);
    let good = Folder::fixture("tiny-bert");
    for (kind, words, folder) in [
        ("model", "llama", good.with_config("model_type", json!("llama"))),
        ("model", "not valid JSON", Folder { config: b"{".to_vec(), ..good.clone() }),
        ("model", "it has 300 tokens", good.with_config("vocab_size", json!(200))),
        ("model", "cannot be read as a tokenizer", Folder { tokenizer: b"{}".to_vec(), ..good.clone() }),
        ("tensor", "lie outside", Folder { weights: good.weights[..90_000].to_vec(), ..good.clone() }),
        ("model", "cut short", Folder { weights: good.weights[..90].to_vec(), ..good.clone() }),
        ("tensor", "[300, 32]", good.with_config("vocab_size", json!(400))),
        ("tensor", "missing", good.with_config("num_hidden_layers", json!(3))),
    ] {
        refused(kind, words, session.open_model(folder.files(), "bad"));
    }
    refused("table", "", session.open_table(b"", "empty.csv"));
    refused("table", "", session.open_table(b"PK\x03\x04\0\0\0\0", "sheet.xlsx"));
    refused("table", "label", session.map_columns(&Mapping::new("text", "absent")));
    refused("table", "", session.map_columns(&Mapping::new("text", "text")));
    refused("table", "", session.map_columns(&mapping(0.95)));
    for bad in [
        Recipe { epochs: 0, ..recipe() },
        Recipe { learning_rate: f64::NAN, ..recipe() },
        Recipe { dropout: 1.0, ..recipe() },
        Recipe { max_length: Some(2), ..recipe() },
        Recipe { max_length: Some(65), ..recipe() },
    ] {
        refused("recipe", "must be", session.start(bad));
    }
    assert!(!session.is_running());
    assert_eq!(session.dataset_info().map(|info| info.classes), Some(data.classes));
    let (_, events) = train(&mut session, &recipe());
    assert_eq!(losses(&events), losses(&expected), "as if nothing had happened");

    // Nor does a mistake cost the trained model.
    let before = predict(&session, &texts(6));
    refused("model", "llama", session.open_model(good.with_config("model_type", json!("llama")).files(), "bad"));
    refused("table", "", session.open_table(b"", "empty.csv"));
    let error =
        block_on(session.evaluate(&Mapping::new("label", "text"))).expect_err("labels that the model does not know");
    assert!(matches!(error, Error::Table { .. }), "{error}");
    assert_eq!(predict(&session, &texts(6)), before);

    // Rows without a label are not measured, as they are not trained on.
    let some = b"text,label\nthe fruit is red,red\nwhat is it, \n,green\n";
    session.open_table(some, "some.csv").expect("a table");
    let measured = |session: &tabtune::Session| block_on(session.evaluate(&Mapping::new("text", "label")));
    let (report, rows) = measured(&session).expect("a report");
    assert_eq!((rows, report.confusion.iter().flatten().flatten().sum::<u64>()), (2, 2));
    session.open_table(b"text,label\nwhat is it,\n", "none.csv").expect("a table");
    refused("table", "nothing can be measured", measured(&session));
}

#[test]
fn a_configuration_larger_than_the_weights_takes_no_memory() {
    let (mut session, tiny) = (empty(DeviceKind::Cpu), Folder::fixture("tiny-classifier"));
    let huge = tiny.with_config("hidden_size", json!(8192)).with_config("intermediate_size", json!(65536));
    let huge = huge.with_config("num_hidden_layers", json!(128));
    refused("model", "do not belong together", session.open_model(huge.files(), "huge"));
}

#[test]
fn heads_are_what_their_class_says_they_are() {
    // transformers names no labels where there are two: the weights have three, so they do not fit; two would.
    let mut session = empty(DeviceKind::Cpu);
    let tiny = Folder::fixture("tiny-classifier");
    refused("tensor", "classifier", session.open_model(tiny.with_config("id2label", json!(null)).files(), "two"));
    refused("tensor", "classifier", session.open_model(tiny.with_config("id2label", json!({})).files(), "none"));
    // Several numbers per text are no head of ours, and hidden words need the word table as their last layer.
    let numbers = tiny.with_config("problem_type", json!("regression"));
    assert_eq!(session.open_model(numbers.files(), "numbers").expect("a model").task, None);
    refused("order", "no head", block_on(session.predict(&texts(1), None)));
    let untied = Folder::fixture("tiny-bert").with_config("tie_word_embeddings", json!(false));
    session.open_model(untied.files(), "untied").expect("a model");
    session.open_table(table(12).as_bytes(), "fruit.csv").expect("a table");
    let language = session.guess_mapping(tabtune::Task::Language).expect("a mapping");
    session.map_columns(&language).expect("a data set");
    refused("model", "tie_word_embeddings", session.start(recipe()));
}

#[test]
fn texts_of_unknown_words_teach_no_hidden_words() {
    let (mut session, _) = fruit::ready(DeviceKind::Cpu, 24, 0.0);
    let learn = |session: &mut tabtune::Session, table: &str| {
        session.open_table(table.as_bytes(), "texts.csv").expect("a table");
        let language = session.guess_mapping(tabtune::Task::Language).expect("a mapping");
        let mapping = tabtune::data::Mapping { validation_share: 0.0, ..language };
        session.map_columns(&mapping).expect("a data set");
        session.start(tabtune::Recipe { batch_size: 1, epochs: 1, ..recipe() })
    };
    refused("table", "vocabulary", learn(&mut session, "text\nꙮ ꙮ\nꙮ ꙮ ꙮ\n"));
    assert_eq!(learn(&mut session, "text\nꙮ ꙮ\nthe good one\n").expect("a run").train, 1);
    assert!(losses(&finish(&mut session, 5)).iter().all(|loss| loss.is_finite()));
}

#[test]
fn a_classifier_of_two_labels_that_names_none_has_those_of_transformers() {
    let (mut session, _) = fruit::ready(DeviceKind::Cpu, 24, 0.0);
    let rows: String = (0..24).map(|row| format!("the {} one,{}\n", ["good", "bad"][row % 2], row % 2)).collect();
    session.open_table(format!("text,label\n{rows}").as_bytes(), "two.csv").expect("a table");
    session.map_columns(&mapping(0.0)).expect("a data set");
    train(&mut session, &recipe());
    let files = block_on(session.export_files(Map::new())).expect("files");
    let folder = Folder::exported(&files).with_config("id2label", json!(null));
    let mut again = empty(DeviceKind::Cpu);
    let info = again.open_model(folder.files(), "two").expect("a model");
    assert_eq!(info.labels, Some(vec!["LABEL_0".to_owned(), "LABEL_1".to_owned()]));
    assert_eq!(predict(&again, &texts(3)).len(), 3);
}
