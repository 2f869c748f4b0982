//! Rows that a model is wrong about: which they are, how many, in which order, and when there is nothing to be shown.

#[path = "support/fruit.rs"]
mod fruit;
mod support;

use std::collections::BTreeSet;

use fruit::Folder;
use futures_lite::future::block_on;
use tabtune::data::Mapping;
use tabtune::{DeviceKind, Misses, Prediction, Recipe, Right, Session, Side, Task};

/// Lines of the table of fruit whose labels are not what their words say.
const SWAPPED: [usize; 4] = [5, 18, 33, 47];

/// The table with some labels taken from the next row.
fn mislabelled(rows: usize) -> String {
    let table = fruit::table(rows);
    let lines: Vec<&str> = table.lines().collect();
    let line = |at: usize| {
        let (text, label) = lines[at].rsplit_once(',').expect("two columns");
        let next = lines[at + 1].rsplit_once(',').map_or("", |(_, next)| next);
        format!("{text},{}\n", if SWAPPED.contains(&(at + 1)) { next } else { label })
    };
    std::iter::once(format!("{}\n", lines[0])).chain((1..rows).map(line)).collect()
}

/// A session that has learnt from rows with the right labels, with a table open that has wrong ones.
fn session(side: &str) -> Session {
    let (mut session, _) = fruit::ready(DeviceKind::Cpu, 60, 0.0);
    fruit::train(&mut session, &Recipe { epochs: 12, ..fruit::recipe() });
    session.open_table(mislabelled(60).as_bytes(), side).expect("a table");
    session
}

fn found(session: &Session, search: tabtune::MissSearch, rows: usize) -> Misses {
    let mut search = search;
    while block_on(session.search_misses(&mut search, rows)).expect("a look") > 0 {}
    search.finish()
}

#[test]
fn wrong_labels_are_what_a_model_is_surest_of() {
    let session = session("fruit.csv");
    let mapping = fruit::mapping(0.0);
    let misses =
        found(&session, session.misses_of(session.table().expect("a table"), &mapping, 50).expect("a search"), 7);
    let lines: BTreeSet<usize> = misses.found.iter().take(SWAPPED.len()).map(|miss| miss.line as usize).collect();
    assert_eq!(lines, SWAPPED.into());
    let (report, rows) = block_on(session.evaluate(&mapping)).expect("a report");
    let accuracy = report.metrics.scores[0];
    assert_eq!((misses.rows, accuracy.0), (rows, "accuracy"));
    assert!((accuracy.1 - (1.0 - misses.wrong as f64 / rows as f64)).abs() < 1e-12, "{accuracy:?} {}", misses.wrong);
    for miss in &misses.found {
        let Prediction::Label { label, scores, .. } = &miss.said else { panic!("no label: {miss:?}") };
        assert!(
            Right::Label(label.clone()) != miss.right
                && (miss.sure - scores[label].as_f64().expect("a number")).abs() < 1e-12
        );
    }
    assert!(misses.found.is_sorted_by(|a, b| a.sure >= b.sure));

    let at_once =
        found(&session, session.misses_of(session.table().expect("a table"), &mapping, 50).expect("a search"), 1000);
    assert_eq!(at_once.wrong, misses.wrong);
    let few = found(&session, session.misses_of(session.table().expect("a table"), &mapping, 2).expect("a search"), 7);
    assert_eq!(
        (few.wrong, few.found.as_slice()),
        (misses.wrong, &misses.found[..2]),
        "the surest of all, not of the first"
    );
}

