//! Any bytes as a table of any format, and its rows as the examples of the likeliest task and of the one that they name.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tabtune::Task;
use tabtune::data::{Dataset, Mapping, Table};

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
    let Ok(table) = Table::parse(bytes, NAMES[usize::from(first) % NAMES.len()]) else { return };
    let info = table.info();
    let _ = Dataset::build(&table, &info.mapping);
    let task = TASKS[usize::from(first) / NAMES.len() % TASKS.len()];
    let _ = Dataset::build(&table, &Mapping::guess_for(&table, task));
});
