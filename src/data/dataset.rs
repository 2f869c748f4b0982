//! A table and a mapping → labelled examples for training and validation.

use std::collections::HashMap;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::mapping::{MAX_CLASSES, Mapping};
use super::places::Places;
use super::report;
use super::split::stratify;
use super::table::Table;
use super::words::{Side, side};
use crate::error::{Error, Result};

/// Labels that an error names.
const NAMED_LABELS: usize = 20;

/// A text with its class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The text exactly as in the table.
    pub text: String,
    /// Place of its label in the list of labels.
    pub label: usize,
    /// Line of the file, from 1, in which its row starts.
    pub line: u64,
}

/// Labelled examples, split into training and validation, each in the file's order.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// Rows to train on.
    pub train: Vec<Example>,
    /// Rows held out.
    pub validation: Vec<Example>,
    /// Names of the classes: sorted as numbers if all are whole numbers, else by Unicode code points.
    pub labels: Vec<String>,
    /// What a user should know: rows left out and why, duplicates, imbalance; in sentences.
    pub notes: Vec<String>,
    /// SHA-256 in hexadecimal digits over `tabtune dataset 1\n` and then, per row that is used, in the file's order:
    /// `t` or `v` for its side, the text's length in bytes as 64 bits little-endian, the text, and likewise the label.
    pub hash: String,
}

/// Rows of one class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClassInfo {
    /// Its label.
    pub label: String,
    /// Rows to train on.
    pub train: usize,
    /// Rows held out.
    pub validation: usize,
}

/// What a page or a terminal shows of a data set.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DatasetInfo {
    /// The classes in the order of their labels.
    pub classes: Vec<ClassInfo>,
    /// Rows to train on.
    pub train: usize,
    /// Rows held out.
    pub validation: usize,
    /// Longest text in tokens; `None` until a tokenizer has counted.
    pub longest_tokens: Option<usize>,
    /// Mean length of the texts in tokens; `None` until a tokenizer has counted.
    pub mean_tokens: Option<f64>,
    /// What a user should know, in sentences.
    pub notes: Vec<String>,
}

impl Dataset {
    /// Takes text and label of each row and splits the rows.
    ///
    /// Labels are trimmed, texts are not. Rows without text or without label are left out and counted in the notes.
    /// Without a split column the split is stratified and seeded: `round(share · N)` rows are held out, and every class
    /// keeps at least one row for training.
    ///
    /// # Errors
    ///
    /// A column that the table lacks; the same column twice; fewer than two classes or more than 1,000, or nearly as
    /// many as rows; a word in the split column that names no side; no rows, or rows of one class only, to train on; a
    /// share outside 0 to 0.9.
    pub fn build(table: &Table, mapping: &Mapping) -> Result<Self> {
        let columns = Columns::find(table, mapping)?;
        let (rows, mut notes) = usable_rows(table, &columns)?;
        let labels = labels_of(table, &rows, &columns, &mapping.label)?;
        let index: HashMap<&str, usize> =
            labels.iter().enumerate().map(|(index, label)| (label.as_str(), index)).collect();
        let classes: Vec<usize> = rows.iter().map(|&row| index[table.cell(row, columns.label).trim()]).collect();
        let validation = match columns.split {
            Some(column) => named_split(table, &rows, column, &table.columns()[column])?,
            None => stratify(&classes, labels.len(), mapping.validation_share, mapping.seed),
        };
        let mut hash = Sha256::new_with_prefix("tabtune dataset 1\n");
        let mut dataset = Self {
            train: Vec::new(),
            validation: Vec::new(),
            labels: Vec::new(),
            notes: Vec::new(),
            hash: String::new(),
        };
        for ((&row, label), held_out) in rows.iter().zip(classes).zip(validation) {
            let text = table.cell(row, columns.text);
            hash.update(if held_out { b"v" } else { b"t" });
            for part in [text, &labels[label]] {
                hash.update((part.len() as u64).to_le_bytes());
                hash.update(part);
            }
            let side = if held_out { &mut dataset.validation } else { &mut dataset.train };
            side.push(Example { text: text.to_owned(), label, line: table.line(row) });
        }
        dataset.hash = format!("{:x}", hash.finalize());
        dataset.labels = labels;
        check_training_rows(&dataset)?;
        notes.extend(report::notes(&dataset));
        dataset.notes = notes;
        Ok(dataset)
    }

