//! Slips of who marked the data: rows that cannot be used, tags that are not what was meant, numbers that are too alike.

use tabtune::data::{Dataset, Mapping, Table};
use tabtune::{Error, Task};

use crate::parse;

/// Texts with a marked fruit, as many as there are spans.
fn marked(spans: &[&str], more: impl Fn(usize) -> &'static str) -> Result<Dataset, Error> {
    let line = |(row, spans): (usize, &&str)| {
        format!("{{\"text\": \"a ripe pear {row}\", \"spans\": {spans}{}}}\n", more(row))
    };
    let table = Table::parse(spans.iter().enumerate().map(line).collect::<String>().as_bytes(), "marked.jsonl")?;
    Dataset::build(&table, &Mapping { validation_share: 0.0, ..Mapping::guess_for(&table, Task::Tokens) })
}

#[test]
fn a_slip_of_who_marked_the_texts_costs_its_row_and_many_the_table() {
    let (good, bad) = (r#"[[7, 11, "FRUIT"]]"#, r#"[[2, 11, "FRUIT"], [7, 11, "FRUIT"]]"#);
    let mut spans = [good; 40];
    (spans[4], spans[7]) = (bad, r#"[[7, 40, "FRUIT"]]"#);
    let dataset = marked(&spans, |_| "").expect("a data set");
    assert_eq!((dataset.train.len(), &dataset.labels[..]), (38, &["O", "B-FRUIT", "I-FRUIT"].map(str::to_owned)[..]));
    let note = &dataset.notes[0];
    assert!(note.starts_with("2 rows cannot be used and are left out (lines 5, 8). Of the first: "), "{note}");
    assert!(note.contains("overlap"), "{note}");
    spans[10..14].fill(bad);
    let Err(Error::Table { line, message, .. }) = marked(&spans, |_| "") else { panic!("six of forty are no slips") };
    assert!(line == Some(5) && message.contains("overlap"), "{line:?} {message}");
}

#[test]
fn rows_that_an_annotator_rejected_are_left_out() {
    let spans = [r#"[[7, 11, "FRUIT"]]"#; 9];
    let answers = |row: usize| match row {
        2 => r#", "answer": "reject""#,
        5 => r#", "answer": "ignore""#,
        _ => r#", "answer": "accept""#,
    };
    let dataset = marked(&spans, answers).expect("a data set");
    assert_eq!(dataset.train.len(), 7);
    assert_eq!(
        dataset.notes[0],
        "2 rows were rejected or passed over when they were annotated, and are left out (lines 3, 6)."
    );
    // Any other word makes it a column like others.
    let other = marked(&spans, |row| if row == 2 { r#", "answer": "no""# } else { answers(row) });
    assert_eq!(other.map(|dataset| dataset.train.len()), Ok(9));
}

#[test]
fn tags_in_another_form_are_told_and_entities_that_nothing_begins() {
    let notes = |text: &str| {
        let table = Table::parse(text.as_bytes(), "a.conll").expect("a table");
        let mapping = Mapping { validation_share: 0.0, ..Mapping::guess_for(&table, Task::Tokens) };
        Dataset::build(&table, &mapping).expect("a data set").notes.join("\n")
    };
    let good = "Ada B-PER\nLovelace I-PER\nin O\nParis B-LOC\n\n";
    let said = notes(&format!("{good}{good}Wu b-per\nin O\nRome LOC\n\nin O\nEva I-PER\nRome B-LOC\nEva I-PER\n\n"));
    assert!(said.contains("The tags “LOC”, “b-per” are not of the form B-PER, as others are"), "{said}");
    assert!(
        said.contains("In 2 places a tag such as “I-PER” begins an entity, which others begin with “B-” (line "),
        "{said}"
    );
    // IOB1 begins entities so, and has B- between two of them alone.
    let said = notes("Ada I-PER\nin O\nRome I-LOC\n\nEva I-PER\nAda B-PER\nin O\nRome I-LOC\n\n");
    assert!(!said.contains("begins an entity") && !said.contains("not of the form"), "{said}");
}

#[test]
fn scores_that_single_precision_cannot_tell_apart_are_told() {
    let notes = |from: f64| {
        let rows: String = (0..20).map(|row| format!("text {row},{}\n", from + f64::from(row))).collect();
        let table = parse(&format!("text,score\n{rows}"));
        let mapping = Mapping { validation_share: 0.0, ..Mapping::guess_for(&table, Task::Regression) };
        Dataset::build(&table, &mapping).expect("a data set").notes.join("\n")
    };
    assert!(notes(1.7e9).contains("subtract what they have in common"), "{}", notes(1.7e9));
    assert!(!notes(1e4).contains("subtract"), "{}", notes(1e4));
}
