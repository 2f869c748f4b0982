//! One field that a search varies: its values, or a range that is drawn from.

use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Error, Result};
use crate::recipe::{Field, FieldKind};

/// Fields whose effect goes with their order of magnitude: ranges above 0 are drawn from on a logarithmic scale.
const LOGARITHMIC: &[&str] = &["learning_rate", "weight_decay", "inverse_regularization", "lora_alpha"];

/// A field and what it is to be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Axis {
    /// The field's name in [`crate::Recipe`].
    pub field: String,
    /// What it is to be.
    #[serde(flatten)]
    pub domain: Domain,
}

/// What a field is to be: `{"values": […]}` or `{"from": …, "to": …}` in JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Domain {
    /// One of these.
    Values {
        /// JSON values of the field's kind.
        values: Vec<Value>,
    },
    /// A number from one to the other, both included.
    Range {
        /// The lowest.
        from: f64,
        /// The highest.
        to: f64,
    },
}

impl Axis {
    /// Some values of a field.
    pub fn values_of(field: &str, values: Vec<Value>) -> Self {
        Self { field: field.to_owned(), domain: Domain::Values { values } }
    }

    /// A range of a field.
    pub fn range_of(field: &str, from: f64, to: f64) -> Self {
        Self { field: field.to_owned(), domain: Domain::Range { from, to } }
    }

    /// All values, as a grid needs them.
    ///
    /// # Errors
    ///
    /// A range, or no values.
    pub fn values(&self) -> Result<&[Value]> {
        match &self.domain {
            Domain::Values { values } if values.is_empty() => Err(self.mistake("needs at least one value.")),
            Domain::Values { values } => Ok(values),
            Domain::Range { .. } => Err(self.mistake("needs single values in a grid. Ranges are for a random search.")),
        }
    }

    /// The values, or the two ends of the range: what has to be in the field's own range.
    ///
    /// # Errors
    ///
    /// No values, or a range that is none.
    pub fn ends(&self) -> Result<Vec<Value>> {
        let Domain::Range { from, to } = self.domain else { return Ok(self.values()?.to_vec()) };
        let field = Field::named(&self.field)?;
        if !field.is_number() {
            return Err(self.mistake("takes words, not numbers. Name those to try."));
        }
        if !(from.is_finite() && to.is_finite()) || from > to {
            return Err(
                self.mistake(&format!("needs a range from a lower to a higher number; this is {from} to {to}."))
            );
        }
        if matches!(field.kind, FieldKind::Integer { .. }) && (from.fract() != 0.0 || to.fract() != 0.0) {
            return Err(self.mistake(&format!("takes whole numbers; this is {from} to {to}.")));
        }
        Ok(vec![number(field, from), number(field, to)])
    }

    /// A value at random: each of several alike; of a range each whole number alike, else uniform, on a logarithmic scale
    /// where the field's effect goes with its order of magnitude and the range begins above 0. Three figures are kept, so
    /// that it can be read and typed.
    ///
    /// # Errors
    ///
    /// As for [`Axis::ends`].
    pub fn draw(&self, random: &mut impl Rng) -> Result<Value> {
        let Domain::Range { from, to } = self.domain else {
            let values = self.values()?;
            return Ok(values[random.random_range(0..values.len())].clone());
        };
        let field = Field::named(&self.field)?;
        let share: f64 = random.random();
        let drawn = if matches!(field.kind, FieldKind::Integer { .. }) {
            (from + (share * (to - from + 1.0)).floor()).min(to)
        } else if LOGARITHMIC.contains(&field.name) && from > 0.0 {
            three_figures(from * (to / from).powf(share)).clamp(from, to)
        } else {
            three_figures(from + share * (to - from)).clamp(from, to)
        };
        Ok(number(field, drawn))
    }

    fn mistake(&self, words: &str) -> Error {
        let label = Field::named(&self.field).map_or(self.field.as_str(), |field| field.label);
        Error::recipe(&self.field, format!("{label} {words}"))
    }
}

/// A number as JSON holds it in a field.
fn number(field: &Field, value: f64) -> Value {
    // Negative ones stay as they are, for the recipe to refuse.
    let whole = matches!(field.kind, FieldKind::Integer { .. }) && value >= 0.0;
    if whole { (value as u64).into() } else { value.into() }
}

fn three_figures(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
}