    /// Takes text and label of each row of a table whose labels must be among those of a model.
    ///
    /// Every row gives an example, also one without text, so that a score counts all of them. Where all of the model's
    /// labels are the `LABEL_0`, `LABEL_1`, … that transformers gives unnamed classes, the class's number will do.
    ///
    /// # Errors
    ///
    /// A column that the table lacks, the same column twice, or a label that the model does not know.
    pub fn with_labels(table: &Table, text: &str, label: &str, labels: &[String]) -> Result<Vec<Example>> {
        let columns = Columns::find(table, &Mapping::new(text, label))?;
        let mut index: HashMap<String, usize> = HashMap::new();
        let unnamed = labels.iter().enumerate().all(|(class, label)| *label == format!("LABEL_{class}"));
        for (class, label) in labels.iter().enumerate() {
            index.insert(label.trim().to_owned(), class);
            if unnamed {
                index.insert(class.to_string(), class);
            }
        }
        (0..table.rows())
            .map(|row| {
                let (found, line) = (table.cell(row, columns.label).trim(), table.line(row));
                let class = index.get(found).ok_or_else(|| unknown_label(line, label, found, labels))?;
                Ok(Example { text: table.cell(row, columns.text).to_owned(), label: *class, line })
            })
            .collect()
    }

    /// Rows per class, in the order of the labels.
    pub fn classes(&self) -> Vec<ClassInfo> {
        let mut classes: Vec<ClassInfo> =
            self.labels.iter().map(|label| ClassInfo { label: label.clone(), train: 0, validation: 0 }).collect();
        for example in &self.train {
            classes[example.label].train += 1;
        }
        for example in &self.validation {
            classes[example.label].validation += 1;
        }
        classes
    }

    /// What a page or a terminal shows of the data set; the lengths in tokens are for the caller to fill in.
    pub fn info(&self) -> DatasetInfo {
        DatasetInfo {
            classes: self.classes(),
            train: self.train.len(),
            validation: self.validation.len(),
            longest_tokens: None,
            mean_tokens: None,
            notes: self.notes.clone(),
        }
    }
}

/// Places of the mapped columns.
struct Columns {
    text: usize,
    label: usize,
    split: Option<usize>,
}

impl Columns {
    fn find(table: &Table, mapping: &Mapping) -> Result<Self> {
        let text = table.column(&mapping.text)?;
        let label = table.column(&mapping.label)?;
        let split = mapping.split.as_deref().map(|name| table.column(name)).transpose()?;
        if text == label && table.columns().len() == 1 {
            return Err(Error::table(
                "The table has only one column, but a text and a label are needed. Separate them by comma, semicolon, tab or pipe.",
            ));
        }
        if text == label {
            return Err(Error::table_column(
                &mapping.label,
                "Text and label are the same column; choose two different ones.",
            ));
        }
        if let Some(taken) = split.filter(|&split| split == text || split == label) {
            return Err(Error::table_column(
                &table.columns()[taken],
                "The split is the same column as the text or the label; choose another one, or none.",
            ));
        }
        if split.is_none() && !(0.0..=0.9).contains(&mapping.validation_share) {
            return Err(Error::table(format!(
                "The share of validation rows must be from 0 to 0.9; it is {}.",
                mapping.validation_share
            )));
        }
        Ok(Self { text, label, split })
    }
}

