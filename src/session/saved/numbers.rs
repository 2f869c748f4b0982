//! Figures of a run as a checkpoint holds them: to the last bit, and also where they are no numbers, which JSON's own
//! numbers are not.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Number, Value};

use crate::checkpoint::state::unusable;
use crate::error::{Error, Result};
use crate::eval::{ClassReport, Interval, Metrics, Report, words};
use crate::recipe::{FIELDS, Field, FieldKind, Recipe};
use crate::session::event::EpochEvent;
use crate::task::Task;

/// A number as the shortest text that is read as that number again; `NaN` and `inf` among them.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Exact(pub f64);

impl Serialize for Exact {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:e}", self.0))
    }
}

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self).map_err(|_| D::Error::custom("a number is expected"))
    }
}

/// [`EpochEvent`]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedEpoch {
    epoch: usize,
    step: usize,
    train_loss: Exact,
    validation: Option<SavedMetrics>,
    best: bool,
    seconds: Exact,
    note: Option<String>,
}

/// [`Metrics`]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedMetrics {
    loss: Exact,
    scores: Vec<(String, Exact)>,
}

/// [`Report`]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedReport {
    task: Task,
    labels: Vec<String>,
    confusion: Option<Vec<Vec<u64>>>,
    per_class: Vec<SavedClass>,
    metrics: SavedMetrics,
    threshold: Option<Exact>,
    /// Name, lower and upper end. Checkpoints of older versions have none.
    #[serde(default)]
    intervals: Vec<(String, Exact, Exact)>,
}

/// [`ClassReport`]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct SavedClass {
    label: String,
    precision: Exact,
    recall: Exact,
    f1: Exact,
    support: u64,
    average_precision: Option<Exact>,
}

impl From<&EpochEvent> for SavedEpoch {
    fn from(epoch: &EpochEvent) -> Self {
        Self {
            epoch: epoch.epoch,
            step: epoch.step,
            train_loss: Exact(epoch.train_loss),
            validation: epoch.validation.as_ref().map(SavedMetrics::from),
            best: epoch.best,
            seconds: Exact(epoch.seconds),
            note: epoch.note.clone(),
        }
    }
}

impl TryFrom<SavedEpoch> for EpochEvent {
    type Error = Error;

    fn try_from(saved: SavedEpoch) -> Result<Self> {
        Ok(Self {
            epoch: saved.epoch,
            step: saved.step,
            train_loss: saved.train_loss.0,
            validation: saved.validation.map(Metrics::try_from).transpose()?,
            best: saved.best,
            seconds: saved.seconds.0,
            note: saved.note,
        })
    }
}

impl From<&Metrics> for SavedMetrics {
    fn from(metrics: &Metrics) -> Self {
        let scores = metrics.scores.iter().map(|(name, value)| ((*name).to_owned(), Exact(*value))).collect();
        Self { loss: Exact(metrics.loss), scores }
    }
}

impl TryFrom<SavedMetrics> for Metrics {
    type Error = Error;

    fn try_from(saved: SavedMetrics) -> Result<Self> {
        let known = |(name, value): (String, Exact)| Ok((known(&name)?, value.0));
        Ok(Self { loss: saved.loss.0, scores: saved.scores.into_iter().map(known).collect::<Result<_>>()? })
    }
}

/// A score's name as this version has it.
fn known(name: &str) -> Result<&'static str> {
    let score = words::describe(name).ok_or_else(|| unusable("it holds a score that this version does not know."))?;
    Ok(score.name)
}

impl From<&Report> for SavedReport {
    fn from(report: &Report) -> Self {
        let class = |class: &ClassReport| SavedClass {
            label: class.label.clone(),
            precision: Exact(class.precision),
            recall: Exact(class.recall),
            f1: Exact(class.f1),
            support: class.support,
            average_precision: class.average_precision.map(Exact),
        };
        let interval =
            |(name, Interval { low, high }): &(&str, Interval)| ((*name).to_owned(), Exact(*low), Exact(*high));
        Self {
            task: report.task,
            labels: report.labels.clone(),
            confusion: report.confusion.clone(),
            per_class: report.per_class.iter().map(class).collect(),
            metrics: SavedMetrics::from(&report.metrics),
            threshold: report.threshold.map(Exact),
            intervals: report.intervals.iter().map(interval).collect(),
        }
    }
}

impl TryFrom<SavedReport> for Report {
    type Error = Error;