#[test]
fn rows_are_looked_for_on_either_side_of_what_was_trained_on() {
    let (mut session, info) = fruit::ready(DeviceKind::Cpu, 60, 0.2);
    let error = session.misses(Side::Validation, 9).expect_err("no head yet");
    assert!(error.to_string().contains("Train it first"), "{error}");
    fruit::train(&mut session, &fruit::recipe());
    for (side, rows) in [(Side::Validation, info.validation), (Side::Train, info.train)] {
        let search = session.misses(side, 9).expect("a search");
        assert_eq!(search.total(), rows);
        let misses = found(&session, search, 16);
        assert_eq!(misses.rows, rows);
        assert!(misses.wrong >= misses.found.len() && misses.found.len() <= 9);
    }

    session.map_columns(&Mapping { seed: 7, ..fruit::mapping(0.2) }).expect("a data set");
    let error = session.misses(Side::Validation, 9).expect_err("other rows are held out").to_string();
    assert!(error.contains("trained on other data") && error.contains("same rows held out"), "{error}");
    session.map_columns(&fruit::mapping(0.2)).expect("the data set");
    assert!(session.misses(Side::Validation, 9).is_ok(), "the same again");
}

#[test]
fn a_model_of_another_day_is_known_by_its_labels() {
    let (mut session, info) = fruit::ready(DeviceKind::Cpu, 60, 0.2);
    fruit::train(&mut session, &fruit::recipe());
    let here = found(&session, session.misses(Side::Validation, 9).expect("a search"), 16);
    let files = block_on(session.export_files(serde_json::Map::new())).expect("files");

    let mut other = fruit::empty(DeviceKind::Cpu);
    other.open_model(Folder::exported(&files).files(), "trained").expect("a model");
    let none = other.misses(Side::Validation, 9).expect_err("no data").to_string();
    assert!(none.contains("Open a table"), "{none}");
    other.open_table(fruit::table(60).as_bytes(), "fruit.csv").expect("a table");
    assert_eq!(other.map_columns(&fruit::mapping(0.2)).expect("a data set"), info_without_tokens(info));
    let there = found(&other, other.misses(Side::Validation, 9).expect("a search"), 16);
    let lines = |misses: &Misses| misses.found.iter().map(|miss| (miss.line, miss.right.clone())).collect::<Vec<_>>();
    assert_eq!((there.wrong, lines(&there)), (here.wrong, lines(&here)));

    other.open_table(b"text,label\na,x\nb,y\nc,x\nd,y\n", "t.csv").expect("a table");
    other.map_columns(&fruit::mapping(0.5)).expect("a data set");
    let mistake = other.misses(Side::Validation, 9).expect_err("other labels").to_string();
    assert!(mistake.contains("trained on other data"), "{mistake}");
}

fn info_without_tokens(info: tabtune::data::DatasetInfo) -> tabtune::data::DatasetInfo {
    tabtune::data::DatasetInfo { longest_tokens: None, counted_to: None, mean_tokens: None, ..info }
}

#[test]
fn without_rows_held_out_or_right_and_wrong_there_is_nothing_to_be_shown() {
    let (mut session, _) = fruit::ready(DeviceKind::Cpu, 30, 0.0);
    fruit::train(&mut session, &fruit::recipe());
    let error = session.misses(Side::Validation, 9).expect_err("no rows").to_string();
    assert!(error.contains("No rows are held out. Look among those that were trained on."), "{error}");
    assert!(session.misses(Side::Train, 9).is_ok());

    let (mut session, _) = fruit::ready(DeviceKind::Cpu, 30, 0.2);
    let language = Mapping { task: Task::Language, label: String::new(), ..fruit::mapping(0.2) };
    session.map_columns(&language).expect("texts");
    fruit::train(&mut session, &Recipe { epochs: 1, ..fruit::recipe() });
    let error = session.misses(Side::Train, 9).expect_err("no right and wrong").to_string();
    assert!(error.contains("no right and wrong"), "{error}");
}

#[test]
fn a_search_ends_where_another_model_comes() {
    let (mut session, _) = fruit::ready(DeviceKind::Cpu, 60, 0.2);
    fruit::train(&mut session, &fruit::recipe());
    let mut search = session.misses(Side::Train, 9).expect("a search");
    assert_eq!(block_on(session.search_misses(&mut search, 10)).expect("a look"), 38);
    let mut other = fruit::empty(DeviceKind::Cpu);
    other.open_model(Folder::fixture("tiny-classifier").files(), "other").expect("a model");
    let error = block_on(other.search_misses(&mut search, 10)).expect_err("another model").to_string();
    assert!(error.contains("Another model was opened"), "{error}");
}