/// Rows with text and label, and notes about those without.
fn usable_rows(table: &Table, columns: &Columns) -> Result<(Vec<usize>, Vec<String>)> {
    let mut rows = Vec::with_capacity(table.rows());
    let (mut no_text, mut no_label) = (Places::default(), Places::default());
    for row in 0..table.rows() {
        if table.cell(row, columns.text).trim().is_empty() {
            no_text.add(table.line(row));
        } else if table.cell(row, columns.label).trim().is_empty() {
            no_label.add(table.line(row));
        } else {
            rows.push(row);
        }
    }
    if rows.is_empty() {
        return Err(Error::table("No row has both a text and a label. Are the right columns chosen?"));
    }
    let mut notes = Vec::new();
    for (places, what) in [(no_text, "text"), (no_label, "label")] {
        if !places.is_empty() {
            notes.push(
                places.sentence(&format!("has no {what} and is left out"), &format!("have no {what} and are left out")),
            );
        }
    }
    Ok((rows, notes))
}

/// The different labels in order.
fn labels_of(table: &Table, rows: &[usize], columns: &Columns, name: &str) -> Result<Vec<String>> {
    let mut labels: Vec<&str> = rows.iter().map(|&row| table.cell(row, columns.label).trim()).collect();
    labels.sort_unstable();
    labels.dedup();
    let (classes, count) = (labels.len(), rows.len());
    if classes < 2 {
        return Err(Error::table_column(
            name,
            format!(
                "There is only one class, “{}”; at least two are needed. Choose another column, or add rows.",
                shorten(labels[0])
            ),
        ));
    }
    if classes > MAX_CLASSES || (count > 20 && classes * 2 > count) {
        return Err(Error::table_column(
            name,
            format!(
                "It has {classes} different values in {count} rows and looks like text rather than classes (at most {MAX_CLASSES}, and two rows of each on average). Choose another column as the label."
            ),
        ));
    }
    let numbers: Option<Vec<i64>> = labels.iter().map(|label| label.parse().ok()).collect();
    if numbers.is_some() {
        labels.sort_by_cached_key(|label| (label.parse::<i64>().unwrap_or_default(), *label));
    }
    Ok(labels.into_iter().map(str::to_owned).collect())
}

/// The sides that a split column names; `true` is validation.
fn named_split(table: &Table, rows: &[usize], column: usize, name: &str) -> Result<Vec<bool>> {
    rows.iter()
        .map(|&row| {
            let word = table.cell(row, column);
            side(word).map(|side| side == Side::Validation).ok_or_else(|| Error::Table {
                line: Some(table.line(row)),
                column: Some(name.to_owned()),
                message: format!(
                    "The split column “{name}” says “{}”; it must say train or validation (or valid, val, dev, eval, test).",
                    shorten(word)
                ),
            })
        })
        .collect()
}

fn check_training_rows(dataset: &Dataset) -> Result<()> {
    let Some(first) = dataset.train.first() else {
        return Err(Error::table("There are no rows to train on: the split column says validation in every row."));
    };
    if dataset.train.iter().all(|example| example.label == first.label) {
        return Err(Error::table(format!(
            "All rows to train on are of one class, “{}”; at least two are needed. Add rows, or split them otherwise.",
            shorten(&dataset.labels[first.label])
        )));
    }
    Ok(())
}

fn unknown_label(line: u64, column: &str, found: &str, labels: &[String]) -> Error {
    let mut known: Vec<String> = labels.iter().take(NAMED_LABELS).map(|label| shorten(label)).collect();
    if labels.len() > NAMED_LABELS {
        known.push("…".to_owned());
    }
    Error::Table {
        line: Some(line),
        column: Some(column.to_owned()),
        message: format!("The label “{}” is not one that the model knows: {}.", shorten(found), known.join(", ")),
    }
}

/// The first characters of a cell, enough to recognise it in a sentence.
pub(super) fn shorten(cell: &str) -> String {
    match cell.char_indices().nth(60) {
        Some((cut, _)) => format!("{}…", &cell[..cut]),
        None => cell.to_owned(),
    }
}
