//! Parquet files (Apache Parquet 2.x) as rows of text, as JSON Lines of the same rows would be read: what is nested becomes
//! columns such as `review.body`, lists are compact JSON, and numbers that `datasets` has names of classes for are these.
//!
//! Memory is taken for what a file holds, never for what it says that it holds.

mod classes;
mod column;
mod footer;
mod packed;
mod pages;
mod plan;
mod reading;
mod stored;
mod values;

use std::fmt::Display;

use ::parquet::file::metadata::ParquetMetaDataReader;
use serde_json::{Map, Value};

use self::classes::Classes;
use self::column::{Column, MAX_ROW};
use self::footer::MAGIC;
use self::plan::{Leaf, Plan};
use super::cells::Gathering;
use super::examples::shorten;
use super::objects::Objects;
use super::table::Rows;
use crate::error::{Error, Result};

/// Whether a file is one, by its first bytes.
pub(super) fn is_parquet(head: &[u8]) -> bool {
    head.starts_with(MAGIC)
}

/// All rows of a file.
///
/// # Errors
///
/// Files that are cut off, encrypted or damaged, with the row and the column; ways of writing that are not known here.
pub(super) fn read(file: &[u8], gathering: Gathering) -> Result<Rows> {
    let footer = ParquetMetaDataReader::decode_metadata(footer::find(file)?).map_err(|error| damaged(&error))?;
    let about = footer.file_metadata();
    let features = classes::features(about);
    let plan = Plan::new(about.schema_descr(), &Classes::new(features.as_ref()));
    if plan.leaves.is_empty() {
        return Err(Error::table("The Parquet file has no column of texts or numbers. Choose another file."));
    }
    let mut objects = Objects::new(gathering);
    for group in footer.row_groups() {
        let rows = objects.rows();
        let mut columns = Vec::with_capacity(plan.leaves.len());
        for leaf in &plan.leaves {
            let missing = || damaged(&"some of its rows have fewer columns than others");
            let column = group.columns().get(leaf.place).ok_or_else(missing)?;
            columns.push(Column::open(file, column, leaf).map_err(|error| column_of(leaf, rows, &error))?);
        }
        add(&mut objects, columns, &plan.leaves)?;
    }
    let mut rows = objects.finish();
    rows.notes.extend(plan.note());
    Ok(rows)
}

/// Adds the rows of some columns, until these end.
fn add(objects: &mut Objects, mut columns: Vec<Column>, leaves: &[Leaf]) -> Result<()> {
    loop {
        let number = objects.rows() as u64 + 1;
        let mut row = Value::Object(Map::new());
        let (mut room, mut ended) = (MAX_ROW, 0);
        for (column, leaf) in columns.iter_mut().zip(leaves) {
            let more = column.add_to(&mut row, &mut room).map_err(|error| column_of(leaf, objects.rows(), &error))?;
            ended += usize::from(!more);
        }
        match row {
            _ if ended == leaves.len() => return Ok(()),
            Value::Object(row) if ended == 0 => objects.add(number, row)?,
            _ => return Err(damaged(&format!("some of its columns end before row {number}, and others do not"))),
        }
    }
}

/// What is wrong with a column.
fn column_of(leaf: &Leaf, rows: usize, error: &dyn Display) -> Error {
    let error = error.to_string();
    let why = error.strip_prefix("Parquet error: ").unwrap_or(&error);
    damaged(&format!("in the column “{}” from row {} on, {why}", shorten(&leaf.name()), rows + 1))
}

/// A file that cannot be read.
fn damaged(why: &dyn Display) -> Error {
    Error::table(format!(
        "The Parquet file cannot be read: {why}. Write it anew, or save the table as CSV or JSON Lines."
    ))
}
