//! Recipes for the model and the data at hand, each with a sentence that says what was picked and why. The rules come from
//! the measurements in the README.

mod methods;
mod reach;

use serde::Serialize;

use crate::error::{Error, Result};
use crate::recipe::{Method, Recipe};
use crate::session::Session;
use crate::session::fits::most_vectors;
use crate::session::method::over_texts;
use crate::session::model::OpenModel;
use crate::session::speed::{self, about};
use methods::Case;
use reach::Reach;

/// How much of a device's speed at products a training step has.
const EFFICIENCY: f64 = 0.7;
/// Seconds that all of a model may take before only a head is trained.
const PATIENCE: f64 = 3600.0;

/// A recipe and why.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Suggestion {
    /// The recipe.
    pub recipe: Recipe,
    /// What was picked and why, in one sentence or two.
    pub sentence: String,
}

/// What suits a model, data and a device.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Suggestions {
    /// The recipe that is best, its method included.
    pub picked: Suggestion,
    /// For each method that the task has the rest of the recipe, for who wants that method.
    pub methods: Vec<Suggestion>,
}

impl Suggestions {
    /// What suits one method, or the best one; for a method that the task does not have the best one, too, which training
    /// with that method then refuses.
    pub fn of(self, method: Option<Method>) -> Suggestion {
        let wanted = |suggestion: &Suggestion| Some(suggestion.recipe.method) == method;
        if wanted(&self.picked) {
            return self.picked;
        }
        self.methods.into_iter().find(wanted).unwrap_or(self.picked)
    }
}

impl Session {
    /// Recipes for the open model and data.
    ///
    /// # Errors
    ///
    /// No model or no data, or a device that failed.
    pub async fn suggest(&mut self) -> Result<Suggestions> {
        let model = self.model.as_ref().ok_or_else(|| Error::order("Open a model first."))?;
        let data = self.data.as_ref().ok_or_else(|| Error::order("Open a table and choose its columns first."))?;
        let speed = match self.speed {
            Some(speed) => speed,
            None => *self.speed.insert(speed::measure(&self.compute).await?),
        };
        let info = data.info();
        let reach = Reach::of(info.task, data.lengths(), model.config.longest());
        let case = Case { config: &model.config, data: &info, reach, speed: speed * EFFICIENCY };
        Ok(Suggestions { picked: pick(model, &case, self.room()), methods: case.methods() })
    }
}

/// The best recipe; `room`: bytes that there are for vectors.
fn pick(model: &OpenModel, case: &Case, room: usize) -> Suggestion {
    let data = case.data;
    // A checkpoint that was trained for the same task goes on with its own head, if that is one of a class.
    let goes_on = model.layout.is_none() && model.head.as_ref().is_some_and(|head| head.task == data.task);
    let full = case.full();
    if !over_texts(data.task) || goes_on {
        return full;
    }
    let seconds = case.seconds_of_all(full.recipe.epochs);
    if seconds > PATIENCE && data.train + data.validation <= most_vectors(model.config.hidden_size, room) {
        return Suggestion {
            sentence: format!(
                "Only a head is trained, on texts that are encoded once: all of the model would take {} on this device. \
                 The result is a folder for sentence-transformers.",
                about(seconds)
            ),
            ..case.frozen()
        };
    }
    if case.few() { case.probe() } else { full }
}
