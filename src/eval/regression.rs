//! Numbers against numbers: errors, share of the variance explained, and correlations.

use super::counts::mean;

/// How near predicted numbers are to true ones.
///
/// `None` stands where a figure is not defined: for a correlation fewer than two rows or a side whose numbers are all
/// the same, for R² a truth whose numbers are all the same; or where numbers are NaN or infinite. The errors are 0
/// without rows and NaN where a number is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Regression {
    /// Mean squared error.
    pub mse: f64,
    /// Its root, in the unit of the numbers.
    pub rmse: f64,
    /// Mean absolute error, in the unit of the numbers.
    pub mae: f64,
    /// Share of the truth's variance that is explained; 1 at best, below 0 where the truth's mean would do better.
    pub r2: Option<f64>,
    /// Pearson's correlation, from −1 to 1.
    pub pearson: Option<f64>,
    /// Spearman's rank correlation, from −1 to 1.
    pub spearman: Option<f64>,
}

impl Regression {
    /// Compares N predictions with the truth, as `sklearn.metrics` and `scipy.stats` do.
    ///
    /// # Panics
    ///
    /// The lengths differ.
    pub fn of(truth: &[f64], prediction: &[f64]) -> Self {
        assert_eq!(truth.len(), prediction.len(), "truth and prediction");
        let errors = || truth.iter().zip(prediction).map(|(truth, prediction)| truth - prediction);
        let mse = mean(errors().map(|error| error * error));
        let middle = mean(truth.iter().copied());
        let variance = mean(truth.iter().map(|value| (value - middle) * (value - middle)));
        Self {
            mse,
            rmse: mse.sqrt(),
            mae: mean(errors().map(f64::abs)),
            r2: (!constant(truth)).then(|| 1.0 - mse / variance).filter(|share| share.is_finite()),
            pearson: pearson(truth, prediction),
            spearman: spearman(truth, prediction),
        }
    }
}

/// Pearson's correlation (`scipy.stats.pearsonr`); `None` with fewer than two rows, where a side is constant, or where
/// a number is NaN or infinite.
///
/// # Panics
///
/// The lengths differ.
pub fn pearson(a: &[f64], b: &[f64]) -> Option<f64> {
    assert_eq!(a.len(), b.len(), "rows of both sides");
    if constant(a) || constant(b) {
        return None;
    }
    let correlation: f64 = directions(a).zip(directions(b)).map(|(a, b)| a * b).sum();
    correlation.is_finite().then(|| correlation.clamp(-1.0, 1.0))
}

/// Spearman's correlation: Pearson's over the ranks (`scipy.stats.spearmanr`); `None` as for [`pearson`].
///
/// # Panics
///
/// The lengths differ.
pub fn spearman(a: &[f64], b: &[f64]) -> Option<f64> {
    let finite = |values: &[f64]| values.iter().all(|value| value.is_finite());
    if finite(a) && finite(b) { pearson(&ranks(a), &ranks(b)) } else { None }
}

/// Rank of each number from 1; equal numbers share the mean of their ranks (`scipy.stats.rankdata`).
pub fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    for group in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let shared = before as f64 + (group.len() + 1) as f64 / 2.0;
        group.iter().for_each(|&place| ranks[place] = shared);
        before += group.len();
    }
    ranks
}

/// All the same, or fewer than two.
fn constant(values: &[f64]) -> bool {
    values.windows(2).all(|pair| pair[0] == pair[1])
}

/// Deviations from the mean as a vector of length 1. They are scaled by the largest first, so that squares neither
/// overflow nor vanish.
fn directions(values: &[f64]) -> impl Iterator<Item = f64> {
    let middle = mean(values.iter().copied());
    let largest = values.iter().map(|value| (value - middle).abs()).fold(0.0, f64::max);
    let scaled = move |value: &f64| (value - middle) / largest;
    let length = values.iter().map(|value| scaled(value).powi(2)).sum::<f64>().sqrt();
    values.iter().map(move |value| scaled(value) / length)
}
