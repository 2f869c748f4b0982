//! Names of labels and their places: gathered from a table, or given by a model.

use std::collections::HashMap;

use super::cell::Cell;
use super::shorten;
use crate::error::{Error, Result};

/// Names that are gathered before a column is known to hold no labels.
const MOST: usize = 100_000;

/// Labels that an error names.
const NAMED: usize = 20;

/// Names with their places, by order of appearance until they are sorted.
#[derive(Debug, Default)]
pub(in crate::data) struct Labels {
    names: Vec<String>,
    index: HashMap<String, usize>,
    /// How often a name was placed.
    pub uses: usize,
    /// Whether the names are a model's, to which none can be added.
    fixed: bool,
}

impl Labels {
    /// Those of a model. Where all are the `LABEL_0`, `LABEL_1`, … that transformers gives unnamed classes, the class's
    /// number will do, too.
    pub fn of_model(labels: &[String]) -> Self {
        let unnamed = labels.iter().enumerate().all(|(class, label)| *label == format!("LABEL_{class}"));
        let mut index = HashMap::new();
        for (class, label) in labels.iter().enumerate() {
            index.insert(label.trim().to_owned(), class);
            if unnamed {
                index.insert(class.to_string(), class);
            }
        }
        Self { names: labels.to_vec(), index, uses: 0, fixed: true }
    }

    /// Place of the name that stands in a cell.
    ///
    /// # Errors
    ///
    /// A name that the model does not know; more names than any column of labels has.
    pub fn place(&mut self, name: &str, cell: &Cell) -> Result<usize> {
        self.uses += 1;
        if let Some(&place) = self.index.get(name) {
            return Ok(place);
        }
        if self.fixed {
            let mut known: Vec<String> = self.names.iter().take(NAMED).map(|label| shorten(label)).collect();
            if self.names.len() > NAMED {
                known.push("…".to_owned());
            }
            return Err(cell.mistake(format!(
                "The label “{}” is not one that the model knows: {}.",
                shorten(name),
                known.join(", ")
            )));
        }
        if self.names.len() == MOST {
            return Err(Error::table_column(
                cell.column,
                format!(
                    "It has more than {MOST} different values and looks like text rather than labels. Choose another column."
                ),
            ));
        }
        self.names.push(name.to_owned());
        self.index.insert(name.to_owned(), self.names.len() - 1);
        Ok(self.names.len() - 1)
    }

    /// Adds a name that is not used yet, unless the names are a model's.
    pub fn offer(&mut self, name: &str) {
        if !self.fixed && !self.index.contains_key(name) {
            self.names.push(name.to_owned());
            self.index.insert(name.to_owned(), self.names.len() - 1);
        }
    }

    /// The names in order, `first` before all others, and for each place until now the new one.
    ///
    /// They are sorted as numbers if all are whole numbers, else by Unicode code points.
    pub fn sorted(self, first: Option<&str>) -> (Vec<String>, Vec<usize>) {
        let numbers: Option<Vec<i64>> = self.names.iter().map(|name| name.parse().ok()).collect();
        let mut order: Vec<usize> = (0..self.names.len()).collect();
        order.sort_by_key(|&place| {
            let name = self.names[place].as_str();
            (first != Some(name), numbers.as_ref().map_or(0, |numbers| numbers[place]), name)
        });
        let mut places = vec![0; order.len()];
        for (new, &old) in order.iter().enumerate() {
            places[old] = new;
        }
        (order.iter().map(|&place| self.names[place].clone()).collect(), places)
    }
}
