//! What the columns of a table hold at a glance, counted row by row.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::table::ColumnInfo;

/// Distinct values remembered over all columns, which bounds the memory that counting takes to some 100 MB.
const MAX_DISTINCT: usize = 4_000_000;

/// Counts by column.
#[derive(Debug, Default)]
pub(super) struct Profile {
    columns: Vec<Column>,
    uncounted: bool,
}

#[derive(Debug, Default)]
struct Column {
    /// Only hashes are kept; among a few million, two values hardly ever share one of 64 bits.
    seen: HashSet<u64>,
    filled: usize,
    characters: usize,
}

impl Profile {
    /// Counts a cell.
    pub fn add(&mut self, column: usize, cell: &str) {
        if self.columns.len() <= column {
            self.columns.resize_with(column + 1, Column::default);
        }
        if cell.trim().is_empty() {
            return;
        }
        let limit = self.limit();
        let column = &mut self.columns[column];
        column.filled += 1;
        column.characters += cell.chars().count();
        if column.seen.len() < limit {
            let mut hasher = DefaultHasher::new();
            cell.hash(&mut hasher);
            column.seen.insert(hasher.finish());
        } else {
            self.uncounted = true;
        }
    }

    fn limit(&self) -> usize {
        MAX_DISTINCT / self.columns.len()
    }

    /// What the columns of these names hold in so many rows. Notes what was not counted.
    pub fn finish(mut self, names: &[String], rows: usize, notes: &mut Vec<String>) -> Vec<ColumnInfo> {
        // Rows may all be too short for the last columns.
        self.columns.resize_with(names.len(), Column::default);
        let limit = self.limit();
        if self.uncounted {
            notes.push(format!("Different values are counted up to {limit} per column."));
        }
        let info = |(name, column): (&String, &Column)| ColumnInfo {
            name: name.clone(),
            distinct: column.seen.len().min(limit),
            empty: rows - column.filled,
            mean_characters: column.characters as f64 / column.filled.max(1) as f64,
        };
        names.iter().zip(&self.columns).map(info).collect()
    }
}
