//! The data room as its users meet it: files and the mistakes in them, guesses, and the examples of every task.

mod dataset;
mod formats;
mod guesses;
mod mistakes;
mod table;
mod targets;
mod targets_mistakes;

use tabtune::Error;
use tabtune::data::Table;

fn parse(text: &str) -> Table {
    Table::parse(text.as_bytes(), "table.csv").unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn cells(table: &Table) -> Vec<Vec<&str>> {
    (0..table.rows()).map(|row| (0..table.columns().len()).map(|column| table.cell(row, column)).collect()).collect()
}

/// The mistake's line and sentence.
fn mistake(bytes: &[u8], name: &str) -> (Option<u64>, String) {
    match Table::parse(bytes, name) {
        Err(Error::Table { line, message, .. }) => {
            assert!(message.ends_with(['.', '?']) && message.len() < 300, "one or two short sentences: {message}");
            (line, message)
        }
        Err(other) => panic!("not a mistake in a table: {other}"),
        Ok(table) => panic!("read as {}: {:?}", table.format(), cells(&table)),
    }
}

/// A text in UTF-16, with or without a byte-order mark.
fn utf16(text: &str, big_endian: bool, mark: bool) -> Vec<u8> {
    let units = mark.then_some(0xFEFF).into_iter().chain(text.encode_utf16());
    units.flat_map(|unit| if big_endian { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}
