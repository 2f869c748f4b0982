//! The scores over all rows of an evaluation: those that are watched during a run.

use std::cmp::Ordering;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::words;

/// Mean loss and scores, the task's main score first.
///
/// In JSON one flat object, `{"loss": …, "accuracy": …, "macro_f1": …}`. A score that these rows do not define, such as
/// the correlation with predictions that are all the same, is NaN here, null in JSON and `None` from [`Metrics::get`].
#[derive(Debug, Clone, PartialEq)]
pub struct Metrics {
    /// Mean loss of the task; cross-entropies are in nats.
    pub loss: f64,
    /// Scores by name; [`words::SCORES`] says more of each.
    pub scores: Vec<(&'static str, f64)>,
}

impl Metrics {
    /// The loss or the score of this name; `None` where the task does not have it or the rows do not define it.
    pub fn get(&self, name: &str) -> Option<f64> {
        let value = match name {
            "loss" => self.loss,
            _ => self.scores.iter().find(|(held, _)| *held == name)?.1,
        };
        (!value.is_nan()).then_some(value)
    }

    /// The task's main score; `None` where the rows do not define it.
    pub fn main(&self) -> Option<(&'static str, f64)> {
        self.scores.first().copied().filter(|(_, value)| !value.is_nan())
    }

    /// Whether these figures are better than others: on the score of this name, or on the main one where the task has no
    /// score of this name; and where that is the same, which it often is of few rows, by their loss.
    pub fn beat(&self, others: &Self, name: &str) -> bool {
        self.compare(others, name).then_with(|| others.loss.total_cmp(&self.loss)).is_gt()
    }

    /// How the score of this name compares, or the main one where the task has no score of this name: greater is better. A
    /// score that is defined is better than one that is not.
    pub fn compare(&self, others: &Self, name: &str) -> Ordering {
        let held = name == "loss" || self.scores.iter().any(|(held, _)| *held == name);
        let name = if held { name } else { self.scores.first().map_or("loss", |(main, _)| main) };
        let (own, other) = (self.get(name), others.get(name));
        match own.zip(other) {
            Some((own, other)) if words::higher_is_better(name) => own.total_cmp(&other),
            Some((own, other)) => other.total_cmp(&own),
            None => own.is_some().cmp(&other.is_some()),
        }
    }
}

impl Serialize for Metrics {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(Some(self.scores.len() + 1))?;
        object.serialize_entry("loss", &self.loss)?;
        for (name, value) in &self.scores {
            object.serialize_entry(name, value)?;
        }
        object.end()
    }
}