    fn try_from(saved: SavedReport) -> Result<Self> {
        let size = saved.labels.len();
        if saved.confusion.iter().any(|rows| rows.len() != size || rows.iter().any(|row| row.len() != size)) {
            return Err(unusable("its table of confusions does not fit its labels. Start anew."));
        }
        let class = |class: SavedClass| ClassReport {
            label: class.label,
            precision: class.precision.0,
            recall: class.recall.0,
            f1: class.f1.0,
            support: class.support,
            average_precision: class.average_precision.map(|value| value.0),
        };
        let interval =
            |(name, low, high): (String, Exact, Exact)| Ok((known(&name)?, Interval { low: low.0, high: high.0 }));
        Ok(Self {
            task: saved.task,
            labels: saved.labels,
            confusion: saved.confusion,
            per_class: saved.per_class.into_iter().map(class).collect(),
            metrics: saved.metrics.try_into()?,
            threshold: saved.threshold.map(|value| value.0),
            intervals: saved.intervals.into_iter().map(interval).collect::<Result<_>>()?,
        })
    }
}

/// The fields of a recipe whose values are no whole numbers.
fn fractions() -> impl Iterator<Item = &'static Field> {
    FIELDS.iter().filter(|field| matches!(field.kind, FieldKind::Number { .. }))
}

/// A recipe, its fractions as texts.
pub fn recipe_to_json(recipe: &Recipe) -> Value {
    let mut json = serde_json::to_value(recipe).unwrap_or_default();
    for field in fractions() {
        if let Some(value) = json[field.name].as_f64() {
            json[field.name] = Value::String(format!("{value:e}"));
        }
    }
    json
}

/// The recipe again.
///
/// # Errors
///
/// Something else, or fields out of their ranges.
pub fn recipe_from_json(mut json: Value) -> Result<Recipe> {
    if !json.is_object() {
        // A list would be one with all of its fields left out.
        return Err(unusable("its recipe cannot be read (an object is expected)."));
    }
    for field in fractions() {
        let number = json.get(field.name).and_then(Value::as_str).and_then(|text| text.parse().ok());
        if let Some(number) = number.and_then(Number::from_f64) {
            json[field.name] = Value::Number(number);
        }
    }
    let recipe: Recipe =
        serde_json::from_value(json).map_err(|error| unusable(format!("its recipe cannot be read ({error}).")))?;
    recipe.check()?;
    Ok(recipe)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::MultiLabel;

    #[test]
    fn numbers_come_back_to_the_last_bit() {
        let ugly = [0.1 + 0.2, 5e-324, f64::MAX, -0.0, f64::INFINITY, f64::NEG_INFINITY, 2.0 / 3.0, 4.35e-5 * 1.1];
        let json = serde_json::to_string(&ugly.map(Exact)).expect("JSON");
        let back: Vec<Exact> = serde_json::from_str(&json).expect("numbers");
        assert!(ugly.iter().zip(&back).all(|(a, b)| a.to_bits() == b.0.to_bits()), "{json}");
        let nan: Exact =
            serde_json::from_str(&serde_json::to_string(&Exact(f64::NAN)).expect("JSON")).expect("a number");
        assert!(nan.0.is_nan());
        let recipe = Recipe { learning_rate: 4.35e-5 * 1.1, dropout: 0.1 + 0.2, ..Recipe::default() };
        let text = recipe_to_json(&recipe).to_string();
        assert_eq!(recipe_from_json(serde_json::from_str(&text).expect("JSON")).expect("a recipe"), recipe);
        for lie in ["{\"epochs\": 0}", "{\"colour\": 1}", "[]", "{\"dropout\": \"much\"}"] {
            recipe_from_json(serde_json::from_str(lie).expect("JSON")).expect_err(lie);
        }
    }

    #[test]
    fn a_report_comes_back_with_its_intervals_and_one_of_before_without() {
        let mut rows = MultiLabel::new(2);
        rows.add(&[0.75, 0.25], &[0]);
        rows.add(&[0.25, 0.75], &[0, 1]);
        rows.add(&[0.75, 0.75], &[1]);
        let report = Report::multi_label(&["a".to_owned(), "b".to_owned()], 0.5, &rows, 0.5);
        assert_eq!(report.intervals.len(), 3);
        let mut saved = serde_json::to_value(SavedReport::from(&report)).expect("JSON");
        let read = |saved: &Value| -> Result<Report> { SavedReport::deserialize(saved).expect("a report").try_into() };
        assert_eq!(read(&saved).expect("the report"), report);
        saved["intervals"][0][0] = "beauty".into();
        read(&saved).expect_err("a score that nobody knows");
        saved.as_object_mut().expect("an object").remove("intervals");
        assert_eq!(read(&saved).expect("the report"), Report { intervals: Vec::new(), ..report });
    }
}
