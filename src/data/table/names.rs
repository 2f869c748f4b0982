//! The names of a table's columns: unique, none empty, none too long.

use std::collections::HashSet;

use crate::error::{Error, Result};

/// Longest name of a column in characters; a longer one is cut.
const MAX_NAME: usize = 100;

/// Place of the column of this name among all.
///
/// # Errors
///
/// There is none; the sentence names those that there are.
pub(in crate::data) fn place(columns: &[String], name: &str) -> Result<usize> {
    columns.iter().position(|column| column == name).ok_or_else(|| {
        let named: Vec<String> = columns.iter().take(20).map(|column| format!("“{column}”")).collect();
        let more = if columns.len() > named.len() { ", …" } else { "" };
        Error::table_column(
            name,
            format!("The table has no column of this name; choose one of {}{more}.", named.join(", ")),
        )
    })
}

/// Makes the names unique and not empty, and notes which were changed.
pub(super) fn name_columns(raw: Vec<String>, notes: &mut Vec<String>) -> Vec<String> {
    let headless = raw.iter().all(String::is_empty);
    let mut taken: HashSet<String> = HashSet::new();
    let mut changed = Vec::new();
    let names: Vec<String> = raw
        .iter()
        .enumerate()
        .map(|(index, raw)| {
            let cut: String = raw.trim().chars().take(MAX_NAME).collect();
            let wanted = if cut.is_empty() { format!("column {}", index + 1) } else { cut };
            let mut name = wanted.clone();
            let mut copy = 2;
            while !taken.insert(name.clone()) {
                name = format!("{wanted} ({copy})");
                copy += 1;
            }
            if name != raw.trim() {
                changed.push(format!("“{name}”"));
            }
            name
        })
        .collect();
    if headless {
        notes.push("The file has no header; its columns are numbered.".to_owned());
    } else if !changed.is_empty() {
        let more = if changed.len() > 5 { ", …" } else { "" };
        changed.truncate(5);
        notes.push(format!("Columns without a name of their own were named {}{more}.", changed.join(", ")));
    }
    names
}
