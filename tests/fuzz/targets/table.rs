//! Any bytes as a table of any format, as a whole and in pieces, and its rows as the examples of the likeliest task and of the
//! one that they name.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tabtune::data::{Dataset, Mapping, Reading, Survey, Table, TableReader};
use tabtune::{Result, Task};

/// Names decide about the format where contents do not.
const NAMES: [&str; 6] = ["a.csv", "a.tsv", "a.jsonl", "a.json", "a.conll", "a"];
const TASKS: [Task; 7] = [
    Task::Classification,
    Task::MultiLabel,
    Task::Regression,
    Task::Tokens,
    Task::Answers,
    Task::Embedding,
    Task::Language,
];

fuzz_target!(|bytes: &[u8]| {
    let Some((&first, bytes)) = bytes.split_first() else { return };
    let name = NAMES[usize::from(first) % NAMES.len()];
    let whole = Table::parse(bytes, name);
    let pieces = in_pieces(bytes, name, 1 + usize::from(first) / 8);
    assert_eq!(whole.as_ref().map(Table::info), pieces.as_ref().map(Table::info));
    let Ok(table) = whole else { return };
    let info = table.info();
    let _ = Dataset::build(&table, &info.mapping);
    let task = TASKS[usize::from(first) / NAMES.len() % TASKS.len()];
    let _ = Dataset::build(&table, &Mapping::guess_for(&table, task));
});

/// The same as a page or the terminal reads it.
fn in_pieces(bytes: &[u8], name: &str, size: usize) -> Result<Table> {
    let mut survey = Survey::new(name);
    bytes.chunks(size).for_each(|piece| survey.add(piece));
    let Some(mut reader) = TableReader::open(&survey)? else { return Table::parse(bytes, name) };
    let mut at = 0;
    loop {
        let end = bytes.len().min(at + size);
        let last = end == bytes.len();
        at = match reader.push(&bytes[at..end], last)? {
            Reading::Again => 0,
            Reading::Goes if last => return reader.finish(),
            Reading::Goes => end,
        };
    }
}
