//! How sure a score is: 95 % confidence intervals of shares, of macro-F1, and of whatever rows that are drawn come to.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Binomial, Distribution};

use super::counts::{Counts, mean};

/// The 97.5 % point of the normal distribution (`scipy.stats.norm.ppf(0.975)`).
const Z: f64 = 1.959_963_984_540_054;

/// Resamples of a bootstrap: its ends are then within a twentieth of the interval's half-width.
const RESAMPLES: usize = 2000;

/// Seed of the draws, so that the same rows have the same interval.
const SEED: u64 = 0;

/// From where to where a score lies with a confidence of 95 %.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Wilson's interval of a share (Wilson 1927, `proportion_confint(method="wilson")` in statsmodels): right answers of so
/// many. `None` without any.
pub fn wilson(right: u64, of: u64) -> Option<Interval> {
    if of == 0 {
        return None;
    }
    let (n, share) = (of as f64, right as f64 / of as f64);
    let denominator = 1.0 + Z * Z / n;
    let centre = (share + Z * Z / (2.0 * n)) / denominator;
    let half = Z / denominator * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    Some(Interval { low: (centre - half).max(0.0), high: (centre + half).min(1.0) })
}

/// The percentile bootstrap's interval of macro-F1 (Efron and Tibshirani 1993): rows are drawn with replacement as often as
/// there are rows, 2,000 times over, always the same ones. `rows` are counts, rows truth, columns prediction: rows
/// of one cell are alike, so that whole cells are drawn. `None` without any row.
///
/// # Panics
///
/// The counts are not square.
pub fn bootstrap_macro_f1(rows: &[Vec<u64>]) -> Option<Interval> {
    let of_row = |(truth, row): (usize, &Vec<u64>)| {
        assert_eq!(row.len(), rows.len(), "counts are square");
        let cells = row.iter().enumerate().filter(|(_, count)| **count > 0);
        cells.map(|(prediction, &count)| (truth, prediction, count)).collect::<Vec<_>>()
    };
    let cells: Vec<(usize, usize, u64)> = rows.iter().enumerate().flat_map(of_row).collect();
    if cells.is_empty() {
        return None;
    }
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    Some(percentiles((0..RESAMPLES).map(|_| macro_f1(rows.len(), &resample(&cells, &mut random))).collect()))
}

/// The same of several scores at once, each of which follows from which rows were drawn: `scores` gets their places, some
/// of them more than once. `None` without any row.
pub(super) fn bootstrap<const N: usize>(
    rows: usize,
    mut scores: impl FnMut(&[u32]) -> [f64; N],
) -> Option<[Interval; N]> {
    let places = u32::try_from(rows).ok().filter(|rows| *rows > 0)?;
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let (mut drawn, mut found) = (vec![0; rows], [const { Vec::new() }; N]);
    for _ in 0..RESAMPLES {
        drawn.fill_with(|| random.random_range(0..places));
        for (found, score) in found.iter_mut().zip(scores(&drawn)) {
            found.push(score);
        }
    }
    Some(found.map(percentiles))
}

/// Draws as many rows as there are: a multinomial draw, cell by cell as a binomial one of what is left.
fn resample(cells: &[(usize, usize, u64)], random: &mut ChaCha8Rng) -> Vec<(usize, usize, u64)> {
    let mut left: u64 = cells.iter().map(|(.., count)| count).sum();
    let mut weight = left;
    let mut drawn = Vec::with_capacity(cells.len());
    for &(truth, prediction, count) in cells {
        let share = (count as f64 / weight as f64).min(1.0);
        // Shares of counts are within 0 and 1, which is all that a binomial distribution asks for.
        let taken = Binomial::new(left, share).map_or(0, |binomial| binomial.sample(random));
        drawn.push((truth, prediction, taken));
        left -= taken;
        weight -= count;
        if weight == 0 {
            break;
        }
    }
    drawn
}

/// As [`super::Confusion::macro_f1`].
fn macro_f1(classes: usize, cells: &[(usize, usize, u64)]) -> f64 {
    let mut counts = vec![Counts::default(); classes];
    for &(truth, prediction, count) in cells {
        counts[truth].support += count;
        counts[prediction].predicted += count;
        if truth == prediction {
            counts[truth].right += count;
        }
    }
    mean(counts.iter().filter(|counts| counts.support + counts.predicted > 0).map(Counts::f1))
}

/// What lies between the lowest and the highest fortieth.
fn percentiles(mut scores: Vec<f64>) -> Interval {
    scores.sort_by(f64::total_cmp);
    Interval { low: percentile(&scores, 0.025), high: percentile(&scores, 0.975) }
}

/// A quantile of sorted values, between neighbours in a line (`numpy.quantile`).
fn percentile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let (below, part) = (place.floor() as usize, place.fract());
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + part * (sorted[above] - sorted[below])
}
