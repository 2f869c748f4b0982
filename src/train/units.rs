//! The units that numbers are learnt in: those of the data, whatever they are, would decide how well they are learnt.

use crate::data::Truth;
use crate::model::Model;

/// Where the numbers of the data lie. They are learnt as `(y − mean) / deviation`: AdamW moves a weight by about the learning
/// rate in each step, so that a head that begins near 0 would never reach prices of thousands, and one whose numbers are
/// thousandths would begin far beside them. All that leaves a run is in the data's own unit again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Units {
    mean: f64,
    deviation: f64,
}

impl Units {
    /// Those of the data.
    pub const PLAIN: Self = Self { mean: 0.0, deviation: 1.0 };

    /// Mean and standard deviation, over N, of the scores (`sklearn.preprocessing.StandardScaler`); plain where there is no
    /// score, or where single precision cannot tell them apart.
    pub fn of(truths: &[Truth]) -> Self {
        let scores = || truths.iter().filter_map(|truth| truth.score().map(f64::from));
        let count = scores().count().max(1) as f64;
        let mean = scores().sum::<f64>() / count;
        let deviation = (scores().map(|score| (score - mean).powi(2)).sum::<f64>() / count).sqrt();
        if deviation > f64::from(f32::MIN_POSITIVE) { Self { mean, deviation } } else { Self::PLAIN }
    }

    /// Mean of the numbers, in the data's unit.
    pub fn mean(self) -> f64 {
        self.mean
    }

    /// Their standard deviation, in the data's unit.
    pub fn deviation(self) -> f64 {
        self.deviation
    }

    /// A number of the data in these units.
    pub fn score(self, score: f32) -> f32 {
        ((f64::from(score) - self.mean) / self.deviation) as f32
    }

    /// A mean squared error in these units → in those of the data.
    pub fn loss(self, loss: f64) -> f64 {
        loss * self.deviation * self.deviation
    }

    /// A model that says numbers of the data → the same that says them in these units.
    #[must_use]
    pub fn inward(self, model: Model) -> Model {
        self.unless_plain(model, 1.0 / self.deviation, -self.mean / self.deviation)
    }

    /// A model that says numbers in these units → the same that says them as the data has them.
    #[must_use]
    pub fn outward(self, model: Model) -> Model {
        self.unless_plain(model, self.deviation, self.mean)
    }

    fn unless_plain(self, model: Model, by: f64, plus: f64) -> Model {
        if self == Self::PLAIN { model } else { model.rescaled(by, plus) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lie_around_zero_whatever_they_count() {
        for scale in [1e-20, 1.0, 1e30] {
            let scores = [3.0, 5.0, 7.0, 9.0].map(|score: f32| score * scale);
            let units = Units::of(&scores.map(Truth::Score));
            // (3 + 5 + 7 + 9) / 4 and the root of (9 + 1 + 1 + 9) / 4.
            assert!((units.mean() / f64::from(scale) - 6.0).abs() < 1e-6, "{units:?}");
            assert!((units.deviation() / f64::from(scale) - 5.0_f64.sqrt()).abs() < 1e-6, "{units:?}");
            let inward = scores.map(|score| units.score(score));
            assert!(inward.iter().zip([-3.0, -1.0, 1.0, 3.0]).all(|(a, b)| (a - b / 5.0_f32.sqrt()).abs() < 1e-6));
            // The squared error of saying the mean is the variance.
            assert!((units.loss(1.0) / (5.0 * f64::from(scale).powi(2)) - 1.0).abs() < 1e-6);
        }
    }

    #[test]
    fn what_cannot_be_told_apart_stays_as_it_is() {
        assert_eq!(Units::of(&[]), Units::PLAIN);
        assert_eq!(Units::of(&[Truth::Score(4.0), Truth::Score(4.0), Truth::None]), Units::PLAIN);
        assert_eq!(Units::of(&[Truth::Score(0.0), Truth::Score(1e-40)]), Units::PLAIN);
        assert_eq!(Units::PLAIN.score(7.5), 7.5);
    }
}
