//! A model measured on another table than the one it was trained on: a few rows at a time, beside what stays open.

#[path = "support/fruit.rs"]
mod fruit;
mod support;

use futures_lite::future::block_on;
use tabtune::data::{Mapping, Table};
use tabtune::eval::wilson;
use tabtune::{DeviceKind, Measured, Recipe, Session, Task};

/// A session that has learnt from rows of fruit, some held out.
fn session(epochs: usize) -> Session {
    let (mut session, _) = fruit::ready(DeviceKind::Cpu, 60, 0.2);
    fruit::train(&mut session, &Recipe { epochs, ..fruit::recipe() });
    session
}

fn table(text: &str) -> Table {
    Table::parse(text.as_bytes(), "test.csv").expect("a table")
}

fn measured(session: &Session, mapping: &Mapping, rows: usize) -> Measured {
    let mut measuring = session.measuring(session.measured().expect("a table"), mapping).expect("a measurement");
    let (total, mut left) = (measuring.total(), measuring.total());
    while left > 0 {
        let after = block_on(session.measure(&mut measuring, rows)).expect("a device that works");
        assert!(after + rows.min(left) <= left, "{rows} of {left} of {total}, then {after}");
        left = after;
    }
    measuring.finish()
}

#[test]
fn a_table_beside_the_one_that_was_trained_on_is_measured_as_if_it_were_open() {
    let mut session = session(3);
    let open = session.table().expect("a table").name().to_owned();
    let test = fruit::table(90);
    let info = session.take_measured(table(&test));
    assert_eq!((info.rows, session.table().expect("a table").name()), (90, open.as_str()));
    let mapping = fruit::mapping(0.0);
    let found = measured(&session, &mapping, 1);
    assert_eq!(found, measured(&session, &mapping, usize::MAX), "however many at a time");

    session.open_table(test.as_bytes(), "open.csv").expect("a table");
    let (report, rows) = block_on(session.evaluate(&mapping)).expect("a report");
    assert_eq!((&found.report, found.rows), (&report, rows));
    let accuracy = report.metrics.scores[0].1;
    let sure = wilson((accuracy * 90.0).round() as u64, 90).expect("an interval");
    assert_eq!(found.interval, Some([sure.low, sure.high]));
}

#[test]
fn rows_that_were_trained_on_and_rows_without_a_label_are_told_of() {
    let (mut session, info) = fruit::ready(DeviceKind::Cpu, 60, 0.2);
    fruit::train(&mut session, &fruit::recipe());
    session.take_measured(table(&format!("{}\"never said before\",\n", fruit::table(60))));
    let found = measured(&session, &fruit::mapping(0.0), 50);
    assert_eq!(found.rows, 60);
    let [unlabelled, learnt] = found.notes.as_slice() else { panic!("two notes: {:?}", found.notes) };
    assert_eq!(unlabelled, "1 row without a label is not measured.");
    assert!(learnt.starts_with(&format!("{} rows have texts that the model was trained on", info.train)), "{learnt}");

    session.take_measured(table("text,label\n\"never said before\",red\n"));
    assert_eq!(measured(&session, &fruit::mapping(0.0), 50).notes, Vec::<String>::new());
}

#[test]
fn what_cannot_be_measured_is_said_and_the_tables_stay() {
    let mut session = session(1);
    let none = session.measured().expect_err("no table yet");
    assert!(none.to_string().contains("table to measure the model on"), "{none}");
    session.take_measured(table("text,label\n\"a peach\",peach\n"));
    let table = session.measured().expect("a table");
    let unknown = session.measuring(table, &fruit::mapping(0.0)).expect_err("a label that it never saw");
    assert!(unknown.to_string().contains("peach"), "{unknown}");
    let absent = session.measuring(table, &Mapping::new("words", "label")).expect_err("no such column");
    assert!(absent.to_string().contains("words"), "{absent}");
    assert_eq!((session.measured().expect("a table").rows(), session.table().expect("a table").rows()), (1, 60));
}

#[test]
fn columns_are_those_of_the_data_if_they_are_there_else_the_likeliest() {
    let like = Mapping { task: Task::Classification, split: Some("part".to_owned()), ..Mapping::new("note", "kind") };
    let same = like.in_table(&table("kind,id,note\na,1,one two\nb,2,three four\n"));
    assert_eq!((same.text.as_str(), same.label.as_str(), same.split), ("note", "kind", None));
    let other = like.in_table(&table("text,label,part\n\"one two\",a,train\n\"three four\",b,test\n"));
    assert_eq!((other.text.as_str(), other.label.as_str(), other.split), ("text", "label", None));
}
