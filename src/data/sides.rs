//! The side of the split on which a column puts each row.

use super::examples::shorten;
use super::table::Table;
use super::words;
use crate::error::{Error, Result};

/// Usual names of columns with the side of the split.
pub(super) const NAMES: &[&str] = &["split", "set", "fold", "partition", "subset"];

/// Names of columns that say whether a row is on this side.
const FLAGS: &[(&str, Side)] = &[
    ("is_valid", Side::Validation),
    ("is_validation", Side::Validation),
    ("is_val", Side::Validation),
    ("is_dev", Side::Validation),
    ("is_eval", Side::Validation),
    ("is_holdout", Side::Validation),
    ("is_held_out", Side::Validation),
    ("is_test", Side::Test),
    ("is_train", Side::Train),
    ("is_training", Side::Train),
];

/// A side of the split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Train,
    Validation,
    /// Held out as well, unless the column has validation rows beside these.
    Test,
}

/// What a column of sides is read by.
#[derive(Debug, Clone, Copy)]
enum Naming {
    /// Words such as train and dev.
    Words,
    /// Yes for this side, no for the other one.
    Flag(Side),
}

/// Whether a column of this name says yes or no to a side.
pub(super) fn is_flag(column: &str) -> bool {
    matches!(Naming::of(column), Naming::Flag(_))
}

/// The side that a cell of a column names, in any case and with spaces around it.
pub(super) fn side(column: &str, cell: &str) -> Option<Side> {
    Naming::of(column).side(cell)
}

impl Naming {
    fn of(column: &str) -> Self {
        let flag = FLAGS.iter().find(|(name, _)| words::rank(column, &[name]).is_some());
        flag.map_or(Self::Words, |(_, side)| Self::Flag(*side))
    }

    fn side(self, cell: &str) -> Option<Side> {
        let word = cell.trim().to_lowercase();
        match (word.as_str(), self) {
            ("train" | "training", _) => Some(Side::Train),
            ("validation" | "valid" | "val" | "dev" | "eval" | "holdout" | "held-out" | "held out" | "held_out", _) => {
                Some(Side::Validation)
            }
            ("test" | "testing", _) => Some(Side::Test),
            ("1" | "1.0" | "true" | "t" | "yes" | "y", Self::Flag(side)) => Some(side),
            ("0" | "0.0" | "false" | "f" | "no" | "n", Self::Flag(Side::Train)) => Some(Side::Validation),
            ("0" | "0.0" | "false" | "f" | "no" | "n", Self::Flag(_)) => Some(Side::Train),
            _ => None,
        }
    }
}

/// The sides of a table's rows.
#[derive(Debug)]
pub(super) struct Sides<'a> {
    table: &'a Table,
    column: usize,
    naming: Naming,
    /// Whether rows for testing stay out of the run: the epoch that is kept is picked by those for validation, and what is
    /// picked by a row cannot be measured on it.
    spares: bool,
}

impl<'a> Sides<'a> {
    pub fn of(table: &'a Table, column: usize) -> Self {
        let naming = Naming::of(&table.columns()[column]);
        let sides = || (0..table.rows()).map(|row| naming.side(table.cell(row, column)));
        let has = |wanted: Side| sides().any(|side| side == Some(wanted));
        let spares = has(Side::Train) && has(Side::Validation) && has(Side::Test);
        Self { table, column, naming, spares }
    }

    /// Whether a row is no part of the run.
    pub fn spares(&self, row: usize) -> bool {
        self.spares && self.side(row) == Some(Side::Test)
    }

    /// Whether a row is held out.
    ///
    /// # Errors
    ///
    /// A cell that names no side.
    pub fn holds_out(&self, row: usize) -> Result<bool> {
        self.side(row).map(|side| side != Side::Train).ok_or_else(|| {
            let (name, cell) = (&self.table.columns()[self.column], self.table.cell(row, self.column));
            let found =
                if cell.trim().is_empty() { "is empty here".into() } else { format!("says “{}”", shorten(cell)) };
            let wanted = match self.naming {
                Naming::Words => "train or validation (or valid, val, dev, eval, holdout, test)",
                Naming::Flag(_) => "true or false (or 1 or 0, yes or no)",
            };
            Error::Table {
                line: Some(self.table.line(row)),
                column: Some(name.clone()),
                message: format!("The split column “{name}” {found}; it must say {wanted}."),
            }
        })
    }

    /// What a user should know of rows that are no part of the run.
    pub fn note(&self) -> Option<String> {
        let count = (0..self.table.rows()).filter(|&row| self.spares(row)).count();
        let (rows, them) = if count == 1 { ("row is", "it") } else { ("rows are", "them") };
        (count > 0).then(|| {
            format!(
                "{count} {rows} marked for testing and left out, since others are marked for validation. Measure the \
                 trained model on {them} afterwards."
            )
        })
    }

    fn side(&self, row: usize) -> Option<Side> {
        self.naming.side(self.table.cell(row, self.column))
    }
}
